"""What camera and video share: a thread around OpenCV's capture that never holds up anybody else.

OpenCV may block for seconds in opening and reading (a camera that was pulled out, a stream that hangs), so
each moving source reads in a thread of its own and hands out the newest frame through a mailbox. The thread
is a daemon: closing waits a moment for it, and leaves it where it hangs in OpenCV.
"""

from __future__ import annotations

import os
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Protocol

import numpy as np

from deepvis.core.mailbox import Mailbox, MailboxClosed
from deepvis.core.playing import Playback, VideoPlace
from deepvis.core.types import Frame
from deepvis.sources.base import Play, SourceError, new_frame

os.environ.setdefault("OPENCV_FFMPEG_LOGLEVEL", "-8")  # AV_LOG_QUIET; OpenCV reads it when it first uses FFmpeg

MOST_PIXELS = 1920 * 1200  # of a frame: no network sees more, and a 4K frame takes 25 MB
FIRST_RETRY, LAST_RETRY = 1.0, 30.0  # seconds; doubled with each failure


class Capture(Protocol):
    """The part of cv2.VideoCapture that is used."""

    def isOpened(self) -> bool: ...
    def grab(self) -> bool: ...
    def read(self) -> tuple[bool, np.ndarray | None]: ...
    def retrieve(self) -> tuple[bool, np.ndarray | None]: ...
    def get(self, prop: int) -> float: ...
    def set(self, prop: int, value: float) -> bool: ...
    def release(self) -> None: ...


class FrameSource(Protocol):
    """What gives pictures by itself: a camera, a video, a browser's camera; see CaptureSource."""

    @property
    def name(self) -> str: ...
    @property
    def mirrored(self) -> bool: ...
    @property
    def frames(self) -> Mailbox[Frame | SourceError]: ...
    def start(self, wakes: Mailbox[None] | None = None) -> None: ...
    def want(self, play: Play) -> None: ...
    def play_as(self, playback: Playback) -> None: ...
    def stand_at(self, seconds: float) -> None: ...
    def close(self, timeout: float = 1.0) -> None: ...


class CaptureSource(ABC):
    """A camera or a video, with a thread of its own over a capture.

    name: for sentences. frames: the newest picture, or why there is none. mirrored: a camera's view is shown as in a
    mirror. open_capture: called in the thread, may block. clock: seconds, never runs backwards. A failure is
    put once as a SourceError into ``frames``; it is tried again after 1, 2, 4, ... 30 seconds, and a frame ends the
    count.
    """

    mirrored = False

    def __init__(
        self,
        name: str,
        open_capture: Callable[[], Capture],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.name = name
        self.frames: Mailbox[Frame | SourceError] = Mailbox()
        self.playback = Playback()  # what is wanted of a video
        self.stands_at: float | None = None  # see ``stand_at``; until the next frame is handed out
        self._orders: Mailbox[Play] = Mailbox()
        self._wanted = Play.OFF
        self._open_capture = open_capture
        self._clock = clock
        self._capture: Capture | None = None
        self._failures = 0
        self._thread = threading.Thread(target=self._run, name=f"capture {name}", daemon=True)

    def start(self, wakes: Mailbox[None] | None = None) -> None:
        """Start the thread, playing nothing. wakes: a box that gets None whenever ``frames`` gets a value."""
        self.frames = Mailbox(wakes)
        self._thread.start()

    def want(self, play: Play) -> None:
        """From now on play, hold or rest."""
        self._wanted = play
        self._orders.put(play)

    def play_as(self, playback: Playback) -> None:
        """From now on play so; wound and stepped, it goes there at once. A camera takes no notice."""
        self.playback = playback
        self._orders.put(self._wanted)

    def stand_at(self, seconds: float) -> None:
        """An earlier frame of a video is shown, that of so many seconds: it is wound and stepped from there."""
        self.stands_at = seconds

    def close(self, timeout: float = 1.0) -> None:
        """End the thread; after ``timeout`` seconds it is left to itself."""
        self._orders.close()
        self.frames.close()
        if self._thread.is_alive():
            self._thread.join(timeout)

    def turn(self, play: Play) -> float | None:
        """One step of the thread; the seconds until the next one, None: not before another order."""
        if play is Play.OFF:
            self._rest()
            return None
        if self._capture is None and not self._open():
            return self._retry_seconds()
        return self._step(play)

    @abstractmethod
    def _step(self, play: Play) -> float | None:
        """Read on, with the capture open; as ``turn``."""

    @abstractmethod
    def _rest(self) -> None:
        """Nobody looks."""

    @abstractmethod
    def _refusal(self) -> str:
        """The sentence for a capture that cannot be opened."""

    def _run(self) -> None:
        import cv2

        play, seconds = Play.OFF, None
        while True:
            try:
                play = self._orders.take(seconds) or play
                seconds = self.turn(play)
            except MailboxClosed:
                break
            except cv2.error as error:
                self._fail(f"{self.name} cannot be read ({error.err or error}); trying again")
                seconds = self._retry_seconds()
        self._release()

    def _open(self) -> bool:
        capture = self._open_capture()
        if not capture.isOpened():
            capture.release()
            self._fail(self._refusal())
            return False
        self._capture = capture
        return True

    def _deliver(self, seconds: float | None = None, video: VideoPlace | None = None) -> bool:
        """Decode the grabbed frame and hand it out; False if that fails. seconds, video: as of ``Frame``."""
        good, bgr = self._capture.retrieve() if self._capture else (False, None)
        if not good or bgr is None or bgr.size == 0:
            return False
        self._failures = 0
        self.frames.put(new_frame(rgb_of_capture(bgr), self.name, moving=True, seconds=seconds, video=video))
        return True

    def _fail(self, sentence: str) -> None:
        """Say it, once for a row of failures, and let go of the capture."""
        self._release()
        if not self._failures:
            self.frames.put(SourceError(sentence))
        self._failures += 1

    def _retry_seconds(self) -> float:
        return min(LAST_RETRY, FIRST_RETRY * 2.0 ** min(self._failures - 1, 10))

    def _release(self) -> None:
        if self._capture is not None:
            self._capture.release()
            self._capture = None


def quiet_opencv() -> None:
    """Keep OpenCV from writing to standard error; what fails is said in the window."""
    import cv2

    cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_SILENT)


def rgb_of_capture(bgr: np.ndarray) -> np.ndarray:
    """(H, W, 3) uint8 RGB of what a capture gives: BGR, BGRA, gray, or 16 bit; halved while it is above HD."""
    import cv2

    while bgr.shape[0] * bgr.shape[1] > MOST_PIXELS:
        bgr = cv2.resize(bgr, (bgr.shape[1] // 2, bgr.shape[0] // 2), interpolation=cv2.INTER_AREA)
    if bgr.dtype != np.uint8:
        bgr = (bgr >> 8).astype(np.uint8) if bgr.dtype == np.uint16 else bgr.clip(0, 255).astype(np.uint8)
    if bgr.ndim == 2 or bgr.shape[2] == 1:
        return cv2.cvtColor(bgr, cv2.COLOR_GRAY2RGB)
    return cv2.cvtColor(bgr, cv2.COLOR_BGRA2RGB if bgr.shape[2] == 4 else cv2.COLOR_BGR2RGB)
