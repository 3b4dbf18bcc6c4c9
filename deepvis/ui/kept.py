"""Slow results that the next redraw may use again, bounded by their bytes."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Any, Protocol, TypeVar

from deepvis.core.cache import ByteCache

CAPACITY = 48 << 20  # some ten layers' tiles at the default window's size


class HasBytes(Protocol):
    @property
    def nbytes(self) -> int: ...


T = TypeVar("T", bound=HasBytes)
_results: ByteCache[tuple[Any, Any]] = ByteCache(CAPACITY, lambda entry: int(entry[1].nbytes))


def kept(key: Hashable, source: object, make: Callable[[], T]) -> T:
    """The result made before under ``key`` of this very ``source``, or made now.

    source: the array that it was made of, compared by identity: ids of snapshots start anew with
    every program, arrays do not. Whoever gets the result must not write into it.
    """
    entry = _results.get(key)
    if entry is None or entry[0] is not source:
        entry = (source, make())
        _results.put(key, entry)
    return entry[1]
