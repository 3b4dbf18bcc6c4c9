"""What is said at the end of long work: where the result is, on standard output; what went wrong, on standard error."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from deepvis.cli.guard import WRONG, warn
from deepvis.cli.interrupts import exit_code, interrupted_words

if TYPE_CHECKING:
    from deepvis.optimize.session import Report

MOST_FAULTS = 5  # photos that are named on the terminal


def last_words(report: Report, name: str, total: int, place: Path | str, *, overwrite: bool = False) -> int:
    """Say how a run has ended, and where the result is; returns the exit code.

    total: of images that were left to make. place: the folder or the file; it is named where something was made, or is
    there. overwrite: the command overwrites what is there.
    """
    warn(report.troubles, name)
    if report.interrupted:
        warn([interrupted_words(go_on_words(report.finished, total, "images", overwrite=overwrite))], name)
        return exit_code()
    if not report.ended_early and (report.finished or not report.troubles):
        say_place(place, is_new=total > 0)
    return WRONG if report.troubles else 0


def say_place(place: Path | str, summary: str = "", *, is_new: bool = True) -> None:
    """The one line that long work writes to standard output. summary: "46 images"."""
    words = f"{summary}; the result is in" if summary else "the result is in"
    sys.stdout.write(f"{words if is_new else 'already done:'} {place}\n")


def photo_words(used: int, what: str, cut: Sequence[str], skipped: Sequence[str]) -> str:
    """How many photos a result is of: "41 photos (1 of them cut short), 2 skipped". cut, skipped: the reasons."""
    short = f" ({len(cut)} of them cut short)" if cut else ""
    return f"{used} {what}{short}, {len(skipped)} skipped"


def say_photo_faults(cut: Sequence[str], skipped: Sequence[str], file: Path | str) -> None:
    """Name the first of the photos that are cut short or skipped. file: that lists all."""
    faults = [*cut, *(f"skipped: {reason}" for reason in skipped)]
    for fault in faults[:MOST_FAULTS]:
        sys.stderr.write(f"  {fault}\n")
    if len(faults) > MOST_FAULTS:
        sys.stderr.write(f"  ... all are listed in {file}\n")


def go_on_words(done: int, total: int, what: str, *, overwrite: bool = False) -> str:
    """How far an interrupted run came, and how to go on."""
    again = "without --overwrite" if overwrite else "again"
    return f"{done} of {total} {what} are done, run the same command {again} to go on"
