"""``deepvis fetch``: the files of a model, downloaded, or taken from a folder. Goes on where it was cut off."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

from deepvis.cli.guard import warn
from deepvis.cli.parser import Parser
from deepvis.cli.subcommand import subcommand
from deepvis.core.program import program
from deepvis.core.user_error import UsageError

FILE_KEYS = ("prototxt", "weights", "mean", "labels")  # of a card, that name files


def arguments(parser: Parser) -> None:
    parser.add_argument("name", nargs="?", help="model, as --list names it")
    parser.add_argument("--from", dest="source", type=Path, metavar="DIR", help="take the files from this folder")
    parser.add_argument("--all", action="store_true", help="optional files too (unit images, some gigabytes)")
    parser.add_argument("--list", action="store_true", help="list the models and their files")


@subcommand(
    "fetch",
    "download the files of a model, or take them from a folder",
    "bvlc-googlenet",
    "squeezenet --from ~/Downloads",
    arguments=arguments,
    resumes=True,
)
def fetch(arguments: argparse.Namespace) -> int:
    from deepvis.models.fetch import fetch_model
    from deepvis.models.opening_notes import remedy
    from deepvis.models.zoo import find_card

    if arguments.list:
        list_files()
        return 0
    if not arguments.name:
        raise UsageError(f"no model is named; {program()} models lists them")
    card = find_card(arguments.name)
    for file in fetch_model(card, source=arguments.source, everything=arguments.all, progress=bar):
        sys.stdout.write(f"{file.path}: {file.word}" + (f" ({file.remark})" if file.remark else "") + "\n")
    if card.files and card.data_folder:
        sys.stdout.write(f"the files of {card.name} are in {card.data_folder}\n")
    absent = {key: path for key in FILE_KEYS if (path := card.path(key)) is not None and not path.exists()}
    warn([f"{path} is not there; {remedy(card, key)}" for key, path in absent.items()], "deepvis fetch")
    if not card.files and not absent:
        sys.stdout.write(f"{card.name} is complete: nothing to download\n")
    sys.stdout.write(f"try it: {program()} --model {card.folder.name}\n")
    return 0


def list_files() -> None:
    from deepvis.models.zoo import list_models

    for card in list_models():
        sys.stdout.write(f"{card.folder.name}: {card.get('description', '')}\n")
        for file in card.files:
            there = "there" if card.file(file.path).exists() else "missing"
            remarks = (", optional" if file.optional else "") + (f" ({file.note})" if file.note else "")
            sys.stdout.write(f"    {file.path}: {there}{remarks}\n")


def bar(name: str, done: int, total: int) -> Any:
    from deepvis.jobs.progress import TerminalLine

    return TerminalLine(desc=name, initial=done, total=total or None, unit="B", unit_scale=True, unit_divisor=1024)
