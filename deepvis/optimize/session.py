"""A run of many jobs: tasks out, results onto the disk as they come, progress, interruption and going on."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

import numpy as np
import torch

from deepvis.core.files import os_error_words
from deepvis.core.user_error import UserError
from deepvis.jobs.pool import Where, results
from deepvis.jobs.progress import Progress
from deepvis.jobs.store import sweep
from deepvis.jobs.workers import JobError
from deepvis.optimize.climb import Climb, Job
from deepvis.optimize.climb_files import write_climb
from deepvis.optimize.tasks import ClimbTask, Setup, batches_of, begun

SAVE_SECONDS = 20.0  # between two saves of a climb in progress
FIRST_LEG_SECONDS = 2.0  # after which a cluster's worker first shows how far it is
LEG_SECONDS = 10.0  # and again, from then on
MOST_WORKERS = 8  # by default: each holds the blobs of a batch
BATCH = {"cpu": 4, "cuda": 64}


@dataclass(frozen=True)
class Work:
    """Where and in what pieces jobs are run. batch, workers None: as suits the device and the number of tasks."""

    batch: int | None = None
    workers: int | None = None
    scheduler: str | None = None

    def batch_on(self, device: str) -> int:
        return self.batch if self.batch is not None else BATCH[torch.device(device).type]

    def where(self, tasks: int, device: str) -> Where:
        """One batch on each core where there are as many, else all cores for the few; on a GPU one at a time."""
        if self.workers is not None:
            return Where(scheduler=self.scheduler, threads=self.workers)
        threads = max(min(tasks, torch.get_num_threads(), MOST_WORKERS), 1) if device == "cpu" else 1
        return Where(scheduler=self.scheduler, threads=threads)


@dataclass
class Report:
    """What came of a run: finished jobs, sentences about those that came to nothing, was it interrupted?

    ended_early: nothing more could be done, for a file could not be written or the workers are gone.
    """

    finished: int = 0
    troubles: list[str] = field(default_factory=list)
    interrupted: bool = False
    ended_early: bool = False

    def add(self, sentence: str) -> None:
        if sentence not in self.troubles:
            self.troubles.append(sentence)

    def take(self, other: Report) -> None:
        """Count another run's report to this one."""
        self.finished += other.finished
        for sentence in other.troubles:
            self.add(sentence)
        self.interrupted |= other.interrupted
        self.ended_early |= other.ended_early


class Watcher:
    """Follows climbs in the threads that run them: moves the progress, saves them now and then, stops them.

    unfinished: job -> the file that keeps its climb.
    """

    def __init__(self, progress: Progress, images: int, unfinished: Mapping[Job, Path]) -> None:
        self.stopping = progress.stopping
        self.done = 0
        self._progress, self._images, self._unfinished = progress, images, unfinished
        self._lock = threading.Lock()
        self._saved: dict[int, float] = {}
        self._counted: dict[int, int] = {}

    def __call__(self, task: ClimbTask, climbs: Sequence[Climb]) -> bool:
        self.count(task, climbs)
        last = self._saved.setdefault(task.number, time.monotonic())
        if self.stopping.is_set() or time.monotonic() - last > SAVE_SECONDS:
            self.save(task, climbs)
        return not self.stopping.is_set()

    def save(self, task: ClimbTask, climbs: Sequence[Climb]) -> None:
        """Keep the climbs that are on their way, to go on with another day."""
        self._saved[task.number] = time.monotonic()
        for climb in climbs:
            if climb.outcome is None and climb.job in self._unfinished:
                write_climb(self._unfinished[climb.job], climb)

    def count(self, task: ClimbTask, climbs: Sequence[Climb]) -> None:
        """Show where these climbs are; one that has ended early counts as all of its iterations."""
        now = sum(c.job.recipe.max_iter if c.outcome else c.iteration for c in climbs)
        values = [climb.objective[-1] for climb in climbs if climb.objective]
        with self._lock:
            step = now - self._counted.get(task.number, 0)
            self._counted[task.number] = now
            objective = f", objective {sum(values) / len(values):.4g}" if values else ""
            self._progress.tell(f"{self.done}/{self._images} images{objective}")
            self._progress.advance(step)


