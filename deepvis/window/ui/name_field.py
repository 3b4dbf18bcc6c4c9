"""The field in which a unit's name, or the note on it, is typed: over the tiles, where a unit's number is."""

from __future__ import annotations

import numpy as np

from deepvis.core.geometry import Rect
from deepvis.core.naming import NameTyping
from deepvis.window.ui import theme
from deepvis.window.ui.canvas import bounds, draw_plate, fill, frame
from deepvis.window.ui.scene import Scene
from deepvis.window.ui.text import draw_text, line_height, text_width


def draw_name_field(canvas: np.ndarray, scene: Scene, typing: NameTyping) -> None:
    """The unit, the text with a caret (of a long one the end), and what the keys do."""
    whole, unit = bounds(canvas), typing.unit
    px, large, margin = scene.px(theme.SIZE_TEXT), scene.px(theme.SIZE_LARGE), scene.px(12)
    what = "Note on" if typing.is_note else "Name of"
    advice = "enter: take it; empty: none    esc: leave it as it was"
    place = next((rect for pane, rect in scene.layout if pane == "layers"), whole)
    tall = line_height(px) + line_height(large) + line_height(px) + 5 * scene.px(7)
    wide = min(scene.px(720 if typing.is_note else 480), place.width - 2 * scene.px(14))
    plate = Rect(place.row + scene.px(34), place.col + scene.px(14), tall, wide).clipped(whole.inset(2))
    fill(canvas, plate.inset(-scene.px(3)), theme.BACKGROUND)
    draw_plate(canvas, plate, theme.FACE, scene.px(4))
    frame(canvas, plate.inset(1), theme.SELECTED)
    inner = plate.inset(scene.px(7)).cut(left=margin - scene.px(7), right=margin - scene.px(7))
    row = inner.row
    draw_text(canvas, row, inner.col, f"{what} {unit.name}", px, theme.SOFT, width=inner.width)
    row += line_height(px) + scene.px(7)
    text = typing.text
    while text and text_width(text, large) > inner.width - scene.px(8):
        text = text[max(len(text) // 16, 1) :]
    col = inner.col + draw_text(canvas, row, inner.col, text, large, theme.TEXT)
    fill(canvas, Rect(row + 1, col + 1, line_height(large) - 2, max(scene.px(2), 1)), theme.SELECTED)
    row += line_height(large) + scene.px(7)
    draw_text(canvas, row, inner.col, advice, px, theme.SOFT, width=inner.width)
