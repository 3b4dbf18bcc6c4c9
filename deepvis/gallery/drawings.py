"""What the gallery draws of pictures that are there: all units of a layer, small; some at the size of what they see.

Pictures are (H, W, 3) uint8 RGB.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from deepvis.core.files import file_stamp
from deepvis.gallery.layer_recipe import SIDE
from deepvis.gallery.montage_file import block_pictures, cut_units, read_rgb
from deepvis.gallery.unit_sources import Montage, UnitSources
from deepvis.optimize.layout import BACKGROUND, grid, resized

CELL = 96  # pixels of a small picture's longer side
LONGEST = 3200  # of the drawing of all units
THREADS = 4  # that decode
LEAST = 0.55  # of the pixels of a small picture's side that it is decoded with at least: a quarter of the work
GAP = 1  # pixels between the pictures of a unit at its true size


@dataclass(frozen=True)
class Sheet:
    """Cells in a grid, row-major. cell: (height, width) of one, in pixels of the drawing."""

    count: int
    cell: tuple[int, int]

    @property
    def columns(self) -> int:
        return max(math.ceil(math.sqrt(self.count)), 1)

    @property
    def rows(self) -> int:
        return max(math.ceil(self.count / self.columns), 1)

    def draw(self, pictures: Sequence[np.ndarray | None]) -> np.ndarray:
        return grid(pictures, self.rows, self.columns, self.cell, margin=0)


def small_sheet(units: int, shape: tuple[int, int]) -> Sheet:
    """Of all units of a layer. shape: (height, width) of a picture, of which the cells have the proportions."""
    longest = max(min(CELL, LONGEST // max(math.ceil(math.sqrt(units)), 1)), 1)
    scale = longest / max(shape)
    return Sheet(units, (max(round(shape[0] * scale), 1), max(round(shape[1] * scale), 1)))


def digest_of(*parts: object, files: Iterable[Path] = ()) -> str:
    """Of all that decides a drawing: words, and files by their name, time and size."""
    stamps = [file_stamp(path) for path in files]
    return hashlib.sha256(repr((parts, stamps)).encode("utf-8", "surrogateescape")).hexdigest()[:24]


def small_files(unit: UnitSources) -> list[Path]:
    """The file that stands for a unit among all: its montage, else a single picture, else its best photos."""
    return [path for path in unit.files() if path not in unit.backs.values()][:1]


def small_pictures(
    sources: Sequence[UnitSources], whole: Path | None, cell: tuple[int, int]
) -> list[np.ndarray | None]:
    """One for each unit: from the picture of the whole layer, else from its own files; None where there is none."""
    if whole is not None and (rgb := read_rgb(whole)) is not None:
        return cut_units(rgb, len(sources), cell)
    with ThreadPoolExecutor(THREADS) as threads:
        return list(threads.map(lambda each: _small(each, cell), sources))


def _small(unit: UnitSources, cell: tuple[int, int]) -> np.ndarray | None:
    for path in small_files(unit):
        if unit.montages:
            montage = unit.montages[0]
            pictures = block_pictures(read_rgb(path, round(2 * SIDE * max(cell) * LEAST)), montage.recipe.shown)
            return None if pictures is None else resized(pictures[0], cell)
        rgb = read_rgb(path, round(SIDE * max(cell) * LEAST))
        if rgb is not None:
            return resized(rgb if path != unit.top else _first_tile(rgb, len(unit.patches)), cell)
    return None


def true_pictures(montages: Sequence[Montage], cell: tuple[int, int], runs: int) -> list[np.ndarray | None]:
    """Of each unit the first pictures of its block, 2 x 2 or one alone, each at the size (height, width) ``cell``."""
    side = math.isqrt(runs)
    drawn: list[np.ndarray | None] = []
    for montage in montages:
        pictures = block_pictures(read_rgb(montage.path), montage.recipe.shown)
        drawn.append(None if pictures is None else _with_gaps(pictures[: side * side], side, cell))
    return drawn


def _with_gaps(pictures: Sequence[np.ndarray], side: int, cell: tuple[int, int]) -> np.ndarray:
    """side x side pictures, each at the size ``cell``, a gap between them."""
    height, width = (side * each + (side - 1) * GAP for each in cell)
    canvas = np.full((height, width, 3), BACKGROUND, np.uint8)
    for n, picture in enumerate(pictures):
        top, left = (place * (each + GAP) for place, each in zip(divmod(n, side), cell, strict=True))
        canvas[top : top + cell[0], left : left + cell[1]] = resized(picture, cell)
    return canvas


def _first_tile(rgb: np.ndarray, patches: int) -> np.ndarray:
    """The best patch of a montage of the top 9."""
    side = max(math.ceil(math.sqrt(patches)), 1) if patches else SIDE
    return rgb[: max(rgb.shape[0] // side, 1), : max(rgb.shape[1] // side, 1)]
