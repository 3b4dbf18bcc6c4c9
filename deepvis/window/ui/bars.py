"""Bars with letters on them, one byte a pixel: what lies behind, and how much of a letter lies over it.

Some 300 numbers change with every pass. Whole numbers are cached as small pictures, laid into all bars at once, and
coloured through one table.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import cv2
import numpy as np

from deepvis.core.geometry import TileGrid
from deepvis.window.ui import theme
from deepvis.window.ui.text import letters_of, line_height

LETTERS = 50  # how much a letter covers of a pixel: 0, nothing, to this, all
GAP, TRACK, ABOVE, BELOW, ZERO = (face * (LETTERS + 1) for face in range(5))  # what lies behind the letters
INSET = 3  # pixels between a number and the end of its bar


def bar_faces(values: np.ndarray, grid: TileGrid, low: float, high: float) -> np.ndarray:
    """(rows * pitch, cols * pitch) uint8: what lies behind the letters of each pixel, GAP to ZERO.

    values: (count,) finite, in the order of the bars. low, high: the values at a bar's ends, 0 between them.
    """
    of_bars = np.zeros(grid.rows * grid.cols, np.float32)
    of_bars[: grid.count] = values
    wide, per_value = grid.tile_width, grid.tile_width / (high - low if high > low else 1.0)
    zero = round(-low * per_value)
    ends = np.rint((of_bars - low) * per_value).astype(int)[:, None]
    x = np.arange(wide)
    line = np.full((len(of_bars), grid.pitch_w), GAP, np.uint8)
    line[:, :wide] = TRACK
    line[:, :wide][(x >= zero) & (x < ends)] = ABOVE
    line[:, :wide][(x < zero) & (x >= ends)] = BELOW
    if low < 0:
        line[:, min(zero, wide - 1)] = ZERO
    line[grid.count :] = GAP
    faces = np.repeat(line.reshape(grid.rows, 1, grid.cols * grid.pitch_w), grid.pitch_h, axis=1)
    faces[:, grid.tile_height :] = GAP
    return faces.reshape(grid.rows * grid.pitch_h, grid.cols * grid.pitch_w)


def lay_numbers(letters: np.ndarray, numbers: Sequence[str], grid: TileGrid, px: int, *, left: bool = False) -> None:
    """Write a number at the right end of every bar, or at the left one.

    letters: (rows * pitch, cols * pitch) uint8, 0 to LETTERS. numbers: one a bar, in their order.
    """
    pictures = [_number(figures, px) for figures in numbers]
    wide = min(max((picture.shape[1] for picture in pictures), default=0), grid.tile_width - INSET)
    top, rows = _rows(grid, px)
    if wide <= 0 or rows.stop <= rows.start:
        return
    side = np.zeros((grid.rows * grid.cols, rows.stop - rows.start, wide), np.uint8)
    for place, picture in zip(side, pictures, strict=False):
        part = picture[rows, :wide]
        place[:, slice(0, part.shape[1]) if left else slice(wide - part.shape[1], wide)] = part
    first = INSET if left else grid.tile_width - INSET - wide
    cells = letters.reshape(grid.rows, grid.pitch_h, grid.cols, grid.pitch_w)
    cells = cells[:, top : top + side.shape[1], :, first : first + wide]
    np.maximum(cells, side.reshape(grid.rows, grid.cols, *side.shape[1:]).transpose(0, 2, 1, 3), out=cells)


def number_width(figures: str, px: int) -> int:
    """Pixels that a number takes: its figures stand one by one, each in whole pixels."""
    return _number(figures, px).shape[1]


def draw_bars_at(canvas: np.ndarray, row: int, col: int, bars: np.ndarray) -> None:
    """Colour bars into the canvas with their corner at (row, col), cut at its ends. bars: faces plus letters."""
    part = canvas[row : row + bars.shape[0], col : col + bars.shape[1]]
    if part.size:
        cv2.applyColorMap(bars[: part.shape[0], : part.shape[1]], _colours(), part)


def _rows(grid: TileGrid, px: int) -> tuple[int, slice]:
    """The row of a bar where numbers begin, and the rows of a number that are seen: figures fill the middle ones."""
    high, tall = line_height(px), grid.tile_height
    if high <= tall:
        return (tall - high) // 2, slice(0, high)
    return 0, slice((high - tall) // 2, (high - tall) // 2 + tall)


@lru_cache(maxsize=8192)  # some 500 bytes each; three figures have 900 numbers, in a few sizes
def _number(figures: str, px: int) -> np.ndarray:
    """(line height, width) uint8, 0 to LETTERS."""
    parts = [_figure(figure, px) for figure in figures]
    return np.hstack(parts) if parts else np.zeros((line_height(px), 0), np.uint8)


@lru_cache(maxsize=256)
def _figure(figure: str, px: int) -> np.ndarray:
    return share_of(letters_of(figure, px))


def share_of(letters: np.ndarray) -> np.ndarray:
    """0..255 as 0..LETTERS."""
    return ((letters.astype(np.uint16) * LETTERS + 127) // 255).astype(np.uint8)


def _colours() -> np.ndarray:
    """(256, 1, 3) uint8 BGR of every face under every share of a letter."""
    return _table((theme.FACE, theme.TRACK, theme.BAR, theme.BAR_BELOW, theme.FAINT), theme.TEXT)


@lru_cache(maxsize=4)
def _table(faces: tuple[theme.BGR, ...], letter: theme.BGR) -> np.ndarray:
    share = np.arange(LETTERS + 1)[:, None] / LETTERS
    table = np.zeros((256, 1, 3), np.uint8)
    for face, colour in zip((GAP, TRACK, ABOVE, BELOW, ZERO), faces, strict=True):
        table[face : face + LETTERS + 1, 0] = np.rint(np.asarray(colour) * (1 - share) + np.asarray(letter) * share)
    return table
