"""The camera of a viewer's browser as a moving source, and the switch between it and the server's own source."""

from __future__ import annotations

import threading
from collections.abc import Callable

from deepvis.core.mailbox import Mailbox, MailboxClosed
from deepvis.core.playing import Playback
from deepvis.core.types import Frame
from deepvis.serve.limits import FRAME_PIXELS
from deepvis.sources.base import Play, SourceError, new_frame
from deepvis.sources.capture import FrameSource
from deepvis.sources.photos import PhotoError, decoded

NAME = "the browser's camera"


class BrowserCamera:
    """Pictures that a page sends; decoded in a thread of its own, the newest wins.

    on_want: called with what is wanted, from the input's thread; the server then asks the page for frames.
    """

    mirrored = True
    name = NAME

    def __init__(self, on_want: Callable[[Play], None]) -> None:
        self.frames: Mailbox[Frame | SourceError] = Mailbox()
        self._coded: Mailbox[bytes] = Mailbox()
        self._on_want = on_want
        self._play = Play.OFF
        self._thread = threading.Thread(target=self._run, name="browser camera", daemon=True)

    def start(self, wakes: Mailbox[None] | None = None) -> None:
        self.frames = Mailbox(wakes)
        self._thread.start()

    def want(self, play: Play) -> None:
        self._play = play
        self._on_want(play)

    def play_as(self, playback: Playback) -> None:
        """A camera has one way to play."""

    def stand_at(self, seconds: float) -> None:
        """A camera cannot be wound."""

    def give(self, coded: bytes) -> None:
        """A frame has come, a JPEG file or another that photos may be. May be called from any thread."""
        self._coded.put(coded)

    def fail(self, sentence: str) -> None:
        """There will be no frames for now. May be called from any thread."""
        if self._play is not Play.OFF:
            self.frames.put(SourceError(sentence))

    def close(self, timeout: float = 1.0) -> None:
        self._coded.close()
        self.frames.close()
        if self._thread.is_alive():
            self._thread.join(timeout)

    def _run(self) -> None:
        while True:
            try:
                coded = self._coded.take()
            except MailboxClosed:
                return
            if coded is None or self._play is Play.OFF:
                continue
            try:
                rgb = decoded(coded, f"a frame of {NAME}", FRAME_PIXELS).rgb
                self.frames.put(new_frame(rgb, NAME, moving=True))
            except PhotoError as error:
                self.frames.put(SourceError(str(error)))


class SwitchedSource:
    """The browser's camera while it is on, or where the server has no moving source; else the server's own."""

    def __init__(self, browser: BrowserCamera, own: FrameSource | None) -> None:
        self._browser, self._own = browser, own
        self._active: FrameSource = browser if own is None else own
        self._play = Play.OFF
        self._replaces_photos = False
        self._wakes: Mailbox[None] | None = None
        self._lock = threading.Lock()

    @property
    def name(self) -> str:
        return self._active.name

    @property
    def mirrored(self) -> bool:
        return self._active.mirrored

    @property
    def frames(self) -> Mailbox[Frame | SourceError]:
        return self._active.frames

    def start(self, wakes: Mailbox[None] | None = None) -> None:
        self._wakes = wakes
        for source in filter(None, (self._browser, self._own)):
            source.start(wakes)

    def want(self, play: Play) -> None:
        with self._lock:
            self._play = play
            self._active.want(play)

    def play_as(self, playback: Playback) -> None:
        if self._own is not None:
            self._own.play_as(playback)

    def stand_at(self, seconds: float) -> None:
        self._active.stand_at(seconds)

    @property
    def replaces_photos(self) -> bool:
        """True if photos were shown before the browser's camera, or there is nothing else to show without it."""
        return self._own is None or self._replaces_photos

    def switch(self, *, to_browser: bool) -> None:
        """Take the pictures from the browser's camera, or the server's own source again. From any thread."""
        with self._lock:
            after: FrameSource = self._browser if to_browser or self._own is None else self._own
            if after is not self._active:
                self._replaces_photos = self._play is Play.OFF
                self._active.want(Play.OFF)
                self._active = after
                after.want(self._play)
        if self._wakes is not None:
            self._wakes.put(None)

    def close(self, timeout: float = 1.0) -> None:
        for source in filter(None, (self._browser, self._own)):
            source.close(timeout)
