"""Scripts run with any Python: they go over to .venv, or say in one sentence what is missing."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SCRIPTS = ["run_toolbox.py", *sorted(f"scripts/{path.name}" for path in (ROOT / "scripts").glob("*.py"))]


@pytest.fixture
def bare(tmp_path):
    """A copy of the code, and a Python without any packages: (folder, python)."""
    for name in ("scripts", "deepvis"):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "run_toolbox.py", tmp_path)
    return tmp_path, [sys._base_executable, "-S", "-E"]


@pytest.mark.parametrize("script", SCRIPTS)
def test_without_packages_one_sentence_names_the_next_step(bare, script):
    folder, python = bare
    done = subprocess.run([*python, folder / script], capture_output=True, text=True)
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1 and "run scripts/run.sh once" in done.stderr


def test_goes_over_to_the_environment_where_there_is_one(bare):
    folder, python = bare
    stand_in = folder / ".venv" / "bin" / "python"
    stand_in.parent.mkdir(parents=True)
    stand_in.write_text('#!/bin/sh\necho "environment: $*"\n')
    stand_in.chmod(0o755)
    done = subprocess.run([*python, folder / SCRIPTS[0], "a b"], capture_output=True, text=True)
    assert done.returncode == 0 and done.stdout.strip().endswith(f"{SCRIPTS[0]} a b")
