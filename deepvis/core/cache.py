"""A cache bounded by the bytes that it holds, for one thread."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

T = TypeVar("T")


class ByteCache(Generic[T]):
    """The values used last, of together at most ``capacity`` bytes.

    size_of: the bytes of a value. A value larger than the whole capacity is not kept.
    """

    def __init__(self, capacity: int, size_of: Callable[[T], int]) -> None:
        self.capacity = capacity
        self.bytes = 0
        self._size_of = size_of
        self._values: OrderedDict[Hashable, tuple[T, int]] = OrderedDict()

    def get(self, key: Hashable) -> T | None:
        """The value, which now counts as used last; None where it is not held."""
        if key not in self._values:
            return None
        self._values.move_to_end(key)
        return self._values[key][0]

    def put(self, key: Hashable, value: T) -> None:
        """Keep the value; what was used longest ago makes room."""
        self.drop(key)
        size = self._size_of(value)
        if size > self.capacity:
            return
        self._values[key] = (value, size)
        self.bytes += size
        while self.bytes > self.capacity:
            self.drop(next(iter(self._values)))

    def drop(self, key: Hashable) -> None:
        if key in self._values:
            self.bytes -= self._values.pop(key)[1]

    def __contains__(self, key: Hashable) -> bool:
        return key in self._values

    def __len__(self) -> int:
        return len(self._values)
