"""What ``pip install .`` gives: the package with the embedded model, and the console command."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest


@pytest.fixture(scope="module")
def wheel(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built from a copy of the repository so that nothing is left in it."""
    pytest.importorskip("setuptools", minversion="64", reason="pip install -r requirements-test.txt")
    folder = tmp_path_factory.mktemp("wheel")
    ignored = shutil.ignore_patterns(".git", ".venv", "__pycache__", "tests", "docs", ".*_cache", "build", "out")
    shutil.copytree(root, folder / "source", ignore=ignored)
    build = ["wheel", "--quiet", "--no-deps", "--no-build-isolation", "--wheel-dir", str(folder), "."]
    done = subprocess.run(
        [sys.executable, "-m", "pip", *build], cwd=folder / "source", capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 0, done.stderr
    return next(folder.glob("*.whl"))


def test_the_wheel_holds_the_models_but_nothing_fetched(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    assert "deepvis/_models/caffenet-mini/model.yaml" in names
    assert any(name.endswith("caffenet-mini.caffemodel") for name in names)
    assert "deepvis/_models/squeezenet/model.yaml" in names
    assert [name for name in names if name.endswith(".caffemodel") and "caffenet-mini" not in name] == []
    assert "deepvis/window/ui/fonts/Inter-Regular.ttf" in names
    assert "deepvis/pages/templates/report_layer.html" in names


def test_the_installed_package_runs_from_anywhere(wheel: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(tmp_path / "site")
        entry_points = next(name for name in archive.namelist() if name.endswith("entry_points.txt"))
        assert b"deepvis = deepvis.cli.window:entry" in archive.read(entry_points)
    environment = {**os.environ, "PYTHONPATH": str(tmp_path / "site"), "DEEPVIS_CACHE": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-m", "deepvis", "--headless", "--keys", "o", "--screenshot", "shot.png"],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert (tmp_path / "shot.png").stat().st_size > 10_000
