"""A worker: one thread, an inbox of requests and an outbox of answers; errors are answers too."""

from __future__ import annotations

import contextlib
import logging
import os
import threading
from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Generic, TypeVar

from deepvis.core.answers import NOTHING_YET, Answer
from deepvis.core.mailbox import Mailbox, MailboxClosed
from deepvis.core.words import printable

A = TypeVar("A")
V = TypeVar("V")

NICENESS = 4  # of threads that stand back

log = logging.getLogger(__name__)


class Worker(ABC, Generic[A, V]):
    """A thread that answers the newest request in its inbox, until it is stopped.

    inbox: where requests are put. outbox: the newest answer; a request that was taken has at least one. An exception
    never ends the thread: its sentence is the answer's error, and is logged, once for each sentence in a row. The
    thread is a daemon: ``stop`` waits a moment for a request in progress, and leaves it where it hangs.

    after_failure: seconds until it goes on without a request when one has failed, None: it waits for the next.
    """

    after_failure: float | None = None

    def __init__(self, name: str) -> None:
        self._wake: Mailbox[None] = Mailbox()
        self.inbox: Mailbox[A] = Mailbox(wakes=self._wake)
        self.outbox: Mailbox[Answer[A, V]] = Mailbox()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._newest: Answer[A, V] = NOTHING_YET
        self._request: A | None = None  # the request that was taken last
        self._has_begun = self._is_over = False

    def start(self) -> None:
        """Begin; a second call does nothing."""
        if self._thread.ident is None:
            self._thread.start()

    def stop(self, timeout: float = 5.0) -> None:
        """Close the inbox and wait for the thread, ``timeout`` seconds at most."""
        self.inbox.close()
        if self._thread.is_alive() and self._thread is not threading.current_thread():
            self._thread.join(timeout)
            if self._thread.is_alive():
                log.info("%s did not end within %g s; it is left to itself", self._thread.name, timeout)

    @abstractmethod
    def answer(self, request: A | None) -> float | None:
        """Answer a request with ``publish`` or ``fail``.

        request: None where only time has passed, or another box woke the thread, and once at the start.
        Returns the seconds until it is called again without a request, None: not before something comes.
        """

    def set_up(self) -> None:
        """Called in the thread before the first ``answer``."""

    def close(self) -> None:
        """Let go of what the thread opened; called in the thread."""

    def publish(self, value: V | None, error: str = "", *, level: int = logging.WARNING) -> None:
        """Answer the newest request. level: at which the error is logged, unless the answer before said the same."""
        error = printable(error)
        if error and error != self._newest.error:
            log.log(level, "%s: %s", self._thread.name, error)
        self._newest = Answer(self._request, value, error)
        self.outbox.put(self._newest)

    def fail(self, error: str) -> None:
        """Answer the newest request with an error; the last value stands."""
        self.publish(self._newest.value, error)

    def recover(self) -> None:
        """Take the last error back, if there is one."""
        if self._newest.error:
            self.publish(self._newest.value)

    def handle(self, request: A | None) -> float | None:
        """``answer`` a request; where that gave no answer, the last value and error are given again."""
        before = self._newest
        if request is not None:
            self._request = request
        if not self._has_begun:
            self._has_begun = True
            self.set_up()
        seconds = self.answer(request)
        if request is not None and self._newest is before:
            self.publish(before.value, before.error)
        return seconds

    def _run(self) -> None:
        seconds: float | None = 0.0  # a first call without a request, to set up
        while not self._is_over:
            seconds = self._guarded(self._take_and_handle, seconds)
        self._guarded(self.close)

    def _take_and_handle(self, seconds: float | None) -> float | None:
        self._wake.take(seconds)
        return self.handle(self.inbox.take(0))

    def _guarded(self, act: Callable[..., float | None], *arguments: float | None) -> float | None:
        """Do a step of the thread; what it raises becomes an answer's error."""
        try:
            return act(*arguments)
        except MailboxClosed:
            self._is_over = True
            return None
        except Exception as error:  # a request that fails must not end the thread, whatever it raises
            log.debug("%s failed", self._thread.name, exc_info=True)
            self.fail(_sentence(error))
            return self.after_failure


def stand_back(niceness: int = NICENESS) -> None:
    """Lower the priority of this thread below the program's where the system has such (Linux: each thread's own)."""
    if hasattr(os, "setpriority") and os.uname().sysname == "Linux":
        with contextlib.suppress(OSError):
            own = os.getpriority(os.PRIO_PROCESS, os.getpid())  # of the main thread
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), min(own + niceness, 19))


def _sentence(error: Exception) -> str:
    """An exception in one line; our own errors are sentences already."""
    text = printable(str(error))
    own = type(error).__module__.startswith("deepvis.")
    return text if own and text else f"{type(error).__name__}: {text}" if text else type(error).__name__
