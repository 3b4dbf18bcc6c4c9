"""``deepvis names``: what the user calls units (docs/keep.md), listed, exported to a file, imported from one."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from deepvis.cli.parser import Parser
from deepvis.cli.subcommand import subcommand
from deepvis.core.files import write_file
from deepvis.core.json_file import read_json
from deepvis.core.names_file import VERSION, NamesError, change_names, content_of, names_folder, names_in, names_path
from deepvis.core.unit_names import NOTHING_SAID, UnitNames
from deepvis.core.user_error import UsageError

LONGEST = 100  # bytes of a network's name or identity, which a file is named by


def arguments(parser: Parser) -> None:
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--export", type=Path, metavar="FILE", help="write the names of all networks into one file")
    what.add_argument(
        "--import", dest="import_", type=Path, metavar="FILE",
        help="take over what an exported file says of units that have no name, star or note here",
    )  # fmt: skip
    parser.add_argument("--overwrite", action="store_true", help="replace a file that is there; or what is said here")


@subcommand(
    "names",
    "list, export and import what you call units",
    "",
    "--export names.json",
    "--import names.json",
    arguments=arguments,
)
def names(arguments: argparse.Namespace) -> int:
    """Prints what is there, a line for each unit; or what was exported or imported."""
    if arguments.import_ is not None:
        return take_in(arguments.import_, overwrite=arguments.overwrite)
    found = all_names()
    if arguments.export is not None:
        return give_out(found, arguments.export, overwrite=arguments.overwrite)
    for model, network, said in found:
        for unit, note in said.entries:
            about = f": {note.note}" if note.note else ""
            sys.stdout.write(f"{model} {network}  {unit.layer} {unit.channel}  {note.words}{about}\n")
    if not found:
        sys.stderr.write(f"deepvis names: no unit has a name yet ({names_folder()}); ctrl+t in the window names one\n")
    return 0


def all_names() -> list[tuple[str, str, UnitNames]]:
    """(model, identity, names) of each network, of files in this user's folder. Raises NamesError, OSError."""
    found = []
    for path in sorted(names_folder().glob("*.json")):
        content = json_of(path)
        said = names_in(content, str(path))
        if said.entries:
            found.append((str(content.get("model", "")), str(content.get("network", "")), said))
    return found


def give_out(found: list[tuple[str, str, UnitNames]], path: Path, *, overwrite: bool) -> int:
    if path.exists() and not overwrite:
        raise UsageError(f"--export {path}: this file is there already; give another name, or --overwrite")
    networks = [content_of(said, model, network) for model, network, said in found]
    text = json.dumps({"version": VERSION, "networks": networks}, indent=1, ensure_ascii=False)
    write_file(path, text.encode())
    sys.stdout.write(f"{path}: {sum(len(said.entries) for *_, said in found)} units of {len(found)} networks\n")
    return 0


def take_in(path: Path, *, overwrite: bool) -> int:
    """Raises NamesError, before anything is changed."""
    content = json_of(path)
    networks = content.get("networks") if isinstance(content, dict) else None
    if not isinstance(networks, list) or not all(isinstance(each, dict) for each in networks):
        raise NamesError(f"--import {path}: this is no file that deepvis names --export has written")
    read = [(*_network_of(each, path), names_in(each, f"--import {path}")) for each in networks]
    count = 0
    for model, network, said in read:
        place = names_path(model, network)
        here = names_in(json_of(place), str(place)) if place.exists() else UnitNames()
        changes = {
            unit: (here.of(unit), note) for unit, note in said.entries if overwrite or here.of(unit) == NOTHING_SAID
        }
        if changes:
            change_names(place, changes, model, network)
        count += len(changes)
    sys.stdout.write(f"{path}: {count} units of {len(read)} networks taken over\n")
    return 0


def _network_of(content: dict[str, Any], path: Path) -> tuple[str, str]:
    """(model, identity). Raises NamesError for what can be no name of a file."""
    model, network = content.get("model", ""), content.get("network", "")
    if not all(isinstance(each, str) and len(each.encode("utf-8", "replace")) <= LONGEST for each in (model, network)):
        raise NamesError(
            f"--import {path}: {str(model)[:40]!r}, {str(network)[:40]!r} is no network's name and identity"
        )
    return model, network


def json_of(path: Path) -> Any:
    try:
        return read_json(path)
    except FileNotFoundError:
        raise NamesError(f"{path}: there is no such file") from None
    except ValueError:
        raise NamesError(f"{path} is no JSON") from None
