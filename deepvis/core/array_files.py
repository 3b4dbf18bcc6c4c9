"""Files of arrays, npz and npy, read without pickle and in memory that is bounded by the file's size."""

from __future__ import annotations

import os
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from math import prod
from typing import IO, Any

import numpy as np

from deepvis.core.regular_file import open_regular
from deepvis.core.zip_files import checked_zip

CHUNK = 1 << 20  # bytes that are read at a time


@contextmanager
def arrays_of(path: str | os.PathLike[str]) -> Iterator[Mapping[str, np.ndarray]]:
    """The arrays of an npz, each read when it is taken.

    Raises FileNotFoundError and OSError where the file cannot be read, and what CONTENT_ERRORS names where it holds
    something else; also while arrays are taken.
    """
    with open_regular(path) as file:
        try:
            archive = checked_zip(file)
        except zipfile.BadZipFile:
            raise zipfile.BadZipFile("it is no npz file") from None
        with archive:
            yield _Arrays(archive)


def read_array(path: str | os.PathLike[str]) -> np.ndarray:
    """The array of an npy. Raises OSError, and what CONTENT_ERRORS names for a file that holds something else."""
    with open_regular(path) as file:
        return _array_in(file, os.fstat(file.fileno()).st_size)


def count_in(path: str | os.PathLike[str]) -> int:
    """How many values an npy declares, and holds; read of its header alone. Raises as ``read_array``."""
    with open_regular(path) as file:
        return prod(_declared(file, os.fstat(file.fileno()).st_size)[0])


def with_shape(found: Mapping[str, np.ndarray], name: str, kinds: str, shape: Sequence[int | None]) -> np.ndarray:
    """An array, checked. kinds: of its numbers, as of ``dtype.kind``. shape: None for any length.

    Raises ValueError, one line that names it.
    """
    array = found[name]
    if array.dtype.kind not in kinds:
        raise ValueError(f"its {name} is of the type {array.dtype}")
    if array.ndim != len(shape) or any(
        want not in (None, there) for want, there in zip(shape, array.shape, strict=True)
    ):
        wanted = " x ".join("any" if want is None else str(want) for want in shape) or "a single value"
        raise ValueError(f"its {name} has the shape {array.shape}, expected {wanted}")
    return array


class _Arrays(Mapping[str, np.ndarray]):
    """The arrays of an archive by name, read anew each time."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self._archive = archive
        self._entries = {entry.filename.removesuffix(".npy"): entry for entry in archive.infolist()}

    def __getitem__(self, name: str) -> np.ndarray:
        entry = self._entries[name]
        try:
            with self._archive.open(entry) as file:
                return _array_in(file, entry.file_size)
        except OSError as error:  # of a place that the archive names and the file does not have
            raise ValueError(f"its {name} cannot be read") from error

    def __iter__(self) -> Iterator[str]:
        return iter(self._entries)

    def __len__(self) -> int:
        return len(self._entries)


def _array_in(file: IO[bytes], size: int) -> np.ndarray:
    """The array of an npy of so many bytes: no room is made for more than there is."""
    shape, is_fortran, dtype = _declared(file, size)
    count = prod(shape)
    raw, filled = np.empty(count * dtype.itemsize, np.uint8), 0
    while filled < len(raw):
        chunk = file.read(min(CHUNK, len(raw) - filled))
        if not chunk:
            raise ValueError("its values end too early")
        raw[filled : filled + len(chunk)] = np.frombuffer(chunk, np.uint8)
        filled += len(chunk)
    array = raw.view(dtype) if dtype.itemsize else np.zeros(count, dtype)
    return array.reshape(shape[::-1]).transpose() if is_fortran else array.reshape(shape)


def _declared(file: IO[bytes], size: int) -> tuple[tuple[int, ...], bool, np.dtype[Any]]:
    """(shape, is it in Fortran's order, type). numpy refuses headers of more than 10,000 bytes itself."""
    is_first = np.lib.format.read_magic(file) == (1, 0)
    read = np.lib.format.read_array_header_1_0 if is_first else np.lib.format.read_array_header_2_0
    shape, is_fortran, dtype = read(file)
    if dtype.hasobject:
        raise ValueError("it holds Python objects")
    if min(shape, default=0) < 0 or prod(shape) * max(dtype.itemsize, 1) > size:
        raise ValueError(f"it declares {' x '.join(map(str, shape)) or 1} values of {dtype} in {size} bytes")
    return tuple(shape), bool(is_fortran), dtype
