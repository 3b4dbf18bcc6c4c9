"""What the running top-9 is made of: time that may be spent, maps that are read once, pictures that are kept."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import cv2
import numpy as np

from deepvis.core.types import LayerInfo

MOST_SAVED = 0.05  # seconds
ALIKE = 8.0  # mean difference of grey levels: within a second a still scene has up to 5, a moving camera 15 and more
SMALL = 12  # pixels a side of the pictures that are compared


class Allowance:
    """Lets each pass take up so many layers that the time spent stays at a share of the passes' own.

    Time is saved up and spent: a large layer may cost more than one pass allows, then the next ones do nothing.
    """

    def __init__(self, share: float, stopwatch: Callable[[], float]) -> None:
        self._share, self._stopwatch = share, stopwatch
        self._saved = 0.0  # seconds
        self._seconds_per_value = 1e-9  # of an update, as measured
        self._next = 0  # the layer whose turn it is

    @contextmanager
    def for_pass(self, seconds: float, layers: Sequence[LayerInfo]) -> Iterator[list[LayerInfo]]:
        """The layers that a pass of so many seconds may take up; the block's time is what they cost."""
        self._saved = min(self._saved + self._share * seconds, MOST_SAVED)
        chosen: list[LayerInfo] = []
        values = 0
        while len(chosen) < len(layers) and values * self._seconds_per_value < self._saved:
            chosen.append(layers[self._next % len(layers)])
            self._next = (self._next + 1) % len(layers)
            values += chosen[-1].channels * chosen[-1].height * chosen[-1].width
        if not chosen:
            yield chosen
            return
        began = self._stopwatch()
        yield chosen
        spent = self._stopwatch() - began
        self._saved -= spent
        self._seconds_per_value += 0.2 * (spent / values - self._seconds_per_value)


class Maps:
    """A layer's maps (C, H, W), read once, in the order in which they lie in memory.

    highest: (C,), the highest value of each.
    """

    def __init__(self, acts: np.ndarray) -> None:
        self._acts = acts
        self._row_peaks: np.ndarray | None = None
        if acts.flags.c_contiguous:
            self.highest = acts.reshape(acts.shape[0], -1).max(axis=1)
        else:  # the channels lie innermost
            self._row_peaks = acts.transpose(1, 2, 0).max(axis=1)
            self.highest = self._row_peaks.max(axis=0)

    def places(self, channels: np.ndarray) -> np.ndarray:
        """row * W + col of the highest value of these maps, (n,); of equals the first."""
        if self._row_peaks is None:
            return self._acts.reshape(self._acts.shape[0], -1)[channels].argmax(axis=1)
        rows = self._row_peaks[:, channels].argmax(axis=0)
        return rows * self._acts.shape[2] + self._acts[channels, rows].argmax(axis=1)


@dataclass(frozen=True, eq=False)
class TopPicture:
    """A picture that is among some unit's best. rgb: (H, W, 3) uint8, what the network saw. number: for good."""

    rgb: np.ndarray
    path: str
    number: int


@dataclass(frozen=True)
class Moment:
    """When a frame was seen. clock: seconds. seconds: its place in a video file; None for all else."""

    clock: float
    seconds: float | None = None


def small(rgb: np.ndarray) -> np.ndarray:
    """(SMALL ** 2,) int16: a picture (H, W, 3) uint8 as few grey levels, to be compared with others."""
    return cv2.resize(rgb, (SMALL, SMALL), interpolation=cv2.INTER_AREA).mean(axis=2).astype(np.int16).ravel()


class PictureBook:
    """The pictures that some unit keeps, in numbered slots from 1 on; slot 0 is none.

    images: by slot, the number of the image; moments, places, looks: of a moving one when it was seen by the clock and
    by the video's time, and its ``small`` picture. pictures: by slot. bytes: of all.
    """

    def __init__(self) -> None:
        self.images = np.full(64, -1, np.int64)
        self.moments = np.full(64, -np.inf)
        self.places = np.full(64, np.nan)
        self.looks = np.zeros((64, SMALL**2), np.int16)
        self.pictures: dict[int, TopPicture] = {}
        self.bytes = 0
        self._uses: dict[int, int] = {}
        self._free: list[int] = []

    def __len__(self) -> int:
        return len(self.pictures)

    def near(self, moment: Moment, look: np.ndarray, apart: float, alike: float) -> np.ndarray:
        """(slots,) bool: the moving pictures that a frame counts as the same image with.

        They were seen less than ``apart`` seconds away, by the clock or in the video, or differ by less than ``alike``.
        """
        used = max(self.pictures, default=0) + 1
        near = np.abs(self.moments - moment.clock) < apart
        if moment.seconds is not None:
            near |= np.abs(self.places - moment.seconds) < apart
        differences = np.abs(self.looks[:used] - look).mean(axis=1, dtype=np.float32)
        near[:used] |= (differences < alike) & np.isfinite(self.moments[:used])
        return near

    def enter(self, picture: TopPicture, image: int, uses: int, moment: Moment | None, look: np.ndarray | None) -> int:
        """The slot of a picture that ``uses`` units keep. moment, look: of a moving one."""
        slot = self._free.pop() if self._free else len(self.pictures) + 1
        if slot >= len(self.images):
            self.images = np.concatenate([self.images, np.full_like(self.images, -1)])
            self.moments = np.concatenate([self.moments, np.full_like(self.moments, -np.inf)])
            self.places = np.concatenate([self.places, np.full_like(self.places, np.nan)])
            self.looks = np.concatenate([self.looks, np.zeros_like(self.looks)])
        self.images[slot] = image
        if moment is not None and look is not None:
            self.moments[slot], self.looks[slot] = moment.clock, look
            self.places[slot] = np.nan if moment.seconds is None else moment.seconds
        self.pictures[slot], self._uses[slot] = picture, uses
        self.bytes += picture.rgb.nbytes
        return slot

    def release(self, slots: np.ndarray) -> None:
        """Each of them is kept by one unit less; pictures that none keeps are forgotten."""
        counts = np.bincount(slots, minlength=1)
        for slot in np.flatnonzero(counts[1:]) + 1:
            self._uses[int(slot)] -= int(counts[slot])
            if self._uses[int(slot)] <= 0:
                self.forget(int(slot))

    def least_used(self) -> int:
        return min(self.pictures, key=lambda slot: (self._uses[slot], self.pictures[slot].number))

    def forget(self, slot: int) -> None:
        self.bytes -= self.pictures.pop(slot).rgb.nbytes
        del self._uses[slot]
        self.images[slot], self.moments[slot], self.places[slot] = -1, -np.inf, np.nan
        self._free.append(slot)
