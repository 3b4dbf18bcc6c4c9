"""``--camera N``: what the webcam sees."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable

from deepvis.sources.base import Play
from deepvis.sources.capture import Capture, CaptureSource, quiet_opencv


class Camera(CaptureSource):
    """Camera number ``index``, shown as in a mirror. Nobody looking, it is released for other programs."""

    mirrored = True

    def __init__(
        self,
        index: int,
        open_capture: Callable[[], Capture] | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__(f"camera {index}", open_capture or (lambda: _open(index)), clock)

    def _step(self, play: Play) -> float | None:
        # frozen: frames are taken off the driver's queue all the same, or old ones would come first later
        capture = self._capture
        if capture is None or not capture.grab() or (play is Play.PLAY and not self._deliver()):
            self._fail(f"{self.name} gives no more frames; plug it in again, or press c for photos")
            return self._retry_seconds()
        return 0.0

    def _rest(self) -> None:
        self._release()
        self._failures = 0

    def _refusal(self) -> str:
        return f"{self.name} cannot be opened (absent, or in use by another program); press c for photos"


def camera_present(index: int) -> bool:
    """True if there is a camera of that number, as far as that is known without a long wait."""
    if sys.platform.startswith("linux"):
        return os.path.exists(f"/dev/video{index}")
    capture = _open(index)
    try:
        return capture.isOpened()
    finally:
        capture.release()


def _open(index: int) -> Capture:
    import cv2

    quiet_opencv()
    if sys.platform.startswith("linux") and not os.path.exists(f"/dev/video{index}"):
        return cv2.VideoCapture()  # spares a search through every driver
    capture = cv2.VideoCapture(index)
    capture.set(cv2.CAP_PROP_BUFFERSIZE, 1)
    return capture
