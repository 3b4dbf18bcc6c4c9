"""A thread for what may hang: photos on a share whose server does not answer. Whoever waits may leave it behind."""

from __future__ import annotations

import threading
from collections.abc import Callable
from queue import SimpleQueue
from typing import Generic, TypeVar

ANSWER_SECONDS = 2.0  # that a path which the user has named is waited for

T = TypeVar("T")


class Reading(Generic[T]):
    """A call that is under way, or has ended: with a value or an exception."""

    def __init__(self, act: Callable[[], T]) -> None:
        self._act = act
        self._ended: Callable[[], object] = lambda: None
        self._done = threading.Event()
        self._value: list[T] = []
        self._error: Exception | None = None

    @property
    def is_done(self) -> bool:
        return self._done.is_set()

    def wait(self, seconds: float) -> bool:
        """True once it is done, within so many seconds."""
        return self._done.wait(seconds)

    def when_done(self, ended: Callable[[], object]) -> None:
        """Have something called, from any thread, once it is done; at once if it is."""
        self._ended = ended
        if self.is_done:
            ended()

    def value(self) -> T:
        """What the call returned. Raises what it raised; only once it is done."""
        if self._error is not None:
            raise self._error
        return self._value[0]

    def run(self) -> None:
        try:
            self._value = [self._act()]
        except Exception as error:  # handed on to who waits
            self._error = error
        self._done.set()
        self._ended()


class PhotoThread:
    """Carries out calls one after another, in a daemon thread that begins with the first.

    ``leave``: it ends after the call that is under way, whenever that ends.
    """

    def __init__(self) -> None:
        self._calls: SimpleQueue[Reading[object] | None] = SimpleQueue()
        self._thread: threading.Thread | None = None

    def begin(self, act: Callable[[], T]) -> Reading[T]:
        """Have a call carried out, after those before it."""
        reading = Reading(act)
        self._calls.put(reading)  # type: ignore[arg-type]
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="photos", daemon=True)
            self._thread.start()
        return reading

    def leave(self) -> None:
        self._calls.put(None)

    def _run(self) -> None:
        while (reading := self._calls.get()) is not None:
            reading.run()


def within(seconds: float, act: Callable[[], T], otherwise: T) -> T:
    """What a call returns, or ``otherwise`` if it takes longer: then it is left to itself."""
    thread = PhotoThread()
    reading = thread.begin(act)
    thread.leave()
    return reading.value() if reading.wait(seconds) else otherwise
