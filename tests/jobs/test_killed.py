"""kill -9 at any moment and the same command again: the same files, byte for byte, for all of the long commands."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from deepvis.cli.main import main

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize("moments", [2, pytest.param(12, marks=pytest.mark.slow)])
def test_all_commands_go_on(tiny_files, collection, tmp_path: Path, moments: int) -> None:
    scanned = tmp_path / "scanned"
    photos = ["--images", str(collection)]
    assert main(["scan", *tiny_files, *photos, "--layers", "fc", "--output", str(scanned)]) == 0
    quick = [*tiny_files, "--max-iter", "3", "--workers", "1"]
    one = ["--rand-seed", "0", "--presets", "3"]
    fc = ["--push-layer", "fc", "--push-channel"]
    commands = {
        "optimize": ["optimize", *quick, *fc, "0-2", "--preset", "3", "--output", "OUT"],
        "optimize-layer": ["optimize-layer", *quick, *fc[:2], *one, "--output", "OUT"],
        "search": ["search", *quick, *fc, "0", "2", "--recipes", "2", "--output", "OUT"],
        "figures": ["figures", *quick, "--figures", "4", "--classes", "1", "3", "--output", "OUT"],
        "scan": ["scan", *tiny_files, *photos, "--crop", "--output", "OUT"],
        "crops": ["crops", "--scan", str(scanned), "--device", "cpu", "--modes", "deconv", "--output", "OUT"],
    }
    done = subprocess.run(
        [sys.executable, str(Path(__file__).with_name("killer.py")), json.dumps(commands), str(tmp_path), str(moments)],
        env={**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert list(told) == list(commands)
    assert {name: each["differences"] for name, each in told.items()} == {name: {} for name in commands}
    assert all(len(each["moments"]) == moments for each in told.values()), told
