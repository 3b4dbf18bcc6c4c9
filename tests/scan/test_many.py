"""Memory does not grow with the number of images."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

BENCHMARK = Path(__file__).resolve().parents[2] / "benchmarks" / "scan_many.py"


@pytest.mark.slow
def test_memory_is_flat_over_many_small_images() -> None:
    done = subprocess.run(
        [sys.executable, str(BENCHMARK), "--model", "caffenet-mini", "--count", "4000"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["images"] == 4000
    memory = list(found["memory_mb"].values())
    assert len(memory) == 20
    assert max(memory[10:]) < max(memory[:10]) + 30, memory  # MB; 4000 decoded photos would be 650
