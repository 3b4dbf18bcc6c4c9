"""Work counted instead of timed: the same number on every machine, however busy."""

from __future__ import annotations

import sys
import tracemalloc
from collections.abc import Callable
from typing import Any


def calls_of(do: Callable[[], Any]) -> int:
    """How many functions are called while ``do`` runs on this thread, Python's own and C's alike."""
    count, before = 0, sys.getprofile()

    def note(frame: object, event: str, argument: object) -> None:
        nonlocal count
        count += event in ("call", "c_call")

    sys.setprofile(note)
    try:
        do()
    finally:
        sys.setprofile(before)
    return count


def allocated_by(do: Callable[[], Any]) -> int:
    """The most bytes that Python and numpy hold at once while ``do`` runs, beyond what they held before."""
    tracemalloc.start()
    try:
        do()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
