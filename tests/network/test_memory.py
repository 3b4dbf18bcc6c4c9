"""Freed memory stays with the process, where the C library can be told so."""

from __future__ import annotations

import subprocess
import sys

import pytest

from deepvis.network.memory import LARGE, MMAP_THRESHOLD, TOP_PAD, TRIM_THRESHOLD, set_limits

LOOP = """
import resource, threading, torch
{setting}

def usage():
    return resource.getrusage(resource.RUSAGE_SELF)

def work():
    for turn in range(40):
        if turn == 16:
            faults.append(usage().ru_minflt)
        blobs = [torch.zeros(40 << 18) for _ in range(2)]  # 2 x 40 MB
        del blobs

faults, before = [], usage().ru_maxrss
thread = threading.Thread(target=work)
thread.start()
thread.join()
print(usage().ru_minflt - faults[0], (usage().ru_maxrss - before) // 1024)
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="glibc's malloc")
def test_blobs_of_later_passes_take_no_new_pages_and_few_lie_ready() -> None:
    setting = "from deepvis.network.memory import keep_freed_memory; keep_freed_memory()"
    said = [
        subprocess.run([sys.executable, "-c", LOOP.format(setting=line)], capture_output=True, check=True).stdout
        for line in ("", setting)
    ]
    (mapped, _), (kept, megabytes) = (map(int, words.split()) for words in said)
    assert kept < mapped / 10
    assert megabytes < 10 * 40


PIECES = """
import torch
from deepvis.network.memory import give_back_freed_memory, keep_freed_memory

def resident_mb():
    return int(open("/proc/self/statm").read().split()[1]) * 4096 // 1_000_000

keep_freed_memory()
before = resident_mb()
pieces = [torch.ones(1 << 18) for _ in range(200)]  # 200 x 1 MB
kept = pieces[::10]  # between them lies what is freed
del pieces
freed = resident_mb() - before
is_given_back = give_back_freed_memory()
print(freed, resident_mb() - before, is_given_back)
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="glibc's malloc")
def test_what_lies_free_between_pieces_in_use_is_given_back() -> None:
    said = subprocess.run([sys.executable, "-c", PIECES], capture_output=True, check=True, text=True).stdout.split()
    freed, held = int(said[0]), int(said[1])
    assert freed > 190 and held < 40 and said[2] == "True"


@pytest.mark.parametrize("allowed", [LARGE[0], LARGE[1], 0])
def test_an_older_library_allows_less_and_is_left_alone_where_it_allows_nothing(allowed) -> None:
    told = []

    def mallopt(parameter: int, value: int) -> int:
        said = parameter != MMAP_THRESHOLD or value <= allowed
        told.extend([parameter] if said else [])
        return int(said)

    assert set_limits(mallopt) is bool(allowed)
    assert told == ([MMAP_THRESHOLD, TOP_PAD, TRIM_THRESHOLD] if allowed else [])


HEAPS = """
import threading, torch
from deepvis.network.memory import give_back_freed_memory, keep_freed_memory, share_one_heap

def resident_mb():
    return int(open("/proc/self/statm").read().split()[1]) * 4096 // 1_000_000

is_shared = share_one_heap()
keep_freed_memory()
before = resident_mb()
turn = threading.Barrier(4)

def work():
    turn.wait()
    blobs = [torch.ones(5 << 18) for _ in range(10)]  # 10 x 5 MB
    turn.wait()
    del blobs

threads = [threading.Thread(target=work) for _ in range(4)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
freed = resident_mb() - before
give_back_freed_memory()
print(is_shared, freed, resident_mb() - before)
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="glibc's malloc")
def test_what_threads_have_freed_is_given_back_from_one_heap() -> None:
    said = subprocess.run([sys.executable, "-c", HEAPS], capture_output=True, check=True, text=True).stdout.split()
    assert said[0] == "True" and int(said[1]) > 150 and int(said[2]) < 40