def run(
    setup: Setup,
    jobs: Sequence[Job],
    work: Work,
    progress: Progress,
    write: Callable[[Climb], None],
    unfinished: Mapping[Job, Path] | None = None,
    starts: Mapping[Job, np.ndarray] | None = None,
    title: str = "",
) -> Report:
    """Run the jobs; ``write`` is called in this thread with every climb that has ended.

    unfinished: where the climbs in progress are kept, and found again; those of jobs that are not to be run go.
    starts: x0 of jobs that bring their own. What fails becomes a sentence in the report, and the rest goes on, but a
    disk that takes no more ends the run, as do workers that are gone. title: of the progress.
    """
    unfinished, starts = unfinished or {}, starts or {}
    report, is_away = Report(), work.scheduler is not None
    taken: set[Job] = set()
    tasks = tasks_of(setup, jobs, work, unfinished, starts)
    where = work.where(len(tasks), setup.device)
    watcher = Watcher(progress, len(jobs), unfinished)
    for job in unfinished.keys() - set(jobs):
        unfinished[job].unlink(missing_ok=True)
    begin = partial(progress.begin, sum(job.recipe.max_iter for job in jobs), title=title)
    again = rest_of if is_away else None
    try:
        with closing(results(where, tasks, watcher, progress.note, ready=begin, again=again)) as outcomes:
            for task, outcome in outcomes:
                if isinstance(outcome, OSError):
                    raise outcome
                if isinstance(outcome, Exception):
                    report.add(sentence_of(outcome))
                    continue
                taken |= _take([climb for climb in outcome if climb.job not in taken], write, unfinished, report)
                watcher.done = report.finished
                watcher.count(task, outcome)
                if is_away:
                    watcher.save(task, outcome)
    except KeyboardInterrupt:
        report.interrupted = True
    except OSError as error:
        report.add(os_error_words(error))
        report.ended_early = True
    except JobError as error:
        report.add(str(error))
        report.ended_early = True
    finally:
        progress.end()
    for folder in {path.parent for path in unfinished.values()}:
        sweep(folder)
    return report


def tasks_of(
    setup: Setup,
    jobs: Sequence[Job],
    work: Work,
    unfinished: Mapping[Job, Path],
    starts: Mapping[Job, np.ndarray],
) -> list[ClimbTask]:
    """The jobs in batches; those of this process share its threads."""
    batches = batches_of(jobs, work.batch_on(setup.device))
    at_a_time = work.where(len(batches), setup.device).threads
    threads = 0 if work.scheduler else max(torch.get_num_threads() // at_a_time, 1)
    tasks = [
        ClimbTask(
            setup, number, tuple(batch), tuple(map(starts.get, batch)), tuple(map(unfinished.get, batch)), threads
        )
        for number, batch in enumerate(batches)
    ]
    return [for_elsewhere(task) for task in tasks] if work.scheduler else tasks


def for_elsewhere(task: ClimbTask) -> ClimbTask:
    """The task for another machine, which has none of our files and shows now and then how far it is."""
    is_begun = any(path is not None and path.exists() for path in task.unfinished)
    return replace(task, climbs=tuple(begun(task)) if is_begun else (), unfinished=(), seconds=FIRST_LEG_SECONDS)


def rest_of(task: ClimbTask, climbs: Sequence[Climb]) -> ClimbTask | None:
    """What is left of a task that came back before its end."""
    is_done = all(climb.outcome is not None for climb in climbs)
    return None if is_done else replace(task, climbs=tuple(climbs), starts=(), seconds=LEG_SECONDS)


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


def sentence_of(error: Exception) -> str:
    """Why a batch came to nothing, in one sentence."""
    if isinstance(error, UserError):
        return str(error)
    text = str(error).strip().split("\n")[0]
    return f"a batch failed: {type(error).__name__}: {text}"
