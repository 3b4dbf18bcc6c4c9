"""The window as a video for a viewer to download, in a temporary folder; one at a time."""

from __future__ import annotations

import shutil
import tempfile
import threading
import time
from pathlib import Path

import numpy as np

from deepvis.serve.limits import RECORDING_SECONDS
from deepvis.window.record import Recorder


class Recordings:
    """finished: how many there were; path: of the last one. ``show`` is for the window's thread."""

    def __init__(self) -> None:
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
        """It is long enough, or nothing more can be written."""
        recorder = self._recorder
        return recorder is not None and (recorder.is_over or time.monotonic() - self._began > RECORDING_SECONDS)

    def begin(self, bgr: np.ndarray | None) -> None:
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
        self.error, self._began, self._recorder = "", time.monotonic(), recorder

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
