"""The attribution of one picture, step by step, between the passes of the network."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Iterator
from typing import Any

import deepvis.attribution.methods  # noqa: F401  (fills the table)
from deepvis.core.attributions import ATTRIBUTIONS, AttributionStep
from deepvis.core.types import Attribution, Snapshot
from deepvis.live.backend import Backend, BackendError
from deepvis.network.model_error import ModelError

SHARE_SECONDS = 0.03  # of steps, at least one, until what came of them is shown and new requests are looked at

_ids = itertools.count(1)


class Attributing:
    """What was asked of a snapshot's picture, in the network's thread.

    newest: as far as it is. Of a method that takes one pass it is there at once; of others ``go_on`` takes some steps.
    clock: seconds, rising.
    """

    def __init__(self, backend: Backend, snapshot: Snapshot, clock: Callable[[], float] = time.monotonic) -> None:
        asked = snapshot.request.attribution
        if asked is None:
            raise ValueError("the snapshot's request has no attribution")
        self._backend, self._snapshot, self._clock = backend, snapshot, clock
        self._method = ATTRIBUTIONS[asked.method]
        self._asked, self._scored = asked, ""
        self._steps: Iterator[AttributionStep] | None = None
        self.newest: Attribution | None = None
        if not self._method.is_progressive:
            self.go_on(lambda: False)

    @property
    def is_done(self) -> bool:
        return self.newest is not None and self.newest.is_done

    def go_on(self, is_wanted: Callable[[], bool]) -> None:
        """Take steps for ``SHARE_SECONDS``, one at least. is_wanted: something else waits for this thread."""
        until = self._clock() + SHARE_SECONDS
        try:
            if self._steps is None:
                function = self._backend.unit_function(self._snapshot.request)
                self._scored = function.layer if function.layer != self._asked.unit.layer else ""
                self._steps = self._method.run(function)
            for step in self._steps:
                self.newest = self._answer(
                    values=step.values,
                    done=step.done,
                    total=step.total,
                    note=step.note,
                    layer=step.layer,
                    scored=self._scored,
                )
                if self.newest.is_done or is_wanted() or self._clock() >= until:
                    break
        except (BackendError, ModelError, RuntimeError, MemoryError) as error:  # RuntimeError: PyTorch's
            self.newest = self._answer(error=f"{self._method.title}: {error}")

    def _answer(self, **found: Any) -> Attribution:
        return Attribution(next(_ids), self._snapshot.id, self._snapshot.request, **found)
