"""Caffe's HDF5 weights (``.caffemodel.h5``): data/<layer>/<index of the blob>. Needs h5py, an optional package."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from deepvis.core.program import pip_install
from deepvis.network.mistaken import HEAD, mistaken
from deepvis.network.model_error import ModelError

MOST_TIMES = 20  # a blob's bytes, as a multiple of the file's: Caffe does not compress


def read_hdf5(path: Path) -> dict[str, list[np.ndarray]]:
    """Layer name -> its blobs, float32. Raises ModelError."""
    with contextlib.suppress(OSError), path.open("rb") as file:
        if (found := mistaken(file.read(HEAD))) and found[0] != "HDF5":
            raise ModelError(f"{path}: holds {found[0]}, expected HDF5; {found[1]}")
    h5py = _h5py(path)
    try:
        with h5py.File(path, "r") as file:
            if not isinstance(file.get("data"), h5py.Group):
                raise ModelError(f"{path}: has no group 'data', expected a Caffe .caffemodel.h5 file")
            return _collect(h5py, file["data"], "", path.stat().st_size * MOST_TIMES)
    except (OSError, RuntimeError, KeyError, ValueError, TypeError) as error:
        if isinstance(error, ModelError):
            raise
        raise ModelError(f"{path}: no readable HDF5 file ({_first_line(error)}), expected .caffemodel.h5") from None


def _collect(h5py: Any, group: Any, name: str, most_bytes: int) -> dict[str, list[np.ndarray]]:
    """Datasets 0, 1, ... are blobs of the layer that their groups spell ('/' in its name makes groups)."""
    found: dict[str, list[np.ndarray]] = {}
    blobs = sorted((int(key), group[key]) for key in group if key.isdigit() and isinstance(group[key], h5py.Dataset))
    for _, dataset in blobs:
        if dataset.nbytes > most_bytes:
            raise ValueError(f"{dataset.name} declares {dataset.nbytes} bytes, more than such a file can hold")
    if blobs:
        found[name] = [np.asarray(dataset[()], np.float32) for _, dataset in blobs]
    for key in group:
        if isinstance(group[key], h5py.Group):
            found.update(_collect(h5py, group[key], f"{name}/{key}" if name else key, most_bytes))
    return found


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
