"""Rectangles of pixels, grids of tiles, crops.

Rows grow downwards and columns rightwards, in whole pixels; places are half open:
a Rect covers rows row .. row+height-1.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache

from deepvis.core.types import LayerInfo


@dataclass(frozen=True, order=True)
class Rect:
    """A rectangle of pixels: ``row, col`` its upper left corner, ``height, width`` its size (>= 0)."""

    row: int
    col: int
    height: int
    width: int

    @property
    def bottom(self) -> int:
        """The first row below it."""
        return self.row + self.height

    @property
    def right(self) -> int:
        """The first column right of it."""
        return self.col + self.width

    @property
    def is_empty(self) -> bool:
        return self.height <= 0 or self.width <= 0

    @property
    def slices(self) -> tuple[slice, slice]:
        """To index an (H, W, ...) array with."""
        return slice(self.row, self.bottom), slice(self.col, self.right)

    def contains(self, row: int, col: int) -> bool:
        return self.row <= row < self.bottom and self.col <= col < self.right

    def inset(self, margin: int) -> Rect:
        """The same without ``margin`` pixels on every side; empty rather than negative."""
        return self.cut(margin, margin, margin, margin)

    def cut(self, top: int = 0, left: int = 0, bottom: int = 0, right: int = 0) -> Rect:
        """The same without so many pixels on each side; empty rather than negative."""
        height = max(self.height - top - bottom, 0)
        width = max(self.width - left - right, 0)
        return Rect(self.row + top, self.col + left, height, width)

    def clipped(self, to: Rect) -> Rect:
        """What both rectangles cover; an empty one at the nearest place where they do not meet."""
        if self.row >= to.row and self.col >= to.col and self.bottom <= to.bottom and self.right <= to.right:
            return self
        row = min(max(self.row, to.row), to.bottom)
        col = min(max(self.col, to.col), to.right)
        height, width = min(self.bottom, to.bottom) - row, min(self.right, to.right) - col
        return Rect(row, col, max(height, 0), max(width, 0))

    def moved(self, rows: int, cols: int) -> Rect:
        return Rect(self.row + rows, self.col + cols, self.height, self.width)


def fit_inside(height: int, width: int, area: Rect) -> Rect:
    """The largest rectangle of the shape height x width inside ``area``, centred. At least one pixel."""
    scale = min(area.height / max(height, 1), area.width / max(width, 1))
    tall = max(min(round(height * scale), area.height), 1)
    wide = max(min(round(width * scale), area.width), 1)
    return Rect(area.row + (area.height - tall) // 2, area.col + (area.width - wide) // 2, tall, wide)


def centre_crop(height: int, width: int, to_height: int, to_width: int) -> Rect:
    """The largest centred part of a height x width picture that has the shape of to_height x to_width."""
    scale = min(height / to_height, width / to_width)
    tall = max(min(round(to_height * scale), height), 1)
    wide = max(min(round(to_width * scale), width), 1)
    return Rect((height - tall) // 2, (width - wide) // 2, tall, wide)


@dataclass(frozen=True)
class TileGrid:
    """``count`` equal tiles, row-major, in ``rows x cols`` cells with their corner at (row, col).

    Each cell is ``pitch_h x pitch_w`` pixels, of which the last ``gap`` are left free; what
    remains is the tile.
    """

    count: int
    rows: int
    cols: int
    row: int
    col: int
    pitch_h: int
    pitch_w: int
    gap: int

    @property
    def tile_height(self) -> int:
        return self.pitch_h - self.gap

    @property
    def tile_width(self) -> int:
        return self.pitch_w - self.gap

    @property
    def rect(self) -> Rect:
        height, width = self.rows * self.pitch_h - self.gap, self.cols * self.pitch_w - self.gap
        return Rect(self.row, self.col, height, width)

    def tile(self, index: int) -> Rect:
        """Where tile ``index`` lies."""
        r, c = divmod(index, self.cols)
        return Rect(self.row + r * self.pitch_h, self.col + c * self.pitch_w, self.tile_height, self.tile_width)

    def holding(self, count: int) -> TileGrid:
        """The same cells with fewer tiles in them, at least one."""
        count = min(max(count, 1), self.count)
        return replace(self, count=count, rows=-(-count // self.cols))

    @property
    def tail(self) -> Rect:
        """The cells behind the last tile; empty where there are none."""
        used = self.count - (self.rows - 1) * self.cols
        height, width = self.pitch_h, (self.cols - used) * self.pitch_w
        return Rect(self.row + (self.rows - 1) * height, self.col + used * self.pitch_w, height, width)

    def index_at(self, row: int, col: int) -> int | None:
        """The tile whose cell holds a pixel; None beside the tiles."""
        r, c = (row - self.row) // self.pitch_h, (col - self.col) // self.pitch_w
        if not (0 <= r < self.rows and 0 <= c < self.cols):
            return None
        index = r * self.cols + c
        return index if index < self.count else None


@lru_cache(maxsize=512)
def tile_grid(count: int, shape: tuple[int, int], area: Rect) -> TileGrid:
    """The grid with the largest tiles of ``shape`` (height, width) that holds ``count`` of them in ``area``.

    Centred sideways, flush with the top. A vector's units, shape (1, 1), become square cells.
    Tiles are never smaller than one pixel: where not all fit, the grid is as wide as the area and
    reaches below it.
    """
    height, width = max(shape[0], 1), max(shape[1], 1)
    best = max(range(1, count + 1), key=lambda cols: (_pitch(count, cols, height, width, area), -cols))
    scale = _pitch(count, best, height, width, area)
    pitch_h, pitch_w = int(height * scale), int(width * scale)
    if min(pitch_h, pitch_w) < 1:  # too many to show: one pixel each
        pitch_h = pitch_w = 1
        best = max(min(count, area.width), 1)
    gap = 0 if min(pitch_h, pitch_w) < 3 else 1 + min(pitch_h, pitch_w) // 30
    rows = -(-count // best)
    spare = area.width - best * pitch_w + gap
    return TileGrid(count, rows, best, area.row, area.col + max(spare, 0) // 2, pitch_h, pitch_w, gap)


def unit_grid(
    layer: LayerInfo, height: int, width: int, *, pictures: bool = False, slots: int | None = None
) -> TileGrid:
    """The tiles of a layer in an area of height x width at (0, 0): maps, bars of scalars, or preferred pictures.

    pictures: there is something to be seen of every unit, no bars. slots: so many tiles there is room for; None: for
    all units.
    """
    area, count = Rect(0, 0, height, width), slots or layer.channels
    if layer.is_spatial or pictures:
        return tile_grid(count, (layer.height, layer.width), area)
    return bar_grid(count, area)


BAR_SHAPE = (1, 5)  # of a scalar's place, where there are many
BAR_ROWS = 24  # in an area, where there are few: a bar is no higher
LEAST_BAR = 0.7  # of that height: bars get lower before they stand in one more column, so that names have room


@lru_cache(maxsize=64)
def bar_grid(count: int, area: Rect) -> TileGrid:
    """The places of ``count`` scalars, row-major: few stand in one wide column, many in a grid."""
    grid = tile_grid(count, BAR_SHAPE, area)
    high = max(area.height // BAR_ROWS, 1)
    least = max(round(LEAST_BAR * high), 1)
    if grid.pitch_h <= least:
        return grid
    cols = -(-count // max(area.height // least, 1))
    rows = -(-count // cols)
    high = min(high, max(area.height // rows, 1))
    return TileGrid(count, rows, cols, area.row, area.col, high, max(area.width // cols, 1), min(2, high - 1))


def _pitch(count: int, cols: int, height: int, width: int, area: Rect) -> float:
    """How many times its own size a tile can be with so many columns."""
    rows = -(-count // cols)
    return min(area.height / (rows * height), area.width / (cols * width))


def montage_cell(index: int, side: int, area: Rect) -> Rect:
    """Cell ``index``, row-major, of a ``side x side`` montage that fills ``area``."""
    r, c = divmod(index, side)
    top, bottom = area.row + r * area.height // side, area.row + (r + 1) * area.height // side
    left, right = area.col + c * area.width // side, area.col + (c + 1) * area.width // side
    return Rect(top, left, bottom - top, right - left)
