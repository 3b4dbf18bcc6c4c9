"""The unit-image worker: the selected unit in, its pictures out, read in the background."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np

from deepvis.core.mailbox import Mailbox
from deepvis.core.types import Unit, UnitImages, UnitStanding, WholeLayer
from deepvis.live.unit_image_reader import UnitImageReader
from deepvis.live.worker import Worker

SECONDS_BETWEEN_LOOKS = 1.0  # at what supplements have that they had not before
SECONDS_BETWEEN_STEPS = 0.15  # of a supplement that is not finished: the network needs the cores too


class Supplement(Protocol):
    """Adds to a unit's pictures what no file has: the running top-9 of the stream.

    is_unfinished: after a call, that another one for the same unit would give more.
    """

    @property
    def is_unfinished(self) -> bool: ...

    def __call__(self, found: UnitImages, /) -> UnitImages: ...


@dataclass(frozen=True)
class ImagesRequest:
    """What the window wants to see of a unit.

    whole_layer: the pattern mode wants one picture for each unit of its layer too. refresh: a number that the
    window raises when files may have become others (a live optimization is done, the running top-9 was saved).
    """

    unit: Unit
    whole_layer: bool = False
    refresh: int = 0


@dataclass(frozen=True, eq=False)
class ImagesOutput:
    """The pictures of the newest unit asked for, and those of the whole layer that was asked for last, if any was."""

    unit: UnitImages
    layer: WholeLayer | None = None


class UnitImagesWorker(Worker[ImagesRequest, ImagesOutput]):
    """Answers with the pictures of a unit and, where they are asked for, of its whole layer.

    open_reader: called once, in the thread, and again after each of ``renewals``. supplements: run in this thread, one
    after another; with any, the worker looks again by itself, and answers with what has changed. standings: layer -> of
    its units in the scan of the open files, () where there is none: they come before those of the files. change_files:
    called in this thread before the files are read: it keeps pictures. Versions rise with every value given.
    """

    after_failure = SECONDS_BETWEEN_LOOKS

    def __init__(
        self,
        open_reader: Callable[[], UnitImageReader],
        supplements: Sequence[Supplement] = (),
        standings: Callable[[str], tuple[UnitStanding, ...]] = lambda layer: (),
        change_files: Callable[[], object] = lambda: None,
    ) -> None:
        super().__init__("unit images")
        self._standings, self._change_files = standings, change_files
        self.renewals: Mailbox[bool] = Mailbox(wakes=self._wake)
        self._open_reader = open_reader
        self._reader: UnitImageReader | None = None
        self._supplements = tuple(supplements)
        self._versions = itertools.count(1)

    def answer(self, request: ImagesRequest | None) -> float | None:
        newest = self._request
        if newest is None:
            return None
        if self._reader is None or self.renewals.take(0):
            self._reader = self._open_reader()
        self._change_files()
        found = self._reader.unit(newest.unit, next(self._versions))
        for supplement in self._supplements:
            found = supplement(found)
        last = self._newest.value
        if request is None and last is not None and _same(found, last.unit):
            found = last.unit
        layer = None if last is None else last.layer
        if newest.whole_layer and not self.inbox.has_new():
            whole = self._reader.whole_layer(newest.unit.layer, next(self._versions))
            whole = replace(whole, standings=self._standings(newest.unit.layer) or whole.standings)
            layer = _newer(whole, layer)
        if last is None or (found, layer) != (last.unit, last.layer) or self._newest.error:
            self.publish(ImagesOutput(found, layer))
        if any(supplement.is_unfinished for supplement in self._supplements):
            return SECONDS_BETWEEN_STEPS
        return SECONDS_BETWEEN_LOOKS if self._supplements else None


def _newer(found: WholeLayer, last: WholeLayer | None) -> WholeLayer:
    """The layer's pictures as they were found, or the last ones where they are the same."""
    if last is None or (last.layer, last.note, last.title) != (found.layer, found.note, found.title):
        return found
    if last.tiles is not found.tiles or last.standings is not found.standings:
        return found
    return last


def _same(found: UnitImages, other: UnitImages) -> bool:
    """True if both would look the same."""
    facts = (
        (each.unit, each.notes, each.patches, each.samples, each.loading, each.value, each.title)
        for each in (found, other)
    )
    if next(facts) != next(facts):
        return False
    pictures = ((getattr(found, name), getattr(other, name)) for name in ("optimized", "top", "top_back"))
    return found.standing is other.standing and all(
        a is b or (a is not None and b is not None and np.array_equal(a, b)) for a, b in pictures
    )
