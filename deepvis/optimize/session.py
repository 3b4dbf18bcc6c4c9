"""A run of many jobs: tasks out, results onto the disk as they come, progress, interruption and going on."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Executor
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Protocol

import numpy as np
import torch

from deepvis.core.files import os_error_words
from deepvis.network.model_error import ModelError
from deepvis.optimize.ascend import Climb, Job
from deepvis.optimize.errors import OptimizeError
from deepvis.optimize.results import Origin, write_unfinished
from deepvis.optimize.tasks import (
    Setup,
    Task,
    begun,
    cluster_executor,
    cut,
    local_executor,
    origin,
    run_tasks,
)

SAVE_SECONDS = 20.0  # between two saves of a climb in progress
LEG_SECONDS = 10.0  # after which a cluster's worker shows how far it is
MOST_WORKERS = 8  # by default: each holds the blobs of a batch
BATCH = {"cpu": 4, "cuda": 64}


class Bar(Protocol):
    """What tqdm is to a run."""

    def update(self, n: float = 1) -> object: ...
    def set_postfix_str(self, s: str = "", refresh: bool = True) -> None: ...


@dataclass(frozen=True)
class Work:
    """Where and in what pieces jobs are run. batch, workers None: as suits the device and the number of tasks."""

    batch: int | None = None
    workers: int | None = None
    scheduler: str | None = None

    def batch_on(self, device: str) -> int:
        return self.batch if self.batch is not None else BATCH[torch.device(device).type]

    def workers_for(self, tasks: int, device: str) -> int:
        """One batch on each core where there are as many, else all cores for the few; on a GPU one at a time."""
        if self.workers is not None:
            return self.workers
        return max(min(tasks, torch.get_num_threads(), MOST_WORKERS), 1) if device == "cpu" else 1


@dataclass
class Report:
    """What came of a run: finished jobs, sentences about those that came to nothing, was it interrupted?

    full: a file could not be written, so the run ended.
    """

    finished: int = 0
    troubles: list[str] = field(default_factory=list)
    interrupted: bool = False
    full: bool = False

    def add(self, sentence: str) -> None:
        if sentence not in self.troubles:
            self.troubles.append(sentence)

    def take(self, other: Report) -> None:
        """Count another run's report to this one."""
        self.finished += other.finished
        for sentence in other.troubles:
            self.add(sentence)
        self.interrupted |= other.interrupted
        self.full |= other.full


class Watcher:
    """Follows climbs in the threads that run them: moves the bar, saves them now and then, stops them.

    unfinished: job -> the file that keeps its climb.
    """

    def __init__(self, bar: Bar, units: int, origin: Origin, unfinished: Mapping[Job, Path]) -> None:
        self.stopping = threading.Event()
        self.done = 0
        self._bar, self._units, self._origin, self._unfinished = bar, units, origin, unfinished
        self._lock = threading.Lock()
        self._saved: dict[int, float] = {}
        self._counted: dict[int, int] = {}

    def __call__(self, task: Task, climbs: Sequence[Climb]) -> bool:
        self.count(task, climbs)
        last = self._saved.setdefault(task.number, time.monotonic())
        if self.stopping.is_set() or time.monotonic() - last > SAVE_SECONDS:
            self.save(task, climbs)
        return not self.stopping.is_set()

    def save(self, task: Task, climbs: Sequence[Climb]) -> None:
        """Keep the climbs that are on their way, to go on with another day."""
        self._saved[task.number] = time.monotonic()
        for climb in climbs:
            if climb.outcome is None and climb.job in self._unfinished:
                write_unfinished(self._unfinished[climb.job], climb, self._origin)

    def count(self, task: Task, climbs: Sequence[Climb]) -> None:
        """Move the bar to where these climbs are; one that has ended early counts as all of its iterations."""
        now = sum(c.job.recipe.max_iter if c.outcome else c.iteration for c in climbs)
        values = [climb.objective[-1] for climb in climbs if climb.objective]
        with self._lock:
            step = now - self._counted.get(task.number, 0)
            self._counted[task.number] = now
            objective = f", objective {sum(values) / len(values):.4g}" if values else ""
            self._bar.set_postfix_str(f"{self.done}/{self._units} units{objective}", refresh=False)
            self._bar.update(step)


