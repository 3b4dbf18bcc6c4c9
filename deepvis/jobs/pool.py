"""Where tasks run: in threads of this process, in processes of this machine, or on a Dask cluster.

Every task's result comes back as it is ready. A worker that dies gives back its tasks, which are begun again.
"""

from __future__ import annotations

import os
import signal
import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import (
    FIRST_COMPLETED,
    BrokenExecutor,
    Executor,
    Future,
    ProcessPoolExecutor,
    ThreadPoolExecutor,
    wait,
)
from contextlib import closing, contextmanager
from dataclasses import dataclass
from functools import partial
from multiprocessing import get_context, parent_process
from multiprocessing.connection import wait as wait_for
from typing import Any, TypeVar

from deepvis.core.program import pip_install
from deepvis.jobs.progress import Progress
from deepvis.jobs.workers import JobError, PoolError, Task, Watch, Workers, run_task

MOST_DEATHS = 3  # of a worker over the same task
MOST_THREADS = 16  # by default: each forward pass in work holds its blobs
CHECK_SECONDS = 1.0  # between two looks at the workers of a cluster


class Stopped(Exception):
    """A task was left unfinished because the run is being stopped."""


AnyTask = TypeVar("AnyTask", bound=Task[Any, Any])
Again = Callable[[AnyTask, Any], AnyTask | None]  # the task and its result -> what is to be done next of it


@dataclass(frozen=True)
class Where:
    """workers: processes; 0: threads of this process, ``threads`` of them, 0: one a core.

    scheduler: a Dask scheduler's address, used if given.
    """

    workers: int = 0
    scheduler: str | None = None
    threads: int = 0

    @property
    def is_here(self) -> bool:
        """In this process?"""
        return not (self.workers or self.scheduler)


IN_PROCESS = Where()


def cores() -> int:
    """Processor cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def results(
    where: Where,
    tasks: Sequence[AnyTask],
    watch: Watch,
    note: Callable[[str], None],
    *,
    ready: Callable[[], None] = lambda: None,
    again: Again[AnyTask] | None = None,
) -> Generator[tuple[AnyTask, Any], None, None]:
    """(task, its result or the exception that it ended with), as they come.

    Closed, it stops what is in work. note: takes a sentence when a worker has died. ready: called once there are
    workers. again: what is to be done next of a task. Raises JobError where workers die over the same task again and
    again, or where there is no cluster, or none any more.
    """
    waiting, deaths, is_ready = deque(tasks), Counter[str](), False
    while waiting:
        in_work: dict[Future[Any], AnyTask] = {}
        try:
            with _opened(where, len(waiting), watch, note) as workers:
                if not is_ready:
                    ready()
                    is_ready = True
                yield from _drain(workers, waiting, in_work, again)
        except BrokenExecutor as error:
            lost = list(in_work.values())
            deaths.update(task.title for task in lost)
            worst = [task.title for task in lost if deaths[task.title] >= MOST_DEATHS]
            if worst:
                raise JobError(
                    f"a worker died {MOST_DEATHS} times over {worst[0]}, perhaps for want of memory; give fewer "
                    "--workers"
                ) from error
            note(f"a worker died; begun again: {', '.join(task.title for task in lost) or 'nothing'}")
            waiting.extendleft(reversed(lost))


def run_all(
    where: Where, tasks: Sequence[Task[Progress, tuple[int, int]]], progress: Progress, total: int, done: int
) -> None:
    """Run tasks that write their results themselves and give back ``advance``'s arguments.

    total, done: what the progress begins with. Raises what a task raised, once those in work are stopped; and as
    ``results``.
    """
    try:
        begin = partial(progress.begin, total, done)
        with closing(results(where, tasks, progress, progress.note, ready=begin)) as outcomes:
            for _, outcome in outcomes:
                if isinstance(outcome, Exception):
                    raise outcome
                if not where.is_here:
                    progress.advance(*outcome)
    finally:
        progress.end()


def try_scheduler(address: str | None) -> None:
    """Before the work: is there a Dask cluster that can do it? Raises JobError. address: None where none is given."""
    if address:
        with _opened(Where(scheduler=address), 1, Progress(), lambda note: None):
            pass


def _drain(
    workers: Workers, waiting: deque[AnyTask], in_work: dict[Future[Any], AnyTask], again: Again[AnyTask] | None
) -> Iterator[tuple[AnyTask, Any]]:
    """Keep ``size`` tasks in work until none waits; ``in_work`` holds what is unfinished when it raises."""

    def refill() -> BrokenExecutor | None:
        try:
            while waiting and len(in_work) < workers.size:
                in_work[workers.submit(waiting[0])] = waiting[0]
                waiting.popleft()
        except BrokenExecutor as error:
            return error
        return None

    broken, last = refill(), time.monotonic()
    while in_work and not broken:
        done, _ = wait(in_work, CHECK_SECONDS if workers.check else None, return_when=FIRST_COMPLETED)
        ended = None
        if workers.check and (time.monotonic() - last >= CHECK_SECONDS or any(future.exception() for future in done)):
            last, ended = time.monotonic(), _end_of(workers.check)
        finished: list[tuple[AnyTask, Any]] = []
        for future in done:
            error = future.exception()
            if isinstance(error, BrokenExecutor):
                broken = error
            elif isinstance(error, PoolError):
                ended = ended or error
            elif error is not None and not isinstance(error, Exception):
                raise error
            else:
                task = in_work.pop(future)
                finished.append((task, error or future.result()))
                if again and error is None and (rest := again(task, future.result())) is not None:
                    waiting.append(rest)
        if not ended:
            broken = broken or refill()  # before what is finished is looked at: that may take its time
        yield from (each for each in finished if not (ended and isinstance(each[1], Exception)))
        if ended:
            raise ended
    if broken:
        raise broken


def _end_of(check: Callable[[], None]) -> PoolError | None:
    """Why the pool cannot go on, if it cannot."""
    try:
        check()
    except PoolError as error:
        return error
    return None


@contextmanager
def _opened(where: Where, tasks: int, watch: Watch, note: Callable[[str], None]) -> Iterator[Workers]:
    if where.scheduler:
        try:
            from deepvis.jobs.cluster import cluster
        except ModuleNotFoundError as error:
            raise JobError(f"--scheduler needs Dask; install it with: {pip_install('distributed')}") from error
        with cluster(where.scheduler, note) as workers:
            yield workers
    elif where.workers:
        size = min(where.workers, tasks)
        context = get_context("spawn")  # a fork would copy torch's threads in a state that nobody knows
        processes = ProcessPoolExecutor(size, context, initializer=_begin_worker)
        with _stopping(processes, watch):
            yield Workers(lambda task: processes.submit(run_task, task), size)
    else:
        size = min(where.threads or min(cores(), MOST_THREADS), tasks)
        threads = ThreadPoolExecutor(size, thread_name_prefix="jobs")
        with _stopping(threads, watch):
            yield Workers(lambda task: threads.submit(run_task, task, watch), size)


@contextmanager
def _stopping(executor: Executor, watch: Watch) -> Iterator[None]:
    """Shut the executor down; where the block raises, without finishing what is in work."""
    try:
        yield
    except BaseException:
        watch.stopping.set()
        for process in list((getattr(executor, "_processes", None) or {}).values()):
            process.terminate()
        executor.shutdown(wait=True, cancel_futures=True)
        raise
    executor.shutdown(wait=True)


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
