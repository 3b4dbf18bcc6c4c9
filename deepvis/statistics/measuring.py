"""A whole run: list the photos, begin or go on, add up, write the result. Killed at any moment, it can go on."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import replace
from typing import Any, TypeVar

from deepvis.jobs.ordered import in_order
from deepvis.jobs.progress import Progress
from deepvis.scan.network import torch_threads_restored
from deepvis.scan.scan_error import going_on_later
from deepvis.statistics.layer_pass import BatchSums, batch_sums
from deepvis.statistics.pixel_gradient import ROWS, GradientJob, gradient_layers, gradient_sums
from deepvis.statistics.preparing import Prepared, StatisticsOrder, forget, prepare
from deepvis.statistics.result_file import check_own, read_result, write_result
from deepvis.statistics.running_sums import (
    CorruptSums,
    GradientSums,
    RunningSums,
    add_gradients,
    load_sums,
    no_gradient_sums,
    no_sums,
    save_sums,
)
from deepvis.statistics.statistics_error import StatisticsError
from deepvis.statistics.statistics_plan import StatisticsFolder, StatisticsPlan, check_same_plan
from deepvis.statistics.summary import summary
from deepvis.statistics.unit_sums import add_joint, add_units


def run_statistics(order: StatisticsOrder, progress: Progress | None = None) -> tuple[dict[str, Any], bool]:
    """(the content of statistics.json, was anything computed?). Plots and page are drawn from it: ``check_drawn``.

    Raises StatisticsError, ScanError, ModelError; what was finished by then is kept.
    """
    progress = progress or Progress()
    folder = StatisticsFolder(order.output.absolute())
    with going_on_later(order.output):
        check_own(folder)
        if order.overwrite:
            forget(folder)
        ready = prepare(order, folder)
        if (result := finished(folder, ready.plan)) is not None:
            clean_up(folder)
            return result, False
        with torch_threads_restored():
            keeper = Keeper(folder, ready.plan, begun(folder, ready.plan, progress))
            add_photos(ready, keeper, progress)
            refuse_nothing(order, keeper.sums, folder)
            job = add_gradient(ready, keeper, progress)
        result = summary(ready.network.model, ready.plan, ready.images, ready.first, keeper.sums, job)
        write_result(result, folder)
        clean_up(folder)
        return result, True


def clean_up(folder: StatisticsFolder) -> None:
    """Remove what a run needs only while it works."""
    folder.running.unlink(missing_ok=True)
    folder.images.unlink(missing_ok=True)


def finished(folder: StatisticsFolder, plan: StatisticsPlan) -> dict[str, Any] | None:
    """The result where it is there already. Raises StatisticsError where that of something else is."""
    result = read_result(folder)
    if result is not None:
        check_same_plan(result["plan"], plan, folder)
    return result


def begun(folder: StatisticsFolder, plan: StatisticsPlan, progress: Progress) -> RunningSums:
    """The sums of a run that was stopped, or those of no photo. Raises StatisticsError for those of something else."""
    try:
        sums, old = load_sums(folder.running)
    except FileNotFoundError:
        return no_sums(plan)
    except CorruptSums as error:
        progress.note(f"{folder.running} is corrupt ({error}); the photos are run again")
        return no_sums(plan)
    check_same_plan(old, plan, folder)
    return sums


def add_photos(ready: Prepared, keeper: Keeper, progress: Progress) -> None:
    """Add the photos that are not in the sums yet."""
    correlated = dict(zip((name for name, _ in ready.plan.layers), ready.plan.correlated, strict=True))
    rows, done = ready.plan.rows, keeper.sums.images

    def work(batch: int) -> BatchSums:
        return batch_sums(ready.network, ready.paths(batch), batch * rows, ready.fit, correlated)

    def add(found: BatchSums) -> None:
        keeper.sums = with_batch(keeper.sums, found)
        progress.advance(found.images, len(found.skipped))

    if done < ready.plan.images:
        progress.begin(ready.plan.images, done)
        add_in_order(work, range(done // rows, len(ready.offsets)), add, ready.threads, keeper, progress)


def with_batch(sums: RunningSums, found: BatchSums) -> RunningSums:
    """The sums with the next batch of photos."""
    joint = (
        add_joint(a, b) if a is not None and b is not None else None
        for a, b in zip(sums.joint, found.joint, strict=True)
    )
    return replace(
        sums,
        images=sums.images + found.images,
        units=tuple(add_units(a, b) for a, b in zip(sums.units, found.units, strict=True)),
        joint=tuple(joint),
        skipped=sums.skipped + found.skipped,
        cut=sums.cut + found.cut,
    )


def add_gradient(ready: Prepared, keeper: Keeper, progress: Progress) -> GradientJob:
    """Add the photos of the gradient that are not in the sums yet; returns what is in them."""
    paths, first = ready.spread_paths(), ready.first
    layers = gradient_layers(ready.network.model.graph, [name for name, _ in ready.plan.layers], first)
    job = GradientJob(layers, first.layer if first else "", len(first.filters) if first else 0, len(paths), ready.fit)
    begin = keeper.sums.gradient_batches

    def work(batch: int) -> GradientSums:
        return gradient_sums(ready.network, job, paths[batch * ROWS : (batch + 1) * ROWS], batch * ROWS)

    def add(found: GradientSums) -> None:
        batches = keeper.sums.gradient_batches
        before = keeper.sums.gradient or no_gradient_sums(len(layers), job.channels)
        keeper.sums = replace(keeper.sums, gradient=add_gradients(before, found), gradient_batches=batches + 1)
        progress.advance(min(ROWS, len(paths) - batches * ROWS))

    batches = range(begin, -(-len(paths) // ROWS))
    if batches:
        progress.begin(len(paths), begin * ROWS, "gradient")
        add_in_order(work, batches, add, ready.threads, keeper, progress)
    return job


def refuse_nothing(order: StatisticsOrder, sums: RunningSums, folder: StatisticsFolder) -> None:
    """Raises StatisticsError where no photo could be used."""
    if len(sums.skipped) < sums.images:
        return
    forget(folder)
    raise StatisticsError(
        f"none of the {sums.images} images of {order.images} can be used ({sums.skipped[0].reason}); give --images a "
        "folder of pictures, or a list of them"
    )


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
