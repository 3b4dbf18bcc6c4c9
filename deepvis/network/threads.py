"""How many cores torch's operations take."""

from __future__ import annotations

import threading

import torch


def use_one_core() -> None:
    """Have torch's operations called from this thread use one core; other threads keep theirs.

    torch.set_num_threads sets OpenMP's count for the calling thread, but MKL's and the default of new
    threads for all: those are put back from a thread that ends at once.
    """
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    putting_back = threading.Thread(target=torch.set_num_threads, args=(before,))
    putting_back.start()
    putting_back.join()
