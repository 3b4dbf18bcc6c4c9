"""What a pool and its workers share: a task, who takes it, and the error of a pool that cannot go on."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any, Protocol

from deepvis.core.user_error import UserError


class JobError(UserError):
    """One sentence: the thing, the value, what was expected, the next step."""


class Task(Protocol):
    """A piece of work that can be sent to another process.

    title: "chunk 3". run: does it and gives the result; the watch is None outside this process.
    """

    @property
    def title(self) -> str: ...

    def run(self, watch: Any = None) -> Any: ...


@dataclass(frozen=True)
class Workers:
    """submit: hands a task over. size: tasks that are out at a time. check: raises JobError where no worker is left."""

    submit: Callable[[Any], Future[Any]]
    size: int
    check: Callable[[], None] | None = None


def run_task(task: Task, watch: Any = None) -> Any:
    """``task.run`` as a plain function, for executors that send it away."""
    return task.run(watch)
