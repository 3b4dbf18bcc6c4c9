"""Layers of scalars: a bar for each unit, with its number, its class and its value; and one unit alone, in words."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import cv2
import numpy as np

from deepvis.core.geometry import Rect, TileGrid
from deepvis.core.state import Look
from deepvis.core.types import Unit
from deepvis.window.ui import theme
from deepvis.window.ui.bars import bar_faces, draw_bars_at, lay_numbers, number_width, share_of
from deepvis.window.ui.canvas import signed_bar
from deepvis.window.ui.draw_cache import cached
from deepvis.window.ui.legend import fixed_scale
from deepvis.window.ui.readings import LayerView, label_of, number, peaks_of, rank_of
from deepvis.window.ui.scene import Scene
from deepvis.window.ui.text import draw_text, line_height
from deepvis.window.ui.tile_places import bars_in, order_key
from deepvis.window.ui.tiles import in_order

MOST_LETTERS = 2 << 20  # bytes of a column of all units' numbers and names
LONGEST_VALUE = "0.000000"  # that a name leaves room for
LEAST_HEIGHT = 9  # pixels of a bar that says anything
LEAST_NUMBER, LEAST_VALUE, LEAST_NAME = 24, 76, 112  # widths of a bar, at text scale 1, from which it says that


def is_scalar(view: LayerView) -> bool:
    """One value a channel: nothing to be seen in a map."""
    return view.values.shape[1:] == (1, 1)


def shows_bars(scene: Scene, view: LayerView) -> bool:
    """True if the values are drawn as bars: scalars, but for the look of 2015, which has a square for each."""
    return is_scalar(view) and scene.state.view.look is not Look.PLAIN_2015


def ends_of(scene: Scene, view: LayerView) -> tuple[float, float]:
    """The values at the left and the right end of every bar: 0 is always between them, or one of them.

    While the scale is fixed those of it; a bar of a value beyond them fills its side.
    """
    fixed = fixed_scale(scene)
    if fixed is not None:
        return -fixed.high if fixed.signed else 0.0, fixed.high
    peaks = np.nan_to_num(peaks_of(view), nan=0, posinf=0, neginf=0)
    if view.is_difference:
        size = float(np.abs(peaks).max(initial=0))
        return -size, size
    return min(float(peaks.min(initial=0)), 0.0), max(float(peaks.max(initial=0)), 0.0)


def ends_words(scene: Scene, view: LayerView) -> str:
    """What the bars reach from and to."""
    low, high = ends_of(scene, view)
    return f"bars {'fixed ' if fixed_scale(scene) else ''}from {number(low)} to {number(high)}"


def draw_bars(canvas: np.ndarray, scene: Scene, body: Rect, view: LayerView) -> TileGrid:
    """A bar for every unit that is shown, in the order of the state, row-major; returns where they lie."""
    grid = bars_in(scene.state, body)
    px = scene.px(theme.SIZE_SMALL) if grid.pitch_h >= scene.px(14) else 10
    named = has_names(scene, grid)
    ends, order = ends_of(scene, view), order_key(scene.state)
    key = ("bars", scene.snapshot_id, scene.state.layer.name, view.caption, grid, px, named, ends, order)
    bars = cached(key, view.values, lambda: bars_picture(scene, view, grid, px))
    draw_bars_at(canvas, grid.row, grid.col, bars[: max(body.bottom - grid.row, 0)])
    return grid


def bars_picture(scene: Scene, view: LayerView, grid: TileGrid, px: int) -> np.ndarray:
    """(rows * pitch, cols * pitch) uint8: faces of the bars plus numbers, names, values, as far as there is room."""
    values = in_order(peaks_of(view), order_key(scene.state))
    faces = bar_faces(np.nan_to_num(values, nan=0, posinf=0, neginf=0), grid, *ends_of(scene, view))
    letters = np.zeros_like(faces)
    if grid.pitch_h >= LEAST_HEIGHT:
        if grid.tile_width >= scene.px(LEAST_NUMBER):
            letters = letters_in_order(scene, grid, px)
        if grid.tile_width >= scene.px(LEAST_VALUE):
            letters = letters.copy()
            lay_numbers(letters, [number(value) for value in values.tolist()], grid, px)
    return cv2.add(faces, letters)


def has_names(scene: Scene, grid: TileGrid) -> bool:
    """True if the bars have their classes in them."""
    is_class = scene.state.layer.name in scene.state.info.label_layers and bool(scene.state.info.labels)
    return is_class and grid.tile_width >= scene.px(LEAST_NAME) and grid.pitch_h >= LEAST_HEIGHT


def letters_in_order(scene: Scene, grid: TileGrid, px: int) -> np.ndarray:
    """(rows * pitch, cols * pitch) uint8, 0 to LETTERS: the numbers and names of the bars, in the order of the state.

    Sorted ones are put together of all units' letters in one column, drawn once, unless those take too much room.
    """
    state, order = scene.state, order_key(scene.state)
    count = state.layer.channels
    key = ("bar names", state.layer.name, grid, px, has_names(scene, grid))
    if order is None:
        return cached(key, state.info, lambda: bar_letters(scene, grid, px, range(count)))
    if count * grid.pitch_h * grid.pitch_w > MOST_LETTERS:
        return cached((*key, order), state.info, lambda: bar_letters(scene, grid, px, order))
    column = replace(grid, count=count, rows=count, cols=1)
    letters = cached((*key[:2], column, *key[3:]), state.info, lambda: bar_letters(scene, column, px, range(count)))
    cells = np.zeros((grid.rows * grid.cols, grid.pitch_h, grid.pitch_w), np.uint8)
    np.take(letters.reshape(count, *cells.shape[1:]), order, axis=0, out=cells[: grid.count], mode="clip")
    in_rows = cells.reshape(grid.rows, grid.cols, *cells.shape[1:]).transpose(0, 2, 1, 3)
    return np.ascontiguousarray(in_rows).reshape(grid.rows * grid.pitch_h, grid.cols * grid.pitch_w)


def bar_letters(scene: Scene, grid: TileGrid, px: int, channels: Sequence[int]) -> np.ndarray:
    """The same, drawn. channels: of the bars."""
    layer = scene.state.layer
    letters = np.zeros((grid.rows * grid.pitch_h, grid.cols * grid.pitch_w), np.uint8)
    lay_numbers(letters, [str(channel) for channel in channels], grid, px, left=True)
    inset = number_width(str(layer.channels - 1), px) + scene.px(8)
    room = grid.tile_width - inset - number_width(LONGEST_VALUE, px) - scene.px(10)
    if not has_names(scene, grid) or room <= scene.px(20):
        return letters
    names = np.zeros((*letters.shape, 3), np.uint8)
    for index, channel in enumerate(channels):
        tile = grid.tile(index).moved(-grid.row, -grid.col)
        row = tile.row + (tile.height - line_height(px)) // 2
        name = label_of(scene, Unit(layer.name, channel))
        draw_text(names, row, tile.col + inset, name, px, (255, 255, 255), width=room)
    return np.maximum(letters, share_of(names[..., 0]))


def draw_scalar(canvas: np.ndarray, scene: Scene, body: Rect, view: LayerView, channel: int) -> None:
    """One unit in words: its class, its value, its rank, and its bar between those of all."""
    value, rank = float(peaks_of(view)[channel]), rank_of(view, channel)
    px, large = scene.px(theme.SIZE_TEXT), scene.px(theme.SIZE_LARGE)
    name = label_of(scene, Unit(scene.state.layer.name, channel))
    low, high = ends_of(scene, view)
    row = body.row + scene.px(8)
    if name:
        draw_text(canvas, row, body.col, name, large, theme.TEXT, bold=True, width=body.width)
        row += line_height(large, True) + scene.px(8)
    draw_text(canvas, row, body.col, number(value), large, theme.TEXT, width=body.width)
    rank_words = f"rank {rank:,} of {len(view.values):,}"
    draw_text(canvas, row + scene.px(3), body.col, rank_words, px, theme.SOFT, width=body.width, align="right")
    row += line_height(large) + scene.px(8)
    track = Rect(row, body.col, max(scene.px(10), 4), body.width).clipped(body)
    signed_bar(canvas, track, 0.0 if math.isnan(value) else value, (low, high), theme.TEXT)
    row = track.bottom + scene.px(4)
    draw_text(canvas, row, body.col, number(low), px, theme.SOFT)
    draw_text(canvas, row, body.col, number(high), px, theme.SOFT, width=body.width, align="right")
