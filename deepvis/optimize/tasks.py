"""Work cut into pieces that a pool can run.

A ``ClimbTask`` is a batch of jobs and what they run on, plain values all: it runs in this process, in a
thread beside others, or on a machine of a Dask cluster, and gives back the same climbs.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from deepvis.models.model import Model
from deepvis.models.opened_once import model_now, model_of_identity
from deepvis.network.ref import NetworkRef
from deepvis.optimize.ascend import ascend, begin
from deepvis.optimize.ascent_network import AscentNetwork, ascent_net_of
from deepvis.optimize.climb import Climb, Iterate, Job
from deepvis.optimize.climb_files import read_climb
from deepvis.optimize.field_only import field_only
from deepvis.optimize.optimize_error import OptimizeError

ClimbWatch = Callable[["ClimbTask", Sequence[Climb]], bool]  # after every iteration; False: stop here


@dataclass(frozen=True)
class Setup:
    """What an ascent runs on: a network, a device, and how much of the network.

    identity: of the network, by which another process knows that it has opened the same. field_of: run only what the
    centre unit of this layer sees; None: all.
    """

    network: NetworkRef
    identity: str
    device: str = "cpu"
    field_of: str | None = None


@dataclass(frozen=True, eq=False)
class ClimbTask:
    """A batch: jobs that climb together.

    climbs: how far they are already; empty: at their beginning. seconds: to come back after, with climbs on their way.
    """

    setup: Setup
    number: int
    jobs: tuple[Job, ...]
    starts: tuple[np.ndarray | None, ...]  # x0 of the jobs that bring their own
    unfinished: tuple[Path | None, ...]  # files of climbs to go on with, where they exist
    threads: int = 0  # of torch, while it runs; 0: as many as there are
    climbs: tuple[Climb, ...] = ()
    seconds: float = float("inf")

    @property
    def title(self) -> str:
        count = f"{len(self.jobs)} images" if len(self.jobs) > 1 else "the image"
        return f"{count} from {self.jobs[0].objective.leader.words} on (batch {self.number})"

    def run(self, watch: ClimbWatch | None = None) -> list[Climb]:
        """Climb to the end, till the time is up or ``watch`` says stop; the climbs come back in main memory.

        Raises OptimizeError, ModelError.
        """
        if self.threads:
            torch.set_num_threads(self.threads)
        until = time.monotonic() + self.seconds
        ready = ascent_net(self.setup)
        climbs = [moved(climb, ready.net.device) for climb in self.climbs] or begun(self)
        try:
            for climbs in ascend(ready, climbs):  # noqa: B020
                if (watch is not None and not watch(self, climbs)) or time.monotonic() > until:
                    break
        except torch.OutOfMemoryError as error:
            raise OptimizeError(
                f"{len(self.jobs)} images at a time do not fit the memory of the device; give a smaller --batch"
            ) from error
        return [moved(climb, torch.device("cpu")) for climb in climbs]


def opened_setup(network: NetworkRef, device: str) -> tuple[Setup, Model]:
    """What an ascent in a network runs on, and the network as its files are now. Raises ModelError."""
    model = model_now(network)
    return Setup(network, model.identity, device), model


_loading = threading.Lock()


def ascent_net(setup: Setup) -> AscentNetwork:
    """The network made ready, once in a process; threads share it. Raises ModelError."""
    with _loading:
        return _ascent_net(setup)


@lru_cache(maxsize=2)
def _ascent_net(setup: Setup) -> AscentNetwork:
    whole = ascent_net_of(model_of_identity(setup.network, setup.identity), setup.device)
    return whole if setup.field_of is None else field_only(whole, setup.field_of)


def batches_of(jobs: Sequence[Job], most: int) -> list[list[Job]]:
    """Batches of at most so many jobs, in the jobs' order; those of one layer and one length share a batch.

    A group stays together, be it larger than a batch.
    """
    batches: list[list[Job]] = []
    open_batches: dict[tuple[Any, ...], list[Job]] = {}
    for together in groups_of(jobs):
        kind = (together[0].objective.layers, together[0].recipe.max_iter)
        if kind not in open_batches or len(open_batches[kind]) + len(together) > most:
            open_batches[kind] = []
            batches.append(open_batches[kind])
        open_batches[kind] += together
    return batches


def groups_of(jobs: Sequence[Job]) -> list[list[Job]]:
    """The jobs that cannot be parted, in the order of their first ones."""
    groups: dict[Job, list[Job]] = {}
    for job in jobs:
        groups.setdefault(job.of_group or job, []).append(job)
    return list(groups.values())


def whole_groups(left: Collection[Job], jobs: Iterable[Job]) -> list[Job]:
    """The jobs that are left, and the others of their groups: these climb once more, to the same images."""
    jobs, needed = list(jobs), set(left)
    again = {job for group in groups_of(jobs) if not needed.isdisjoint(group) for job in group}
    return [job for job in jobs if job in again]


def begun(task: ClimbTask) -> list[Climb]:
    """Its climbs at their beginning, or where they were when they were last saved; a group's all at one iteration."""
    ready = ascent_net(task.setup)
    fresh = [begin(ready, job, x0) for job, x0 in zip(task.jobs, task.starts, strict=True)]
    paths = task.unfinished or (None,) * len(fresh)
    saved = [climb if path is None else read_climb(path, climb) for climb, path in zip(fresh, paths, strict=True)]
    at = {job: climb.iteration for job, climb in zip(task.jobs, saved, strict=True)}
    parted = {job for group in groups_of(task.jobs) if len({at[job] for job in group}) > 1 for job in group}
    return [start if job in parted else climb for job, start, climb in zip(task.jobs, fresh, saved, strict=True)]


def moved(climb: Climb, device: torch.device) -> Climb:
    """The climb with copies of its arrays on a device, or in main memory."""

    def there(x: Tensor) -> Tensor:
        return x.detach().to(device, copy=True)

    def iterate(of: Iterate | None) -> Iterate | None:
        return None if of is None else replace(of, x=there(of.x))

    parameters = None if climb.parameters is None else there(climb.parameters)
    moments = None if climb.moments is None else (there(climb.moments[0]), there(climb.moments[1]))
    climb = replace(climb, parameters=parameters, moments=moments)
    best, majority, last = map(iterate, (climb.best, climb.majority, climb.last))
    return replace(climb, x=there(climb.x), best=best, majority=majority, last=last)
