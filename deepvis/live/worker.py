"""A worker: one thread, one inbox, and errors that become values."""

from __future__ import annotations

import logging
import threading
from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Generic, TypeVar

from deepvis.core.mailbox import Closed, Mailbox
from deepvis.core.types import WorkerError
from deepvis.core.words import printable

A = TypeVar("A")

log = logging.getLogger(__name__)


class Worker(ABC, Generic[A]):
    """A thread that answers the newest ask in its inbox, until it is stopped.

    inbox: where asks are put. errors: the newest failure as a WorkerError, or None once an ask went well
    again. An exception never ends the thread: it is logged, once for each sentence in a row, and put into
    ``errors``. The thread is a daemon: ``stop`` waits a moment for an ask in progress, and leaves it where
    it hangs.

    answered: the newest ask that was answered or has failed, None before one was.
    after_failure: seconds until it goes on without an ask when one has failed, None: it waits for the next.
    """

    after_failure: float | None = None

    def __init__(self, name: str) -> None:
        self._wake: Mailbox[None] = Mailbox()
        self.inbox: Mailbox[A] = Mailbox(wakes=self._wake)
        self.errors: Mailbox[WorkerError | None] = Mailbox()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self.answered: A | None = None
        self._in_progress: A | None = None  # in progress
        self._is_over = False
        self._said = ""

    def start(self) -> None:
        self._thread.start()

    def stop(self, timeout: float = 5.0) -> None:
        """Close the inbox and wait for the thread, ``timeout`` seconds at most."""
        self.inbox.close()
        if self._thread.is_alive() and self._thread is not threading.current_thread():
            self._thread.join(timeout)
            if self._thread.is_alive():
                log.info("%s did not end within %g s; it is left to itself", self._thread.name, timeout)

    @abstractmethod
    def answer(self, ask: A | None) -> float | None:
        """Answer an ask; None where only time has passed, or another box woke the thread.

        Called once without an ask at the start. Returns the seconds until it is called again without an
        ask, None: not before something comes.
        """

    def close(self) -> None:
        """Let go of what the thread opened; called in the thread."""

    def fail(self, sentence: str, ask: object = None) -> None:
        """Put a failure into ``errors``; the same sentence again is not logged again."""
        sentence = printable(sentence)
        if sentence != self._said:
            log.warning("%s: %s", self._thread.name, sentence)
        self._said = sentence
        self.errors.put(WorkerError(sentence, ask))

    def recover(self) -> None:
        """Take the last failure back, if there is one."""
        if self._said:
            self._said = ""
            self.errors.put(None)

    def _run(self) -> None:
        seconds: float | None = 0.0  # a first call without an ask, to set up
        while not self._is_over:
            seconds = self._guarded(self._take_and_answer, seconds)
        self._guarded(self.close)

    def _take_and_answer(self, seconds: float | None) -> float | None:
        self._wake.take(seconds)
        self._in_progress = self.inbox.take(0)
        return self.answer(self._in_progress)

    def _guarded(self, act: Callable[..., float | None], *arguments: float | None) -> float | None:
        """Do a step of the thread; what it raises becomes an error in ``errors``."""
        self._in_progress = None
        try:
            return act(*arguments)
        except Closed:
            self._is_over = True
            return None
        except Exception as error:  # the program's one broad catch: an ask that fails must not end the thread
            log.debug("%s failed", self._thread.name, exc_info=True)
            self.fail(_sentence(error), self._in_progress)
            return self.after_failure
        finally:
            if self._in_progress is not None:
                self.answered = self._in_progress


def _sentence(error: Exception) -> str:
    """An exception in one line; our own errors are sentences already."""
    text = printable(str(error))
    own = type(error).__module__.startswith("deepvis.")
    return text if own and text else f"{type(error).__name__}: {text}" if text else type(error).__name__
