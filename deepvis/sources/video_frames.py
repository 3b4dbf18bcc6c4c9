"""All frames of a video file, one after another, and the noise that a camera would add."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from deepvis.core.user_error import UsageError
from deepvis.sources.capture import quiet_opencv, rgb_of_capture
from deepvis.sources.video import USUAL_FPS, open_file, video_problem


def frames_of(path: str) -> Iterator[tuple[float, np.ndarray]]:
    """(seconds, (H, W, 3) uint8 RGB) of each frame. Raises UsageError for a file that is no video."""
    import cv2

    quiet_opencv()
    if problem := video_problem(path):
        raise UsageError(problem)
    capture = open_file(path)
    try:
        rate = capture.get(cv2.CAP_PROP_FPS) or USUAL_FPS
        number = 0
        while True:
            good, bgr = capture.read()
            if not good or bgr is None:
                break
            yield number / rate, rgb_of_capture(bgr)
            number += 1
        if not number:
            raise UsageError(f"--video {path}: is in no format that can be played; give a video file")
    finally:
        capture.release()


def with_noise(rgb: np.ndarray, levels: float, random: np.random.Generator) -> np.ndarray:
    """The picture with normal noise of so many grey levels (standard deviation) on every value, rounded, 0..255."""
    noisy = rgb + random.normal(0.0, levels, rgb.shape)
    return np.clip(np.rint(noisy), 0, 255).astype(np.uint8)
