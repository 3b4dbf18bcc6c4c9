"""A sheet of photos with a unit's map beneath each, one scale for all: for the window and for a file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from deepvis.core.colours import Paint, paint_of
from deepvis.core.geometry import Rect
from deepvis.core.photo_answers import PhotoAnswer
from deepvis.core.pixels import Codes, codes_with, fixed_scale_of
from deepvis.core.state import ColourMap, Look
from deepvis.core.words import photo_name
from deepvis.window.ui import theme
from deepvis.window.ui.canvas import fill, frame, paste, picture
from deepvis.window.ui.legend import Legend, legend_of
from deepvis.window.ui.readings import number
from deepvis.window.ui.text import draw_text, line_height, text_width, wrap
from deepvis.window.ui.tiles import draw_levels, map_levels

BAR = 10  # height of a value without a map, at text scale 1


@dataclass(frozen=True)
class SheetGrid:
    """Where the cells lie, row-major. photo, map: sizes (height, width) in a cell; gap: between cells."""

    area: Rect
    columns: int
    rows: int
    photo: tuple[int, int]
    map: tuple[int, int]
    caption: int
    gap: int

    @property
    def count(self) -> int:
        return self.columns * self.rows

    @property
    def cell_height(self) -> int:
        return self.photo[0] + self.map[0] + self.caption + 2

    def cell(self, index: int) -> Rect:
        row, col = divmod(index, self.columns)
        high, wide = self.cell_height + self.gap, self.photo[1] + self.gap
        return Rect(self.area.row + row * high, self.area.col + col * wide, self.cell_height, self.photo[1])


def sheet_grid(
    area: Rect, columns: int, shape: tuple[int, int], photo: tuple[int, int], px: int, gap: int, bar: int = BAR
) -> SheetGrid:
    """The cells in so many columns over the width of ``area``, as many rows as fit, one at least.

    shape: of the unit's map. photo: (height, width) of the photos, whose shape is kept.
    """
    wide = max((area.width + gap) // columns - gap, 8)
    high = max(wide * photo[0] // photo[1], 8)
    of_map = bar if shape == (1, 1) else min(max(wide * shape[0] // shape[1], 8), 2 * wide)
    grid = SheetGrid(area, columns, 1, (high, wide), (of_map, wide), line_height(px) + 4, gap)
    rows = max((area.height + gap) // (grid.cell_height + gap), 1)
    return replace(grid, rows=rows)


def sheet_codes(maps: Sequence[np.ndarray], colour_map: ColourMap, look: Look) -> tuple[Codes, Paint]:
    """The maps of a unit in one scale, up to the largest value of all (magnitude, where some are below 0)."""
    stack = np.stack(maps)
    signed = bool(stack.min(initial=0) < 0) and colour_map in (ColourMap.GRAY, ColourMap.SIGNED)
    peaks = np.abs(stack).max(axis=(1, 2)) if signed else np.maximum(stack.max(axis=(1, 2)), 0)
    scale = fixed_scale_of(stack, peaks, signed=signed, plain=look is Look.PLAIN_2015)
    signed_map = colour_map is ColourMap.SIGNED
    return codes_with(stack, scale), paint_of(colour_map, look, signed=signed or (signed_map and scale.signed))


def bars_words(codes: Codes) -> str:
    """What the bars of a unit without maps reach up to; "" of maps, which have a legend."""
    if codes.codes.shape[1:] != (1, 1):
        return ""
    return f"bars up to {number(float(codes.ceilings.max(initial=0)))}"


def sheet_legend(codes: Codes, paint: Paint) -> Legend:
    return legend_of(codes, paint, "one scale")


def draw_cells(
    canvas: np.ndarray,
    grid: SheetGrid,
    answers: Sequence[PhotoAnswer],
    painted: tuple[Codes, Paint],
    px: int,
    selected: str = "",
    *,
    first: int = 0,
) -> None:
    """A photo, its map beneath, its value and its name; selected: the path of the photo that has a frame.

    first: the answer in the first cell.
    """
    codes, paint = painted
    high = float(codes.ceilings.max(initial=0))
    for index, answer in enumerate(answers[first : first + grid.count]):
        cell = grid.cell(index)
        picture(canvas, Rect(cell.row, cell.col, *grid.photo), answer.rgb)
        place = Rect(cell.row + grid.photo[0] + 2, cell.col, *grid.map)
        if answer.map_hw.shape == (1, 1):
            fill(canvas, place, theme.TRACK)
            share = min(abs(answer.value) / high, 1.0) if high else 0.0
            color = theme.BAR if answer.value >= 0 else theme.BAR_BELOW
            fill(canvas, Rect(place.row, place.col, place.height, round(share * place.width)), color)
        else:
            draw_levels(canvas, place.row, place.col, map_levels(codes.channel(first + index), paint, place), paint)
        value, row = number(answer.value), place.bottom + 2
        wide = text_width(value, px, True)
        draw_text(canvas, row, cell.col, value, px, theme.TEXT, bold=True, width=grid.photo[1])
        left = wide + 8
        if grid.photo[1] - left > 20:
            draw_text(canvas, row, cell.col + left, photo_name(answer.path), px, theme.SOFT, width=grid.photo[1] - left)
        if selected and answer.path == selected:
            frame(canvas, Rect(cell.row, cell.col, *grid.photo), theme.SELECTED, 3)


def sheet_picture(answers: Sequence[PhotoAnswer], title: str, columns: int, side: int) -> np.ndarray:
    """(H, W, 3) uint8 BGR: the whole sheet, a heading with its scale above. side: width of a photo in pixels."""
    px, gap, margin = max(side // 12, 11), max(side // 16, 6), max(side // 10, 8)
    columns = min(columns, len(answers))
    photo, shape = answers[0].rgb.shape[:2], answers[0].map_hw.shape
    wide = columns * (side + gap) - gap
    lines = wrap(title, px, wide, 3)
    head = len(lines) * (line_height(px) + 2) + line_height(px) + gap
    area = Rect(margin + head, margin, 1, wide)
    grid = sheet_grid(area, columns, (shape[0], shape[1]), (photo[0], photo[1]), px, gap)
    rows = -(-len(answers) // columns)
    grid = replace(grid, rows=rows)
    canvas = np.empty((grid.cell(len(answers) - 1).bottom + margin, wide + 2 * margin, 3), np.uint8)
    canvas[:] = theme.FACE
    for i, line in enumerate(lines):
        draw_text(canvas, margin + i * (line_height(px) + 2), margin, line, px, theme.TEXT, bold=True, width=wide)
    painted = sheet_codes([answer.map_hw for answer in answers], ColourMap.GRAY, Look.READABLE)
    at = Rect(margin + head - gap - line_height(px), margin, line_height(px), wide)
    if words := bars_words(painted[0]):
        draw_text(canvas, at.row, at.col, words, px, theme.SOFT, width=wide)
    else:
        draw_legend(canvas, at, sheet_legend(*painted), px)
    draw_cells(canvas, grid, answers, painted, px)
    return canvas


def draw_legend(canvas: np.ndarray, at: Rect, legend: Legend, px: int) -> None:
    """The scale at the left end of a line: low end, colours, high end, and what is to be said of it."""
    col = at.col + draw_text(canvas, at.row, at.col, legend.low, px, theme.SOFT) + px // 2
    strip = legend.colours[np.arange(8 * px) * 255 // (8 * px - 1)][None]
    paste(canvas, at.row + at.height // 4, col, np.repeat(strip, at.height // 2, axis=0)[:, : max(at.right - col, 1)])
    col += 8 * px + px // 2
    words = "   ".join((legend.high, *legend.notes))
    draw_text(canvas, at.row, col, words, px, theme.SOFT, width=max(at.right - col, 1))
