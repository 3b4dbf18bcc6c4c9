"""The keys of ``--keys``: each is due once the panes have settled, or have failed to for too long.

A running optimization, attribution or scan is waited for like all else, but for two ways to go on while it runs:
``wait:SECONDS`` in place of a key, and Esc, which is there to stop it.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence

from deepvis.window.options import seconds_to_wait
from deepvis.window.requests import ATTRIBUTION, OPTIMIZATION, OPTIMIZATION_BEGUN, OVER_PHOTOS, SCAN

SETTLE_SECONDS = 60.0  # a run goes on after that, settled or not
LONG_SECONDS = 600.0  # the same while a unit is being optimized or attributed, or photos are scanned
STOPS = "esc"  # the key that what is in progress does not hold back
# what there is something to look at of before its end
IN_PROGRESS = (OPTIMIZATION_BEGUN, SCAN, ATTRIBUTION, OVER_PHOTOS)

log = logging.getLogger(__name__)


class Script:
    """Hands out keys one by one. missing: what the panes still wait for, "" once they have settled.

    clock: seconds, never runs backwards; what is missing is waited for from the last key on.
    """

    def __init__(self, keys: Sequence[str], clock: Callable[[], float] = time.monotonic) -> None:
        self._keys = list(keys)
        self._clock = clock
        self._paused_at: float | None = None  # when the pause of the key in hand began
        self._has_warned = False
        self._begin_to_wait()

    @property
    def is_done(self) -> bool:
        """All keys were handed out; what the last one does may still be missing."""
        return not self._keys

    def take(self, missing: str) -> str | None:
        """The next key if it is due, else None."""
        if not self._keys or not self.may_go_on(missing):
            return None
        key = self._keys.pop(0)
        self._begin_to_wait()
        return key

    def may_go_on(self, missing: str) -> bool:
        """True if nothing is missing, or it was waited for long enough: that is logged once.

        After ``wait:SECONDS`` nothing but a running optimization, attribution or scan may be missing, for so long.
        """
        if self._pause is not None and missing in ("", *IN_PROGRESS):
            if self._paused_at is None:
                self._paused_at = self._clock()
            return self._clock() - self._paused_at >= self._pause
        if not missing:
            return True
        limit = LONG_SECONDS if missing in (OPTIMIZATION, *IN_PROGRESS) else SETTLE_SECONDS
        if self._clock() - self._since <= limit:
            return False
        if not self._has_warned:
            self._has_warned = True
            log.warning("%s did not come within %.0f seconds; the run goes on without", missing, limit)
        return True

    def _begin_to_wait(self) -> None:
        """The time after a key begins: take in how long to wait before the next."""
        self._since, self._has_warned = self._clock(), False
        self._paused_at = None
        self._pause: float | None = 0.0 if self._keys[:1] == [STOPS] else None
        while self._keys and (seconds := seconds_to_wait(self._keys[0])) is not None:
            self._pause = (self._pause or 0.0) + seconds
            self._keys.pop(0)
