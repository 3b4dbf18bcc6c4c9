"""The running top-9: the best images so far of every unit, of whatever the window is shown.

``update`` runs in the network's thread after each pass and takes a bounded share of its time;
``best`` in the thread that makes unit pictures. Frames of a camera or a video count as different images if they
are a second apart, in a video file by its own time, which begins anew with each round; of those closer together, or
that look nearly the same, a unit keeps only its best. A still counts once, however often it is looked at.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from deepvis.core.types import Frame, LayerInfo, NetInfo, Patch, Snapshot, Unit
from deepvis.scan.running_top_parts import ALIKE, Allowance, KeptPicture, Maps, Moment, PictureBook, small

SHARE = 0.03  # of a pass's time; what the calls around it cost comes on top
CAPACITY = 192 << 20  # bytes of input pictures that are kept
MOST_FORGOTTEN = 20  # streams that can be brought back
# what one consists of
_STREAM = ("_values", "_places", "_slots", "_book", "_stills", "_last", "_seen", "_last_moving", "_video_parts")


@dataclass(frozen=True, eq=False)
class RunningBest:
    """The best so far of one unit, best first, and the pictures that they lie in, by number. images: seen in all.

    samples: so many at the end are sample photos, see ``RunningWithSamples``. sample_images: of those seen in all. A
    picture may be None: that of a photo that was scanned and is gone since.
    """

    unit: Unit
    patches: tuple[Patch, ...]
    numbers: tuple[int, ...]
    pictures: tuple[KeptPicture | None, ...]
    images: int
    samples: int = 0
    sample_images: int = 0


class RunningTop:
    """The ``top`` best images of every unit of a network since the start, or since ``reset``.

    info: the network's description, or what gives it once it is known: passes before that are left out.
    A unit that has not fired has no images: a maximum of exactly 0 is not kept. capacity: bytes of pictures;
    beyond it the picture that the fewest units keep is let go, with their memory of it. apart: seconds. alike: mean
    difference of grey levels, 0..255, below which two frames are the same image; photos are never.
    clock: seconds, rising. share: of a pass's time that an update may take on average. With moving pictures it
    takes up as many layers as that allows, in turn: a camera shows each image for many passes. A still is
    taken up whole. stopwatch: seconds, for that. All methods may be called from any thread.
    """

    def __init__(
        self,
        info: NetInfo | Callable[[], NetInfo | None],
        *,
        top: int = 9,
        capacity: int = CAPACITY,
        apart: float = 1.0,
        alike: float = ALIKE,
        clock: Callable[[], float] = time.monotonic,
        share: float = SHARE,
        stopwatch: Callable[[], float] = time.perf_counter,
    ) -> None:
        self.top, self.capacity, self.apart, self.alike = top, capacity, apart, alike
        self._describe = info if callable(info) else lambda: info
        self._clock = clock
        self._allowance = Allowance(share, stopwatch)
        self._lock = threading.Lock()
        self._info: NetInfo | None = None
        self._maps: dict[str, Maps] = {}  # of the pass in work
        self.resets = 0  # how often the stream was begun anew
        self._forgotten: list[dict[str, Any]] = []  # streams, the newest last
        self._seen = 0
        self._next_number = self._next_image = 0  # rise for good: others remember pictures by their numbers

    def _ready(self) -> NetInfo | None:
        """The network's description; the tables are made when it is first known. Under the lock."""
        if self._info is None and (info := self._describe()) is not None:
            self._begin(info)
        return self._info

    def _begin(self, info: NetInfo) -> None:
        self._info = info
        starts = np.cumsum([0, *(layer.channels for layer in info.listed)])
        self._units = {layer.name: slice(a, b) for layer, a, b in zip(info.listed, starts, starts[1:], strict=False)}
        self._count = int(starts[-1])
        self._clear()

    def _clear(self) -> None:
        shape = (self._count, self.top)
        self._values = np.full(shape, -np.inf, np.float32)
        self._places = np.zeros(shape, np.int32)
        self._slots = np.zeros(shape, np.int32)  # of pictures; slot 0 is no picture
        self._book = PictureBook()
        self._stills: dict[str, int] = {}
        self._last: tuple[object, ...] = ()
        self._seen = 0
        self._last_moving = -np.inf
        self._video_parts: set[int] = set()  # parts of a video, ``apart`` long each, that were seen

    @property
    def images(self) -> int:
        """Different images seen."""
        return self._seen

    def units(self) -> list[Unit]:
        """All units that are tracked, layer by layer."""
        with self._lock:
            info = self._ready()
            layers = info.listed if info is not None else ()
        return [Unit(layer.name, channel) for layer in layers for channel in range(layer.channels)]

    def lacks(self, layer: str) -> bool:
        """Is it a layer whose values nothing here can make?"""
        with self._lock:
            info = self._ready()
            return info is not None and layer in info.missing

    def follows(self, layer: str) -> bool:
        """Is it one of the layers that the list begins with? What is in blocks is not followed."""
        with self._lock:
            info = self._ready()
            return info is None or layer in self._units or all(each.name != layer for each in info.layers)

    def reset(self) -> None:
        """Begin anew. What there was is kept for ``recall``, together as many bytes of pictures as ``capacity``."""
        with self._lock:
            if self._ready() is not None:
                self.resets += 1
                self._forgotten.append({name: getattr(self, name) for name in _STREAM})
                self._clear()
                self._let_go_of_forgotten()

    def recall(self) -> None:
        """Bring back the stream that ``reset`` has forgotten last, in the place of this one; nothing without one."""
        with self._lock:
            if self._forgotten:
                self.resets -= 1
                vars(self).update(self._forgotten.pop())
                self._last = ()  # what is shown now is taken into account

    def update(self, snapshot: Snapshot) -> bool:
        """Take a pass into account; True if some unit's best have changed.

        A pass over the same frame, fit and layers as the one before is recognised and costs nothing.
        """
        same = (snapshot.request.frame.id, snapshot.request.fit, frozenset(snapshot.activations))
        with self._lock:
            info = self._ready()
            if info is None or snapshot.input_rgb is None or same == self._last:
                return False
            self._last = same
            image, moment = self._image_of(snapshot)
            layers = [layer for layer in info.listed if layer.name in snapshot.activations]
            if not snapshot.request.frame.moving:
                return self._take(snapshot, layers, image, moment)
            with self._allowance.for_pass(snapshot.seconds.forward + snapshot.seconds.back, layers) as chosen:
                return self._take(snapshot, chosen, image, moment)

    def best(self, unit: Unit) -> RunningBest:
        """What there is of the unit so far; empty for a layer that is not shown."""
        with self._lock:
            info = self._ready()
            units = self._units.get(unit.layer) if info is not None else None
            if info is None or units is None or unit.channel >= units.stop - units.start:
                return RunningBest(unit, (), (), (), self._seen)
            row = units.start + unit.channel
            slots = [int(slot) for slot in self._slots[row] if slot]
            width = info.layer(unit.layer).width
            pictures = tuple(self._book.kept[slot] for slot in slots)
            patches = tuple(
                Patch(float(self._values[row, k]), picture.path, *divmod(int(self._places[row, k]), width))
                for k, picture in enumerate(pictures)
            )
            return RunningBest(unit, patches, tuple(p.number for p in pictures), pictures, self._seen)

    def own(self, unit: Unit) -> RunningBest:
        """The same without sample photos: what may be saved as the user's."""
        return self.best(unit)

    # --- under the lock --------------------------------------------------------------------------

    def _take(self, snapshot: Snapshot, layers: Sequence[LayerInfo], image: int, moment: Moment | None) -> bool:
        """Take these layers of a pass into account."""
        if not layers:
            return False
        changed = self._enter(snapshot, self._values_of(layers, snapshot), image, moment)
        self._maps = {}
        while self._book.bytes > self.capacity and len(self._book) > 1:
            self._let_go()
        return changed

    def _image_of(self, snapshot: Snapshot) -> tuple[int, Moment | None]:
        """(number of the image, when it was seen if it moves), counting it if it is a new one."""
        frame, now = snapshot.request.frame, self._clock()
        if frame.moving:
            self._seen += self._is_new(frame, now)
            self._next_image += 1
            return self._next_image, Moment(now, frame.seconds)
        name = frame.path or f"frame {frame.id}"
        if name not in self._stills:
            self._next_image += 1
            self._stills[name] = self._next_image
            self._seen += 1
        return self._stills[name], None

    def _is_new(self, frame: Frame, now: float) -> bool:
        """True for a moving frame a second after the last one, or of a second of a video that was not seen yet."""
        if frame.seconds is not None:
            part = int(frame.seconds / self.apart) if self.apart > 0 else frame.id
            is_new = part not in self._video_parts
            self._video_parts.add(part)
            return is_new
        is_new = now - self._last_moving >= self.apart
        if is_new:
            self._last_moving = now
        return is_new

    def _enter(self, snapshot: Snapshot, values: np.ndarray, image: int, moment: Moment | None) -> bool:
        """Put the image into the lists of the units that it excites more than their last."""
        rows = np.flatnonzero((values > self._values[:, -1]) & (values != 0))
        if not len(rows) or snapshot.input_rgb is None:
            return False
        slots = self._slots[rows]
        same = self._book.images[slots] == image
        look = None if moment is None else small(snapshot.input_rgb)
        if moment is not None and look is not None:
            same |= self._book.near(moment, look, self.apart, self.alike)[slots]
        known = np.where(same, self._values[rows], -np.inf).max(axis=1, initial=-np.inf)
        better = values[rows] > known
        rows, same = rows[better], same[better]
        if not len(rows):
            return False
        self._next_number += 1
        kept = KeptPicture(snapshot.input_rgb, snapshot.request.frame.path or "", self._next_number)
        slot = self._book.enter(kept, image, len(rows), moment, look)
        gone = self._insert(rows, same, (values[rows], self._places_of(rows), slot))
        self._book.release(gone)
        return True

    def _insert(self, rows: np.ndarray, same: np.ndarray, entry: tuple[np.ndarray, np.ndarray, int]) -> np.ndarray:
        """Insert an entry (value, place, slot) into each row; returns the slots that make room for it.

        They are all where ``same`` is True, or the last. The entries between move down.
        """
        column = np.arange(self.top)
        more = same & (np.cumsum(same, axis=1) > 1)
        gone_too = self._slots[rows][more]
        if len(gone_too):
            self._close_up(rows, more)
        leaves = np.where(same.any(axis=1), same.argmax(axis=1), self.top - 1)
        enters = (self._values[rows] >= entry[0][:, None]).sum(axis=1)  # of equals the earlier stays above
        moves = (column > enters[:, None]) & (column <= leaves[:, None])
        gone = self._slots[rows, leaves]
        tables: tuple[np.ndarray, ...] = (self._values, self._places, self._slots)
        for table, new in zip(tables, entry, strict=True):
            table[rows] = np.take_along_axis(table[rows], column - moves, axis=1)
            table[rows, enters] = new  # type: ignore[assignment]
        return np.concatenate([gone, gone_too])

    def _let_go_of_forgotten(self) -> None:
        """Keep the newest streams, the last in any case."""
        room = self.capacity
        for number, stream in enumerate(reversed(self._forgotten)):
            room -= stream["_book"].bytes
            if number == MOST_FORGOTTEN or (number and room < 0):
                del self._forgotten[: len(self._forgotten) - number]
                return

    def _let_go(self) -> None:
        """Let go of the picture that the fewest units keep, of equals the oldest; the others move up."""
        slot = self._book.least_used()
        rows = np.flatnonzero((self._slots == slot).any(axis=1))
        self._close_up(rows, self._slots[rows] == slot)
        self._book.forget(slot)

    def _close_up(self, rows: np.ndarray, hit: np.ndarray) -> None:
        """Take the entries ``hit`` (row, column) out of these rows; those behind them move up."""
        order = np.argsort(hit, axis=1, kind="stable")
        for table, empty in ((self._values, -np.inf), (self._places, 0), (self._slots, 0)):
            table[rows] = np.take_along_axis(np.where(hit, empty, table[rows]), order, axis=1)

    # --- without it ------------------------------------------------------------------------------

    def _values_of(self, layers: Sequence[LayerInfo], snapshot: Snapshot) -> np.ndarray:
        """(U,) float32: the highest value of each unit of these layers; -inf for all others."""
        values = np.full(self._count, -np.inf, np.float32)
        for layer in layers:
            acts = snapshot.activations[layer.name]
            if acts.shape == (layer.channels, layer.height, layer.width):
                maps = self._maps[layer.name] = Maps(acts)
                values[self._units[layer.name]] = maps.highest
        return np.nan_to_num(values, copy=False, nan=-np.inf, posinf=-np.inf, neginf=-np.inf)

    def _places_of(self, rows: np.ndarray) -> np.ndarray:
        """(n,) int32: where the units ``rows`` (rising) have their highest values, in the pass taken last."""
        places = np.zeros(len(rows), np.int32)
        for name, maps in self._maps.items():
            units = self._units[name]
            first, last = np.searchsorted(rows, (units.start, units.stop))
            if first < last:
                places[first:last] = maps.places(rows[first:last] - units.start)
        return places
