"""The unit-image worker: the selected unit in, its pictures out, read in the background."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from deepvis.core.mailbox import Mailbox
from deepvis.core.types import Unit, UnitImages, WholeLayer
from deepvis.workers.base import Worker
from deepvis.workers.unit_image_reader import UnitImageReader

Supplement = Callable[[UnitImages], UnitImages]


@dataclass(frozen=True)
class ImagesAsk:
    """What the window wants to see of a unit.

    whole_layer: the pattern mode wants one picture for each unit of its layer too. refresh: a number that the window
    raises when files or supplements may have become others (a live optimization is done, the running top-9 grew).
    """

    unit: Unit
    whole_layer: bool = False
    refresh: int = 0


class UnitImagesWorker(Worker[ImagesAsk]):
    """Puts the pictures of the newest unit asked for into ``images``, those of a whole layer into ``layers``.

    open_reader: called once, in the thread. supplements: each may add to what the files have (the running top-9);
    they run in this thread, one after another. Versions rise with every value put.
    """

    def __init__(self, open_reader: Callable[[], UnitImageReader], supplements: Sequence[Supplement] = ()) -> None:
        super().__init__("unit images")
        self.images: Mailbox[UnitImages] = Mailbox()
        self.layers: Mailbox[WholeLayer] = Mailbox()
        self._open_reader = open_reader
        self._reader: UnitImageReader | None = None
        self._supplements = tuple(supplements)
        self._versions = itertools.count(1)
        self._layer: WholeLayer | None = None  # put last

    def answer(self, ask: ImagesAsk | None) -> float | None:
        if ask is None:
            return None
        if self._reader is None:
            self._reader = self._open_reader()
        found = self._reader.unit(ask.unit, next(self._versions))
        for supplement in self._supplements:
            found = supplement(found)
        self.images.put(found)
        if ask.whole_layer and not self.inbox.has_new():
            self._put_layer(self._reader.whole_layer(ask.unit.layer, next(self._versions)))
        self.recover()
        return None

    def _put_layer(self, found: WholeLayer) -> None:
        """Hand it out, unless the window has it already."""
        last = self._layer
        if last is None or (last.layer, last.note) != (found.layer, found.note) or last.tiles is not found.tiles:
            self._layer = found
            self.layers.put(found)
