"""One unit over many photos: its map for each, the largest value, and the best of all. Pure.

Source of the sheet: Yosinski et al. 2015, Figure 2 (a unit of conv5 beside photos that excite it and that do not).
"""

from __future__ import annotations

from bisect import insort
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from deepvis.core.types import Unit


@dataclass(frozen=True, eq=False)
class PhotoAnswer:
    """What a unit answers to a photo."""

    index: int  # of the photo in the list
    path: str
    value: float  # the largest of the map
    place: tuple[int, int]  # (row, col) of it in the map
    map_hw: np.ndarray  # (H, W) float32
    rgb: np.ndarray  # (h, w, 3) uint8, the photo as the network sees it

    @property
    def rank_key(self) -> tuple[float, int]:
        """The largest value first, of equal ones the earlier photo."""
        return -self.value, self.index


@dataclass(frozen=True)
class SheetScroll:
    """How far a sheet of photos was scrolled. row: its first; of: the unit that it is of, another one begins at 0."""

    row: int = 0
    of: Unit | None = None

    def first_row(self, unit: Unit) -> int:
        return self.row if self.of == unit else 0


@dataclass
class BestPhotos:
    """The answers of the photos seen so far. most: whose maps and pictures are held, the best; of the others values."""

    most: int
    best: list[PhotoAnswer] = field(default_factory=list)  # the largest value first
    values: list[tuple[float, int, str, tuple[int, int]]] = field(default_factory=list)  # -value, index, path, place
    skipped: list[str] = field(default_factory=list)

    def add(self, answers: Sequence[PhotoAnswer], skipped: Sequence[str]) -> None:
        for answer in answers:
            insort(self.values, (*answer.rank_key, answer.path, answer.place))
        self.best = sorted((*self.best, *answers), key=lambda each: each.rank_key)[: self.most]
        self.skipped += skipped

    @property
    def done(self) -> int:
        """Photos that were looked at."""
        return len(self.values) + len(self.skipped)
