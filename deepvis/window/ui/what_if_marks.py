"""The marks of interventions: on the tiles of their units, on the names of their layers; and classes before and now."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from deepvis.core.geometry import Rect, TileGrid
from deepvis.core.interventions import Intervention, InterventionKind
from deepvis.window.ui import theme
from deepvis.window.ui.before_after import ClassChange
from deepvis.window.ui.canvas import bar, bounds, fill, frame
from deepvis.window.ui.readings import number
from deepvis.window.ui.scene import Scene
from deepvis.window.ui.text import draw_text, line_height, text_width

ARROWS = {1: "▲", 0: "", -1: "▼"}


def mark_interventions(canvas: np.ndarray, scene: Scene, grid: TileGrid, *, has_bars: bool = False) -> None:
    """A frame around the tile of each unit of the selected layer that is changed, and what is done to it on a plate.

    has_bars: the tiles are bars, with the unit's number at the left.
    """
    for each in scene.state.view.interventions:
        if each.unit.layer != scene.state.layer.name:
            continue
        place = scene.state.tiles.place_of(each.unit.channel)
        if place is not None and place < grid.count:
            mark = mark_bar if has_bars else mark_tile
            mark(canvas, scene, grid.tile(place), each)


def mark_tile(canvas: np.ndarray, scene: Scene, tile: Rect, intervention: Intervention) -> None:
    """The frame lies within the tile, so that the selection's frame is seen around it.

    A tile too small for the words has a shorter plate, and a bar through it where the unit is off.
    """
    draw_mark_frame(canvas, scene, tile)
    thick, px, space = scene.px(2), scene.px(theme.SIZE_SMALL), scene.px(3)
    tall = line_height(px, True)
    words = fitting_mark(intervention, px, tile.width - 2 * space) if tall <= tile.height else ""
    if words:
        wide = text_width(words, px, True) + 2 * space
        draw_mark(canvas, Rect(tile.bottom - tall, tile.col, tall, wide), words, px)
    elif intervention.kind is InterventionKind.OFF and min(tile.height, tile.width) > 2 * thick:
        middle = Rect(tile.row + (tile.height - thick) // 2, tile.col, thick, tile.width)
        fill(canvas, middle.clipped(bounds(canvas)), theme.CHANGED)


def mark_bar(canvas: np.ndarray, scene: Scene, tile: Rect, intervention: Intervention) -> None:
    """The plate is at the right end, in the place of the value: the unit's number stays, at the left."""
    draw_mark_frame(canvas, scene, tile)
    px = next((size for size in range(scene.px(theme.SIZE_SMALL), 7, -1) if line_height(size) <= tile.height), 0)
    space, number_wide = scene.px(3), text_width("0000", scene.px(theme.SIZE_SMALL))
    words = fitting_mark(intervention, px, tile.width - number_wide - 2 * space) if px else ""
    if words:
        wide = text_width(words, px, True) + 2 * space
        draw_mark(canvas, Rect(tile.row, tile.right - wide, tile.height, wide), words, px)


def fitting_mark(intervention: Intervention, px: int, width: int) -> str:
    """What is done to a unit, as much of it as has room: "= −1234567", "= −1.2e+06", "=", ""."""
    sign = intervention.mark.partition(" ")[0]
    short = sign if intervention.kind is InterventionKind.OFF else f"{sign} {number(intervention.number)}"
    return next((words for words in (intervention.mark, short, sign) if text_width(words, px, True) <= width), "")


def draw_mark_frame(canvas: np.ndarray, scene: Scene, tile: Rect) -> None:
    thick = scene.px(2)
    inner = tile.inset(1) if min(tile.height, tile.width) > 6 * thick else tile
    for step in range(thick):
        frame(canvas, inner.inset(step).clipped(bounds(canvas)), theme.CHANGED)


def draw_mark(canvas: np.ndarray, plate: Rect, words: str, px: int) -> None:
    """Dark letters on a plate in the colour of what is changed."""
    plate = plate.clipped(bounds(canvas))
    fill(canvas, plate, theme.CHANGED)
    row = plate.row + max((plate.height - line_height(px, True)) // 2, 0)
    draw_text(canvas, row, plate.col, words, px, theme.BACKGROUND, bold=True, width=plate.width, align="centre")


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
    name = scene.state.info.class_title(change.channel)
    if text_width(name, px, bold) > left:
        name = _first_name(scene, change)
    draw_text(canvas, place.row, place.col, name, px, theme.TEXT, bold=bold, width=left)


def _room(scene: Scene, change: ClassChange, px: int, width: int, decimals: int) -> int:
    """What numbers and arrow leave of a line for the class's name."""
    return max(width - text_width("▼", px, True) - text_width(change.words(decimals), px, True) - scene.px(13), 0)


def _first_name(scene: Scene, change: ClassChange) -> str:
    return scene.state.info.class_title(change.channel).partition(",")[0]


def draw_two_bars(canvas: np.ndarray, track: Rect, change: ClassChange, decimals: int) -> None:
    """Two thin bars, one below the other: before in gray, now in the colour of what the class did."""
    high = max(track.height // 2, 1)
    bar(canvas, Rect(track.row, track.col, high, track.width), change.before, theme.FAINT, theme.TRACK)
    below = Rect(track.row + high, track.col, max(track.height - high, 1), track.width)
    bar(canvas, below, change.after, colour_of(change.direction(decimals)), theme.TRACK)
