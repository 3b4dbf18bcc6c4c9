"""Where the layer names lie in the control pane, and how high it must be for them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from deepvis.core.enlarged_pane import with_enlarged
from deepvis.core.geometry import Rect
from deepvis.core.layer_list import listed
from deepvis.core.panes import DESIGN_SIZE, PLACES, PaneLayout, card_areas, make_layout, read_panes, text_scale_of
from deepvis.core.presenting import TEXT_SCALE, USUAL, Presenting
from deepvis.core.stacked_panes import is_stacked, stacked
from deepvis.core.state import AppState, ViewState
from deepvis.core.types import NetInfo
from deepvis.window.ui import theme
from deepvis.window.ui.scrolling import first_seen
from deepvis.window.ui.text import line_height, text_width

STATUS_LINES = 2  # facts; what happened
MOST_ROWS = 8  # of names that the default layout makes room for; more of them scroll
MOST_LARGE_ROWS = 3  # of them in presenter mode
MOST_STACKED_ROWS = 3  # of them in a window as narrow as a phone
MOST_ENLARGED_ROWS = 2  # of them above a pane that is large
LEAST_MEASURED_SIDE = 120  # of a window in its user's pixels: where it has fewer, letters grow no more


@dataclass(frozen=True)
class Chips:
    """The layer names' places, counted from the pane's own corner, before scrolling."""

    indices: tuple[int, ...]  # of the layers in the list, in order
    rects: tuple[Rect, ...]  # one for each of them
    rows: int  # how many rows they fill
    row_height: int  # with the space below
    visible: int  # how many whole rows the pane shows
    body: Rect
    mark: int  # columns at the left of a name that the mark of a block takes

    def row_of(self, index: int) -> int:
        return (self.rects[index].row - self.body.row) // self.row_height

    def first_row(self, selected: int) -> int:
        """The row on top when the layer ``selected`` must be seen, with a row above it where there is one."""
        if selected not in self.indices:
            return 0
        return first_seen(self.row_of(self.indices.index(selected)), self.visible, self.rows)

    def shown(self, selected: int) -> list[tuple[int, Rect]]:
        """(layer index, place) of the names that are seen while ``selected`` is."""
        first = self.first_row(selected)
        rows = range(first, first + self.visible)
        up = -first * self.row_height
        places = enumerate(zip(self.indices, self.rects, strict=True))
        return [(index, r.moved(up, 0)) for i, (index, r) in places if self.row_of(i) in rows]


def body_of_control(pane: Rect, scale: float) -> Rect:
    """Where the names are: the pane's face less a small margin, without a heading."""
    face = card_areas(Rect(0, 0, pane.height, pane.width), scale).face
    return face.inset(max(round(5 * scale), 1))


@dataclass(frozen=True)
class Name:
    """A layer's name in the list."""

    index: int  # of the layer
    title: str
    group: int
    has_mark: bool  # it stands for a block


def names_of(info: NetInfo, view: ViewState) -> tuple[Name, ...]:
    """The names in the list, in order."""
    groups = info.groups if len(info.groups) == len(info.layers) else (0,) * len(info.layers)
    layers = info.layers
    return tuple(Name(i, layers[i].title, groups[i], bool(layers[i].folds)) for i in listed(info, view))


