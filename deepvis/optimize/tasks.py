"""Work cut into pieces that any concurrent.futures executor can run.

A ``Task`` is a batch of jobs and what they run on, plain values all: it runs in this process, in a
thread beside others, or on a machine of a Dask cluster, and gives back the same climbs.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Executor, Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from deepvis.core.program import pip_install
from deepvis.models.model import Model
from deepvis.models.zoo import open_model
from deepvis.network.ref import NetworkRef
from deepvis.optimize.ascend import Climb, Job, Kept, ascend, begin
from deepvis.optimize.errors import OptimizeError
from deepvis.optimize.field_only import field_only
from deepvis.optimize.results import Origin, origin_of, read_unfinished
from deepvis.optimize.specimen import Specimen, specimen_of

CLUSTER_SECONDS = 15.0  # to wait for a scheduler's answer
Watch = Callable[["Task", Sequence[Climb]], bool]  # after every iteration; False: stop here


@dataclass(frozen=True)
class Setup:
    """What an ascent runs on: a network, a device, and how much of the network.

    field_of: run only what the centre unit of this layer sees; None: all.
    """

    network: NetworkRef
    device: str = "cpu"
    field_of: str | None = None


@dataclass(frozen=True, eq=False)
class Task:
    """A batch: jobs that climb together.

    starts: x0 of the jobs that bring their own. unfinished: files of climbs to go on with, where they exist.
    climbs: how far they are already; empty: at their beginning. seconds: to come back after, with climbs on their way.
    """

    setup: Setup
    jobs: tuple[Job, ...]
    starts: tuple[np.ndarray | None, ...] = ()
    unfinished: tuple[str | None, ...] = ()
    number: int = 0
    climbs: tuple[Climb, ...] = ()
    seconds: float = float("inf")


@lru_cache(maxsize=4)
def load(network: NetworkRef) -> Model:
    """The model, loaded once in a process. Raises ModelError."""
    return open_model(network)


@lru_cache(maxsize=4)
def origin(network: NetworkRef) -> Origin:
    """Which network it is, worked out once in a process. Raises ModelError."""
    return origin_of(load(network))


_loading = threading.Lock()


def specimen(setup: Setup) -> Specimen:
    """The network made ready, once in a process; threads share it. Raises ModelError."""
    with _loading:
        return _specimen(setup)


@lru_cache(maxsize=4)
def _specimen(setup: Setup) -> Specimen:
    whole = specimen_of(load(setup.network), setup.device)
    return whole if setup.field_of is None else field_only(whole, setup.field_of)


def cut(setup: Setup, jobs: Sequence[Job], batch: int) -> list[Task]:
    """Tasks of at most ``batch`` jobs each, in the jobs' order; jobs of one layer and one length share a task."""
    pieces: list[list[Job]] = []
    open_pieces: dict[tuple[Any, ...], list[Job]] = {}
    for job in jobs:
        kind = (job.objective.layers, job.recipe.max_iter)
        piece = open_pieces.get(kind)
        if piece is None or len(piece) >= batch:
            piece = open_pieces[kind] = []
            pieces.append(piece)
        piece.append(job)
    return [Task(setup, tuple(piece), number=n) for n, piece in enumerate(pieces)]


def run_task(task: Task, watch: Watch | None = None) -> list[Climb]:
    """Run a task to its end, till its time is up or ``watch`` says stop; the climbs come back in main memory."""
    until = time.monotonic() + task.seconds
    ready = specimen(task.setup)
    climbs = [moved(climb, ready.net.device) for climb in task.climbs] or begun(task)
    for climbs in ascend(ready, climbs):  # noqa: B020
        if (watch is not None and not watch(task, climbs)) or time.monotonic() > until:
            break
    return [moved(climb, torch.device("cpu")) for climb in climbs]


