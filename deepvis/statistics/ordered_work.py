"""Work in several threads whose results are added in order, and written from time to time."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from contextlib import closing
from typing import TypeVar

from deepvis.jobs.ordered import in_order
from deepvis.jobs.progress import Progress
from deepvis.statistics.running_sums import RunningSums, save_sums
from deepvis.statistics.statistics_plan import StatisticsFolder, StatisticsPlan

SECONDS = 20.0  # between two writings of the sums

Job = TypeVar("Job")
Sums = TypeVar("Sums")


class Keeper:
    """Holds the sums of a run, and writes them into its folder."""

    def __init__(self, folder: StatisticsFolder, plan: StatisticsPlan, sums: RunningSums) -> None:
        self.sums = self._written = sums
        self._folder, self._plan, self._time = folder, plan, time.monotonic()

    def write(self, apart: float = 0.0) -> None:
        """Write what is new, at most once in ``apart`` seconds. Raises OSError."""
        sums = self.sums
        if sums is not self._written and time.monotonic() - self._time >= apart:
            save_sums(self._folder.running, sums, self._plan)
            self._written, self._time = sums, time.monotonic()


def add_in_order(
    work: Callable[[Job], Sums],
    jobs: Sequence[Job],
    add: Callable[[Sums], None],
    threads: int,
    keeper: Keeper,
    progress: Progress,
) -> None:
    """Work in threads, add in order; the sums are written from time to time, and where it is interrupted."""
    try:
        with closing(in_order(work, jobs, threads, 2 * threads - 1, "statistics")) as found:
            for each in found:
                add(each)
                keeper.write(SECONDS)
    finally:
        progress.end()
        keeper.write()
