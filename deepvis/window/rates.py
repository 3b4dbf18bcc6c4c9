"""How often things happen, counted often and shown seldom, so that the status line does not flicker."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable

SPAN = 2.0  # seconds that a rate looks back
STEADY = 0.5  # seconds that a reading stands


class Rate:
    """Events per second over the last SPAN seconds."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._times: deque[float] = deque()
        self._shown: float | None = None
        self._shown_at = float("-inf")

    def count(self) -> None:
        self._times.append(self._clock())

    def read(self) -> float | None:
        """Rounded to tenths; None until there were two events in the span."""
        now = self._clock()
        if now - self._shown_at >= STEADY:
            while self._times and self._times[0] < now - SPAN:
                self._times.popleft()
            count = len(self._times)
            self._shown = round((count - 1) / (self._times[-1] - self._times[0]), 1) if count > 2 else None
            self._shown_at = now
        return self._shown