@lru_cache(maxsize=32)
def flow(names: tuple[Name, ...], pane: Rect, scale: float) -> Chips:
    """Lay the names out like words in lines; groups are set apart by a wider space."""
    px = max(round(theme.SIZE_TEXT * scale), 10)
    body = body_of_control(pane, scale)
    padding, space, apart, mark = (max(round(n * scale), 1) for n in (6, 3, 10, 11))
    high = line_height(px) + max(round(3 * scale), 1)
    row_height = high + space
    row, col, rects = 0, 0, []
    for name, before in zip(names, (None, *names), strict=False):
        wide = min(text_width(name.title, px) + 2 * padding + name.has_mark * mark, max(body.width, 1))
        new_group = before is not None and name.group != before.group
        col += apart if new_group and col else 0
        if col and col + wide > body.width:
            row, col = row + 1, 0
        rects.append(Rect(body.row + row * row_height, body.col + col, high, wide))
        col += wide + space
    visible = max((body.height + space) // row_height, 1)
    return Chips(tuple(name.index for name in names), tuple(rects), row + 1, row_height, visible, body, mark)


def chips_of(state: AppState, layout: PaneLayout) -> Chips:
    """The names of a network in the control pane of a layout."""
    pane = layout["control"]
    size = Rect(0, 0, pane.height, pane.width)
    return flow(names_of(state.info, state.view), size, layout.text_scale)


def layout_for(
    info: NetInfo,
    height: int,
    width: int,
    overrides: Mapping[str, Sequence[int] | None] | None = None,
    font_scale: float = 1.0,
    *,
    presenting: Presenting = USUAL,
    pixel_ratio: float = 1.0,
) -> PaneLayout:
    """The panes of a window, with a layer list and a status pane as high, and sides as wide, as their words need.

    overrides: see make_layout, which also says what is raised. presenting: larger text, one pane over the others.
    pixel_ratio: of the window's pixels to those in which its user's other text is measured; text is as large as in a
    window of so many of the latter. One as narrow as a phone has its panes above each other.
    """
    font_scale *= TEXT_SCALE if presenting.large_text else 1
    pixel_ratio = min(pixel_ratio, min(height, width) / LEAST_MEASURED_SIDE)
    is_narrow = is_stacked(height, width, pixel_ratio) and not read_panes(overrides or {})
    font_scale *= _measured_scale(height, width, pixel_ratio, is_narrow=is_narrow) / text_scale_of(height, width)
    scale = text_scale_of(height, width) * font_scale
    status = max(_design(status_height(scale), height), PLACES["status"][2])
    side = side_width(scale, width)
    plain = make_layout(height, width, overrides, status_height=status, side_width=side, font_scale=font_scale)
    if "control" not in plain or "layers" not in plain:
        return with_enlarged(plain, presenting.pane, plain["control"].height if "control" in plain else 0)
    wide = plain["control"].width
    probe = Rect(0, 0, height, wide)
    chips = flow(names_of(info, ViewState()), probe, plain.text_scale)
    if is_narrow and presenting.pane not in plain:
        return _stacked(plain, info)
    opens = any(layer.folds for layer in info.layers)  # a row more for what a block holds
    rows = min(chips.rows + opens, MOST_LARGE_ROWS if presenting.large_text else MOST_ROWS)
    margins = height - chips.body.height
    if presenting.pane in plain:
        one = with_enlarged(plain, presenting.pane, chips.row_height + margins)
        needed = flow(names_of(info, ViewState()), Rect(0, 0, height, one["control"].width), plain.text_scale).rows
        return with_enlarged(plain, presenting.pane, min(needed, MOST_ENLARGED_ROWS) * chips.row_height + margins)
    control = max(_design(rows * chips.row_height + margins, height), PLACES["control"][2])
    return make_layout(
        height, width, overrides,
        control_height=control, status_height=status, side_width=side, font_scale=font_scale,
    )  # fmt: skip


def _measured_scale(height: int, width: int, pixel_ratio: float, *, is_narrow: bool) -> float:
    """How large text is where the user's other text is pixel_ratio as large as its design: as in a window of those."""
    at_ratio = 1.0 if is_narrow else text_scale_of(round(height / pixel_ratio), round(width / pixel_ratio))
    return pixel_ratio * at_ratio


def _stacked(plain: PaneLayout, info: NetInfo) -> PaneLayout:
    """A layout as narrow as a phone, with as many rows of layer names as it needs, up to some."""
    chips = flow(names_of(info, ViewState()), Rect(0, 0, plain.height, plain.width), plain.text_scale)
    rows = min(chips.rows, MOST_STACKED_ROWS) * chips.row_height + plain.height - chips.body.height
    return stacked(plain, rows, status_height(plain.text_scale))


def status_height(scale: float) -> int:
    """Pixels that the status pane needs for its two lines and the margins around them."""
    px = max(round(theme.SIZE_TEXT * scale), 10)
    return STATUS_LINES * line_height(px) + 2 * max(round(3 * scale), 1) + max(round(6 * scale), 2)


def side_width(scale: float, width: int) -> int:
    """Columns of the layout table for the panes at both sides: as many as their headings need, at most a quarter."""
    at_design = PLACES["input"][3]
    columns = min(at_design * scale, width / 4) * DESIGN_SIZE[1] / width
    return max(round(columns), at_design)


def _design(pixels: int, height: int) -> int:
    """So many of the layout table's rows make at least these pixels in a window of that height."""
    return -(-pixels * DESIGN_SIZE[0] // height)
