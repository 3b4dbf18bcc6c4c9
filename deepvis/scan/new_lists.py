"""Lists of images on their way to their name, ``images.txt``: what is left of runs that were killed is swept.

A list takes its name once it is seen that the folder holds no other scan. Until then it is
``images.<machine>-<process>-<digits>.new``, so that the next run can tell whether anybody is still at it.
"""

from __future__ import annotations

import re
from contextlib import suppress
from pathlib import Path

from deepvis.core.temporary_names import MARK, is_in_work, new_mark

NAME = re.compile(rf"images\.{MARK}\.new(?:\.[0-9a-f-]+\.part)?")


def new_list(target: Path) -> Path:
    """Where to write the list that is to become ``target``; lists that nobody writes any more are removed."""
    sweep_lists(target.parent)
    return target.with_name(f"images.{new_mark()}.new")


def sweep_lists(folder: Path) -> None:
    """Remove the lists in a folder that killed runs have left, and nothing else."""
    for path in folder.glob("images.*.new*"):
        found = NAME.fullmatch(path.name)
        if found and path.is_file() and (found["machine"] is None or not is_in_work(path, found)):
            with suppress(OSError):
                path.unlink()
