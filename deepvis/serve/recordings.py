"""The window as a video for a viewer to download, in a temporary folder; one at a time."""

from __future__ import annotations

import shutil
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from deepvis.serve.limits import RECORDING_SECONDS
from deepvis.window.record import Recorder

OWNER_AWAY_SECONDS = 8.0  # after which a page does not come back: one that is loaded anew, or loses its network, does


class Recordings:
    """finished: how many there were; path: of the last one. owner: the name of the page that began the last, "" for
    none. ``show`` is for the window's thread. clock: seconds, never runs backwards.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self.owner = ""
        self._clock, self._owner_seen_at = clock, 0.0
        self.finished = 0
        self.path: Path | None = None
        self.error = ""
        self._folder: Path | None = None
        self._recorder: Recorder | None = None
        self.is_ending = False
        self._begun, self._began = 0, 0.0  # how many; when the last one
        self._lock = threading.Lock()

    @property
    def is_on(self) -> bool:
        """Until all is written: no other one begins before."""
        return self._recorder is not None or self.is_ending

    @property
    def is_due_to_end(self) -> bool:
        """It is long enough, nothing more can be written, or the page that began it has gone for good."""
        recorder, now = self._recorder, self._clock()
        is_left = bool(self.owner) and now - self._owner_seen_at > OWNER_AWAY_SECONDS
        return recorder is not None and (recorder.is_over or now - self._began > RECORDING_SECONDS or is_left)

    def see_owner(self) -> None:
        """The page that began it is there."""
        self._owner_seen_at = self._clock()

    def begin(self, bgr: np.ndarray | None, owner: str = "") -> None:
        """bgr: what the window shows now. Does nothing until the last recording has ended and is written."""
        if self.is_on:
            return
        try:
            self._folder = self._folder or Path(tempfile.mkdtemp(prefix="deepvis-recording-"))
        except OSError as error:
            self.error = f"there is no room for a recording ({error.strerror or error})"
            return
        self._begun += 1
        recorder = Recorder(self._folder / f"deepvis-{self._begun}.mp4")
        if bgr is not None:
            recorder.show(bgr)
        self.error, self.owner = "", owner
        self._began = self._owner_seen_at = self._clock()
        self._recorder = recorder

    def show(self, bgr: np.ndarray) -> None:
        """The window shows another picture, (H, W, 3) uint8 BGR."""
        recorder = self._recorder
        if recorder is not None:
            recorder.show(bgr)

    def end(self) -> None:
        """Write what is left; takes a moment. An earlier recording is removed."""
        with self._lock:
            recorder = self._recorder
            if recorder is None:
                return
            self.is_ending, self._recorder = True, None
            try:
                recorder.close()
                self._finish(recorder)
            finally:
                self.is_ending = False

    def _finish(self, recorder: Recorder) -> None:
        if recorder.path.exists():
            if self.path is not None:
                self.path.unlink(missing_ok=True)
            self.path = recorder.path
            self.finished += 1
        self.error = recorder.error

    def close(self) -> None:
        """Remove all of them."""
        self.end()
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)