def run(
    setup: Setup,
    jobs: Sequence[Job],
    work: Work,
    bar: Bar,
    write: Callable[[Climb], None],
    unfinished: Mapping[Job, Path] | None = None,
    starts: Mapping[Job, np.ndarray] | None = None,
) -> Report:
    """Run the jobs; ``write`` is called in this thread with every climb that has ended.

    unfinished: where the climbs in progress are kept, and found again. starts: x0 of jobs that bring their
    own. What fails becomes a sentence in the report, and the rest goes on, but a disk that takes no more ends
    the run.
    """
    unfinished, starts = unfinished or {}, starts or {}
    report = Report()
    taken: set[Job] = set()
    tasks = [
        replace(
            task,
            starts=tuple(starts.get(job) for job in task.jobs),
            unfinished=tuple(str(unfinished[job]) if job in unfinished else None for job in task.jobs),
        )
        for task in cut(setup, jobs, work.batch_on(setup.device))
    ]
    if work.scheduler:
        tasks = [for_elsewhere(task) for task in tasks]
    watcher = Watcher(bar, len(jobs), origin(setup.network), unfinished)
    with _executor(work, len(tasks), setup.device) as (executor, ahead):
        try:
            with closing(run_tasks(tasks, executor, None if work.scheduler else watcher, ahead)) as outcomes:
                for task, outcome in outcomes:
                    if isinstance(outcome, OSError) and not work.scheduler:
                        raise outcome
                    if isinstance(outcome, Exception):
                        report.add(sentence_of(outcome, task, away=work.scheduler is not None))
                        continue
                    taken |= _take([climb for climb in outcome if climb.job not in taken], write, unfinished, report)
                    watcher.done = report.finished
                    watcher.count(task, outcome)
                    if work.scheduler:
                        watcher.save(task, outcome)
        except KeyboardInterrupt:
            report.interrupted = True
        except OSError as error:
            report.add(sentence_of(error))
            report.full = True
        finally:
            watcher.stopping.set()
    return report


def for_elsewhere(task: Task) -> Task:
    """The task for another machine, which has none of our files and shows now and then how far it is."""
    is_begun = any(path is not None and Path(path).exists() for path in task.unfinished)
    return replace(task, climbs=tuple(begun(task)) if is_begun else (), unfinished=(), seconds=LEG_SECONDS)


def _take(
    climbs: Sequence[Climb], write: Callable[[Climb], None], unfinished: Mapping[Job, Path], report: Report
) -> set[Job]:
    """Write the climbs that have ended, and clear away what was kept of them on their way; returns their jobs."""
    ended = [climb for climb in climbs if climb.outcome is not None]
    for climb in ended:
        write(climb)
        if climb.job in unfinished:
            unfinished[climb.job].unlink(missing_ok=True)
        report.finished += 1
        if climb.trouble:
            report.add(climb.trouble)
    return {climb.job for climb in ended}


@contextmanager
def _executor(work: Work, tasks: int, device: str) -> Iterator[tuple[Executor, int | None]]:
    """And how many tasks to send out at a time."""
    if work.scheduler:
        with cluster_executor(work.scheduler) as (executor, threads):
            yield executor, 2 * threads
    else:
        with local_executor(work.workers_for(tasks, device)) as executor:
            yield executor, None


def sentence_of(error: Exception, task: Task | None = None, *, away: bool = False) -> str:
    """An exception as one sentence for the person at the terminal. away: it comes from another machine."""
    if isinstance(error, (OptimizeError, ModelError)):
        return str(error)
    if isinstance(error, OSError) and not away:
        return os_error_words(error, "finished images are kept")
    if isinstance(error, torch.OutOfMemoryError):
        size = len(task.jobs) if task else 0
        return f"{size} images at a time do not fit the memory of the device; give a smaller --batch"
    text = str(error).strip().split("\n")[0]
    if away:
        text += " (the scheduler and the workers need the deepvis, the Python and the model's files of this machine)"
    return f"a batch failed: {type(error).__name__}: {text}"
