"""Where chunks are scanned: in threads of this process, in processes, or on a Dask cluster.

All three are ``concurrent.futures`` executors that run ``scan.run_task``; the results are
files, so nothing but a few numbers travels back.
"""

from __future__ import annotations

import os
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

from deepvis.maxes.errors import ScanError
from deepvis.maxes.scan import Advance, ChunkDone, ChunkTask, run_task

RunTask = Callable[[ChunkTask], ChunkDone]
MOST_DEATHS = 3  # of a worker over the same chunk
MOST_THREADS = 16  # forward passes at a time in this process: each holds its blobs


def cores() -> int:
    """Processor cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@dataclass(frozen=True)
class Where:
    """workers 0: in this process; N: in N processes. scheduler: a Dask scheduler's address, used if given."""

    workers: int = 0
    scheduler: str | None = None


IN_PROCESS = Where()


def scan_chunks(
    where: Where,
    tasks: Sequence[ChunkTask],
    advance: Advance,
    note: Callable[[str], None],
) -> None:
    """Scan all chunks; returns when every one is written.

    advance: told (images, skipped) as they are done. note: told a sentence when a worker died and its chunks
    are begun again. Raises what a chunk raised, once those in work are stopped; ScanError where a chunk's
    worker dies again and again.
    """
    waiting, deaths = deque(tasks), Counter[int]()
    while waiting:
        in_work: dict[Future[ChunkDone], ChunkTask] = {}
        try:
            with _opened(where, advance) as (executor, run, size):
                _drain(executor, run, size, waiting, in_work, advance if where != IN_PROCESS else None)
        except BrokenExecutor as error:
            lost = sorted(in_work.values(), key=lambda task: task.chunk)
            deaths.update(task.chunk for task in lost)
            worst = [task.chunk for task in lost if deaths[task.chunk] >= MOST_DEATHS]
            if worst:
                raise ScanError(
                    f"a worker died {MOST_DEATHS} times over chunk {worst[0]}, perhaps for want of memory; "
                    "give fewer --workers"
                ) from error
            chunks = ", ".join(str(task.chunk) for task in lost)
            note(f"a worker died; the chunks in work ({chunks}) are scanned again")
            waiting.extendleft(reversed(lost))


def _drain(
    executor: Executor,
    run: RunTask,
    size: int,
    waiting: deque[ChunkTask],
    in_work: dict[Future[ChunkDone], ChunkTask],
    advance: Advance | None,
) -> None:
    """Keep ``size`` chunks in work until none waits; ``in_work`` holds what is unfinished when it raises."""
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
            result = future.result()  # raises BrokenExecutor with the chunk still in work
            del in_work[future]
            if advance is not None:
                advance(result.images, result.skipped)


@contextmanager
def _opened(where: Where, advance: Advance) -> Iterator[tuple[Executor, Callable[[ChunkTask], ChunkDone], int]]:
    """(executor, what it is to run, chunks that are in work at a time)."""
    if where.scheduler:
        with _dask(where.scheduler) as (executor, size):
            yield executor, run_task, size
    elif where.workers:
        context = get_context("spawn")  # a fork would copy torch's threads in a state that nobody knows
        executor = ProcessPoolExecutor(where.workers, context, initializer=_die_with_parent)
        with _stopping(executor):
            yield executor, run_task, where.workers
    else:
        stop = threading.Event()
        size = min(cores(), MOST_THREADS)
        threads = ThreadPoolExecutor(size, thread_name_prefix="scan")
        with _stopping(threads, stop):
            yield threads, partial(run_task, advance=advance, stop=stop), size


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
    try:
        from distributed import Client
    except ImportError as error:
        raise ScanError("--scheduler needs Dask: pip install distributed") from error
    try:
        client = Client(address, timeout=10)
    except (OSError, ValueError) as error:
        raise ScanError(f"no Dask scheduler answers at {address} ({error}); start one with: dask scheduler") from error
    with client:
        threads = sum(client.nthreads().values())
        if threads == 0:
            raise ScanError(f"the Dask scheduler at {address} has no workers; start some with: dask worker {address}")
        executor = client.get_executor(pure=False)
        with _stopping(executor):
            yield executor, threads


def _die_with_parent() -> None:
    """End this worker when the process that began it is gone, killed too: it would wait for work for ever."""
    parent = parent_process()
    if parent is None:
        return

    def watch() -> None:
        wait_for([parent.sentinel])
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()
