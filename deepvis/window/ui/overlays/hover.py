"""The tooltip of what lies under the pointer, and on the input the receptive field of a map's cell. Drawn last."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import replace

import numpy as np

from deepvis.core.geometry import Rect, fit_inside
from deepvis.window.ui import theme
from deepvis.window.ui.canvas import bounds, fill, frame, moved_into, picture
from deepvis.window.ui.hover_words import tip_of
from deepvis.window.ui.pane import overlay
from deepvis.window.ui.panes.input import draw_field_of, picture_place
from deepvis.window.ui.readings import shows_snapshot_input
from deepvis.window.ui.regions import MAP, Tip
from deepvis.window.ui.scene import Scene
from deepvis.window.ui.text import draw_text, line_height, text_width, wrap

WIDEST = 380  # of the text, at text scale 1
PICTURE_SIDE = 96
MOST_LINES = 12


def looks_at(scene: Scene) -> Hashable:
    tip = tip_of(scene)
    return None if tip is None else (scene.hover, tip.title, tip.lines, tip.rgb is not None)


@overlay("hover", looks_at=looks_at)
def draw(canvas: np.ndarray, scene: Scene) -> None:
    """A framed plate beside what it is of, never over it where there is room."""
    hit, tip = scene.hover, tip_of(scene)
    if hit is None or tip is None:
        return
    if hit.cell is not None and (hit.part == MAP or hit.pane == "input"):
        draw_cell_field(canvas, scene, hit.cell)
    px, bold = scene.px(theme.SIZE_SMALL), scene.px(theme.SIZE_TEXT)
    widest = min(scene.px(WIDEST), canvas.shape[1] - 4 * scene.px(10))
    title = wrap(tip.title, bold, widest, 3)
    lines = [part for line in tip.lines for part in wrap(line, px, widest)][:MOST_LINES]
    size = tip_size(scene, tip, title, lines)
    at = hit.place or Rect(0, 0, 0, 0)
    plate = beside(at, size, bounds(canvas).inset(scene.px(4)), scene.px(8))
    fill(canvas, plate, theme.BACKGROUND)
    frame(canvas, plate.inset(1), theme.SOFT)
    inner = plate.inset(scene.px(8))
    row = inner.row
    for text in title:
        draw_text(canvas, row, inner.col, text, bold, theme.TEXT, bold=True, width=inner.width)
        row += line_height(bold, True) + 1
    for text in lines:
        draw_text(canvas, row, inner.col, text, px, theme.SOFT, width=inner.width)
        row += line_height(px) + 1
    if tip.rgb is not None:
        picture(canvas, Rect(row + 2, inner.col, inner.bottom - row - 2, inner.width), tip.rgb)


def tip_size(scene: Scene, tip: Tip, title: tuple[str, ...], lines: list[str]) -> tuple[int, int]:
    """(height, width) of the plate."""
    px, bold, margin = scene.px(theme.SIZE_SMALL), scene.px(theme.SIZE_TEXT), scene.px(8)
    wide = max([text_width(text, bold, True) for text in title] + [text_width(text, px) for text in lines])
    high = len(title) * (line_height(bold, True) + 1) + len(lines) * (line_height(px) + 1)
    if tip.rgb is not None:
        side = fit_inside(tip.rgb.shape[0], tip.rgb.shape[1], Rect(0, 0, *[scene.px(PICTURE_SIDE)] * 2))
        wide, high = max(wide, side.width), high + 2 + side.height
    return high + 2 * margin, wide + 2 * margin


def beside(at: Rect, size: tuple[int, int], area: Rect, gap: int) -> Rect:
    """A place of ``size`` inside ``area``: below, above, right or left of ``at``, the first that has room."""
    high, wide = size
    over = moved_into(Rect(at.row, at.col, high, wide), area)
    places = (
        replace(over, col=at.right + gap),
        replace(over, col=at.col - gap - wide),
        replace(over, row=at.bottom + gap),
        replace(over, row=at.row - gap - high),
    )
    return next((place for place in places if place.clipped(area) == place), over)


def draw_cell_field(canvas: np.ndarray, scene: Scene, cell: tuple[int, int]) -> None:
    """The receptive field of a cell of the selected unit's map, on the picture that the map was made of."""
    if "input" not in scene.layout or not shows_snapshot_input(scene):
        return
    place = picture_place(scene, scene.layout["input"])
    if place is not None:
        draw_field_of(canvas, scene, place, cell)
