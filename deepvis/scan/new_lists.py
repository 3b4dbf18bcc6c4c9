"""Lists of images on their way to their name, ``images.txt``: what is left of runs that were killed is swept.

A list takes its name once it is seen that the folder holds no other scan. Until then it is
``images.<machine>-<process>-<digits>.new``, so that the next run can tell whether anybody is still at it.
"""

from __future__ import annotations

import hashlib
import os
import re
import socket
import time
import uuid
from contextlib import suppress
from pathlib import Path

NAME = re.compile(r"images\.(?:(?P<machine>[0-9a-f]{8})-(?P<process>\d+)-)?[0-9a-f]{8}\.new(?:\.[0-9a-f]{8}\.part)?")
LONG = 3600.0  # seconds, after which a list of another machine is nobody's any more


def new_list(target: Path) -> Path:
    """Where to write the list that is to become ``target``; lists that nobody writes any more are removed."""
    sweep_lists(target.parent)
    return target.with_name(f"images.{_machine()}-{os.getpid()}-{uuid.uuid4().hex[:8]}.new")


def sweep_lists(folder: Path) -> None:
    """Remove the lists in a folder that killed runs have left, and nothing else."""
    for path in folder.glob("images.*.new*"):
        found = NAME.fullmatch(path.name)
        if found and path.is_file() and not _is_in_work(path, found):
            with suppress(OSError):
                path.unlink()


def _is_in_work(path: Path, found: re.Match[str]) -> bool:
    if found["machine"] is None:  # as earlier versions named them
        return False
    if found["machine"] != _machine():
        with suppress(OSError):
            return time.time() - path.stat().st_mtime < LONG
        return False
    try:
        os.kill(int(found["process"]), 0)
    except (ProcessLookupError, OverflowError):
        return False
    except PermissionError:
        return True
    return True


def _machine() -> str:
    return hashlib.sha256(socket.gethostname().encode()).hexdigest()[:8]
