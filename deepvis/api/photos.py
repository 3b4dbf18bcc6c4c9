"""What a person gives as photos -> what the network takes: paths, folders, lists, pictures, arrays, tensors."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from deepvis.models.preprocess import Preprocessor
from deepvis.network.model_error import ModelError
from deepvis.sources.listing import FolderListing, ListFileListing
from deepvis.sources.photos import PhotoError, is_picture_name, load_rgb, rgb_of

EXPECTED = (
    "expected a path, a folder, a list, a PIL picture, uint8 (H, W, 3) RGB, or the network's own input as floats "
    "(C, H, W) or (N, C, H, W)"
)


@dataclass(frozen=True, eq=False)
class InputPhoto:
    """One photo or one input."""

    path: str  # "" for what came from memory
    rgb: Callable[[], np.ndarray] | None  # gives the photo, (h, w, 3) uint8; None for an input
    x: Callable[[], np.ndarray]  # gives the network's input, (C, H, W) float32


@dataclass(frozen=True, eq=False)
class Photos:
    """is_batch: several, or a list of one: answers have N in front."""

    items: tuple[InputPhoto, ...]
    is_batch: bool

    def batches(self, rows: int) -> Iterator[np.ndarray]:
        """(n, C, H, W) float32, n at most ``rows``. Raises ModelError for photos that cannot be read."""
        for start in range(0, len(self.items), rows):
            yield np.stack([item.x() for item in self.items[start : start + rows]])


def photos_of(given: Any, pictures: Preprocessor) -> Photos:
    """Raises ModelError for what is none of these."""
    reader = _Reader(pictures)
    if isinstance(given, (list, tuple)):
        items = tuple(item for each in given for item in reader.each(each).items)
        photos = Photos(items, True)
    else:
        photos = reader.each(given)
    if not photos.items:
        raise ModelError(f"found no photos, {EXPECTED}")
    return photos


@dataclass(frozen=True, eq=False)
class _Reader:
    pictures: Preprocessor

    def each(self, given: Any) -> Photos:
        if isinstance(given, (str, os.PathLike)):
            return self._path(Path(os.path.expanduser(given)))
        if isinstance(given, Image.Image):
            return Photos((self._photo("", lambda: rgb_of(given)),), False)
        array = _array(given)
        if array.dtype == np.uint8:
            return self._pixels(array)
        if np.issubdtype(array.dtype, np.floating):
            return self._inputs(array.astype(np.float32))
        raise ModelError(f"photos: found numbers of the type {array.dtype}, {EXPECTED}")

    def _path(self, path: Path) -> Photos:
        if path.is_dir():
            entries = FolderListing(str(path)).entries
            if not entries:
                raise ModelError(f"the folder {path} holds no pictures (jpg, png, tif, webp, ...)")
            return Photos(tuple(self._file(entry.path) for entry in entries), True)
        if not path.exists():
            raise ModelError(f"{path}: found no such file or folder, {EXPECTED}")
        if path.suffix.lower() == ".txt" and not is_picture_name(path.name):
            listed = ListFileListing(str(path))
            if not listed.entries:
                raise ModelError(listed.problem.removesuffix("; waiting for one").removesuffix("; waiting for it"))
            return Photos(tuple(self._file(entry.path) for entry in listed.entries), True)
        return Photos((self._file(str(path)),), False)

    def _file(self, path: str) -> InputPhoto:
        def rgb() -> np.ndarray:
            try:
                return load_rgb(path)
            except PhotoError as error:
                raise ModelError(str(error)) from error

        return self._photo(path, rgb)

    def _photo(self, path: str, rgb: Callable[[], np.ndarray]) -> InputPhoto:
        return InputPhoto(path, rgb, lambda: self.pictures.to_input(rgb()))

    def _pixels(self, array: np.ndarray) -> Photos:
        """uint8 (H, W, 3), or several of one size in front of each other."""
        if array.ndim not in (3, 4) or array.shape[-1] != 3 or array.size == 0:
            raise ModelError(f"photos: found uint8 of the shape {array.shape}, expected (H, W, 3), RGB")
        several = array[np.newaxis] if array.ndim == 3 else array
        return Photos(tuple(self._photo("", lambda each=each: each) for each in several), array.ndim == 4)  # type: ignore[misc]

    def _inputs(self, array: np.ndarray) -> Photos:
        shape = self.pictures.input_shape
        if array.ndim not in (3, 4) or array.shape[-3:] != shape or len(array) == 0:
            words = ", ".join(map(str, shape))
            raise ModelError(
                f"photos: found floats of the shape {array.shape}, expected the network's own input, ({words}) or "
                f"(N, {words}); give a picture as uint8 (H, W, 3)"
            )
        several = array[np.newaxis] if array.ndim == 3 else array
        return Photos(tuple(InputPhoto("", None, lambda each=each: each) for each in several), array.ndim == 4)  # type: ignore[misc]


def _array(given: Any) -> np.ndarray:
    """Of a tensor of any framework that has numpy's interface, or of an array."""
    if hasattr(given, "detach"):
        given = given.detach().cpu()
        given = given.float() if given.is_floating_point() else given
        given = given.numpy()
    if not isinstance(given, np.ndarray):
        raise ModelError(f"photos: found {type(given).__name__}, {EXPECTED}")
    return given


def paths_of(photos: Sequence[InputPhoto]) -> list[str] | None:
    """Of photos that all lie in files; None where some came from memory."""
    return [os.path.abspath(item.path) for item in photos] if all(item.path for item in photos) else None
