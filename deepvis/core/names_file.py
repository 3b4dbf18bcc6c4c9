"""The file of what the user calls the units of a network, which several windows may change at once.

``$DEEPVIS_DATA``, else ``$XDG_DATA_HOME/deepvis``, else ``~/.local/share/deepvis``; then ``names/`` and a file for each
network, by its name and identity. JSON, version 1::

    {"version": 1, "model": "bvlc-googlenet", "network": "dddcbfcbe0c7",
     "units": [{"layer": "conv2/3x3", "unit": 7, "name": "my dog head", "starred": true, "note": ""}, ...]}
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from deepvis.core.content_errors import CONTENT_ERRORS
from deepvis.core.files import home_of_user, write_file
from deepvis.core.json_file import read_json
from deepvis.core.types import Unit
from deepvis.core.unit_files import file_name
from deepvis.core.unit_names import (
    LONGEST_NAME,
    LONGEST_NOTE,
    Change,
    UnitNames,
    UnitNote,
    names_of,
    with_changes,
    without_empty,
)
from deepvis.core.user_error import UserError

VERSION = 1


class NamesError(UserError):
    """A file holds no names of units; one sentence that names it."""


def names_folder(environ: Mapping[str, str] = os.environ) -> Path:
    own = environ.get("DEEPVIS_DATA")
    return (Path(own) if own else home_of_user("XDG_DATA_HOME", ".local/share", environ)) / "names"


def names_path(model: str, identity: str) -> Path:
    """Where the names of a network are."""
    return names_folder() / f"{file_name(f'{model}-{identity}' if identity else model)}.json"


def read_names(path: Path) -> UnitNames:
    """The names in a file; none where there is no file. Raises NamesError, OSError."""
    try:
        return names_in(read_json(path), str(path))
    except FileNotFoundError:
        return UnitNames()
    except ValueError:
        raise NamesError(f"{path} is no file of units' names: it is no JSON; move it away") from None


def names_in(content: Any, where: str) -> UnitNames:
    """The names in what a file holds. where: for the error. Raises NamesError."""
    if not isinstance(content, dict) or content.get("version") != VERSION or not isinstance(content.get("units"), list):
        raise NamesError(f"{where} is no file of units' names of version {VERSION}; move it away")
    return names_of(map(_entry, content["units"], [where] * len(content["units"])))


def _entry(row: Any, where: str) -> tuple[Unit, UnitNote]:
    try:
        unit = Unit(str(row["layer"]), int(row["unit"]))
        name, note = str(row.get("name", ""))[:LONGEST_NAME], str(row.get("note", ""))[:LONGEST_NOTE]
        return unit, UnitNote(name, bool(row.get("starred", False)), note)
    except CONTENT_ERRORS:
        raise NamesError(f"{where}: {str(row)[:60]} is no unit: expected layer, unit, name, starred and note") from None


def content_of(names: UnitNames, model: str, identity: str) -> dict[str, Any]:
    """What a file holds of these names."""
    rows = [
        {"layer": unit.layer, "unit": unit.channel, "name": note.name, "starred": note.starred, "note": note.note}
        for unit, note in without_empty(names).entries
    ]
    return {"version": VERSION, "model": model, "network": identity, "units": rows}


def change_names(path: Path, changes: Mapping[Unit, Change], model: str, identity: str) -> UnitNames:
    """Write changes into a file, whatever another window has written since, and return all that it holds then.

    Raises NamesError, OSError; then the file is as it was.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with _locked(path.with_suffix(".lock")):
        names = with_changes(read_names(path), changes)
        write_file(path, json.dumps(content_of(names, model, identity), indent=1, ensure_ascii=False).encode())
    return names


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    """Alone among all programs that ask for the same lock. Where the system has no such locks, the last one wins."""
    try:
        import fcntl
    except ImportError:  # Windows
        yield
        return
    with path.open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
