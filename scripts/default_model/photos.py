"""A folder of photos, one subfolder a class, split by a fixed rule and kept small in one file."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from deepvis.core.files import written_beside
from deepvis.network.model_error import ModelError
from deepvis.sources.photos import PhotoError, load_rgb

SUFFIXES = frozenset({".jpg", ".jpeg", ".png", ".bmp", ".webp", ".tif", ".tiff", ".gif"})
HELD_OUT_EVERY = 5
SPLIT_RULE = (
    "within each class, the files sorted by name are counted from 0; those whose number is divisible by "
    f"{HELD_OUT_EVERY} are held out, the others are trained on"
)
VERSION = 1

Progress = Callable[[Iterable], Iterable]


@dataclass(frozen=True, eq=False)
class PhotoFolder:
    """The photos of an ImageFolder directory.

    classes: names of the subfolders, sorted. paths: relative to root, with "/". labels: (N,) int64 index into
    classes. held_out: (N,) bool, by SPLIT_RULE.
    """

    root: Path
    classes: tuple[str, ...]
    paths: tuple[str, ...]
    labels: np.ndarray
    held_out: np.ndarray


def list_photos(root: str | Path) -> PhotoFolder:
    """List ``root/<class>/<photo>``; raises ModelError where there are not two classes with two photos each."""
    root = Path(root)
    if not root.is_dir():
        raise ModelError(f"{root} is no directory; give one with a subfolder of photos for each class")
    classes: list[str] = []
    paths: list[str] = []
    labels: list[int] = []
    held_out: list[bool] = []
    for folder in sorted(path for path in root.iterdir() if path.is_dir()):
        files = sorted(path.name for path in folder.iterdir() if path.suffix.lower() in SUFFIXES)
        if not files:
            continue
        if len(files) < 2:
            raise ModelError(f"{folder} holds 1 photo; 2 are needed at least, one to train on and one to hold out")
        for number, name in enumerate(files):
            paths.append(f"{folder.name}/{name}")
            labels.append(len(classes))
            held_out.append(number % HELD_OUT_EVERY == 0)
        classes.append(folder.name)
    if len(classes) < 2:
        raise ModelError(f"{root} holds {len(classes)} subfolders with photos, expected 2 or more: one for each class")
    return PhotoFolder(root, tuple(classes), tuple(paths), np.array(labels), np.array(held_out))


@dataclass(frozen=True, eq=False)
class PhotoCache:
    """The decoded photos, shorter side at most ``side`` pixels, back to back in one memory-mapped file.

    pixels: (total,) uint8; photo i is pixels[offsets[i]:offsets[i + 1]], shaped shapes[i] = (height, width) x 3, RGB.
    """

    pixels: np.ndarray
    offsets: np.ndarray
    shapes: np.ndarray

    def __len__(self) -> int:
        return len(self.shapes)

    def __getitem__(self, index: int) -> np.ndarray:
        """(H, W, 3) uint8 RGB."""
        height, width = self.shapes[index]
        return self.pixels[self.offsets[index] : self.offsets[index + 1]].reshape(height, width, 3)


def open_cache(photos: PhotoFolder, work: str | Path, side: int = 144, progress: Progress = iter) -> PhotoCache:
    """The cache of ``photos`` in the folder ``work``: made on the first call, opened on the next.

    A cache of other photos or of another side is made anew. Raises ModelError naming a photo that cannot be read.
    """
    pixels_path, index_path = Path(work) / "pixels.u8", Path(work) / "index.npz"
    if not _is_cache_of(photos, side, index_path, pixels_path):
        offsets, shapes = [0], []
        with written_beside(pixels_path) as file:
            for path in progress(photos.paths):
                rgb = shrunk(_read(photos.root / path), side)
                file.write(np.ascontiguousarray(rgb).data)
                shapes.append(rgb.shape[:2])
                offsets.append(offsets[-1] + rgb.size)
        with written_beside(index_path) as file:
            np.savez(
                file, version=VERSION, side=side, paths=np.array(photos.paths), offsets=offsets, shapes=shapes
            )  # fmt: skip
    with np.load(index_path) as index:
        return PhotoCache(np.memmap(pixels_path, np.uint8, "r"), index["offsets"], index["shapes"])


def shrunk(rgb: np.ndarray, side: int) -> np.ndarray:
    """The photo with its shorter side at most ``side`` pixels; smaller ones as they are."""
    height, width = rgb.shape[:2]
    scale = side / min(height, width)
    if scale >= 1:
        return rgb
    size = max(side, round(width * scale)), max(side, round(height * scale))
    return cv2.resize(rgb, size, interpolation=cv2.INTER_AREA)


def _is_cache_of(photos: PhotoFolder, side: int, index_path: Path, pixels_path: Path) -> bool:
    if not (index_path.is_file() and pixels_path.is_file()):
        return False
    with np.load(index_path) as index:
        return (
            {"version", "side", "paths"} <= set(index.files)
            and (int(index["version"]), int(index["side"])) == (VERSION, side)
            and tuple(index["paths"]) == photos.paths
        )


def _read(path: Path) -> np.ndarray:
    try:
        return load_rgb(path)
    except PhotoError as error:
        raise ModelError(f"{path} cannot be trained on: {error}; repair the file or take it away") from error
