"""A chart of small pictures, each with a bar: what a unit makes of a picture and of its changes.

Of plain values, so that the window and the command line draw the same.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from deepvis.core.colour_or_shape import UnitAnswer, percent_words, title_of_change
from deepvis.core.geometry import Rect
from deepvis.window.ui import theme
from deepvis.window.ui.canvas import fill, frame, paste, picture, signed_bar
from deepvis.window.ui.draw_cache import cached
from deepvis.window.ui.readings import number
from deepvis.window.ui.text import draw_text, line_height, text_width, wrap

Px = Callable[[float], int]  # a size of the design -> pixels
MOST_COLUMNS = 4
PICTURE_SHARE = 0.3  # of a row's width, at most
MOST_LINES = 3  # of the sentence


@dataclass(frozen=True, eq=False)
class ChartRow:
    """One picture. answer: None while its pass is still to come, or where the unit has no values."""

    change: str
    rgb: np.ndarray | None
    answer: UnitAnswer | None


@dataclass(frozen=True, eq=False)
class Chart:
    """rows: the unchanged picture first, with all that are to come. sentence: what the numbers say, "" for nothing."""

    rows: Sequence[ChartRow]
    sentence: str = ""

    @property
    def ends(self) -> tuple[float, float]:
        """The values at the left and the right end of every bar; 0 is one of them or between them."""
        values = [each.answer.value for each in self.rows if each.answer and math.isfinite(each.answer.value)]
        return min([0.0, *values]), max([0.0, *values])

    @property
    def reference(self) -> float | None:
        """The value of the unchanged picture."""
        answer = self.rows[0].answer if self.rows else None
        return answer.value if answer is not None and math.isfinite(answer.value) else None


@dataclass(frozen=True)
class ChartPlaces:
    rows: tuple[Rect, ...]
    side: int  # of the pictures
    sentence: Rect


def chart_places(area: Rect, count: int, sentence: str, px: Px) -> ChartPlaces:
    """Where the rows lie, column by column, in as many columns as give the largest pictures."""
    size = px(theme.SIZE_TEXT)
    lines = wrap(sentence, size, max(area.width - px(8), size), MOST_LINES)
    foot = max(len(lines), 1) * (line_height(size) + 2) + px(10)  # rows stay where they are when the sentence comes
    below = Rect(max(area.bottom - foot, area.row), area.col, min(foot, area.height), area.width)
    room, gap = area.cut(bottom=foot), px(6)

    def side_of(cols: int) -> int:
        rows = -(-count // cols)
        return max(min(room.height // rows - gap, round(PICTURE_SHARE * room.width / cols)), 1)

    cols = max(range(1, MOST_COLUMNS + 1), key=side_of)
    per_column, side = -(-count // cols), side_of(cols)
    high, wide = min(room.height // per_column, round(1.15 * side) + gap), room.width // cols

    def place(index: int) -> Rect:
        col, row = divmod(index, per_column)
        return Rect(room.row + row * high, room.col + col * wide, high, wide).cut(bottom=gap, right=px(12))

    return ChartPlaces(tuple(map(place, range(count))), side, below)


def draw_chart(canvas: np.ndarray, area: Rect, chart: Chart, px: Px) -> ChartPlaces:
    """Draw it into a place of the canvas; returns where its parts lie."""
    places = chart_places(area, len(chart.rows), chart.sentence, px)
    for row, place in zip(chart.rows, places.rows, strict=True):
        _draw_row(canvas, place, chart, row, places.side, px)
    size, high = px(theme.SIZE_TEXT), line_height(px(theme.SIZE_TEXT)) + 2
    lines = wrap(chart.sentence, size, max(area.width - px(8), size), MOST_LINES)
    for index, line in enumerate(lines):
        top = places.sentence.row + px(6) + index * high
        draw_text(canvas, top, area.col + px(4), line, size, theme.TEXT, width=area.width - px(8))
    return places


def _draw_row(canvas: np.ndarray, place: Rect, chart: Chart, row: ChartRow, side: int, px: Px) -> None:
    box = Rect(place.row + (place.height - side) // 2, place.col, side, side)
    _draw_picture(canvas, box, row)
    if row is chart.rows[0]:
        frame(canvas, box.inset(1), theme.SELECTED)
    text = Rect(place.row, box.right + px(8), place.height, max(place.right - box.right - px(8), 0))
    title_px, small = px(theme.SIZE_TEXT), px(theme.SIZE_SMALL)
    thick = max(px(10), 4)
    heights = (line_height(title_px, True), thick, line_height(title_px))
    gap = min(max((side - sum(heights)) // 4, 1), px(7))
    top = place.row + max((place.height - sum(heights) - 2 * gap) // 2, 0)
    title = title_of_change(row.change)
    is_low = sum(heights) > place.height  # of a low pane: the numbers stand behind the title
    draw_text(canvas, top, text.col, title, title_px, theme.TEXT, bold=True, width=text.width)
    bar_row = top + heights[0] + gap
    _draw_bar(canvas, Rect(bar_row, text.col, thick, text.width), chart, row.answer)
    numbers = Rect(bar_row + thick + gap, text.col, heights[2], text.width)
    if is_low:
        used = text_width(title, title_px, True) + px(8)
        numbers = Rect(top, text.col + used, heights[2], max(text.width - used, 0))
    _draw_numbers(canvas, numbers, chart, row, title_px, small, px)


def _draw_picture(canvas: np.ndarray, box: Rect, row: ChartRow) -> None:
    if row.rgb is None:
        fill(canvas, box, theme.WELL)
        return
    rgb = row.rgb

    def make() -> np.ndarray:
        small = np.empty((box.height, box.width, 3), np.uint8)
        small[:] = theme.WELL
        picture(small, Rect(0, 0, box.height, box.width), rgb)
        return small

    paste(canvas, box.row, box.col, cached(("change", box.height, box.width), rgb, make))


def _draw_bar(canvas: np.ndarray, track: Rect, chart: Chart, answer: UnitAnswer | None) -> None:
    """From 0 to the value; a line where the unchanged picture's value lies."""
    low, high = chart.ends
    value = answer.value if answer is not None and math.isfinite(answer.value) else 0.0
    signed_bar(canvas, track, value, (low, high), theme.SOFT)
    if chart.reference is not None and high > low:
        at = round((chart.reference - low) * (track.width / (high - low)))
        place = track.col + min(at, track.width - 2)
        fill(canvas, Rect(track.row - 2, place, track.height + 4, 2), theme.SELECTED)


def _draw_numbers(canvas: np.ndarray, line: Rect, chart: Chart, row: ChartRow, px: int, small: int, sizes: Px) -> None:
    """The value and its rank at the left, the change in per cent at the right, which comes first."""
    if row.answer is None:
        draw_text(canvas, line.row, line.col, "…", px, theme.FAINT, width=line.width)
        return
    right = "" if row is chart.rows[0] else percent_words(row.answer.percent)
    wide = text_width(right, px, True)
    if right:
        draw_text(canvas, line.row, line.col, right, px, theme.TEXT, bold=True, width=line.width, align="right")
    room = max(line.width - wide - sizes(8), 0)
    used = draw_text(canvas, line.row, line.col, number(row.answer.value), px, theme.TEXT, width=room) + sizes(8)
    lower = line.row + line_height(px) - line_height(small)
    if room > used:
        draw_text(canvas, lower, line.col + used, rank_words(row.answer.rank), small, theme.SOFT, width=room - used)


def rank_words(rank: float) -> str:
    """'rank 3'; of a mean of ranks 'mean rank 3.4'."""
    return f"rank {rank:,.0f}" if rank == int(rank) else f"mean rank {rank:,.1f}"
