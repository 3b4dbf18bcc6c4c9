"""In presenter mode: the key that was pressed and what it did, large, at the lower edge of the window."""

from __future__ import annotations

from collections.abc import Hashable

import numpy as np

from deepvis.core.geometry import Rect
from deepvis.window.ui import theme
from deepvis.window.ui.canvas import bounds, draw_plate, fill, frame
from deepvis.window.ui.pane import overlay
from deepvis.window.ui.scene import Scene
from deepvis.window.ui.text import draw_text, line_height, text_width, wrap

SIZE = 24.0  # of the letters, before the larger text of presenter mode
MOST_LINES = 2


def looks_at(scene: Scene) -> Hashable:
    is_hidden = scene.state.takes_letters or not scene.state.view.presenting.large_text
    return None if is_hidden else scene.status.pressed


@overlay("pressed", looks_at=looks_at)
def draw(canvas: np.ndarray, scene: Scene) -> None:
    """A framed plate just above the status pane: the key on its cap, then the words."""
    pressed = scene.status.pressed
    if pressed is None:
        return
    px, margin, whole = scene.px(SIZE), scene.px(14), bounds(canvas)
    bottom = scene.layout["status"].row if "status" in scene.layout else whole.bottom
    cap_wide = max(text_width(pressed.key, px, True) + scene.px(16), scene.px(36))
    most = whole.width - 4 * margin - cap_wide - scene.px(14)
    lines = wrap(pressed.meaning, px, max(most, px), MOST_LINES)
    high = line_height(px)
    wide = cap_wide + scene.px(14) + max(text_width(line, px) for line in lines) + 2 * margin
    tall = high * len(lines) + 2 * scene.px(9)
    plate = Rect(bottom - tall - scene.px(10), max((whole.width - wide) // 2, 0), tall, min(wide, whole.width))
    fill(canvas, plate.inset(-scene.px(3)).clipped(whole), theme.BACKGROUND)
    draw_plate(canvas, plate, theme.CHOSEN, scene.px(5), theme.BACKGROUND)
    frame(canvas, plate.inset(1), theme.SELECTED)
    row, col = plate.row + scene.px(9), plate.col + margin
    draw_plate(canvas, Rect(row - 1, col, high + 2, cap_wide), theme.KEY, scene.px(4), theme.CHOSEN)
    draw_text(canvas, row, col, pressed.key, px, theme.TEXT, bold=True, width=cap_wide, align="centre")
    col += cap_wide + scene.px(14)
    for i, line in enumerate(lines):
        draw_text(canvas, row + i * high, col, line, px, theme.TEXT, width=max(plate.right - col, 0))
