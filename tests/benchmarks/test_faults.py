"""Short forms of the campaigns of faults: downloads from a server that does wrong, and a full disk."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

ROOT = Path(__file__).resolve().parents[2]
WAYS = ("redirect-307", "redirect-to-file", "length-is-nonsense", "length-too-short", "cut", "reset", "another-file")
WAYS += ("endless", "redirect-with-an-endless-body", "endless-continue", "endless-trailers", "another-part")


def campaign(name: str, *words: object) -> dict[str, Any]:
    """What a script of benchmarks/faults prints."""
    command = [sys.executable, str(ROOT / "benchmarks" / "faults" / f"{name}.py"), *map(str, words)]
    environ = {**os.environ, "OMP_NUM_THREADS": "1"}
    done = subprocess.run(command, env=environ, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def faults_in(found: Any) -> Iterator[str]:
    """Every fault, at any depth."""
    for name, value in found.items() if isinstance(found, dict) else ():
        if name == "faults":
            yield from value
        else:
            yield from faults_in(value)


@pytest.mark.skipif(shutil.which("openssl") is None, reason="certificates are made with openssl")
@pytest.mark.parametrize("moments", [1, pytest.param(50, marks=pytest.mark.slow)])
def test_downloads(moments: int) -> None:
    found = campaign("downloads", "--moments", moments, *(["--ways", *WAYS] if moments == 1 else []))
    assert list(faults_in(found)) == []
    assert len(found["certificates"]) == 4 and found["killed"]["moments"] == moments


@pytest.fixture
def can_mount(tmp_path: Path) -> None:
    """The test is skipped where no tmpfs can be mounted."""
    command = ["mount", "-t", "tmpfs", "none", str(tmp_path)]
    if shutil.which("mount") is None or subprocess.run(command, capture_output=True, check=False).returncode:
        pytest.skip("a tmpfs can be mounted by root alone")
    subprocess.run(["umount", tmp_path], check=True)


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with eight of 80 x 80 pixels."""
    folder, noise = tmp_path_factory.mktemp("pictures"), np.random.default_rng(2)
    for number in range(8):
        Image.fromarray(noise.integers(0, 255, (80, 80, 3), np.uint8)).save(folder / f"{number}.png")
    return folder


@pytest.mark.usefixtures("can_mount")
@pytest.mark.parametrize("sizes", [2, pytest.param(8, marks=pytest.mark.slow)])
def test_a_full_disk(pictures: Path, sizes: int) -> None:
    few = ["--commands", "crops", "photo-statistics", "steadiness"] if sizes == 2 else ["--window"]
    found = campaign("disk_full", "--images", pictures, "--sizes", sizes, *few)
    assert list(faults_in(found)) == []
    assert all(each["full"] for each in found["commands"].values())


@pytest.mark.parametrize("moments", [2, pytest.param(4, marks=pytest.mark.slow)])
def test_killed(pictures: Path, moments: int) -> None:
    few = ["--commands", "steadiness"] if moments == 2 else []
    assert list(faults_in(campaign("killed", "--images", pictures, "--moments", moments, *few))) == []


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(os, "getuid") or os.getuid() != 0, reason="run by root alone")
def test_homes(pictures: Path) -> None:
    assert list(faults_in(campaign("homes", "--images", pictures))) == []
