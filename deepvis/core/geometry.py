"""Where things lie in the window: rectangles, the table of panes, grids of tiles, crops.

Rows grow downwards and columns rightwards, in whole pixels; places are half open:
a Rect covers rows row .. row+height-1.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from deepvis.core.types import LayerInfo

DESIGN_SIZE = (930, 1500)  # (height, width) for which the table below is written

# pane -> (row, column, height, width), as in the original, for DESIGN_SIZE
DEFAULT_PANES: Mapping[str, tuple[int, int, int, int]] = {
    "input": (0, 0, 300, 300),
    "aux": (300, 0, 300, 300),
    "back": (600, 0, 300, 300),
    "status": (900, 0, 30, 1500),
    "control": (0, 300, 30, 900),
    "layers": (30, 300, 870, 900),
    "jpgvis": (0, 1200, 900, 300),
}

# the original's names, accepted wherever a table of panes is read
ORIGINAL_NAMES: Mapping[str, str] = {
    "input": "input",
    **{f"caffevis_{name}": name for name in DEFAULT_PANES if name != "input"},
}


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
class Card:
    """The parts of a pane: ``face`` all but the margin to its neighbours, ``heading`` and ``body`` in it."""

    face: Rect
    heading: Rect
    body: Rect


def card(pane: Rect, text_scale: float) -> Card:
    """Divide a pane; a pane too low for a heading has an empty one."""
    face = pane.inset(max(round(3 * text_scale), 1))
    padding = max(round(6 * text_scale), 2)
    inner = face.cut(left=padding, right=padding)
    high = round(24 * text_scale)
    if pane.height < 4 * high:
        return Card(face, Rect(inner.row, inner.col, 0, inner.width), inner.cut(top=padding, bottom=padding))
    return Card(face, Rect(inner.row, inner.col, high, inner.width), inner.cut(top=high, bottom=padding))


class LayoutError(ValueError):
    """A table of panes that cannot be used; the sentence says which entry and why."""


@dataclass(frozen=True)
class PaneLayout:
    """Which pane is where: ``panes`` are (name, Rect) pairs inside a window of ``height x width``.

    +-------+------------------+--------+
    | input | control          | jpgvis |
    +-------+------------------+        |
    | aux   | layers           |        |
    +-------+                  |        |
    | back  |                  |        |
    +-------+------------------+--------+
    | status                            |
    +-----------------------------------+
    """

    panes: tuple[tuple[str, Rect], ...]
    height: int
    width: int
    text_scale: float = 1.0

    def __contains__(self, name: object) -> bool:
        return any(name == pane for pane, _ in self.panes)

    def __iter__(self) -> Iterator[tuple[str, Rect]]:
        return iter(self.panes)

    def __getitem__(self, name: str) -> Rect:
        for pane, rect in self.panes:
            if pane == name:
                return rect
        names = ", ".join(pane for pane, _ in self.panes)
        raise KeyError(f"no pane {name!r} in this layout; there are {names}")

    @property
    def tiles_area(self) -> Rect:
        """Where the layers pane has its tiles: all but the margin and the heading; empty without the pane."""
        return card(self["layers"], self.text_scale).body if "layers" in self else Rect(0, 0, 0, 0)

    def pane_at(self, row: int, col: int) -> str | None:
        """The pane under a pixel of the window; the later of the table where two overlap."""
        return next((name for name, rect in reversed(self.panes) if rect.contains(row, col)), None)


def read_panes(table: Mapping[str, Sequence[int] | None]) -> dict[str, tuple[int, int, int, int]]:
    """Check a table of panes as settings and model.yaml hold it; return it under the short names.

    table: name -> (row, column, height, width); the original's names serve too; None leaves the
    pane out (the caller merges tables, see ``make_layout``: a None never reaches the result).
    Raises LayoutError for an unknown name, a wrong count or a negative number.
    """
    panes = {}
    for name, place in table.items():
        short = pane_name(name)
        if place is None:
            continue
        numbers = tuple(place)
        if len(numbers) != 4 or not all(isinstance(n, int) for n in numbers) or min(numbers) < 0:
            raise LayoutError(
                f"pane {name!r} is {list(place)!r}: expected [row, column, height, width], whole numbers >= 0"
            )
        panes[short] = numbers
    return panes


def pane_name(name: str) -> str:
    """The short name of a pane, from either name. Raises LayoutError for an unknown one."""
    short = ORIGINAL_NAMES.get(name, name)
    if short in DEFAULT_PANES:
        return short
    known = [*DEFAULT_PANES, *ORIGINAL_NAMES]
    near = difflib.get_close_matches(str(name), known, n=1)
    hint = f"did you mean {near[0]!r}?" if near else f"there are {', '.join(DEFAULT_PANES)}"
    raise LayoutError(f"no pane is named {name!r}: {hint}")


def make_layout(
    height: int,
    width: int,
    overrides: Mapping[str, Sequence[int] | None] | None = None,
    *,
    control_height: int | None = None,
    font_scale: float = 1.0,
) -> PaneLayout:
    """The panes of a window of height x width pixels.

    overrides: rows of the table that replace the default ones (None leaves a pane out). A table
    that holds both ``control`` and ``layers``, or any pane that reaches beyond the default
    1500 x 930, is scaled from its own extent. Edges are rounded, so that panes that touch in the
    table touch in the window.
    control_height: rows of the layer list in the table's pixels, taken from the layers pane below
    it; ignored where the overrides place either of the two.
    font_scale: multiplies all text beyond what follows from the window's size.
    Raises LayoutError as read_panes does.
    """
    overrides = overrides or {}
    dropped = {pane_name(name) for name, place in overrides.items() if place is None}
    given = read_panes(overrides)
    table = {name: place for name, place in {**DEFAULT_PANES, **given}.items() if name not in dropped}
    if control_height and not {"control", "layers"} & (given.keys() | dropped):
        table = _with_control_height(table, control_height)
    design_height = max([DESIGN_SIZE[0] if not given else 1, *(r + h for r, _, h, _ in table.values())])
    design_width = max([DESIGN_SIZE[1] if not given else 1, *(c + w for _, c, _, w in table.values())])
    down, across = height / design_height, width / design_width

    def scaled(place: tuple[int, int, int, int]) -> Rect:
        row, col, tall, wide = place
        top, left = round(row * down), round(col * across)
        return Rect(top, left, round((row + tall) * down) - top, round((col + wide) * across) - left)

    panes = tuple((name, scaled(place)) for name, place in table.items())
    size = min(height / DESIGN_SIZE[0], width / DESIGN_SIZE[1])
    gentle = size if size >= 1 else size**0.6  # text shrinks less than the window does
    return PaneLayout(panes, height, width, text_scale=gentle * font_scale)


def _with_control_height(
    table: Mapping[str, tuple[int, int, int, int]], height: int
) -> dict[str, tuple[int, int, int, int]]:
    row, col, _, width = table["control"]
    below = table["layers"]
    bottom = below[0] + below[2]
    return {
        **table,
        "control": (row, col, height, width),
        "layers": (row + height, below[1], bottom - row - height, below[3]),
    }


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


def unit_grid(layer: LayerInfo, height: int, width: int) -> TileGrid:
    """The tiles of a layer in an area of height x width at (0, 0)."""
    return tile_grid(layer.channels, (layer.height, layer.width), Rect(0, 0, height, width))


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
