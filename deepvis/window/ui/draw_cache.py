"""Slow results that the next redraw may use again, bounded by their bytes; each thread that draws has its own."""

from __future__ import annotations

import threading
import weakref
from collections.abc import Callable, Hashable
from typing import Any, Protocol, TypeVar

from deepvis.core.cache import ByteCache

CAPACITY = 16 << 20  # some ten layers' tiles at the default window's size


class HasBytes(Protocol):
    @property
    def nbytes(self) -> int: ...


T = TypeVar("T", bound=HasBytes)


class _Results(threading.local):
    def __init__(self) -> None:
        self.cache: ByteCache[tuple[weakref.ref[Any], Any]] = ByteCache(CAPACITY, lambda entry: int(entry[1].nbytes))


_results = _Results()


def cached(key: Hashable, source: object, make: Callable[[], T]) -> T:
    """The result made before under ``key`` of this very ``source``, or made now.

    source: what it was made of, compared by identity (ids of snapshots start anew with every program, arrays
    do not) and not kept alive. Whoever gets the result must not write into it.
    """
    entry = _results.cache.get(key)
    if entry is None or entry[0]() is not source:
        entry = (weakref.ref(source), make())
        _results.cache.put(key, entry)
    return entry[1]
