"""Freed memory stays with the process."""

from __future__ import annotations

import subprocess
import sys

import pytest

FAULTS = """
import resource, threading, torch
{setting}

def work():
    for turn in range(32):
        if turn == 8:
            before.append(resource.getrusage(resource.RUSAGE_SELF).ru_minflt)
        blobs = [torch.zeros(40 << 18) for _ in range(2)]  # 2 x 40 MB
        del blobs

before = []
thread = threading.Thread(target=work)
thread.start()
thread.join()
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before[0])
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="glibc's malloc")
def test_blobs_of_later_passes_take_no_new_pages() -> None:
    kept = "from deepvis.engine.memory import keep_freed_memory; assert keep_freed_memory()"
    faults = [
        int(subprocess.run([sys.executable, "-c", FAULTS.format(setting=line)], capture_output=True, check=True).stdout)
        for line in ("", kept)
    ]
    assert faults[1] < faults[0] / 10, faults
