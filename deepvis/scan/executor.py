"""Where pieces of work run: in threads of this process, in processes, or on a Dask cluster.

All three are ``concurrent.futures`` executors. A piece of work is a small value, its result is
files; so nothing but a few numbers travels back.
"""

from __future__ import annotations

import os
import signal
import threading
from collections import Counter, deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import (
    FIRST_COMPLETED,
    BrokenExecutor,
    Executor,
    Future,
    ProcessPoolExecutor,
    ThreadPoolExecutor,
    wait,
)
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from multiprocessing import get_context, parent_process
from multiprocessing.connection import wait as wait_for
from typing import Protocol

from deepvis.core.program import pip_install
from deepvis.scan.errors import ScanError

MOST_DEATHS = 3  # of a worker over the same piece of work
MOST_THREADS = 16  # forward passes at a time in this process: each holds its blobs
DASK_SECONDS = 10  # to wait for a scheduler
Advance = Callable[[int, int], None]


class Stopped(Exception):
    """A piece of work was left unfinished because the run is being stopped."""


@dataclass(frozen=True)
class Done:
    """How much of what the progress counts was done, skipped ones included."""

    count: int
    skipped: int


class Task(Protocol):
    """A piece of work that another process can be handed.

    title: "chunk 3". run: does it; tells ``advance`` (count, skipped) as it goes, raises Stopped once ``stop``
    is set. Both are None outside this process.
    """

    @property
    def title(self) -> str: ...

    def run(self, advance: Advance | None = None, stop: threading.Event | None = None) -> Done: ...


@dataclass(frozen=True)
class Where:
    """workers 0: in this process; N: in N processes. scheduler: a Dask scheduler's address, used if given."""

    workers: int = 0
    scheduler: str | None = None


IN_PROCESS = Where()


def cores() -> int:
    """Processor cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def run_all(where: Where, tasks: Sequence[Task], advance: Advance, note: Callable[[str], None]) -> None:
    """Run all tasks; returns when every one is done.

    advance: called with (count, skipped) as they are done. note: with a sentence when a worker died and its tasks
    are begun again. Raises what a task raised, once those in work are stopped; ScanError where workers die
    over the same task again and again.
    """
    waiting, deaths = deque(tasks), Counter[str]()
    while waiting:
        in_work: dict[Future[Done], Task] = {}
        try:
            with _opened(where, len(waiting), advance) as (executor, run, size):
                _drain(executor, run, size, waiting, in_work, None if where == IN_PROCESS else advance)
        except BrokenExecutor as error:
            lost = list(in_work.values())
            deaths.update(task.title for task in lost)
            worst = [task.title for task in lost if deaths[task.title] >= MOST_DEATHS]
            if worst:
                raise ScanError(
                    f"a worker died {MOST_DEATHS} times over {worst[0]}, perhaps for want of memory; give fewer "
                    "--workers"
                ) from error
            note(f"a worker died; begun again: {', '.join(task.title for task in lost) or 'nothing'}")
            waiting.extendleft(reversed(lost))


def run_task(task: Task, advance: Advance | None = None, stop: threading.Event | None = None) -> Done:
    """``task.run`` as a plain function, for executors that send it away."""
    return task.run(advance, stop)


def _drain(
    executor: Executor,
    run: Callable[[Task], Done],
    size: int,
    waiting: deque[Task],
    in_work: dict[Future[Done], Task],
    advance: Advance | None,
) -> None:
    """Keep ``size`` tasks in work until none waits; ``in_work`` holds what is unfinished when it raises."""
    while waiting or in_work:
        while waiting and len(in_work) < size:
            task = waiting.popleft()
            try:
                in_work[executor.submit(run, task)] = task
            except BrokenExecutor:
                waiting.appendleft(task)
                raise
        done, _ = wait(in_work, return_when=FIRST_COMPLETED)
        for future in sorted(done, key=lambda future: future.exception() is not None):
            result = future.result()  # raises BrokenExecutor with the task still in work
            del in_work[future]
            if advance is not None:
                advance(result.count, result.skipped)


@contextmanager
def _opened(where: Where, tasks: int, advance: Advance) -> Iterator[tuple[Executor, Callable[[Task], Done], int]]:
    """(executor, what it is to run, tasks that are in work at a time)."""
    if where.scheduler:
        with _dask(where.scheduler) as (executor, size):
            yield executor, run_task, size
    elif where.workers:
        size = min(where.workers, tasks)
        context = get_context("spawn")  # a fork would copy torch's threads in a state that nobody knows
        executor = ProcessPoolExecutor(size, context, initializer=_begin_worker)
        with _stopping(executor):
            yield executor, run_task, size
    else:
        size = min(cores(), MOST_THREADS, tasks)
        stop = threading.Event()
        executor = ThreadPoolExecutor(size, thread_name_prefix="maxes")
        with _stopping(executor, stop):
            yield executor, partial(run_task, advance=advance, stop=stop), size


@contextmanager
def _stopping(executor: Executor, stop: threading.Event | None = None) -> Iterator[None]:
    """Shut the executor down; where the block raises, without finishing what is in work."""
    try:
        yield
    except BaseException:
        if stop is not None:
            stop.set()
        for process in list((getattr(executor, "_processes", None) or {}).values()):
            process.terminate()
        executor.shutdown(wait=True, cancel_futures=True)
        raise
    executor.shutdown(wait=True)


@contextmanager
def _dask(address: str) -> Iterator[tuple[Executor, int]]:
    """An executor on the cluster, and how many tasks its workers run at a time."""
    try:
        from distributed import Client
    except ImportError as error:
        raise ScanError(f"--scheduler needs Dask; install it with: {pip_install('distributed')}") from error
    try:
        client = Client(address, timeout=DASK_SECONDS)
    except (OSError, ValueError) as error:
        raise ScanError(f"no Dask scheduler answers at {address} ({error}); start one with: dask scheduler") from error
    with client:
        threads = sum(client.nthreads().values())
        if threads == 0:
            raise ScanError(f"the Dask scheduler at {address} has no workers; start some with: dask worker {address}")
        executor = client.get_executor(pure=False)
        with _stopping(executor):
            yield executor, threads


def _begin_worker() -> None:
    """Leave Ctrl-C to the parent, and end when it is gone, killed too: a worker would wait for work for ever."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = parent_process()
    if parent is None:
        return

    def watch() -> None:
        wait_for([parent.sentinel])
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()
