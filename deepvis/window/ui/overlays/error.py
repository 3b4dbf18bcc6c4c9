"""A sentence that is too long for the status pane, over the lower end of the window, whole."""

from __future__ import annotations

from collections.abc import Hashable

import numpy as np

from deepvis.core.geometry import Rect
from deepvis.window.ui import theme
from deepvis.window.ui.canvas import bounds, fill, frame
from deepvis.window.ui.pane import overlay
from deepvis.window.ui.panes.status import error_fits, full_message
from deepvis.window.ui.scene import Scene
from deepvis.window.ui.text import draw_text, line_height, wrap

MOST_LINES = 6


def looks_at(scene: Scene) -> Hashable:
    message = full_message(scene)
    return (message, bool(scene.status.error)) if message and not error_fits(scene) else None


@overlay("error", looks_at=looks_at)
def draw(canvas: np.ndarray, scene: Scene) -> None:
    """An error, or a notice, on a framed plate, as wide as the window, just above the status pane."""
    px, margin = scene.px(theme.SIZE_TEXT), scene.px(10)
    whole = bounds(canvas)
    bottom = scene.layout["status"].row if "status" in scene.layout else whole.bottom
    area = Rect(0, 0, bottom, whole.width).inset(margin)
    lines = wrap(full_message(scene), px, max(area.width - 2 * margin, px), MOST_LINES)
    high = line_height(px) + scene.px(2)
    tall = min(len(lines) * high + 2 * margin, area.height)
    plate = Rect(area.bottom - tall, area.col, tall, area.width)
    fill(canvas, plate, theme.BACKGROUND)
    color = theme.ERROR if scene.status.error else theme.ORIGIN
    frame(canvas, plate.inset(1), color)
    for i, line in enumerate(lines):
        draw_text(canvas, plate.row + margin + i * high, plate.col + margin, line, px, color, width=plate.width)
