"""The workers beside the window: they get requests for what the state wants, and are read without waiting."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Generic, TypeVar

from deepvis.core.answers import NOTHING_YET, Answer, EffectReport
from deepvis.core.effects import (
    Effect,
    ForgetTop,
    KeepPicture,
    RecallTop,
    RedoKeep,
    RedoSave,
    SaveTop,
    StartOptimizing,
    StartScan,
    StopOptimizing,
    StopScan,
    TakeOutPicture,
    UndoKeep,
    UndoSave,
)
from deepvis.core.key_hold import KeyHold
from deepvis.core.state import AppState, InputState
from deepvis.core.types import Frame, NetInfo, NetRequest
from deepvis.live.backend import Backend
from deepvis.live.folder_scan import FolderScanWorker, ScanRequest
from deepvis.live.folder_scans import FolderScans
from deepvis.live.input import InputWorker, ListedPhotos
from deepvis.live.layer_steadiness import PassPair, SteadinessWorker
from deepvis.live.network import NetworkWorker
from deepvis.live.optimize import OptimizeRequest, OptimizeWorker
from deepvis.live.picture_keeper import PictureKeeper
from deepvis.live.renewed_stream import RenewedStream
from deepvis.live.stream_top import StreamTop
from deepvis.live.thumbnails import ThumbnailWorker
from deepvis.live.unit_images import ImagesRequest, UnitImagesWorker
from deepvis.live.unit_over_photos import OverPhotosRequest, OverPhotosWorker
from deepvis.live.worker import Worker
from deepvis.window.requests import Latest, images_request, over_photos_request, pass_request, thumbnail_request

OF_PICTURES = (KeepPicture, TakeOutPicture, UndoKeep, RedoKeep)
OF_THE_TOP = (SaveTop, UndoSave, RedoSave, ForgetTop, RecallTop)  # effects on the running top 9

Frames = Callable[[], Answer[InputState, Frame] | None]  # the answer of the input to show

A = TypeVar("A")
V = TypeVar("V")
W = TypeVar("W", bound=Worker[Any, Any])


class Later(Generic[W]):
    """A worker that begins when it is first needed. running: those that have begun; worker: None until then."""

    def __init__(self, make: Callable[[], W], running: list[Worker[Any, Any]]) -> None:
        self._make, self._running = make, running
        self.worker: W | None = None

    def begun(self) -> W:
        if self.worker is None:
            self.worker = self._make()
            self.worker.start()
            self._running.append(self.worker)
        return self.worker


@dataclass(frozen=True)
class Makers:
    """How to make what can only begin later.

    images: once the network's description has come. optimize, scan, over_photos: with the first key that asks for it.
    """

    images: Callable[[NetInfo], UnitImagesWorker]
    optimize: Callable[[], OptimizeWorker]
    scan: Callable[[], FolderScanWorker] | None = None
    over_photos: Callable[[], OverPhotosWorker] | None = None  # one unit over the open photos


class Parts:
    """Requests go out only where what is wanted differs from what was sent; answers are the latest ones.

    input: starts at once, and may serve other parts too. network: with ``start_network``. stream: the running top 9.
    scans: of open files. pictures: puts finished ones among a unit's nine. frames: which answer of the input is shown;
    None: the newest.
    """

    def __init__(
        self,
        input: InputWorker,
        network: NetworkWorker,
        makers: Makers,
        stream: RenewedStream | None = None,
        scans: FolderScans | None = None,
        pictures: PictureKeeper | None = None,
        frames: Frames | None = None,
    ) -> None:
        self.latest = Latest()
        self._frames = frames or input.outbox.peek
        self._input, self._network, self._makers = input, network, makers
        self._stream, self._scans, self._pictures = stream, scans, pictures
        self._running: list[Worker[Any, Any]] = [input]
        self._images: UnitImagesWorker | None = None
        self._optimize = Later(makers.optimize, self._running)
        self._scan = Later(makers.scan, self._running) if makers.scan else None
        self._over_photos = Later(makers.over_photos, self._running) if makers.over_photos else None
        self._thumbnails = Later(ThumbnailWorker, self._running)
        self._steadiness = Later(SteadinessWorker, self._running)
        self._sent_over = OverPhotosRequest(None)
        self._renewed = 0  # how often the network was given other weights
        self._sent_input: InputState | None = None
        self._sent_pass: NetRequest | None = None
        self._sent_images: ImagesRequest | None = None
        self._reported: list[Answer[Any, EffectReport] | None] = []  # the newest that were handed on
        self._reported_scan: Answer[Any, Any] = NOTHING_YET  # likewise
        input.start()

    def start_network(self) -> None:
        """Begin to load the network; a second call does nothing."""
        if self._network not in self._running:
            self._start(self._network)

    def hold_for(self, key_hold: KeyHold | None) -> None:
        """Have the network wait while a key is being answered. None: never."""
        self._network.share.key_hold = key_hold

    def send_requests(self, state: AppState) -> None:
        """Send the workers what the state wants, where that differs from what was sent."""
        self._network.share.source_moves = state.input.moving and not state.input.frozen
        if state.input != self._sent_input:
            self._sent_input = state.input
            self._input.inbox.put(state.input)
            if self._scans is not None:
                self._scans.open(state.input.images, state.input.fit)
        request = pass_request(state, self.latest)
        if request is not None and not request.same_as(self._sent_pass):
            self._sent_pass = request
            self._network.inbox.put(request)
        over, is_there = over_photos_request(state, self._renewed), self.latest.info is not None
        if over != self._sent_over and self._over_photos is not None and (is_there or self._over_photos.worker):
            self._sent_over = over
            self._over_photos.begun().inbox.put(over)
        thumbnails = thumbnail_request(state, self.latest)
        if thumbnails is not None and thumbnails != self._thumbnails.begun().inbox.peek():
            self._thumbnails.begun().inbox.put(thumbnails)
        shows_images = state.view.unit_images or state.view.pattern
        if self._images is not None and (shows_images or self.is_saving):
            images = images_request(state, self.latest)
            if images != self._sent_images:
                self._sent_images = images
                self._images.inbox.put(images)

    def compare(self, pair: PassPair | None) -> None:
        """Have two passes compared for the steadiness; None: let go of those that were."""
        worker = self._steadiness.worker if pair is None else self._steadiness.begun()
        if worker is not None and worker.inbox.peek() is not pair:
            worker.inbox.put(pair)

    def carry_out(self, effect: Effect) -> None:
        """Have an effect of a key carried out, all but the picture of the window, which the loop itself saves."""
        if isinstance(effect, StartOptimizing):
            frame = self.latest.frame if effect.from_frame else None
            asked = OptimizeRequest(effect.id, effect.unit, effect.preset, frame, self.latest.frame, effect.fit)
            self._optimize.begun().inbox.put(asked)
        elif isinstance(effect, StopOptimizing) and self._optimize.worker:
            self._optimize.worker.inbox.put(OptimizeRequest(effect.id, None))
        elif isinstance(effect, StartScan) and self._scan:
            self._scan.begun().inbox.put(ScanRequest(effect.id, True, effect.images, effect.fit))
        elif isinstance(effect, StopScan) and self._scan and self._scan.worker:
            self._scan.worker.inbox.put(ScanRequest(effect.id, False))
        elif isinstance(effect, OF_THE_TOP) and self._stream is not None:
            self._change_top(effect, self._stream.now)
            self._look_again()
        elif isinstance(effect, OF_PICTURES) and self._pictures is not None:
            if isinstance(effect, (KeepPicture, TakeOutPicture)):
                self._pictures.inbox.put(effect)
            elif isinstance(effect, UndoKeep):
                self._pictures.saves.undo()
            else:
                self._pictures.saves.redo()
            self._look_again()

    def _change_top(self, effect: Effect, stream: StreamTop) -> None:
        if isinstance(effect, SaveTop):
            stream.inbox.put(effect)
        elif isinstance(effect, UndoSave):
            stream.saves.undo()
        elif isinstance(effect, RedoSave):
            stream.saves.redo()
        elif isinstance(effect, ForgetTop):
            stream.running.reset()
            if self._scans is not None:
                self._scans.hide()
        elif isinstance(effect, RecallTop):
            stream.running.recall()
            if self._scans is not None:
                self._scans.unhide()

    def look(self) -> Latest:
        """The latest answers of all workers; ``latest`` is the same until the next look."""
        before = self.latest
        self.latest = Latest(
            input=self._frames() or NOTHING_YET,
            network=_newest(self._network),
            images=_newest(self._images),
            optimize=_newest(self._optimize.worker),
            scan=_newest(self._scan.worker if self._scan else None),
            over_photos=_newest(self._over_photos.worker if self._over_photos else None),
            thumbnails=_newest(self._thumbnails.worker),
            steadiness=_newest(self._steadiness.worker),
            refresh=before.refresh,
            peeks=before.peeks,
        )
        if self._images is None and self.latest.info is not None:
            self._images = self._makers.images(self.latest.info)
            self._start(self._images)
        ended = (self.latest.ended_run, self.latest.ended_scan) != (before.ended_run, before.ended_scan)
        if self._has_grown(before) or ended:
            self._look_again()
        return self.latest

    def renew(self, open_backend: Callable[[], Backend]) -> None:
        """The same network has other weights: compute anew what is shown of it. open_backend: called in its thread."""

        def renewed() -> Backend:
            backend = open_backend()
            if self._stream is not None:
                self._stream.renew()  # in the network's thread, so that no pass comes between
            return backend

        self._network.renewals.put(renewed)
        self._renewed += 1
        if self._images is not None:
            self._images.renewals.put(True)
        self._look_again()

    def peek(self) -> None:
        """From now on have the pictures of whole layers: the pointer is over the tiles."""
        if not self.latest.peeks:
            self.latest = replace(self.latest, peeks=True)

    def answers(self) -> list[Answer[Any, EffectReport]]:
        """What has come of effects that end with a sentence for the user, each once."""
        places = [part for part in (self._stream and self._stream.now, self._pictures) if part]
        found: list[Answer[Any, EffectReport] | None] = [part.outbox.peek() for part in places]
        answers = [each for each in found if each is not None and not any(each is one for one in self._reported)]
        self._reported = found
        scan = self.latest.scan
        if scan is not self._reported_scan and scan.value is not None and scan.value.sentence:
            answers.append(Answer(scan.request, EffectReport(scan.value.sentence)))
        self._reported_scan = scan
        return answers

    @property
    def listed(self) -> ListedPhotos:
        """The photos that are listed already."""
        return self._input.listed

    def stop(self) -> None:
        """End all workers; what is in progress is waited for a moment."""
        for worker in self._running:
            worker.inbox.close()
        for worker in self._running:
            worker.stop(timeout=5.0 if isinstance(worker, FolderScanWorker) else 2.0)  # a scan saves what it has found
        if self._stream is not None:
            self._stream.now.saves.close()
        if self._pictures is not None:
            self._pictures.saves.close()

    @property
    def passes(self) -> int:
        """How many the live network has made."""
        return self._network.share.passes

    @property
    def is_saving(self) -> bool:
        """The running top 9 or a picture is to be saved, which is done by the thread of the unit images."""
        if self._pictures is not None and self._pictures.is_saving:
            return True
        if self._stream is None:
            return False
        stream = self._stream.now
        request, saved = stream.inbox.peek(), stream.outbox.peek()
        return request is not None and (saved is None or saved.request != request)

    def _has_grown(self, before: Latest) -> bool:
        """The running top 9 has taken in a photo that it may not have had before."""
        followed, earlier = self.latest.followed, before.followed
        if self._stream is None or followed is None or followed.request.frame.moving:
            return False
        return earlier is None or earlier.request.frame.id != followed.request.frame.id

    def _look_again(self) -> None:
        """The unit images may have become others: those that are there are out of date."""
        self.latest = replace(self.latest, refresh=self.latest.refresh + 1)

    def _start(self, worker: Worker[Any, Any]) -> None:
        worker.start()
        self._running.append(worker)


def _newest(worker: Worker[A, V] | None) -> Answer[A, V]:
    return (worker.outbox.peek() if worker else None) or NOTHING_YET
