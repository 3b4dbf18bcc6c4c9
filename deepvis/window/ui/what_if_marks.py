"""The marks of interventions: on the tiles of their units, on the names of their layers; and classes before and now."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from deepvis.core.geometry import Rect, TileGrid
from deepvis.core.interventions import Intervention
from deepvis.window.ui import theme
from deepvis.window.ui.before_after import ClassChange
from deepvis.window.ui.canvas import bar, bounds, fill, frame
from deepvis.window.ui.readings import class_name
from deepvis.window.ui.scene import Scene
from deepvis.window.ui.text import draw_text, line_height, text_width

ARROWS = {1: "▲", 0: "", -1: "▼"}


def mark_interventions(canvas: np.ndarray, scene: Scene, grid: TileGrid) -> None:
    """A frame around the tile of each unit of the selected layer that is changed, and what is done to it on a plate.

    A tile too small for the words has a bar through it where the unit is off.
    """
    for each in scene.state.view.interventions:
        if each.unit.layer != scene.state.layer.name:
            continue
        place = scene.state.tiles.place_of(each.unit.channel)
        if place is not None and place < grid.count:
            mark_tile(canvas, scene, grid.tile(place), each)


def mark_tile(canvas: np.ndarray, scene: Scene, tile: Rect, intervention: Intervention) -> None:
    """The frame lies within the tile, so that the selection's frame is seen around it."""
    thick = scene.px(2)
    inner = tile.inset(1) if min(tile.height, tile.width) > 6 * thick else tile
    for step in range(thick):
        frame(canvas, inner.inset(step).clipped(bounds(canvas)), theme.CHANGED)
    px, space = scene.px(theme.SIZE_SMALL), scene.px(3)
    wide, tall = text_width(intervention.mark, px, True) + 2 * space, line_height(px, True)
    if wide <= tile.width and tall <= tile.height:
        plate = Rect(tile.bottom - tall, tile.col, tall, wide).clipped(bounds(canvas))
        fill(canvas, plate, theme.CHANGED)
        draw_text(canvas, plate.row, plate.col + space, intervention.mark, px, theme.BACKGROUND, bold=True)
    elif intervention.factor == 0 and min(tile.height, tile.width) > 2 * thick:
        middle = Rect(tile.row + (tile.height - thick) // 2, tile.col, thick, tile.width)
        fill(canvas, middle.clipped(bounds(canvas)), theme.CHANGED)


def mark_layer(canvas: np.ndarray, scene: Scene, chip: Rect) -> None:
    """A filled corner of a layer's name: some of its units are changed."""
    size = scene.px(7)
    for step in range(size):
        row = Rect(chip.row + step, chip.right - (size - step), 1, size - step)
        fill(canvas, row.clipped(bounds(canvas)), theme.CHANGED)


def colour_of(direction: int) -> theme.BGR:
    return theme.SOFT if not direction else theme.RISEN if direction > 0 else theme.FALLEN


def decimals_of(scene: Scene, changes: Sequence[ClassChange], px: int, width: int) -> int:
    """The decimals of the probabilities, in all lines of a list the same: 1 where the names leave room, else 0."""
    return int(
        all(text_width(_first_name(scene, each), px, True) <= _room(scene, each, px, width, 1) for each in changes)
    )


def draw_class_change(
    canvas: np.ndarray, scene: Scene, place: Rect, change: ClassChange, px: int, decimals: int, *, bold: bool = False
) -> None:
    """A class's name at the left, "44.1 → 12.3 %" with an arrow for what it did at the right, in one line."""
    direction = change.direction(decimals)
    color, arrow = colour_of(direction), ARROWS[direction]
    col = place.right - text_width("▼", px, True)
    draw_text(canvas, place.row, col, arrow, px, color, bold=bold)
    words, left = change.words(decimals), _room(scene, change, px, place.width, decimals)
    col -= scene.px(5) + text_width(words, px, bold)
    draw_text(canvas, place.row, col, words, px, color, bold=bold)
    name = class_name(scene, change.channel)
    if text_width(name, px, bold) > left:
        name = _first_name(scene, change)
    draw_text(canvas, place.row, place.col, name, px, theme.TEXT, bold=bold, width=left)


def _room(scene: Scene, change: ClassChange, px: int, width: int, decimals: int) -> int:
    """What numbers and arrow leave of a line for the class's name."""
    return max(width - text_width("▼", px, True) - text_width(change.words(decimals), px, True) - scene.px(13), 0)


def _first_name(scene: Scene, change: ClassChange) -> str:
    return class_name(scene, change.channel).partition(",")[0]


def draw_two_bars(canvas: np.ndarray, track: Rect, change: ClassChange, decimals: int) -> None:
    """Two thin bars, one below the other: before in gray, now in the colour of what the class did."""
    high = max(track.height // 2, 1)
    bar(canvas, Rect(track.row, track.col, high, track.width), change.before, theme.FAINT, theme.TRACK)
    below = Rect(track.row + high, track.col, max(track.height - high, 1), track.width)
    bar(canvas, below, change.after, colour_of(change.direction(decimals)), theme.TRACK)
