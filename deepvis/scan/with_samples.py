"""The running top 9 of the user's own images, with sample photos where there are too few of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from deepvis.core.types import Frame, Snapshot, Unit
from deepvis.scan.running_top import RunningBest, RunningTop

FIRST_SAMPLE = 1 << 40  # numbers of the samples' pictures, clear of those of the user's


class RunningWithSamples(RunningTop):
    """A ``RunningTop`` that keeps the sample photos apart.

    is_sample: is a frame one of them? ``best`` gives a unit's own images first, then samples in the places that are
    left: they are gone once the user's own suffice. ``own`` leaves them out, and ``images`` does not count them.
    ``reset`` forgets the user's images alone. The other arguments are those of ``RunningTop``.
    """

    def __init__(self, info: Any, *, is_sample: Callable[[Frame], bool], **options: Any) -> None:
        super().__init__(info, **options)
        self._is_sample = is_sample
        self._samples = RunningTop(info, **options)

    def update(self, snapshot: Snapshot) -> bool:
        if self._is_sample(snapshot.request.frame):
            return self._samples.update(snapshot)
        return super().update(snapshot)

    def best(self, unit: Unit) -> RunningBest:
        own, samples = super().best(unit), self._samples.best(unit)
        free = self.top - len(own.patches)
        return replace(
            own,
            patches=own.patches + samples.patches[:free],
            numbers=own.numbers + tuple(FIRST_SAMPLE + number for number in samples.numbers[:free]),
            pictures=own.pictures + samples.pictures[:free],
            samples=len(samples.patches[:free]),
            sample_images=samples.images,
        )

    def own(self, unit: Unit) -> RunningBest:
        return super().best(unit)
