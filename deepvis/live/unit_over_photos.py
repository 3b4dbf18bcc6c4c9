"""The worker that runs the photos of the open folder past one unit, a few at a time, beside the live network."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from deepvis.core.interventions import Intervention
from deepvis.core.photo_answers import BestPhotos, PhotoAnswer
from deepvis.core.types import Fit, Unit
from deepvis.live.photo_lister import PhotoLister
from deepvis.live.worker import Worker, stand_back
from deepvis.scan.folder_top import OpenFiles

if TYPE_CHECKING:
    from deepvis.scan.network import ScanNetwork
    from deepvis.scan.photo_passes import PhotoPasses

ROWS = 4  # photos of a pass: short enough for the window's own to get their turn
MOST = 64  # photos whose maps are held, the best
NICENESS = 10  # of the thread: a core that it shares with the window's network is nearly all the window's
TURN_SECONDS = 0.25  # that a pass waits at most for the window's own: a camera's never end
WAIT_SECONDS = 0.05  # for the listing, in one step


@dataclass(frozen=True)
class OverPhotosRequest:
    """Which unit over which photos. unit None: none now; what was found is held, and goes on from there."""

    unit: Unit | None
    images: str | None = None  # None: the sample photos
    fit: Fit = Fit.CROP
    renewed: int = 0  # how often the network has been given other weights
    interventions: tuple[Intervention, ...] = ()  # what if: what is done to units, in every photo


@dataclass(frozen=True, eq=False)
class OverPhotos:
    """How far it is."""

    request: OverPhotosRequest
    title: str  # of the photos
    best: tuple[PhotoAnswer, ...] = ()  # the largest value first
    done: int = 0
    listed: int = 0  # as far as they are listed
    is_whole: bool = False  # that is all
    skipped: tuple[str, ...] = ()  # why some have no answer
    error: str = ""  # why there is nothing, or nothing more
    version: int = 0  # rises with every answer

    @property
    def is_over(self) -> bool:
        return bool(self.error) or (self.is_whole and self.done >= self.listed)


class OverPhotosWorker(Worker[OverPhotosRequest, OverPhotos]):
    """Answers a request with a stream of ``OverPhotos``; a request for the same goes on where it was.

    open_network: gives the network, in this thread, with the layer alone. turn: set while the window's network has
    nothing to do.
    """

    def __init__(self, open_network: Callable[[str], ScanNetwork], turn: threading.Event) -> None:
        super().__init__("unit over photos")
        self._open_network, self._turn = open_network, turn
        self._has_stood_back = self._is_on = False
        self._asked = OverPhotosRequest(None)
        self._lister: PhotoLister | None = None
        self._passes: PhotoPasses | None = None
        self._top: BestPhotos | None = None

    def answer(self, request: OverPhotosRequest | None) -> float | None:
        if request is not None:
            self._is_on = request.unit is not None
            if self._is_on and request != self._asked:
                self._begin(request)
        if not self._is_on or self._lister is None or self._passes is None or self._top is None:
            return None
        few = self._lister.waiting < ROWS and not self._lister.is_whole
        paths = [] if few else self._lister.take(ROWS)
        if not paths:
            self._publish()
            if self._lister.is_whole:
                return None
            self._lister.news.wait(WAIT_SECONDS)
            return 0.0
        self._turn.wait(TURN_SECONDS)
        self._top.add(*self._passes.run(paths, self._top.done, self._asked.fit))
        self._publish()
        return 0.0

    def fail(self, error: str) -> None:
        self._end()
        before = self._newest.value
        version = before.version + 1 if before is not None else 1
        found = before if before is not None and before.request == self._asked else OverPhotos(self._asked, "")
        self.publish(replace(found, error=error, version=version), error)

    def close(self) -> None:
        self._end()

    def _begin(self, request: OverPhotosRequest) -> None:
        from deepvis.network.threads import use_one_core
        from deepvis.scan.photo_passes import PhotoPasses

        if not self._has_stood_back:
            self._has_stood_back = True
            stand_back(NICENESS)
            use_one_core()  # what it computes must not hold up the network's threads
        self._end()
        self._asked, self._top = request, BestPhotos(MOST)
        unit = request.unit
        if unit is None:
            return
        self._lister = PhotoLister(OpenFiles.of(request.images, request.fit), ())
        self._publish()
        self._passes = PhotoPasses(self._open_network(unit.layer), unit, request.interventions)

    def _publish(self) -> None:
        top, lister, before = self._top, self._lister, self._newest.value
        if top is None or lister is None:
            return
        title = OpenFiles.of(self._asked.images, self._asked.fit).title
        version = before.version + 1 if before is not None else 1
        found = OverPhotos(
            self._asked, title, tuple(top.best), top.done, lister.counted, lister.is_whole, tuple(top.skipped),
            lister.error, version,
        )  # fmt: skip
        self.publish(found)

    def _end(self) -> None:
        if self._lister is not None:
            self._lister.stop()
        self._lister = self._passes = None
