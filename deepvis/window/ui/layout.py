"""Where the layer names lie in the control pane, and how high it must be for them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from deepvis.core.geometry import Rect
from deepvis.core.panes import DEFAULT_PANES, DESIGN_SIZE, PaneLayout, card, make_layout, text_scale_of
from deepvis.core.types import NetInfo
from deepvis.window.ui import theme
from deepvis.window.ui.text import line_height, text_width

STATUS_LINES = 2  # facts; what happened
MOST_ROWS = 8  # of names that the default layout makes room for; more of them scroll


@dataclass(frozen=True)
class Chips:
    """The layer names' places, counted from the pane's own corner, before scrolling.

    rects: one for each layer, in order. rows: how many rows they fill. row_height: with the space
    below. visible: how many whole rows the pane shows.
    """

    rects: tuple[Rect, ...]
    rows: int
    row_height: int
    visible: int
    body: Rect

    def row_of(self, index: int) -> int:
        return (self.rects[index].row - self.body.row) // self.row_height

    def first_row(self, selected: int) -> int:
        """The row on top when ``selected`` must be seen, with a row above it where there is one."""
        if self.rows <= self.visible:
            return 0
        return min(max(self.row_of(selected) - self.visible // 2, 0), self.rows - self.visible)

    def shown(self, selected: int) -> list[tuple[int, Rect]]:
        """(layer index, place) of the names that are seen while ``selected`` is."""
        first = self.first_row(selected)
        rows = range(first, first + self.visible)
        up = -first * self.row_height
        return [(i, r.moved(up, 0)) for i, r in enumerate(self.rects) if self.row_of(i) in rows]


def body_of_control(pane: Rect, scale: float) -> Rect:
    """Where the names are: the pane's face less a small margin, without a heading."""
    face = card(Rect(0, 0, pane.height, pane.width), scale).face
    return face.inset(max(round(5 * scale), 1))


@lru_cache(maxsize=32)
def flow(names: tuple[str, ...], groups: tuple[int, ...], pane: Rect, scale: float) -> Chips:
    """Lay the names out like words in lines; groups are set apart by a wider space."""
    px = max(round(theme.SIZE_TEXT * scale), 10)
    body = body_of_control(pane, scale)
    padding, space, apart = (max(round(n * scale), 1) for n in (6, 3, 10))
    high = line_height(px) + max(round(3 * scale), 1)
    row_height = high + space
    row, col, rects = 0, 0, []
    for i, name in enumerate(names):
        wide = min(text_width(name, px) + 2 * padding, max(body.width, 1))
        new_group = i > 0 and len(groups) == len(names) and groups[i] != groups[i - 1]
        col += apart if new_group and col else 0
        if col and col + wide > body.width:
            row, col = row + 1, 0
        rects.append(Rect(body.row + row * row_height, body.col + col, high, wide))
        col += wide + space
    visible = max((body.height + space) // row_height, 1)
    return Chips(tuple(rects), row + 1, row_height, visible, body)


def chips_of(info: NetInfo, layout: PaneLayout) -> Chips:
    """The names of a network in the control pane of a layout."""
    pane = layout["control"]
    size = Rect(0, 0, pane.height, pane.width)
    return flow(tuple(layer.title for layer in info.layers), info.groups, size, layout.text_scale)


def layout_for(
    info: NetInfo,
    height: int,
    width: int,
    overrides: Mapping[str, Sequence[int] | None] | None = None,
    font_scale: float = 1.0,
) -> PaneLayout:
    """The panes of a window, with a layer list and a status pane as high, and sides as wide, as their words need.

    overrides: see make_layout, which also says what is raised.
    """
    scale = text_scale_of(height, width) * font_scale
    status = max(_design(status_height(scale), height), DEFAULT_PANES["status"][2])
    side = side_width(scale, width)
    plain = make_layout(height, width, overrides, status_height=status, side_width=side, font_scale=font_scale)
    if "control" not in plain or "layers" not in plain:
        return plain
    wide = plain["control"].width
    probe = Rect(0, 0, height, wide)
    chips = flow(tuple(layer.title for layer in info.layers), info.groups, probe, plain.text_scale)
    rows = min(chips.rows, MOST_ROWS)
    margins = height - chips.body.height
    control = max(_design(rows * chips.row_height + margins, height), DEFAULT_PANES["control"][2])
    return make_layout(
        height, width, overrides,
        control_height=control, status_height=status, side_width=side, font_scale=font_scale,
    )  # fmt: skip


def status_height(scale: float) -> int:
    """Pixels that the status pane needs for its two lines and the margins around them."""
    px = max(round(theme.SIZE_TEXT * scale), 10)
    return STATUS_LINES * line_height(px) + 2 * max(round(3 * scale), 1) + max(round(6 * scale), 2)


def side_width(scale: float, width: int) -> int:
    """Columns of the layout table for the panes at both sides: as many as their headings need, at most a quarter."""
    at_design = DEFAULT_PANES["input"][3]
    wanted = min(at_design * scale, width / 4) * DESIGN_SIZE[1] / width
    return max(round(wanted), at_design)


def _design(pixels: int, height: int) -> int:
    """So many of the layout table's rows make at least these pixels in a window of that height."""
    return -(-pixels * DESIGN_SIZE[0] // height)
