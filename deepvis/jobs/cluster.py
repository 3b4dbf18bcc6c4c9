"""A Dask cluster as a place where tasks run: found, checked, and every fault of it as one sentence.

The scheduler and the workers are separate programs, perhaps on other machines. They need this package: in their
environment, or in the folder of a checkout that they see, which they are then given.
"""

from __future__ import annotations

import asyncio
import importlib.util
import logging
import site
import time
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import CancelledError, Future
from contextlib import contextmanager, suppress
from functools import partial
from typing import Any

from distributed import Client, KilledWorker, get_worker

from deepvis.core.program import ROOT
from deepvis.core.user_error import UserError
from deepvis.jobs.handshake import check_scheduler
from deepvis.jobs.versions import check_versions, own_versions, versions
from deepvis.jobs.workers import JobError, PoolError, Workers, run_task

CONNECT_SECONDS = 10  # to wait for a scheduler
SILENT_SECONDS = 60  # in which a scheduler says nothing, until the run ends
NOTE_SECONDS, LONELY_SECONDS = 15.0, 60.0  # without a worker, until that is said, and until the run ends
SILENCE = (TimeoutError, asyncio.TimeoutError)
UNREACHED = (OSError, *SILENCE)  # a worker that is gone again
WITHOUT = (
    "{} of the Dask cluster cannot import deepvis; start it in the environment that has it, or install deepvis there, "
    "from the same wheel or checkout as here"
)
GONE = (
    "the Dask scheduler at {} is gone, or no longer answers; start it again, and run the same command again: what was "
    "finished is kept"
)


@contextmanager
def cluster(address: str, note: Callable[[str], None]) -> Iterator[Workers]:
    """The workers of the cluster, ``address``: tcp://host:port of its scheduler. note: takes a sentence.

    Raises JobError where there is no cluster, one without workers, or one of other versions.
    """
    with _quiet(), _connected(address) as client:
        here = versions()
        threads = _ready_threads(client, address, here)
        executor = client.get_executor(pure=False)
        try:
            yield Workers(partial(_submit, executor, address, here), 2 * threads, _Check(client, address, here, note))
        finally:
            if client.status == "running":
                executor.shutdown(wait=False)


@contextmanager
def _connected(address: str) -> Iterator[Client]:
    check_scheduler(address, CONNECT_SECONDS)
    try:
        client = Client(address, timeout=CONNECT_SECONDS, set_as_default=False)
    except UNREACHED as error:
        raise PoolError(GONE.format(address)) from error
    try:
        yield client
    finally:
        with suppress(*UNREACHED):
            client.close(timeout=CONNECT_SECONDS)


def _nthreads(client: Client) -> dict[str, int]:
    """Worker -> its threads. Raises an OSError where the scheduler is gone, or says nothing."""
    found: dict[str, int] = client.nthreads(callback_timeout=SILENT_SECONDS)
    return found


def _answers(client: Client, ask: Callable[[], Any], workers: Iterable[str], **more: Any) -> dict[str, Any]:
    """Worker -> what the function gives there. Raises PoolError where they say nothing."""
    names = sorted(workers)
    try:
        found: dict[str, Any] = client.run(ask, workers=names, callback_timeout=SILENT_SECONDS, **more)
    except SILENCE as error:
        raise PoolError(
            f"no answer for {SILENT_SECONDS} seconds from the Dask cluster's worker {' or '.join(names)}; end what has "
            "stopped there, and run the same command again: what was finished is kept"
        ) from error
    return found


def _ready_threads(client: Client, address: str, here: Mapping[str, str]) -> int:
    """Tasks that the workers can run at a time, once they all have the package in the versions of this process."""
    try:
        if not _nthreads(client):
            raise JobError(f"the Dask scheduler at {address} has no workers; start some with: dask worker {address}")
        if _without_package(client) and (ROOT / "scripts" / "run.sh").is_file():
            folder = partial(site.addsitedir, str(ROOT))
            client.run_on_scheduler(folder)
            client.register_worker_callbacks(folder)  # those that come later, too
        without = _without_package(client)
        if without:
            raise PoolError(WITHOUT.format(without))
        check_workers(client, _nthreads(client), here)
        return sum(_nthreads(client).values())
    except (*UNREACHED, CancelledError) as error:
        raise PoolError(GONE.format(address)) from error


