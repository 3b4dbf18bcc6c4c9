"""How a user calls this program: the beginning of every command that a message tells the user to run."""

from __future__ import annotations

import os
import shlex
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


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
    """The command that installs a package for the Python that runs this."""
    return f"{_typed(Path(sys.executable))} -m pip install {package}"


def _typed(path: Path) -> str:
    """A path as one would type it in a shell: from the current folder if it lies below, else whole."""
    try:
        below = path.is_relative_to(Path.cwd())
    except FileNotFoundError:  # the current folder has been deleted
        below = False
    return shlex.quote(os.path.relpath(path) if below else str(path))
