"""Where freed memory goes: it stays with the process, so that no blob need be fetched anew, until it is given back."""

from __future__ import annotations

import ctypes
from collections.abc import Callable

# malloc.h: pieces mapped on their own; what is asked for beyond a piece; what may lie free at the end of a heap
MMAP_THRESHOLD, TOP_PAD, TRIM_THRESHOLD = -3, -2, -1
MOST_HEAPS = -8  # by threads that begin later
LARGE = (1 << 30, 32 << 20)  # the largest piece that is kept, and what glibc before 2.35 allows
HEAP = 64 << 20  # of a thread: larger pieces than this are mapped there all the same
MOST = (1 << 31) - 1


def keep_freed_memory() -> bool:
    """Have the C library keep what is freed, for all of the process; False where it has no such setting.

    For work in batches: otherwise their large blobs are mapped, cleared page by page in the kernel, and unmapped in
    every pass: measured at a fifth of the optimizer's time and a twentieth of a scan's. The optimizer's memory stays
    what it is; a scan with GoogLeNet takes 1.4 GB instead of 1.0, for some blobs of each size lie ready.
    """
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (AttributeError, OSError, TypeError):  # another C library; TypeError: Windows
        return False
    return set_limits(mallopt)


def share_one_heap() -> bool:
    """Have threads that begin from now on take memory from one heap; False where the C library has no such setting.

    For a program that runs for hours with many threads: otherwise each has a heap of its own, and what it has freed
    serves no other and is given back in part only: measured at 1.1 GB instead of 0.7 after a quarter of an hour.
    """
    try:
        return int(ctypes.CDLL(None).mallopt(MOST_HEAPS, 1)) == 1
    except (AttributeError, OSError, TypeError):
        return False


def give_back_freed_memory() -> bool:
    """Have the system take back what the process has freed by now; False where the C library cannot.

    What is kept lies in pieces between what is in use, in a heap for each thread, and these pieces grow in number for
    hours. Takes some 10 ms for each 100 MB; the next pass takes its pages anew, once.
    """
    try:
        return int(ctypes.CDLL(None).malloc_trim(0)) == 1
    except (AttributeError, OSError, TypeError):
        return False


def set_limits(mallopt: Callable[[int, int], int]) -> bool:
    """mallopt: as the C library's, 1 for yes. The others only after the first: alone they would do harm."""
    if not any(mallopt(MMAP_THRESHOLD, size) == 1 for size in LARGE):
        return False
    return mallopt(TOP_PAD, HEAP) == 1 and mallopt(TRIM_THRESHOLD, MOST) == 1
