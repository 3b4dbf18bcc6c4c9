"""How a user calls this program: the beginning of every command that a message tells the user to run."""

from __future__ import annotations

import os
import shlex
import sys
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
CPU_INDEX = "https://download.pytorch.org/whl/cpu"
NEED_TORCHVISION = ("torchvision", "timm")


def program() -> str:
    """The words that stand before a subcommand, ready for a shell.

    "deepvis" where that command was started, and where the package is installed. In a checkout, where it is not
    on the PATH: scripts/run.sh, which takes the same arguments.
    """
    script = ROOT / "scripts" / "run.sh"
    if Path(sys.argv[0]).stem == "deepvis" or not script.is_file():
        return "deepvis"
    return _typed(script)


def pip_install(package: str) -> str:
    """The command that installs a package for the Python that runs this.

    Beside PyTorch's build without CUDA torchvision has to be of that build too.
    """
    index = f"--extra-index-url {CPU_INDEX} " if package in NEED_TORCHVISION and _torch().endswith("+cpu") else ""
    return f"{_typed(Path(sys.executable))} -m pip install {index}{package}"


def _torch() -> str:
    """PyTorch's version, as 2.13.0+cpu; "" where it is not installed. Does not load it."""
    try:
        return version("torch")
    except PackageNotFoundError:
        return ""


def _typed(path: Path) -> str:
    """A path as one would type it in a shell: from the current folder if it lies below, else whole."""
    try:
        below = path.is_relative_to(Path.cwd())
    except FileNotFoundError:  # the current folder has been deleted
        below = False
    return shlex.quote(os.path.relpath(path) if below else str(path))
