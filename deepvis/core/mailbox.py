"""A box that holds the newest value only: the one way in which threads talk."""

from __future__ import annotations

import threading
import time
from typing import Generic, TypeVar

T = TypeVar("T")


class MailboxClosed(Exception):
    """The box was closed: the reader should end."""


class Mailbox(Generic[T]):
    """A latest-value box between one writer and one reader, or several of each.

    ``put`` replaces what was not taken yet. ``take`` waits for a value and removes it;
    ``peek`` looks at the newest value ever put, without waiting or removing.

    wakes: another box, which gets None with each put and at closing. A reader of several boxes waits there.
    """

    def __init__(self, wakes: Mailbox[None] | None = None) -> None:
        self._wakes = wakes
        self._condition = threading.Condition()
        self._waiting: list[T] = []  # at most one
        self._newest: T | None = None
        self._closed = False

    def put(self, value: T) -> None:
        """Make ``value`` the newest; a closed box takes it silently and drops it."""
        with self._condition:
            if self._closed:
                return
            self._newest = value
            self._waiting[:] = [value]
            self._condition.notify()
        if self._wakes is not None:
            self._wakes.put(None)

    def take(self, timeout: float | None = None) -> T | None:
        """Wait for a value that was not taken yet, remove and return it.

        Returns None when ``timeout`` seconds have passed. Raises MailboxClosed once the box is closed.
        """
        deadline = None if timeout is None else time.monotonic() + timeout
        with self._condition:
            while not self._waiting:
                if self._closed:
                    raise MailboxClosed
                left = None if deadline is None else deadline - time.monotonic()
                if left is not None and left <= 0:
                    return None
                self._condition.wait(left)
            if self._closed:
                raise MailboxClosed
            return self._waiting.pop()

    def peek(self) -> T | None:
        """The newest value ever put, taken or not; None if there was none."""
        with self._condition:
            return self._newest

    def has_new(self) -> bool:
        """True if a value waits to be taken, or the box was closed: a reader at work should come back."""
        with self._condition:
            return bool(self._waiting) or self._closed

    @property
    def is_closed(self) -> bool:
        with self._condition:
            return self._closed

    def close(self) -> None:
        """Wake every reader with MailboxClosed."""
        with self._condition:
            self._closed = True
            self._condition.notify_all()
        if self._wakes is not None:
            self._wakes.put(None)
