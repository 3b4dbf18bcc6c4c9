"""float32 values that live where they were last computed, and are copied to the user's array when looked at."""

from __future__ import annotations

import itertools
import weakref
from collections.abc import Sequence
from math import prod

import numpy as np
import torch
from torch import Tensor

_stamps = itertools.count(1)


class SyncedArray:
    """An array of a fixed shape with two sides: the memory that users see, and what a pass has computed.

    A pass puts a tensor in, on any device and in any layout; nothing is copied. The user's array is filled when it is
    asked for; from then on it counts as the newest, for it can be written to. While somebody holds it, or a view of
    it, new values are copied into it at once, as in Caffe, where there is one memory.
    write_through: the memory is a view of another blob's: new values are always copied into it.
    Source: Caffe's SyncedMemory.
    """

    def __init__(self, shape: Sequence[int], values: np.ndarray | None = None, *, write_through: bool = False) -> None:
        self._shape = tuple(shape)
        self._memory: Tensor | None = None  # on the CPU, contiguous; None: zeros that nobody has looked at
        self._is_writable = True
        self._put: Tensor | None = None  # newer than the memory, or a copy of it on another device
        self._memory_is_old = False
        self._shown: weakref.ref[np.ndarray] | None = None
        self._write_through = write_through
        self._stamp = next(_stamps)
        if values is not None:
            values = np.ascontiguousarray(values, np.float32).reshape(self._shape)
            self._memory, self._is_writable = torch.from_numpy(values), values.flags.writeable

    @property
    def is_held(self) -> bool:
        """Somebody has the array, or a view of it, and may write to it at any time."""
        return self._shown is not None and self._shown() is not None

    @property
    def stamp(self) -> int | None:
        """A number that is another one after each possible change; None while changes cannot be seen."""
        return None if self.is_held else self._stamp

    def host(self) -> np.ndarray:
        """The values as a writable array; from now on it counts as the newest."""
        memory = self._own_memory()
        if self._memory_is_old and self._put is not None:
            memory.copy_(self._put)
        self._put, self._memory_is_old = None, False
        self._stamp = next(_stamps)
        shown = self._shown() if self._shown is not None else None
        if shown is None:
            shown = memory.numpy()  # a new array: views of it keep it alive, and so tell that somebody looks
            self._shown = weakref.ref(shown)
        return shown

    def tensor(self, device: torch.device) -> Tensor:
        """The values on the device, without a copy on the CPU. Not to be written to."""
        if self._put is not None and self._put.device.type == device.type:
            return self._put
        if device.type == "cpu":
            if self._put is not None and self._memory_is_old:
                self.host()
            return self._own_memory(to_write=False)
        copy = self._own_memory(to_write=False).to(device)
        if not self.is_held:  # else it would not see what is written to the array
            self._put = copy
        return copy

    def put(self, values: Tensor) -> None:
        """Take new values of the same shape. They are not to be written to afterwards."""
        values = values.detach()
        if self.is_held or self._write_through:
            self._own_memory().copy_(values)
            self._put, self._memory_is_old = None, False
        else:
            self._put, self._memory_is_old = values, True
        self._stamp = next(_stamps)

    def clear(self) -> None:
        """All zeros."""
        if self.is_held or self._write_through:
            self._own_memory().zero_()
        else:
            self._memory = None
        self._put, self._memory_is_old = None, False
        self._stamp = next(_stamps)

    @property
    def is_clear(self) -> bool:
        """Known to be all zeros, without a look."""
        return self._memory is None and self._put is None

    def is_memory(self, values: Tensor) -> bool:
        """Does the tensor lie in the memory that users see?"""
        return self._memory is not None and storage_of(values) == storage_of(self._memory)

    def _own_memory(self, *, to_write: bool = True) -> Tensor:
        if self._memory is None:
            self._memory, self._is_writable = torch.zeros(self._shape), True
        elif to_write and not self._is_writable:  # weights straight from a file: copied when first written to
            self._memory, self._is_writable = self._memory.clone(), True
        return self._memory

    def reshaped(self, shape: Sequence[int]) -> SyncedArray:
        """The values in another shape where their number stays, else zeros."""
        if prod(shape) != prod(self._shape):
            return SyncedArray(shape)
        return SyncedArray(shape, self.host().reshape(tuple(shape)))


def storage_of(values: Tensor) -> int:
    """The place of a tensor's memory; views of one memory have the same."""
    return values.untyped_storage().data_ptr()