def begun(task: Task) -> list[Climb]:
    """Its climbs at their beginning, or where they were when they were last saved."""
    ready, made_in = specimen(task.setup), origin(task.setup.network)
    starts = task.starts or (None,) * len(task.jobs)
    saved = task.unfinished or (None,) * len(task.jobs)
    fresh = [begin(ready, job, x0) for job, x0 in zip(task.jobs, starts, strict=True)]
    return [
        climb if path is None else read_unfinished(Path(path), climb, made_in)
        for climb, path in zip(fresh, saved, strict=True)
    ]


def moved(climb: Climb, device: torch.device) -> Climb:
    """The climb with copies of its arrays on a device, or in main memory."""

    def there(x: Tensor) -> Tensor:
        return x.detach().to(device, copy=True)

    def kept(image: Kept | None) -> Kept | None:
        return None if image is None else replace(image, x=there(image.x))

    return replace(climb, x=there(climb.x), best=kept(climb.best), majority=kept(climb.majority), last=kept(climb.last))


def run_tasks(
    tasks: Sequence[Task], executor: Executor, watch: Watch | None = None, ahead: int | None = None
) -> Generator[tuple[Task, list[Climb] | Exception], None, None]:
    """Every task's climbs, or the exception that it ended with, as they come.

    watch: called in the executor's threads; leave it out where they are other processes. There a task with
    ``seconds`` comes back with climbs on their way, and is sent on again. ahead: so many tasks are out at a time, None:
    all; those that were begun are ended before others begin. Where its reader stops, or an interrupt
    comes, what has not begun is cancelled.
    """
    waiting: dict[Future[list[Climb]], Task] = {}

    def send(task: Task) -> None:
        args = (task, watch) if watch is not None else (task,)
        waiting[executor.submit(run_task, *args)] = task

    todo = deque(tasks)

    def send_more() -> None:
        while todo and (ahead is None or len(waiting) < ahead):
            send(todo.popleft())

    send_more()
    try:
        while waiting:
            done, _ = wait(waiting, return_when=FIRST_COMPLETED)
            for future in done:
                task = waiting.pop(future)
                outcome = _outcome(future)
                if isinstance(outcome, list) and watch is None and any(climb.outcome is None for climb in outcome):
                    send(replace(task, climbs=tuple(outcome), starts=()))
                send_more()
                yield task, outcome
    finally:
        for future in waiting:
            future.cancel()


def _outcome(future: Future[list[Climb]]) -> list[Climb] | Exception:
    if future.cancelled():  # not by us: a cluster's scheduler is gone
        return OptimizeError(
            "the Dask scheduler gave the work back unfinished; start it again, and run the same command again: "
            "finished images are kept"
        )
    error = future.exception()
    if error is None:
        return future.result()
    if not isinstance(error, Exception):
        raise error
    return error


def local_executor(workers: int = 1) -> Executor:
    """Threads of this process; the cores are shared out among them."""
    if workers < 1:
        raise OptimizeError(f"the number of workers is {workers}; expected 1 or more")
    threads = max(torch.get_num_threads() // workers, 1)
    return ThreadPoolExecutor(workers, "optimize", initializer=torch.set_num_threads, initargs=(threads,))


@contextmanager
def cluster_executor(address: str) -> Iterator[tuple[Executor, int]]:
    """The executor of a Dask cluster, and its number of threads; address: ``tcp://host:port`` of its scheduler.

    The workers need deepvis and the model's files. A worker that dies gives its tasks back to the scheduler.
    Raises OptimizeError where there is no cluster, or one without workers.
    """
    try:
        from distributed import Client
    except ImportError:
        raise OptimizeError(f"--scheduler needs Dask; install it with: {pip_install('distributed')}") from None
    logging.getLogger("distributed.client").setLevel(logging.CRITICAL)  # a lost scheduler is told in our own sentence
    try:
        client = Client(address, timeout=CLUSTER_SECONDS)
    except (OSError, ValueError) as error:
        raise OptimizeError(
            f"no Dask scheduler answers at {address!r} ({error}); start one with: dask scheduler"
        ) from error
    with client:
        if not client.nthreads():
            raise OptimizeError(
                f"the Dask scheduler at {address} has no workers; start some with: dask worker {address}"
            )
        yield client.get_executor(pure=False), sum(client.nthreads().values())
