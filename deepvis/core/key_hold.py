"""A key that is being answered goes first: passes of the network wait for its picture, between two layers."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

MOST_SECONDS = 0.06  # of a hold, and at least from its end to the next: keys without end leave half of the time


class KeyHold:
    """One for a window and the networks that it shows; any thread may call it. clock: seconds, rising."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._over = threading.Event()
        self._over.set()
        self._clock = clock
        self._until = float("-inf")  # when the newest hold is over by itself

    @property
    def is_on(self) -> bool:
        return not self._over.is_set() and self._clock() < self._until

    def begin(self) -> None:
        """A key or a button was pressed."""
        now = self._clock()
        if now > self._until + MOST_SECONDS:
            self._until = now + MOST_SECONDS
            self._over.clear()

    def end(self) -> None:
        """Its picture is there."""
        self._over.set()

    def wait(self) -> None:
        """Wait until no hold is on: at once, as a rule."""
        if self._over.is_set():
            return
        seconds = self._until - self._clock()
        if seconds <= 0 or not self._over.wait(seconds):
            self._over.set()
