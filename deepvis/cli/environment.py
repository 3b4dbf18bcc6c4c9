"""Scripts find the environment that ``scripts/run.sh`` made, whatever Python they were started with."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from pathlib import Path
from typing import NoReturn

from deepvis.cli.interrupts import watch_signals
from deepvis.core.program import ROOT

NEEDED = ("cv2", "google.protobuf", "jinja2", "numpy", "pydantic", "torch", "yaml")


def run_script(*words: str) -> NoReturn:
    """What a script of the repository does: ``deepvis`` with these words before those of its command line."""
    watch_signals()
    use_environment()
    from deepvis.cli.main import entry  # late: it needs the packages

    entry(*words)


def use_environment() -> None:
    """Start the running script anew with ``.venv``'s Python where packages are missing in this one.

    Ends the process with code 2 and one sentence where there is no such environment either.
    """
    missing = [name for name in NEEDED if not _is_there(name)]
    if not missing:
        return
    python = ROOT / ".venv" / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    if not python.exists() or Path(sys.prefix).resolve() == (ROOT / ".venv").resolve():
        sys.stderr.write(
            f"{Path(sys.argv[0]).name}: the package {missing[0]} is not installed for {sys.executable}; "
            "run scripts/run.sh once, which installs what is needed into .venv, or pip install .\n"
        )
        raise SystemExit(2)
    command = [str(python), *sys.argv]
    if os.name == "nt":
        raise SystemExit(subprocess.call(command))
    os.execv(command[0], command)


def _is_there(name: str) -> bool:
    try:
        return importlib.util.find_spec(name) is not None
    except ModuleNotFoundError:  # of a parent package
        return False
