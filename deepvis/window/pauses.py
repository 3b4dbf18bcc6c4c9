"""How long ago the user acted, or was asked: what follows soon belongs to it, and waiting does something too."""

from __future__ import annotations

import time
from collections.abc import Callable

STEP_SECONDS = 1.0  # presses of a key that are this close belong to one step of undo
GO_TO_SECONDS = 1.0  # after the last digit the typed number is gone to
WALKING_SECONDS = 5.0  # after a key or a click in which sorted tiles stay where they are
CONFIRM_SECONDS = 6.0  # in which the same key once more does what was asked about


class Pauses:
    """clock: seconds, never runs backwards."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._acted_at = self._asked_at = float("-inf")

    def acted(self) -> float:
        """The user acts now; seconds since the time before."""
        before, self._acted_at = self._acted_at, self._clock()
        return self._acted_at - before

    def asked(self) -> None:
        """The window asks whether what the user did before is meant."""
        self._asked_at = self._clock()

    @property
    def is_walking(self) -> bool:
        return self._clock() - self._acted_at < WALKING_SECONDS

    @property
    def goes_to_typed(self) -> bool:
        """No further digit is awaited."""
        return self._clock() - self._acted_at > GO_TO_SECONDS

    @property
    def is_asked_no_more(self) -> bool:
        return self._clock() - self._asked_at > CONFIRM_SECONDS
