"""Memory that was freed goes back to the system every few seconds, so that a window of hours holds what it uses."""

from __future__ import annotations

import time
from collections.abc import Callable

from deepvis.core.types import Snapshot
from deepvis.network.memory import give_back_freed_memory

SECONDS = 5.0  # to give back, and to take anew, costs the next pass 25 ms of SqueezeNet's: half a percent


class FreedMemory:
    """A follower of the network's passes: with the first pass after each 5 seconds what was freed is given back.

    Between, it stays for the next pass, whose blobs are as large (``network.memory.keep_freed_memory``). give_back:
    takes some 30 ms for 300 MB, for which the next pass waits and nothing else. clock: seconds, never runs backwards.
    """

    def __init__(
        self,
        give_back: Callable[[], object] = give_back_freed_memory,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._give_back, self._clock = give_back, clock
        self._given_back_at = clock()

    def __call__(self, snapshot: Snapshot) -> None:
        if self._clock() - self._given_back_at >= SECONDS:
            self._give_back()
            self._given_back_at = self._clock()
