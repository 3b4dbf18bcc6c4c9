"""Where the panes of the window lie: the table of named rectangles, scaled to any size.

A pane is a file of ``deepvis/window/ui/panes``, which has its name and its place. The names are found without importing
them, so that settings can be checked before there is a window.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from deepvis.core.geometry import Rect
from deepvis.core.nearest import nearest
from deepvis.core.registry import modules_in

SMALLEST_WINDOW = 150  # pixels of a side
LARGEST_WINDOW = 16384
DESIGN_SIZE = (930, 1500)  # (height, width) for which the places are written
TEXT_SHRINKS_BELOW = 0.6  # of the design's size: down to it the panes get smaller, and the text in them does not

Place = tuple[int, int, int, int]  # row, column, height, width

PLACES: dict[str, Place] = {}  # pane -> its place for DESIGN_SIZE, filled by ``deepvis/window/ui/panes``
ORIGINAL = "caffevis_"  # what the original's names begin with; they are accepted wherever a table of panes is read


def pane_names() -> tuple[str, ...]:
    """Of all panes that there are, those without a place of their own too."""
    return modules_in("window/ui/panes")


def default_places() -> dict[str, Place]:
    """The places column by column; a pane that lies within another one comes after it, and is seen."""
    return dict(sorted(PLACES.items(), key=lambda each: (each[1][1], each[1][0], -each[1][2] * each[1][3])))


@dataclass(frozen=True)
class CardAreas:
    """The parts of a pane: ``face`` all but the margin to its neighbours, ``heading`` and ``body`` in it."""

    face: Rect
    heading: Rect
    body: Rect


def card_areas(pane: Rect, text_scale: float) -> CardAreas:
    """Divide a pane; a pane too low for a heading has an empty one."""
    face = pane.inset(max(round(3 * text_scale), 1))
    padding = max(round(6 * text_scale), 2)
    inner = face.cut(left=padding, right=padding)
    high = round(24 * text_scale)
    if pane.height < 4 * high:
        return CardAreas(face, Rect(inner.row, inner.col, 0, inner.width), inner.cut(top=padding, bottom=padding))
    below = high + max(round(3 * text_scale), 1)  # room for the marks of the first row of tiles
    return CardAreas(face, Rect(inner.row, inner.col, high, inner.width), inner.cut(top=below, bottom=padding))


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
        return card_areas(self["layers"], self.text_scale).body if "layers" in self else Rect(0, 0, 0, 0)

    def pane_at(self, row: int, col: int) -> str | None:
        """The pane under a pixel of the window; the later of the table where two overlap."""
        return next((name for name, rect in reversed(self.panes) if rect.contains(row, col)), None)


def read_panes(table: Mapping[str, Sequence[int] | None]) -> dict[str, Place]:
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
    short, names = name.removeprefix(ORIGINAL), pane_names()
    if short in names:
        return short
    hint = nearest(name, [*names, *(ORIGINAL + each for each in names)], f"there are {', '.join(names)}")
    raise LayoutError(f"no pane is named {name!r}: {hint}")


def make_layout(
    height: int,
    width: int,
    overrides: Mapping[str, Sequence[int] | None] | None = None,
    *,
    control_height: int | None = None,
    status_height: int | None = None,
    side_width: int | None = None,
    font_scale: float = 1.0,
) -> PaneLayout:
    """The panes of a window of height x width pixels.

    overrides: rows of the table that replace the default ones (None leaves a pane out). A table
    that holds both ``control`` and ``layers``, or any pane that reaches beyond the default
    1500 x 930, is scaled from its own extent. Edges are rounded, so that panes that touch in the
    table touch in the window.
    control_height: rows of the layer list in the table's pixels, taken from the layers pane below
    it; ignored where the overrides place either of the two.
    status_height: rows of the status pane in the table's pixels, taken from all panes above it. side_width: columns
    of the panes at the left and at the right, taken from those between them. Both are ignored where the overrides
    place any pane.
    font_scale: multiplies all text beyond what follows from the window's size.
    Raises LayoutError as read_panes does.
    """
    overrides = overrides or {}
    dropped = {pane_name(name) for name, place in overrides.items() if place is None}
    given = read_panes(overrides)
    table = {name: place for name, place in {**default_places(), **given}.items() if name not in dropped}
    if status_height and not given and "status" not in dropped:
        table = _with_status_height(table, status_height)
    if side_width and not given:
        table = _with_side_width(table, side_width)
    if control_height and not {"control", "layers"} & (given.keys() | dropped):
        table = _with_control_height(table, control_height)
    design_height = max([DESIGN_SIZE[0] if not given else 1, *(r + h for r, _, h, _ in table.values())])
    design_width = max([DESIGN_SIZE[1] if not given else 1, *(c + w for _, c, _, w in table.values())])
    down, across = height / design_height, width / design_width

    def scaled(place: Place) -> Rect:
        row, col, tall, wide = place
        top, left = round(row * down), round(col * across)
        return Rect(top, left, round((row + tall) * down) - top, round((col + wide) * across) - left)

    panes = tuple((name, scaled(place)) for name, place in table.items())
    return PaneLayout(panes, height, width, text_scale=text_scale_of(height, width) * font_scale)


def text_scale_of(height: int, width: int) -> float:
    """How large text is in a window of height x width pixels, 1: as in the design.

    It grows with the window, but does not shrink with it, until there would be too little room for words.
    """
    size = min(height / DESIGN_SIZE[0], width / DESIGN_SIZE[1])
    return max(size, 1.0) if size >= TEXT_SHRINKS_BELOW else (size / TEXT_SHRINKS_BELOW) ** 0.6


def _with_status_height(table: Mapping[str, Place], height: int) -> dict[str, Place]:
    row, col, tall, width = table["status"]
    top = row + tall - height
    edges = {name: (round(r * top / row), round((r + h) * top / row)) for name, (r, _, h, _) in table.items()}
    above = {name: (edges[name][0], c, edges[name][1] - edges[name][0], w) for name, (_, c, _, w) in table.items()}
    return {**above, "status": (top, col, height, width)}


def _with_side_width(table: Mapping[str, Place], width: int) -> dict[str, Place]:
    left, right = PLACES["input"][3], PLACES["jpgvis"][1]  # where the sides meet what is between them
    new = {left: width, right: DESIGN_SIZE[1] - width}
    edges = {name: (new.get(c, c), new.get(c + w, c + w)) for name, (_, c, _, w) in table.items()}
    return {name: (r, edges[name][0], h, edges[name][1] - edges[name][0]) for name, (r, _, h, _) in table.items()}


def _with_control_height(table: Mapping[str, Place], height: int) -> dict[str, Place]:
    row, col, _, width = table["control"]
    below = table["layers"]
    bottom = below[0] + below[2]
    return {
        **table,
        "control": (row, col, height, width),
        "layers": (row + height, below[1], bottom - row - height, below[3]),
    }
