"""The arguments that the scan, the crops and the report share."""

from __future__ import annotations

import argparse
from typing import Any

from deepvis.cli.parser import Parser, folder
from deepvis.cli.shared_options import add_output, add_work
from deepvis.scan.executor import Where
from deepvis.scan.results import back_folders

WORKERS = "so many processes; none or 0: threads of this one"


def add_modes(group: Any, when: str = "") -> None:
    """--modes, checked by the crops. when: what the option goes with."""
    modes = ", ".join(back_folders())
    group.add_argument("--modes", nargs="+", default=["deconv"], metavar="MODE", help=f"{when}{modes}")


def add_scan(parser: Parser) -> None:
    """The scan that is gone on with, and where to."""
    parser.add_argument("--scan", type=folder, required=True, metavar="DIR", help="the --output of deepvis scan")
    add_output(parser, "folder of the montages; none: the scan's")


def add_scan_work(parser: Parser, batch: str | None = None) -> None:
    add_work(parser, WORKERS, batch)


def where(arguments: argparse.Namespace) -> Where:
    return Where(arguments.workers or 0, arguments.scheduler)
