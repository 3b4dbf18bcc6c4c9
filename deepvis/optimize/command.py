"""What the command lines share: their exit codes, their bar, their last words."""

from __future__ import annotations

import argparse
import os
import signal
import sys
from collections.abc import Callable, Sequence

from tqdm import tqdm

from deepvis.network.errors import ModelError
from deepvis.optimize.ascend import Job
from deepvis.optimize.errors import OptimizeError
from deepvis.optimize.session import Report, Work, sentence_of

WRONG, INTERRUPTED = 2, 130  # exit codes


def guarded(main: Callable[[], int], name: str) -> int:
    """Run a command line; what the user got wrong becomes one sentence on standard error and exit code 2.

    The first Ctrl-C or SIGTERM interrupts it; those that follow change nothing, so that it can save what it has.
    """
    before = {number: signal.signal(number, _interrupt) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        return main()
    except (OptimizeError, ModelError) as error:
        warn([str(error)], name)
    except OSError as error:
        warn([sentence_of(error)], name)
    except KeyboardInterrupt:
        warn(["interrupted"], name)
        return INTERRUPTED
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    return WRONG


def work_of(args: argparse.Namespace) -> Work:
    for name in ("batch", "workers"):
        value = getattr(args, name)
        if value is not None and value < 1:
            raise OptimizeError(f"--{name} is {value}; expected 1 or more")
    return Work(args.batch, args.workers, args.scheduler)


def progress_bar(jobs: Sequence[Job], title: str | None = None) -> tqdm:
    """Iterations done, the pace, the time left; units and objective come behind. Now and then in a log file."""
    total = sum(job.recipe.max_iter for job in jobs)
    seconds = 0.2 if sys.stderr.isatty() else 30.0
    return tqdm(total=total, desc=title, unit="it", dynamic_ncols=True, mininterval=seconds, maxinterval=seconds)


def last_words(report: Report, name: str, total: int, *, brave: bool = False) -> int:
    """Say what went wrong; returns the exit code. brave: the command overwrites what is there."""
    warn(report.troubles, name)
    if report.interrupted:
        done = f"{report.finished} of {total} images are done"
        again = "run the same command without --brave to go on" if brave else "run the same command again to go on"
        warn([f"interrupted; {done}, {again}"], name)
        return INTERRUPTED
    return WRONG if report.troubles else 0


def warn(sentences: Sequence[str], name: str) -> None:
    """Sentences on standard error."""
    for sentence in sentences:
        sys.stderr.write(f"{name}: {sentence}\n")


def _interrupt(number: int, frame: object) -> None:
    for each in (signal.SIGINT, signal.SIGTERM):
        signal.signal(each, _be_patient)
    raise KeyboardInterrupt


def _be_patient(number: int, frame: object) -> None:
    os.write(2, b"interrupted already: saving what is in progress\n")  # sys.stderr may be in the middle of a line
