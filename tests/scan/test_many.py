"""Memory does not grow with the number of images."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest

from deepvis.network.ref import NetworkRef
from deepvis.scan.resumable_scan import ScanOrder, run_scan
from tests.helpers.work import allocated_by

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


def test_what_a_scan_holds_does_not_grow_with_its_images(tmp_path: Path) -> None:
    """Bytes that numpy and Python hold at most: 300 more images would be 49 MB as inputs, 31 MB as photos."""
    peaks = []
    for count in (100, 400):
        folder = tmp_path / f"{count}"
        folder.mkdir()
        for index in range(count):
            rgb = np.full((160, 220, 3), index % 251, np.uint8)
            rgb[: index // 2, :90] = 255 - index % 251
            cv2.imwrite(str(folder / f"{index:04d}.jpg"), rgb)
        order = ScanOrder(NetworkRef("caffenet-mini"), str(folder), tmp_path / f"scan{count}")
        seen: list[int] = []
        peaks.append(allocated_by(lambda order=order, seen=seen: seen.append(run_scan(order).top_activations.seen)))
        assert seen == [count]
    assert peaks[1] < peaks[0] + 10e6
