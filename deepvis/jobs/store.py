"""Results of jobs as files whose names are hashes of what made them.

A job's result has the name of a hash of the network's identity and the job. So what is left to do is what has no file,
and nothing that another network or another job has made can be taken for it. What users look at is written elsewhere,
from these files, and the folder goes once nothing in it is needed any more.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from deepvis.core.temporary_names import PART, is_in_work, sweep_parts

DIGITS = 24  # of a name: 96 bits
NAME = re.compile(rf"[0-9a-f]{{{DIGITS}}}\.(?:png|npz)(?:{PART})?")


@dataclass(frozen=True)
class Store:
    """The results of jobs in one network, in one folder. network: its identity. ending: of the files' names."""

    folder: Path
    network: str
    ending: str

    def path(self, job: Mapping[str, Any]) -> Path:
        """Where the result of a job lies, there or not. job: all that decides the result, as JSON has it."""
        made_by = json.dumps({"network": self.network, "job": job}, sort_keys=True)
        return self.folder / f"{hashlib.sha256(made_by.encode()).hexdigest()[:DIGITS]}{self.ending}"


def sweep(folder: Path) -> None:
    """Remove what writers that were killed have left in a folder, and the folder where it is empty."""
    sweep_parts(folder)
    with suppress(OSError):  # there is more in it, or it is not there
        folder.rmdir()


def clear(folder: Path, earlier: str = "") -> None:
    """Remove the results in a folder, and the folder where nothing else is in it: what others have put there stays.

    So does what another run is writing now.

    earlier: a regular expression of names that an earlier version gave to results. Raises OSError.
    """
    for path in folder.iterdir() if folder.is_dir() else ():
        found = NAME.fullmatch(path.name)
        is_part = found is not None and path.suffix == ".part"
        if (found and not (is_part and is_in_work(path, found))) or (earlier and re.fullmatch(earlier, path.name)):
            path.unlink(missing_ok=True)
    with suppress(OSError):  # there is more in it, or it is not there
        folder.rmdir()


def adopt(earlier: Path, path: Path) -> None:
    """Give a result that an earlier version has named in another way its name of today, unless it is there."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        os.replace(earlier, path)
