"""A red mark with the seconds, in the upper right corner, while the window is recorded; it is not in the recording."""

from __future__ import annotations

from collections.abc import Hashable

import numpy as np

from deepvis.core.geometry import Rect
from deepvis.window.ui import theme
from deepvis.window.ui.canvas import bounds, draw_plate, fill
from deepvis.window.ui.pane import overlay
from deepvis.window.ui.scene import Scene
from deepvis.window.ui.text import draw_text, line_height, text_width


def looks_at(scene: Scene) -> Hashable:
    return scene.status.recorded


def words(seconds: int) -> str:
    """ "0:07", "12:30"."""
    return f"{seconds // 60}:{seconds % 60:02d}"


@overlay("recording", looks_at=looks_at)
def draw(canvas: np.ndarray, scene: Scene) -> None:
    """A plate with a filled disc and the time."""
    if scene.status.recorded is None:
        return
    px, space = scene.px(theme.SIZE_TEXT), scene.px(7)
    text, disc = words(scene.status.recorded), scene.px(11)
    high, wide = line_height(px, True) + scene.px(8), text_width(text, px, True) + disc + 3 * space
    whole = bounds(canvas)
    plate = Rect(scene.px(6), whole.right - wide - scene.px(8), high, wide).clipped(whole)
    fill(canvas, plate, theme.BACKGROUND)
    mark = Rect(plate.row + (high - disc) // 2, plate.col + space, disc, disc)
    draw_plate(canvas, mark, theme.RECORDING, disc // 2, theme.BACKGROUND)
    row = plate.row + (high - line_height(px, True)) // 2
    draw_text(canvas, row, mark.right + space, text, px, theme.TEXT, bold=True)
