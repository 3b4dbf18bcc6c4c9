"""The arguments that the scan, the crops and the report share."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

from deepvis.cli.parser import Parser, folder
from deepvis.cli.shared_options import add_output, add_work
from deepvis.jobs.pool import Where
from deepvis.jobs.progress import Bar
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


def make_crops(arguments: argparse.Namespace, scan: Path, output: Path, *, report: bool = True, **more: Any) -> None:
    """The montages of a scan, and its report, with a line on each. more: of the CropOrder."""
    from deepvis.scan.layout import CropOrder, run_crops  # late: --help needs no torch
    from deepvis.scan.report import write_report

    order = CropOrder(
        scan, output, modes=tuple(arguments.modes), device=arguments.device, where=where(arguments), **more
    )
    units = run_crops(order, Bar(" units"))
    sys.stdout.write(f"{units} units have montages in {output}\n")
    if report:
        sys.stdout.write(f"report: {write_report(scan, output)}\n")


def where(arguments: argparse.Namespace) -> Where:
    return Where(arguments.workers or 0, arguments.scheduler)
