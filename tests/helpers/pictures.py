"""Small files for the tests of sources and workers."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
from PIL import Image

from deepvis.sources import capture  # noqa: F401  (silences FFmpeg before its first use)


def save_photo(path: Path, brightness: int, size: tuple[int, int] = (8, 6)) -> Path:
    """A photo of one gray; lossless unless the name says otherwise."""
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", size, (brightness,) * 3).save(path)
    return path


def save_video(path: Path, brightnesses: list[int], fps: float = 25.0) -> Path:
    """A small video (MJPEG in AVI), one gray a frame."""
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter_fourcc(*"MJPG"), fps, (32, 24))
    assert writer.isOpened()
    for brightness in brightnesses:
        writer.write(np.full((24, 32, 3), brightness, np.uint8))
    writer.release()
    return path


class FakeClock:
    """Seconds that pass when a test says so."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


class FakeCapture:
    """A capture that gives the listed frames, then none. None in the list: a grab that fails."""

    def __init__(self, frames: list[np.ndarray | None], *, opened: bool = True) -> None:
        self.frames, self.opened, self.released = list(frames), opened, False
        self.grabbed: np.ndarray | None = None

    def isOpened(self) -> bool:
        return self.opened

    def grab(self) -> bool:
        self.grabbed = self.frames.pop(0) if self.frames else None
        return self.grabbed is not None

    def retrieve(self) -> tuple[bool, np.ndarray | None]:
        return self.grabbed is not None, self.grabbed

    def get(self, prop: int) -> float:
        return 0.0

    def set(self, prop: int, value: float) -> bool:
        return False

    def release(self) -> None:
        self.released = True


def bgr(blue: int, green: int, red: int) -> np.ndarray:
    return np.full((4, 6, 3), (blue, green, red), np.uint8)
