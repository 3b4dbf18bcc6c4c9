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
        self._began = 0.0
        self._lock = threading.Lock()

    @property
    def is_on(self) -> bool:
        return self._recorder is not None

    @property
    def is_overdue(self) -> bool:
        return self._recorder is not None and time.monotonic() - self._began > RECORDING_SECONDS

    def begin(self, bgr: np.ndarray | None) -> None:
        """bgr: what the window shows now."""
        if self._recorder is not None:
            return
        try:
            self._folder = self._folder or Path(tempfile.mkdtemp(prefix="deepvis-recording-"))
        except OSError as error:
            self.error = f"there is no room for a recording ({error.strerror or error})"
            return
        recorder = Recorder(self._folder / f"deepvis-{self.finished + 1}.mp4")
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
            recorder, self._recorder = self._recorder, None
            if recorder is None or self._folder is None:
                return
            recorder.close()
            self.error = recorder.error
            path = self._folder / f"deepvis-{self.finished + 1}.mp4"
            if path.exists():
                if self.path is not None:
                    self.path.unlink(missing_ok=True)
                self.path = path
                self.finished += 1

    def close(self) -> None:
        """Remove all of them."""
        self.end()
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)
