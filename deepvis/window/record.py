"""The window as a video (``--record``, ctrl+r), written by a thread of its own, which never holds up the window.

With the package av (the extra ``deepvis[record]``) it is H.264, each picture with the time at which it was shown;
without it OpenCV's MPEG-4, 25 pictures a second of real time. Where the thread is slower than the window the newest
picture counts, and those that it left out are counted.
"""

from __future__ import annotations

import os
import shutil
import threading
import time
import uuid
from pathlib import Path

import cv2
import numpy as np

from deepvis.core.geometry import Rect, fit_inside
from deepvis.core.mailbox import Mailbox, MailboxClosed
from deepvis.live.worker import stand_back
from deepvis.window.video_writers import VideoError, VideoFile, open_video

LEAST_FREE = 48 << 20  # bytes on the disk below which a recording ends: the end of a file needs room too
AGAIN_SECONDS = 1.0  # a picture that stays is written again that often


class Recorder:
    """Writes the pictures that it is shown, until closed.

    The file appears under its name when it is complete. ``error``: a sentence where it cannot be written, or has ended
    early, or "". is_reserved: the name is an empty file of ours, to be replaced.
    """

    def __init__(self, path: Path, *, is_reserved: bool = False) -> None:
        self.error = self.codec = ""
        self.path = path
        self.frames = 0  # in the file
        self.dropped = 0  # shown, and left out
        self._is_reserved = is_reserved
        self._part = path.with_name(f"{path.stem}.{uuid.uuid4().hex[:8]}.part{path.suffix}")
        self._began = time.monotonic()
        self._ended: float | None = None
        self._newest: Mailbox[tuple[np.ndarray, float]] = Mailbox()
        self._shown = self._taken = 0
        self._file: VideoFile | None = None
        self._size = (0, 0)  # (height, width)
        self._looked_at_disk = float("-inf")
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._work, name="record", daemon=True)
        self._thread.start()

    @property
    def seconds(self) -> float:
        """How long it has been recording."""
        return (time.monotonic() if self._ended is None else self._ended) - self._began

    @property
    def is_over(self) -> bool:
        """It has ended by itself: nothing more can be written."""
        return bool(self.error)

    def show(self, bgr: np.ndarray) -> None:
        """The window shows another picture now, (H, W, 3) uint8 BGR; it is copied."""
        if not self.error:
            self._shown += 1
            self._newest.put((bgr.copy(), self.seconds))

    def close(self) -> None:
        """Write what is left and give the file its name."""
        if self._ended is None:
            self._ended = time.monotonic()
        self._stopped.set()
        if not self._newest.has_new():
            self._newest.put((np.empty((0, 0, 3), np.uint8), self.seconds))  # wakes the thread
        self._thread.join()
        self.dropped = max(self._shown - self._taken, 0)
        if self._file is None:
            if self._is_reserved:
                self.path.unlink(missing_ok=True)
            return
        try:
            if self.frames:  # what was written before an error, too
                os.replace(self._part, self.path)
        except OSError as error:
            self.error = f"{self.path} could not be written: {error.strerror or error}"
        finally:
            self._part.unlink(missing_ok=True)
            if self._is_reserved and not self.frames:
                self.path.unlink(missing_ok=True)

    def words(self) -> str:
        """What has become of it, in a sentence, once it is closed."""
        if not self.frames:
            return self.error or "nothing was recorded"
        left_out = f", {self.dropped} left out" if self.dropped else ""
        said = f"recorded {self.seconds:.1f} s, {self.frames} pictures{left_out}, {self.codec}: {self.path}"
        return f"{self.error}; {said}" if self.error else said

    # ------------------------------------------------------------- in its thread

    def _work(self) -> None:
        stand_back()
        last: np.ndarray | None = None
        try:
            while not self._stopped.is_set():
                found = self._newest.take(AGAIN_SECONDS if self._file is None else self._file.again)
                if found is not None and found[0].size:
                    self._taken += 1
                    last, seconds = found
                elif found is not None:
                    continue  # it was woken: it is closed
                else:
                    seconds = self.seconds
                if last is not None:
                    self._write(last, seconds)
            if (found := self._newest.take(0)) is not None and found[0].size:
                self._taken += 1
                last = found[0]
            if last is not None:
                self._write(last, self.seconds)  # so long the last one stood there
            if self._file is not None:
                self._file.close(self.seconds)
                self.frames = self._file.frames
        except MailboxClosed:
            return
        except (VideoError, OSError) as error:
            self._fail(error)

    def _write(self, bgr: np.ndarray, seconds: float) -> None:
        now = time.monotonic()
        if now - self._looked_at_disk > 1:
            self._looked_at_disk = now
            if self._part.parent.is_dir() and (free := shutil.disk_usage(self._part.parent).free) < LEAST_FREE:
                raise VideoError(f"the recording has ended, the disk is full: {free >> 20} MB are left at {self.path}")
        if self._file is None:
            self._size = bgr.shape[0] & ~1, bgr.shape[1] & ~1  # the codecs want even sides
            self._file = open_video(self._part, self.path, self._size)
            self.codec = self._file.codec
        self._file.write(fitted(bgr, self._size), seconds)
        self.frames = self._file.frames

    def _fail(self, error: Exception) -> None:
        """End the file: what was written stays playable."""
        words = str(error) if isinstance(error, VideoError) else f"the recording has ended: {error}"
        if self._file is not None:
            try:
                self._file.close(self.seconds)
            except (VideoError, OSError) as late:
                words = words or str(late)
        self.error = " ".join(words.split()) or type(error).__name__


def fitted(bgr: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """A picture in a size, (height, width): an odd row or column cut off; another size as large as fits, on black."""
    height, width = size
    if (bgr.shape[0] & ~1, bgr.shape[1] & ~1) == size:
        return np.ascontiguousarray(bgr[:height, :width])
    place = fit_inside(bgr.shape[0], bgr.shape[1], Rect(0, 0, height, width))
    canvas = np.zeros((height, width, 3), np.uint8)
    canvas[place.slices] = cv2.resize(bgr, (place.width, place.height), interpolation=cv2.INTER_AREA)
    return canvas
