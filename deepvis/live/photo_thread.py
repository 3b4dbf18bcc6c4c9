"""A thread for what may hang: photos on a share whose server does not answer. Whoever waits may leave it behind."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future, wait
from queue import SimpleQueue
from typing import TypeVar

ANSWER_SECONDS = 2.0  # that a path which the user has named is waited for

T = TypeVar("T")


class PhotoThread:
    """Carries out calls one after another, in a daemon thread that begins with the first.

    ``leave``: it ends after the call that is under way, whenever that ends. An executor's threads would be waited for
    as the program ends.
    """

    def __init__(self) -> None:
        self._calls: SimpleQueue[Callable[[], None] | None] = SimpleQueue()
        self._thread: threading.Thread | None = None

    def begin(self, act: Callable[[], T]) -> Future[T]:
        """Have a call carried out, after those before it."""
        reading: Future[T] = Future()

        def run() -> None:
            try:
                reading.set_result(act())
            except Exception as error:  # handed on to who waits
                reading.set_exception(error)

        self._calls.put(run)
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="photos", daemon=True)
            self._thread.start()
        return reading

    def leave(self) -> None:
        self._calls.put(None)

    def _run(self) -> None:
        while (run := self._calls.get()) is not None:
            run()


def within(seconds: float, act: Callable[[], T], otherwise: T) -> T:
    """What a call returns, or ``otherwise`` if it takes longer: then it is left to itself."""
    thread = PhotoThread()
    reading = thread.begin(act)
    thread.leave()
    return reading.result() if wait([reading], seconds).done else otherwise
