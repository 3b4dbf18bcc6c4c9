"""``--record``: the window as an mp4, written by a thread of its own at a steady rate."""

from __future__ import annotations

import os
import threading
import time
import uuid
from pathlib import Path

import cv2
import numpy as np

from deepvis.core.mailbox import Mailbox

FPS = 25.0


class Recorder:
    """Writes the newest picture of the window FPS times a second of real time, until closed.

    The file appears under its name when it is complete. ``error``: a sentence where it cannot be written, or "".
    """

    def __init__(self, path: Path) -> None:
        self.error = ""
        self._path = path
        self._part = path.with_name(f"{path.stem}.{uuid.uuid4().hex[:8]}.part{path.suffix}")
        self._newest: Mailbox[np.ndarray] = Mailbox()
        self._stopped = threading.Event()
        self._writer: cv2.VideoWriter | None = None
        self._size = (0, 0)  # (width, height)
        self._thread = threading.Thread(target=self._work, name="record", daemon=True)
        self._thread.start()

    def show(self, bgr: np.ndarray) -> None:
        """The window shows another picture now, (H, W, 3) uint8 BGR; it is copied."""
        self._newest.put(bgr.copy())

    def close(self) -> None:
        """Write what is left and give the file its name."""
        self._stopped.set()
        self._thread.join()
        if self._writer is None:
            return
        self._writer.release()
        try:
            if not self.error:
                os.replace(self._part, self._path)
        except OSError as error:
            self.error = f"{self._path} could not be written: {error.strerror or error}"
        finally:
            self._part.unlink(missing_ok=True)

    def _work(self) -> None:
        started, written = time.monotonic(), 0
        while not self._stopped.wait(max(0.0, started + written / FPS - time.monotonic())):
            self._write_newest()
            written += 1
        if self._writer is None:  # a run shorter than a frame
            self._write_newest()

    def _write_newest(self) -> None:
        newest = self._newest.peek()
        if newest is not None and not self.error:
            self._write(newest)

    def _write(self, bgr: np.ndarray) -> None:
        height, width = bgr.shape[0] & ~1, bgr.shape[1] & ~1  # the codec wants even sides
        if self._writer is None:
            self._size = (width, height)
            fourcc = cv2.VideoWriter.fourcc(*"mp4v")
            self._writer = cv2.VideoWriter(str(self._part), fourcc, FPS, self._size)
            if not self._writer.isOpened():
                self.error = f"{self._path} cannot be written as a video; give a name that ends in .mp4"
                return
        if (width, height) != self._size:
            bgr = cv2.resize(bgr, self._size, interpolation=cv2.INTER_AREA)
        self._writer.write(np.ascontiguousarray(bgr[: self._size[1], : self._size[0]]))
