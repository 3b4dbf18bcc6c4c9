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

import numpy as np

from deepvis.core.types import Frame, LayerInfo, NetInfo, Patch, Snapshot, Unit
from deepvis.scan.running_tables import RunningTables
from deepvis.scan.running_top_parts import ALIKE, Allowance, Maps, Moment, TopPicture

SHARE = 0.03  # of a pass's time; what the calls around it cost comes on top
CAPACITY = 192 << 20  # bytes of input pictures that are kept, those of forgotten streams among them
MOST_FORGOTTEN = 5  # streams that can be brought back; the tables of each take a megabyte for 9,000 units


@dataclass(frozen=True, eq=False)
class RunningBest:
    """The best so far of one unit, best first, and the pictures that they lie in, by number. images: seen in all.

    samples: so many at the end are sample photos, see ``RunningWithSamples``. sample_images: of those seen in all. A
    picture may be None: that of a photo that was scanned and is gone since.
    """

    unit: Unit
    patches: tuple[Patch, ...]
    numbers: tuple[int, ...]
    pictures: tuple[TopPicture | None, ...]
    images: int
    samples: int = 0
    sample_images: int = 0


class RunningTop:
    """The ``top`` best images of every unit of a network since the start, or since ``reset``.

    info: the network's description, or what gives it once it is known: passes before that are left out.
    A unit that has not fired has no images: a maximum of exactly 0 is not kept. capacity: bytes of pictures;
    beyond it the picture that the fewest units keep is let go, with their memory of it; first those of forgotten
    streams, the oldest before. apart: seconds. alike: mean
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
        self._units: dict[str, slice] = {}
        self._count = 0  # units
        self._stream = RunningTables(0, top)
        self._forgotten: list[RunningTables] = []  # the newest last
        self.resets = 0  # how often the stream was begun anew
        self._last: tuple[object, ...] = ()  # what the last pass was of
        self._next_number = self._next_image = 0  # rise for good: others remember pictures by their numbers

    def _ready(self) -> NetInfo | None:
        """The network's description; the tables are made when it is first known. Under the lock."""
        if self._info is None and (info := self._describe()) is not None:
            self._info = info
            ends = np.cumsum([layer.channels for layer in info.listed], dtype=int).tolist()
            self._units = {
                layer.name: slice(end - layer.channels, end) for layer, end in zip(info.listed, ends, strict=True)
            }
            self._count = ends[-1] if ends else 0
            self._begin()
        return self._info

    def _begin(self) -> None:
        """Begin an empty stream."""
        self._stream, self._last = RunningTables(self._count, self.top), ()

    @property
    def images(self) -> int:
        """Different images seen."""
        return self._stream.seen

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
        """Begin anew. What there was is kept for ``recall``, as far as the new one leaves room in ``capacity``."""
        with self._lock:
            if self._ready() is not None:
                self.resets += 1
                self._forgotten.append(self._stream)
                self._begin()
                self._let_go_of_forgotten()

    def recall(self) -> None:
        """Bring back the stream that ``reset`` has forgotten last, in the place of this one; nothing without one."""
        with self._lock:
            if self._forgotten:
                self.resets -= 1
                self._stream = self._forgotten.pop()
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
            image, moment = self._image_of(snapshot.request.frame)
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
                return RunningBest(unit, (), (), (), self.images)
            stream, row = self._stream, units.start + unit.channel
            width = info.layer(unit.layer).width
            pictures = tuple(stream.book.pictures[int(slot)] for slot in stream.slots[row] if slot)
            patches = tuple(
                Patch(float(stream.values[row, k]), picture.path, *divmod(int(stream.places[row, k]), width))
                for k, picture in enumerate(pictures)
            )
            return RunningBest(unit, patches, tuple(p.number for p in pictures), pictures, self.images)

    def own(self, unit: Unit) -> RunningBest:
        """The same without sample photos: what may be saved as the user's."""
        return self.best(unit)

    # --- under the lock --------------------------------------------------------------------------

    def _image_of(self, frame: Frame) -> tuple[int, Moment | None]:
        """(number of the image, when it was seen if it moves), counting it if it is a new one."""
        new, now = self._next_image + 1, self._clock()
        if frame.moving:
            self._stream.count_moving(frame, now, self.apart)
            image, moment = new, Moment(now, frame.seconds)
        else:
            image, moment = self._stream.count_still(frame.path or f"frame {frame.id}", new), None
        self._next_image = max(self._next_image, image)
        return image, moment

    def _take(self, snapshot: Snapshot, layers: Sequence[LayerInfo], image: int, moment: Moment | None) -> bool:
        """Take these layers of a pass into account."""
        if not layers or snapshot.input_rgb is None:
            return False
        stream, maps = self._stream, maps_of(layers, snapshot)
        values = np.full(len(stream.values), -np.inf, np.float32)
        for name, each in maps.items():
            values[self._units[name]] = each.highest
        np.nan_to_num(values, copy=False, nan=-np.inf, posinf=-np.inf, neginf=-np.inf)

        def places_of(rows: np.ndarray) -> np.ndarray:
            places = np.zeros(len(rows), np.int32)
            for name, each in maps.items():
                units = self._units[name]
                first, last = np.searchsorted(rows, (units.start, units.stop))
                if first < last:
                    places[first:last] = each.places(rows[first:last] - units.start)
            return places

        picture = TopPicture(snapshot.input_rgb, snapshot.request.frame.path or "", self._next_number + 1)
        has_changed = stream.enter(picture, image, moment, values, places_of, self.apart, self.alike)
        self._next_number += has_changed
        self._make_room()
        return has_changed

    def _make_room(self) -> None:
        """Let go of pictures that are too many, of the oldest stream first; this one and the last keep one each."""
        while sum(each.book.bytes for each in (self._stream, *self._forgotten)) > self.capacity:
            streams = [*self._forgotten, self._stream]
            crowded = next((each for each in streams if len(each.book) > (each in streams[-2:])), None)
            if crowded is None:
                return
            crowded.let_go()
            if not len(crowded.book):
                del self._forgotten[: self._forgotten.index(crowded) + 1]

    def _let_go_of_forgotten(self) -> None:
        """Keep the newest streams, the last in any case."""
        room = self.capacity
        for number, stream in enumerate(reversed(self._forgotten)):
            room -= stream.book.bytes
            if number == MOST_FORGOTTEN or (number and room < 0):
                del self._forgotten[: len(self._forgotten) - number]
                return


def maps_of(layers: Sequence[LayerInfo], snapshot: Snapshot) -> dict[str, Maps]:
    """The maps of those layers that have the shapes that the description says."""
    found = {}
    for layer in layers:
        acts = snapshot.activations[layer.name]
        if acts.shape == (layer.channels, layer.height, layer.width):
            found[layer.name] = Maps(acts)
    return found
