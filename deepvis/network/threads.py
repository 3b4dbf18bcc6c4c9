"""How many cores torch's operations take."""

from __future__ import annotations

import threading

import torch


def cores() -> int:
    """How many torch's operations called from this thread use."""
    return torch.get_num_threads()


def use_one_core() -> None:
    """Have torch's operations called from this thread use one core; other threads keep theirs."""
    use_cores(1, torch.get_num_threads())


def use_cores(count: int, others: int) -> None:
    """Have torch's operations called from this thread use so many cores. others: how many other threads use.

    torch.set_num_threads sets OpenMP's count for the calling thread, but MKL's and the default of new
    threads for all: those are put back from a thread that ends at once.
    """
    torch.set_num_threads(count)
    putting_back = threading.Thread(target=torch.set_num_threads, args=(others,))
    putting_back.start()
    putting_back.join()
