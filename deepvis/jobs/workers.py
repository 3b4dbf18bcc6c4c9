"""What a pool and its workers share: a task, who takes it, and the error of a pool that cannot go on."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

from deepvis.core.user_error import UserError


class JobError(UserError):
    """One sentence: the thing, the value, what was expected, the next step."""


class PoolError(JobError):
    """The workers are gone, or not to be used: no other task has a chance either."""


class Watch(Protocol):
    """What a task in this process talks to. stopping: set when it is to leave off."""

    @property
    def stopping(self) -> threading.Event: ...


Result_co = TypeVar("Result_co", covariant=True)
Watch_contra = TypeVar("Watch_contra", bound=Watch, contravariant=True)


class Task(Protocol[Watch_contra, Result_co]):
    """A piece of work that can be sent to another process.

    title: "chunk 3". run: does it and gives the result; the watch is None outside this process.
    """

    @property
    def title(self) -> str: ...

    def run(self, watch: Watch_contra | None = None) -> Result_co: ...


@dataclass(frozen=True)
class Workers:
    """submit: hands a task over. size: tasks that are out at a time. check: raises PoolError where none is left,
    or one is not to be used.
    """

    submit: Callable[[Task[Any, Any]], Future[Any]]
    size: int
    check: Callable[[], None] | None = None


def run_task(task: Task[Watch_contra, Result_co], watch: Watch_contra | None = None) -> Result_co:
    """``task.run`` as a plain function, for executors that send it away."""
    return task.run(watch)
