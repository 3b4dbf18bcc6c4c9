"""How the commands that messages name begin."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from deepvis.core import program as module
from deepvis.core.program import pip_install, program


def test_in_a_checkout(monkeypatch: pytest.MonkeyPatch, root: Path, tmp_path: Path) -> None:
    monkeypatch.setattr(sys, "argv", [str(root / "run_toolbox.py")])
    monkeypatch.chdir(root)
    assert program() == "scripts/run.sh"
    monkeypatch.chdir(root / "docs")
    assert program() == str(root / "scripts" / "run.sh")
    monkeypatch.chdir(tmp_path)
    assert program() == str(root / "scripts" / "run.sh")


def test_installed(monkeypatch: pytest.MonkeyPatch, root: Path, tmp_path: Path) -> None:
    monkeypatch.setattr(sys, "argv", ["/somewhere/bin/deepvis"])
    assert program() == "deepvis"
    monkeypatch.setattr(sys, "argv", ["-c"])
    monkeypatch.setattr(module, "ROOT", tmp_path)
    assert program() == "deepvis"


def test_a_package_goes_to_the_python_that_runs(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(module, "_torch", lambda: "2.13.0")
    monkeypatch.setattr(sys, "executable", str(tmp_path / "my env" / "bin" / "python"))
    assert pip_install("timm") == "'my env/bin/python' -m pip install timm"
    monkeypatch.setattr(sys, "executable", "/usr/bin/python3")
    assert pip_install("h5py") == "/usr/bin/python3 -m pip install h5py"


def test_every_message_installs_by_this_command(root: Path) -> None:
    """No other command of pip stands in the package: the package has no place of its own from which pip takes it."""
    said = [path.name for path in (root / "deepvis").rglob("*.py") if "pip install " in path.read_text("utf-8")]
    assert sorted(said) == ["environment.py", "program.py"]  # the first is of a checkout's scripts


def test_torchvision_is_of_the_build_of_torch(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/usr/bin/python3")
    monkeypatch.setattr(module, "_torch", lambda: "2.13.0+cpu")
    index = "--extra-index-url https://download.pytorch.org/whl/cpu"
    assert pip_install("timm") == f"/usr/bin/python3 -m pip install {index} timm"
    assert pip_install("h5py") == "/usr/bin/python3 -m pip install h5py"
    monkeypatch.setattr(module, "_torch", lambda: "2.13.0")
    assert pip_install("torchvision") == "/usr/bin/python3 -m pip install torchvision"
