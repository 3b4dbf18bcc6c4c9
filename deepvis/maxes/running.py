"""The running top-9: the best images so far of every unit, of whatever the window is shown.

``update`` runs in the network's thread after each pass; ``best`` in the thread that makes unit
pictures. Camera frames count as different images if they are a second apart: of those closer
together a unit keeps only its best. A still counts once, however often it is looked at.
"""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from deepvis.core.types import LayerInfo, NetInfo, Patch, Snapshot, Unit

EMPTY = -1
CAPACITY = 192 << 20  # bytes of input pictures that are kept


@dataclass(frozen=True, eq=False)
class Kept:
    """A picture that is among some unit's best. rgb: (H, W, 3) uint8, what the network saw."""

    rgb: np.ndarray
    path: str


@dataclass(frozen=True, eq=False)
class RunningBest:
    """The best so far of one unit, best first, and the pictures that they lie in, by number. images: seen in all."""

    unit: Unit
    patches: tuple[Patch, ...]
    numbers: tuple[int, ...]
    pictures: tuple[Kept, ...]
    images: int


class RunningTop:
    """The ``top`` best images of every unit of a network since the start, or since ``reset``.

    info: the network's description, or what gives it once it is known: passes before that are left out.
    A unit that has not fired has no images: a maximum of exactly 0 is not kept. capacity: bytes of pictures;
    beyond it the picture that the fewest units keep is let go, with their memory of it. apart: seconds.
    clock: seconds, rising. All methods may be called from any thread.
    """

    def __init__(
        self,
        info: NetInfo | Callable[[], NetInfo | None],
        *,
        top: int = 9,
        capacity: int = CAPACITY,
        apart: float = 1.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.top, self.capacity, self.apart = top, capacity, apart
        self._describe = info if callable(info) else lambda: info
        self._clock = clock
        self._lock = threading.Lock()
        self._info: NetInfo | None = None
        self._seen = 0
        self._next_number = self._next_image = 0  # rise for good: others remember pictures by their numbers

    def _ready(self) -> NetInfo | None:
        """The network's description; the tables are made when it is first known. Under the lock."""
        if self._info is None and (info := self._describe()) is not None:
            self._begin(info)
        return self._info

    def _begin(self, info: NetInfo) -> None:
        self._info = info
        starts = np.cumsum([0, *(layer.channels for layer in info.layers)])
        self._units = {layer.name: slice(a, b) for layer, a, b in zip(info.layers, starts, starts[1:], strict=False)}
        self._count = int(starts[-1])
        self._clear()

    def _clear(self) -> None:
        shape = (self._count, self.top)
        self._values = np.full(shape, -np.inf, np.float32)
        self._numbers = np.full(shape, EMPTY, np.int64)  # of pictures
        self._places = np.zeros(shape, np.int32)
        self._images = np.full(shape, EMPTY, np.int64)  # equal for pictures of the same still
        self._when = np.full(shape, -np.inf)  # of moving frames; -inf for stills
        self._pictures: dict[int, Kept] = {}
        self._uses: Counter[int] = Counter()
        self._bytes = 0
        self._stills: dict[str, int] = {}
        self._last: tuple[object, ...] = ()
        self._seen = 0
        self._last_moving = -np.inf

    @property
    def images(self) -> int:
        """Different images seen."""
        return self._seen

    def units(self) -> list[Unit]:
        """All units that are tracked, layer by layer."""
        with self._lock:
            info = self._ready()
            layers = info.layers if info is not None else ()
        return [Unit(layer.name, channel) for layer in layers for channel in range(layer.channels)]

    def reset(self) -> None:
        """Begin anew."""
        with self._lock:
            if self._ready() is not None:
                self._clear()

    def update(self, snapshot: Snapshot) -> bool:
        """Take a pass into account; True if some unit's best have changed.

        A pass over the same frame, fit and layers as the one before is recognised and costs nothing.
        """
        frame, rgb = snapshot.ask.frame, snapshot.input_rgb
        same = (frame.id, snapshot.ask.fit, frozenset(snapshot.activations))
        with self._lock:
            info = self._ready()
            if info is None or rgb is None or same == self._last:
                return False
            self._last = same
            values, places = self._peaks(info, snapshot)
            image, moment = self._image_of(snapshot)
            changed = self._enter(values, places, image, moment, Kept(rgb, frame.path or ""))
            while self._bytes > self.capacity and len(self._pictures) > 1:
                self._let_go()
            return changed

    def best(self, unit: Unit) -> RunningBest:
        """What there is of the unit so far; empty for a layer that is not shown."""
        with self._lock:
            info = self._ready()
            units = self._units.get(unit.layer) if info is not None else None
            if info is None or units is None or unit.channel >= units.stop - units.start:
                return RunningBest(unit, (), (), (), self._seen)
            row = units.start + unit.channel
            numbers = tuple(int(n) for n in self._numbers[row] if n != EMPTY)
            width = info.layer(unit.layer).width
            pictures = tuple(self._pictures[n] for n in numbers)
            patches = tuple(
                Patch(float(self._values[row, k]), picture.path, *divmod(int(self._places[row, k]), width))
                for k, picture in enumerate(pictures)
            )
            return RunningBest(unit, patches, numbers, pictures, self._seen)

    # --- under the lock --------------------------------------------------------------------------

    def _image_of(self, snapshot: Snapshot) -> tuple[int, float]:
        """(number of the image, when it was seen if it moves, else -inf), counting it if it is a new one."""
        frame, now = snapshot.ask.frame, self._clock()
        if frame.moving:
            if now - self._last_moving >= self.apart:
                self._seen += 1
                self._last_moving = now
            self._next_image += 1
            return self._next_image, now
        name = frame.path or f"frame {frame.id}"
        if name not in self._stills:
            self._next_image += 1
            self._stills[name] = self._next_image
            self._seen += 1
        return self._stills[name], -np.inf

    def _enter(self, values: np.ndarray, places: np.ndarray, image: int, moment: float, kept: Kept) -> bool:
        """Put the image into the lists of the units that it excites more than their last."""
        rows = np.flatnonzero((values > self._values[:, -1]) & (values != 0))
        same = self._images[rows] == image
        if moment > -np.inf:
            same |= moment - self._when[rows] < self.apart
        known = np.where(same, self._values[rows], -np.inf).max(axis=1, initial=-np.inf)
        better = values[rows] > known
        rows, same = rows[better], same[better]
        if not len(rows):
            return False
        number, self._next_number = self._next_number, self._next_number + 1
        gone = self._replace(rows, same, values[rows], (number, places[rows], image, moment))
        self._uses.update({number: len(rows)})
        self._pictures[number] = kept
        self._bytes += kept.rgb.nbytes
        self._release(gone)
        return True

    def _replace(
        self, rows: np.ndarray, same: np.ndarray, values: np.ndarray, entry: tuple[int, np.ndarray, int, float]
    ) -> np.ndarray:
        """Insert an entry into each row, in place of ``same`` or of the last; the numbers that were let go."""
        wide = np.concatenate([np.where(same, -np.inf, self._values[rows]), values[:, None]], axis=1)
        order = np.argsort(-wide, axis=1, kind="stable")
        number, places, image, moment = entry
        replaced = self._numbers[rows][same]
        self._numbers[rows] = np.where(same, EMPTY, self._numbers[rows])
        columns = (
            (self._numbers, number),
            (self._places, places),
            (self._images, image),
            (self._when, moment),
        )
        dropped = order[:, self.top :]
        all_numbers = np.concatenate([self._numbers[rows], np.full((len(rows), 1), number)], axis=1)
        gone = np.append(replaced, np.take_along_axis(all_numbers, dropped, axis=1))
        order = order[:, : self.top]
        for table, value in columns:
            new = np.empty((len(rows), 1), table.dtype)
            new[:, 0] = value
            table[rows] = np.take_along_axis(np.concatenate([table[rows], new], axis=1), order, axis=1)
        self._values[rows] = np.take_along_axis(wide, order, axis=1)
        return gone

    def _release(self, numbers: np.ndarray) -> None:
        """Count the uses that ended; forget pictures that nobody uses any more."""
        ended, times = np.unique(numbers[numbers != EMPTY], return_counts=True)
        for number, count in zip(ended.tolist(), times.tolist(), strict=True):
            self._uses[number] -= count
            if self._uses[number] <= 0:
                self._forget(number)

    def _forget(self, number: int) -> None:
        del self._uses[number]
        self._bytes -= self._pictures.pop(number).rgb.nbytes

    def _let_go(self) -> None:
        """Let go of the picture that the fewest units keep, of equals the oldest."""
        number = min(self._pictures, key=lambda n: (self._uses[n], n))
        rows = np.flatnonzero((self._numbers == number).any(axis=1))
        hit = self._numbers[rows] == number
        order = np.argsort(hit, axis=1, kind="stable")  # the others move up, in their order
        empties = ((self._values, -np.inf), (self._numbers, EMPTY), (self._places, 0), (self._images, EMPTY))
        for table, empty in (*empties, (self._when, -np.inf)):
            kept = np.take_along_axis(np.where(hit, empty, table[rows]), order, axis=1)
            table[rows] = kept
        self._forget(number)

    # --- without it ------------------------------------------------------------------------------

    def _peaks(self, info: NetInfo, snapshot: Snapshot) -> tuple[np.ndarray, np.ndarray]:
        """(U,) highest values and their places; -inf for layers that the pass has not reached."""
        values = np.full(self._count, -np.inf, np.float32)
        places = np.zeros(self._count, np.int32)
        for layer in info.layers:
            acts = snapshot.activations.get(layer.name)
            if acts is not None and acts.shape[0] == layer.channels:
                _peaks_into(layer, acts, values[self._units[layer.name]], places[self._units[layer.name]])
        np.nan_to_num(values, copy=False, nan=-np.inf, posinf=-np.inf, neginf=-np.inf)
        return values, places


def _peaks_into(layer: LayerInfo, acts: np.ndarray, values: np.ndarray, places: np.ndarray) -> None:
    """Each channel's highest value and its place, of (C, H, W)."""
    if not layer.is_spatial:
        values[:] = acts.reshape(layer.channels)
        return
    maps = acts.reshape(layer.channels, -1)
    best = maps.argmax(axis=1)
    values[:] = maps[np.arange(layer.channels), best]
    places[:] = best
