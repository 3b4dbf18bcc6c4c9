"""The arguments that the scan, the crops and the report share."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

from deepvis.cli.parser import Parser, bad, folder
from deepvis.cli.progress import go_on_words
from deepvis.cli.shared_options import add_output, try_output
from deepvis.core.nearest import nearest
from deepvis.jobs.pool import Where
from deepvis.jobs.progress import Bar
from deepvis.scan.results import back_folders


def add_modes(group: Any, when: str = "") -> None:
    """--modes. when: what the option goes with."""
    modes = ", ".join(back_folders())
    group.add_argument("--modes", nargs="+", type=back_mode, default=["deconv"], metavar="MODE", help=f"{when}{modes}")


def back_mode(text: str) -> str:
    """A type of argument: the name of a back mode."""
    if text not in back_folders():
        hint = nearest(text, back_folders(), f"there are: {', '.join(back_folders())}")
        raise bad(text, f"a back mode; {hint}")
    return text


def add_scan(parser: Parser) -> None:
    """The scan that is gone on with, and where to."""
    parser.add_argument("--scan", type=folder, required=True, metavar="DIR", help="the --output of deepvis scan")
    add_output(parser, "folder of the montages; none: the scan's")


def make_crops(
    arguments: argparse.Namespace,
    scan: Path,
    output: Path,
    *,
    report: bool = True,
    is_new: bool = False,
    **more: Any,
) -> None:
    """The montages of a scan, and its report; then the line that says where.

    is_new: something was made for them just now. more: of the CropOrder.
    """
    from deepvis.scan.layout import CropOrder, run_crops  # late: --help needs no torch
    from deepvis.scan.report import write_report

    order = CropOrder(
        scan, output, modes=tuple(arguments.modes), device=arguments.device, where=where(arguments), **more
    )
    try_output(output)
    bar = Bar(" units")
    try:
        units = run_crops(order, bar)
    except KeyboardInterrupt as error:
        overwrite = getattr(arguments, "overwrite", False)
        raise KeyboardInterrupt(go_on_words(bar.done, bar.total, "units", overwrite=overwrite)) from error
    is_new = is_new or bar.total > bar.done_before
    page = write_report(scan, output) if report else None
    words = f"{units} units have montages in {output}" + (f"; report: {page}" if page else "")
    sys.stdout.write(f"{words}\n" if is_new else f"already done: {page or output}\n")


def where(arguments: argparse.Namespace) -> Where:
    return Where(arguments.workers or 0, arguments.scheduler)
