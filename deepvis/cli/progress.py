"""How far long work is, on the terminal, and what is said at its end."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from tqdm import tqdm

from deepvis.cli.guard import INTERRUPTED, WRONG, warn

if TYPE_CHECKING:
    from deepvis.optimize.ascend import Job
    from deepvis.optimize.session import Report


class Bar:
    """A Progress on the terminal: done of all, per second, time left, skipped. unit: "image", "unit"."""

    def __init__(self, unit: str) -> None:
        self._unit = unit
        self._bar: tqdm | None = None
        self._skipped = 0

    def begin(self, images: int, done: int) -> None:
        self._bar = tqdm(total=images, initial=done, unit=f" {self._unit}s", dynamic_ncols=True, smoothing=0.1)
        self._bar.set_postfix_str(f"skipped {self._skipped}", refresh=False)

    def advance(self, images: int, skipped: int) -> None:
        if self._bar is None:
            return
        if skipped:
            self._skipped += skipped
            self._bar.set_postfix_str(f"skipped {self._skipped}", refresh=False)
        self._bar.update(images)

    def note(self, sentence: str) -> None:
        tqdm.write(sentence, file=sys.stderr)

    def end(self) -> None:
        if self._bar is not None:
            self._bar.close()
            self._bar = None


def progress_bar(jobs: Sequence[Job], title: str | None = None) -> tqdm:
    """Iterations done, the pace, the time left; units and objective come behind. Now and then in a log file."""
    total = sum(job.recipe.max_iter for job in jobs)
    seconds = 0.2 if sys.stderr.isatty() else 30.0
    return tqdm(total=total, desc=title, unit="it", dynamic_ncols=True, mininterval=seconds, maxinterval=seconds)


def last_words(report: Report, name: str, total: int, *, overwrite: bool = False) -> int:
    """Say what went wrong; returns the exit code. overwrite: the command overwrites what is there."""
    warn(report.troubles, name)
    if report.interrupted:
        done = f"{report.finished} of {total} images are done"
        again = "without --overwrite " if overwrite else "again "
        warn([f"interrupted; {done}, run the same command {again}to go on"], name)
        return INTERRUPTED
    return WRONG if report.troubles else 0