def _without_package(client: Client) -> str:
    """A member of the cluster that cannot import the package; "": none."""
    find = partial(importlib.util.find_spec, "deepvis")
    if client.run_on_scheduler(find, callback_timeout=SILENT_SECONDS) is None:
        return "the scheduler"
    found = _answers(client, find, _nthreads(client))
    return next((f"the worker {worker}" for worker, spec in found.items() if spec is None), "")


def check_workers(client: Client, workers: Iterable[str], here: Mapping[str, str]) -> set[str]:
    """Those of the workers that have answered. Raises PoolError for one of other versions than ``here``."""
    answers = _answers(client, own_versions, workers, on_error="return")
    there = {worker: answer for worker, answer in answers.items() if not isinstance(answer, UNREACHED)}
    for worker, answer in there.items():
        lacks_it = isinstance(answer, Exception)  # the function that answers; Dask names no type of this error
        check_versions(worker, {"deepvis": "of another version, or none"} if lacks_it else answer, here)
    return set(there)


def run_checked(task: Any, expected: Mapping[str, str]) -> Any:
    """``run_task`` on a worker, which may have joined only now. Raises PoolError where it has other versions."""
    check_versions(get_worker().address, own_versions(), expected)
    return run_task(task)


def _submit(executor: Any, address: str, here: Mapping[str, str], task: Any) -> Future[Any]:
    """The future of a task, whose exception is one for the user."""
    result: Future[Any] = Future()

    def take(done: Future[Any]) -> None:
        if result.cancelled():
            return
        error = CancelledError() if done.cancelled() else done.exception()  # not cancelled by us
        if error is None:
            result.set_result(done.result())
        else:
            result.set_exception(_for_the_user(error, task.title, address))

    executor.submit(run_checked, task, here).add_done_callback(take)
    return result


def _for_the_user(error: BaseException, title: str, address: str) -> BaseException:
    if isinstance(error, UserError):
        return error
    if isinstance(error, KilledWorker):
        return JobError(
            f"workers of the Dask cluster died again and again over {title}, perhaps for want of memory; give them "
            "more, or fewer threads: dask worker --nthreads 1"
        )
    if isinstance(error, CancelledError):
        return PoolError(GONE.format(address))
    text = str(error).strip().split("\n")[0]
    return JobError(
        f"{title} failed on a worker of the Dask cluster: {type(error).__name__}: {text} (the workers need the files "
        "of the network, and a scan's photos and folder, under the names that they have here)"
    )


class _Check:
    """Raises PoolError once the scheduler is gone, there has been no worker for a while, or one is of other versions.

    here: the versions of this machine.
    """

    def __init__(self, client: Client, address: str, here: Mapping[str, str], note: Callable[[str], None]) -> None:
        self._client, self._address, self._here, self._note = client, address, here, note
        self._checked: set[str] = set()
        self._seen = time.monotonic()
        self._has_noted = False

    def __call__(self) -> None:
        try:
            if self._client.status != "running":
                raise PoolError(GONE.format(self._address))
            if workers := set(_nthreads(self._client)):
                self._check_new(workers)
                self._seen, self._has_noted = time.monotonic(), False
                return
        except (*UNREACHED, CancelledError) as error:
            raise PoolError(GONE.format(self._address)) from error
        seconds = time.monotonic() - self._seen
        if seconds > LONELY_SECONDS:
            raise PoolError(
                f"the Dask scheduler at {self._address} has had no worker for {LONELY_SECONDS:.0f} seconds; start some "
                f"with: dask worker {self._address}, and run the same command again: what was finished is kept"
            )
        if seconds > NOTE_SECONDS and not self._has_noted:
            self._has_noted = True
            self._note(f"no worker is left in the Dask cluster; start some with: dask worker {self._address}")

    def _check_new(self, workers: set[str]) -> None:
        """Of those that have joined since the last time: their versions."""
        if new := workers - self._checked:
            self._checked |= check_workers(self._client, new, self._here)


@contextmanager
def _quiet() -> Iterator[None]:
    """Without Dask's own words about a lost connection or other versions: ours say it in one sentence."""
    loggers = [logging.getLogger(name) for name in logging.root.manager.loggerDict if name.startswith("distributed")]
    before = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.CRITICAL + 1)
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", module="distributed")
            yield
    finally:
        for logger, level in zip(loggers, before, strict=True):
            logger.setLevel(level)
