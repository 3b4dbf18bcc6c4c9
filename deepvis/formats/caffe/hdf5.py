"""Caffe's HDF5 weights (``.caffemodel.h5``): data/<layer>/<index of the blob>. Needs h5py, an optional package."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from deepvis.core.allowed_bytes import allowed_bytes
from deepvis.core.content_errors import CONTENT_ERRORS
from deepvis.core.program import pip_install
from deepvis.core.regular_file import check_regular, open_regular
from deepvis.network.mistaken import HEAD, mistaken
from deepvis.network.model_error import ModelError

MOST_LEVELS = 20  # of groups
ANY_BLOBS = 100 << 20  # bytes of all blobs whatever the file's size: Caffe does not pack them


def read_hdf5(path: Path) -> dict[str, list[np.ndarray]]:
    """Layer name -> its blobs, float32. Raises ModelError."""
    with contextlib.suppress(OSError), open_regular(path) as file:
        if (found := mistaken(file.read(HEAD))) and found[0] != "HDF5":
            raise ModelError(f"{path}: holds {found[0]}, expected HDF5; {found[1]}")
    h5py = _h5py(path)
    try:
        check_regular(path)
        with h5py.File(path, "r") as file:
            if not isinstance(file.get("data"), h5py.Group):
                raise ModelError(f"{path}: has no group 'data', expected a Caffe .caffemodel.h5 file")
            blobs_of = _Datasets(h5py, allowed_bytes(path.stat().st_size, ANY_BLOBS)).of(file["data"], "")
            return {name: [np.asarray(blob[()], np.float32) for blob in blobs] for name, blobs in blobs_of.items()}
    except ModelError:
        raise
    except (OSError, *CONTENT_ERRORS) as error:
        raise ModelError(f"{path}: no readable HDF5 file ({_first_line(error)}), expected .caffemodel.h5") from None


class _Datasets:
    """The datasets of a file, not read yet, as long as all together are no larger than such a file can hold.

    Links to other files, values that are kept in other files, and groups within themselves are refused.
    """

    def __init__(self, h5py: Any, most_bytes: int) -> None:
        self._h5py, self._left = h5py, most_bytes

    def of(self, group: Any, name: str, level: int = 0) -> dict[str, list[Any]]:
        """Datasets 0, 1, ... are blobs of the layer that their groups spell ('/' in its name makes groups)."""
        if level > MOST_LEVELS:
            raise ValueError(f"its groups are more than {MOST_LEVELS} within each other")
        found: dict[str, list[Any]] = {}
        for key in group:
            if not isinstance(group.get(key, getlink=True), self._h5py.HardLink):
                raise ValueError(f"{group.name}/{key} is a link, expected values or a group")
        datasets = [key for key in group if key.isdigit() and isinstance(group[key], self._h5py.Dataset)]
        if datasets:
            found[name] = [self._checked(group[key]) for key in sorted(datasets, key=int)]
        for key in group:
            if isinstance(group[key], self._h5py.Group):
                found.update(self.of(group[key], f"{name}/{key}" if name else key, level + 1))
        return found

    def _checked(self, dataset: Any) -> Any:
        if dataset.external or dataset.is_virtual:
            raise ValueError(f"the values of {dataset.name} are in other files")
        size = dataset.size * max(dataset.dtype.itemsize, 4)
        self._left -= size
        if self._left < 0:
            raise ValueError(f"{dataset.name} declares {size} bytes, more than such a file can hold")
        return dataset


def _h5py(path: Path) -> Any:
    try:
        import h5py
    except ImportError:
        raise ModelError(
            f"{path}: HDF5 weights need the package h5py, which is not here; install it with: {pip_install('h5py')}"
        ) from None
    return h5py


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0]


Named = Iterable[tuple[str, Sequence[np.ndarray]]]


def write_hdf5(path: Path, layers: Named, diffs: Named | None = None) -> None:
    """Write (layer name, blobs) pairs, and those of the blobs' diffs. Raises OSError, and ModelError without h5py."""
    with _h5py(path).File(path, "w") as file:
        for place, named in (("data", layers), ("diff", diffs)):
            if named is None:
                continue
            group = file.create_group(place)
            for name, blobs in named:
                own = group.require_group(name)
                for index, blob in enumerate(blobs):
                    own.create_dataset(str(index), data=np.asarray(blob, np.float32))
