"""pycaffe's ``caffe.Blob``: data and diff as numpy arrays, filled from what a pass has computed when looked at."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

import numpy as np
import torch
from torch import Tensor

from deepvis.caffe.synced import SyncedArray


class Blob:
    """An N-d array with its gradient.

    data, diff: float32 arrays in the blob's shape, writable in place (``blob.data[...] = x``).
    """

    def __init__(self, *shape: int, values: np.ndarray | None = None) -> None:
        self._shape = tuple(int(d) for d in (shape if values is None else np.shape(values)))
        self._data = SyncedArray(self._shape, values)
        self._diff: SyncedArray | None = None
        self._source: Blob | None = None

    # --- pycaffe's interface ---------------------------------------------------------------------

    @property
    def data(self) -> np.ndarray:
        if self._source is not None:
            return self._source.data.reshape(self._shape)
        return self._data.host()

    @property
    def diff(self) -> np.ndarray:
        return self.synced_diff().host()

    @property
    def shape(self) -> tuple[int, ...]:
        return self._shape

    @property
    def count(self) -> int:
        return prod(self._shape)

    num: property = property(lambda blob: blob._legacy(0))
    channels: property = property(lambda blob: blob._legacy(1))
    height: property = property(lambda blob: blob._legacy(2))
    width: property = property(lambda blob: blob._legacy(3))

    def reshape(self, *shape: int) -> None:
        """Change the shape; values are kept where the number of them stays, else they are zeros."""
        shape = tuple(int(d) for d in shape)
        if shape == self._shape:
            return
        if any(d < 0 for d in shape) or prod(shape) > 2**31 - 1:
            raise ValueError(f"a blob cannot have the shape {shape}: sizes of 0 or more, at most 2147483647 values")
        if self._source is None:
            self._data = self._data.reshaped(shape)
        if self._diff is not None:
            self._diff = self._diff.reshaped(shape)
        self._shape = shape

    # --- for the Net -----------------------------------------------------------------------------

    def tensor(self, device: torch.device) -> Tensor:
        if self._source is not None:
            return self._source.tensor(device).reshape(self._shape)
        return self._data.tensor(device)

    def put(self, values: Tensor) -> None:
        """Take a layer's top; a blob that shares another's data has it already."""
        self.reshape(*values.shape)
        if self._source is None:
            self._data.put(values)

    @property
    def stamp(self) -> int | None:
        """A number that is another one after each possible change of the data; None while changes cannot be seen."""
        return self._source.stamp if self._source is not None else self._data.stamp

    @property
    def shares_data(self) -> bool:
        """Its data are another blob's."""
        return self._source is not None

    def synced_diff(self) -> SyncedArray:
        if self._diff is None:
            self._diff = SyncedArray(self._shape)
        return self._diff

    def clear_diff(self) -> None:
        """Make the diff zeros."""
        if self._diff is not None:
            self._diff.clear()

    def share_data(self, source: Blob) -> None:
        """Show the other blob's values from now on, in this blob's shape (Split, Reshape, Flatten)."""
        self._source = source

    def reshaped_view(self, shape: Sequence[int]) -> Blob:
        """A blob of another shape over this one's values and diffs (params that are shared permissively)."""
        view = Blob(*shape)
        view._source = self
        view._diff = SyncedArray(shape, self.synced_diff().host().reshape(shape), write_through=True)
        return view

    def share_with(self, other: Blob) -> None:
        """Use the other blob's memory for data and diff. Raises ValueError where the shapes differ."""
        if other.shape != self.shape:
            raise ValueError(f"cannot share a blob of {other.shape} with one of {self.shape}")
        self._data, self._diff = other._data, other.synced_diff()

    def _legacy(self, axis: int) -> int:
        if len(self._shape) > 4:
            raise ValueError(f"a blob of {len(self._shape)} axes has no num, channels, height and width; use shape")
        return self._shape[axis] if axis < len(self._shape) else 1


def batches(arrays: dict[str, np.ndarray], size: int):
    """Cut arrays of one length into dicts of ``size`` entries each; the last is filled up with zeros."""
    total = len(next(iter(arrays.values())))
    for start in range(0, total, size):
        yield {name: _padded(np.asarray(values[start : start + size]), size) for name, values in arrays.items()}


def _padded(values: np.ndarray, size: int) -> np.ndarray:
    if len(values) == size:
        return values
    return np.concatenate([values, np.zeros((size - len(values), *values.shape[1:]), values.dtype)])
