"""The worker of steadiness: compares the layers of two passes that followed each other."""

from __future__ import annotations

import itertools
from collections import deque
from dataclasses import dataclass

import numpy as np

from deepvis.core.over_time import LayerSteadiness
from deepvis.core.steadiness import relative_change
from deepvis.core.types import Snapshot
from deepvis.live.worker import Worker, stand_back

MEAN_SECONDS = 1.0  # over which changes are averaged

_versions = itertools.count(1)


@dataclass(frozen=True, eq=False)
class PassPair:
    """Two passes, one after the other. layers: those to compare. seconds: of the source's running time."""

    before: Snapshot
    after: Snapshot
    layers: tuple[str, ...]
    seconds: float


class SteadinessWorker(Worker[PassPair | None, LayerSteadiness]):
    """Answers with the mean change of each layer over the last second. A pair that comes meanwhile replaces another."""

    def __init__(self) -> None:
        super().__init__("steadiness")
        self._recent: deque[tuple[float, dict[str, float]]] = deque()

    def set_up(self) -> None:
        stand_back()

    def answer(self, request: PassPair | None) -> None:
        if request is None:
            return
        before, after = request.before.activations, request.after.activations
        changes = {name: relative_change(before[name], after[name]) for name in request.layers if name in after}
        self._request = None  # the passes are large: the answer does not hold them
        recent = self._recent
        recent.append((request.seconds, changes))
        while recent[0][0] <= request.seconds - MEAN_SECONDS or recent[0][0] > request.seconds:
            recent.popleft()
        self.publish(LayerSteadiness(next(_versions), {name: self._mean(name) for name in changes}))

    def _mean(self, layer: str) -> float:
        return float(np.mean([changes[layer] for _, changes in self._recent if layer in changes]))
