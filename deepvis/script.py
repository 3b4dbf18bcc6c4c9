"""The keys of ``--keys``: each is due once the panes have settled, or have failed to for too long."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence

from deepvis.wants import OPTIMIZATION

SETTLE_SECONDS = 60.0  # a run goes on after that, settled or not
OPTIMIZE_SECONDS = 600.0  # the same while a unit is being optimized

log = logging.getLogger(__name__)


class Script:
    """Hands out keys one by one. missing: what the panes still wait for, "" once they have settled.

    clock: seconds, never runs backwards; what is missing is waited for from the last key on.
    """

    def __init__(self, keys: Sequence[str], clock: Callable[[], float] = time.monotonic) -> None:
        self._keys = list(keys)
        self._clock = clock
        self._since = clock()
        self._has_warned = False

    @property
    def is_done(self) -> bool:
        """All keys were handed out; what the last one does may still be missing."""
        return not self._keys

    def take(self, missing: str) -> str | None:
        """The next key if it is due, else None."""
        if not self._keys or not self.may_go_on(missing):
            return None
        self._since, self._has_warned = self._clock(), False
        return self._keys.pop(0)

    def may_go_on(self, missing: str) -> bool:
        """True if nothing is missing, or it was waited for long enough: that is logged once."""
        if not missing:
            return True
        limit = OPTIMIZE_SECONDS if missing == OPTIMIZATION else SETTLE_SECONDS
        if self._clock() - self._since <= limit:
            return False
        if not self._has_warned:
            self._has_warned = True
            log.warning("%s did not come within %.0f seconds; the run goes on without", missing, limit)
        return True
