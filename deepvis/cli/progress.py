"""What is said at the end of long work."""

from __future__ import annotations

from typing import TYPE_CHECKING

from deepvis.cli.guard import INTERRUPTED, WRONG, warn

if TYPE_CHECKING:
    from deepvis.optimize.session import Report


def last_words(report: Report, name: str, total: int, *, overwrite: bool = False) -> int:
    """Say what went wrong; returns the exit code. overwrite: the command overwrites what is there."""
    warn(report.troubles, name)
    if report.interrupted:
        done = f"{report.finished} of {total} images are done"
        again = "without --overwrite " if overwrite else "again "
        warn([f"interrupted; {done}, run the same command {again}to go on"], name)
        return INTERRUPTED
    return WRONG if report.troubles else 0
