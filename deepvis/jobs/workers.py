"""What a pool and its workers know of each other: a task, and who takes it."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any, Protocol


class Task(Protocol):
    """A piece of work that another process can be handed.

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
