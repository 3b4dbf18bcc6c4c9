"""The strongest unit of every layer at the pinned place of the input, beside the layer list."""

from __future__ import annotations

import numpy as np

from deepvis.core.geometry import Rect
from deepvis.window.ui import theme
from deepvis.window.ui.canvas import fill, frame
from deepvis.window.ui.fires import StrongestHere, strongest_here
from deepvis.window.ui.heading import draw_card, sentence
from deepvis.window.ui.readings import is_frame_stale
from deepvis.window.ui.scene import Scene
from deepvis.window.ui.scrolling import draw_scroll_bar, first_seen
from deepvis.window.ui.text import draw_text, line_height, text_width


def rows_in(scene: Scene, body: Rect) -> list[tuple[int, Rect]]:
    """(layer index, place) of the layers that are listed; where not all fit, those around the selected one."""
    high = line_height(scene.px(theme.SIZE_SMALL)) + scene.px(3)
    count, fit = len(scene.state.info.layers), max(body.height // high, 1)
    selected = min(scene.state.view.layer_index, count - 1)
    first = first_seen(selected, fit, count)
    shown = min(fit, count)
    step = min(body.height // shown, 2 * high)
    wide = body.width if shown == count else body.width - scene.px(6)
    return [(first + i, Rect(body.row + i * step, body.col, step, wide)) for i in range(shown)]


def draw_here(canvas: np.ndarray, scene: Scene) -> None:
    """A row a layer: its strongest unit at the place, and its value as a share of the layer's largest one."""
    parts = draw_card(canvas, scene, "Fires here", "% of the layer's largest", stale=is_frame_stale(scene))
    if scene.snapshot is None:
        sentence(canvas, scene, parts.body, "Waiting for the first pass of the network.")
        return
    rows = rows_in(scene, parts.body)
    for index, place in rows:
        draw_row(canvas, scene, place, strongest_here(scene, index))
    count = len(scene.state.info.layers)
    if len(rows) < count:
        listed = parts.body.cut(bottom=parts.body.bottom - rows[-1][1].bottom)
        draw_scroll_bar(canvas, scene, listed, rows[0][0], len(rows), count)


def draw_row(canvas: np.ndarray, scene: Scene, place: Rect, here: StrongestHere) -> None:
    """The layer's name, the unit, and at the right the share, which is the bar's length; or why there is no unit."""
    layer, px, margin = scene.state.info.layers[here.layer_index], scene.px(theme.SIZE_SMALL), scene.px(4)
    is_selected = layer.name == scene.state.layer.name
    plate = place.cut(bottom=1)
    fill(canvas, plate, theme.CHOSEN if is_selected else theme.FACE)
    if here.unit is not None:
        wide = max(round(plate.width * min(here.share, 1)), 1)
        fill(canvas, Rect(plate.row, plate.col, plate.height, wide), theme.BAR)
    if is_selected:
        frame(canvas, plate.inset(1), theme.SELECTED)
    row = plate.row + (plate.height - line_height(px)) // 2
    note = here.why if here.unit is None else f"{100 * here.share:.0f} %"
    name = layer.title if here.unit is None else f"{layer.title} · {here.unit.channel}"
    color = theme.SOFT if here.unit is None else theme.TEXT
    wide = text_width(note, px)
    draw_text(canvas, row, plate.right - margin - wide, note, px, color)
    draw_text(canvas, row, plate.col + margin, name, px, color, width=max(plate.width - wide - 4 * margin, 0))
