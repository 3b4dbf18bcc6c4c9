"""How the live network and the live optimizer share the cores: the network first, by counting passes.

While the source moves, the optimizer makes at most one iteration for each ``PASSES_FOR_EACH`` passes of the network;
with a still picture there are no passes to take, and it has all cores.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from deepvis.core.key_hold import KeyHold

PASSES_FOR_EACH = 2  # passes of the live network for each iteration: at most half as many
STALLED = 2.0  # seconds between passes after which a source counts as one that gives no more pictures


class CoreShare:
    """The network's thread counts passes in it, the window's says whether the source moves, the optimizer's asks.

    idle: set but for the time of a pass. passes: how many the network has made. source_moves: the camera or the video
    gives frames, and is not frozen. key_hold: for which the network waits between two layers. clock: seconds, rising.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self.idle = threading.Event()
        self.idle.set()
        self.source_moves = False
        self._clock = clock
        self.passes = 0
        self.key_hold: KeyHold | None = None
        self._last = clock()

    def count_pass(self) -> None:
        self.passes, self._last = self.passes + 1, self._clock()

    def wait_for_key(self) -> None:
        """Before each layer: a key that is being answered goes first."""
        if self.key_hold is not None:
            self.key_hold.wait()

    @contextmanager
    def passing(self, *, counts: bool = False) -> Iterator[None]:
        """The network is at work, and the cores are its own. counts: as a pass."""
        self.idle.clear()
        try:
            yield
        finally:
            if counts:
                self.count_pass()
            self.idle.set()

    @property
    def must_share(self) -> bool:
        """Does the network need the cores for frame after frame? Yes during a pass, however long it takes."""
        is_passing = not self.idle.is_set()  # a pass on its way may take longer than STALLED
        return self.source_moves and (is_passing or self._clock() - self._last < STALLED)


class Turns:
    """Which iterations of a run may be made now."""

    def __init__(self, share: CoreShare) -> None:
        self._share = share
        self._begun: int | None = None  # passes that there were as the counting began; None: nothing is counted
        self._taken = 0

    def take(self) -> bool:
        """May the next iteration be made now? It then counts as made."""
        if not self._share.must_share:
            self._begun, self._taken = None, 0
            return True
        if self._begun is None:
            self._begun = self._share.passes
        if PASSES_FOR_EACH * (self._taken + 1) > self._share.passes - self._begun:
            return False
        self._taken += 1
        return True
