"""The linters run as tests, so that one closing line tells all."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]


def run_module(*arguments: str) -> str:
    """Run ``python -m ...`` in the repository; what it printed if it failed, "" if it succeeded."""
    pytest.importorskip(arguments[0], reason=f"{arguments[0]} is not installed: pip install -r requirements-test.txt")
    done = subprocess.run([sys.executable, "-m", *arguments], cwd=ROOT, capture_output=True, text=True, timeout=300)
    return "" if done.returncode == 0 else done.stdout + done.stderr


def test_ruff_finds_nothing() -> None:
    assert run_module("ruff", "check", "--quiet", ".") == ""


def test_mypy_finds_nothing_in_the_core() -> None:
    assert run_module("mypy", "--no-error-summary", "deepvis/core") == ""
