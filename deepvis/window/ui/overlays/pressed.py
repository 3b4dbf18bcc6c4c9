"""In presenter mode: the key that was pressed and what it did, large, over the status line, which says the same."""

from __future__ import annotations

from collections.abc import Hashable

import numpy as np

from deepvis.core.geometry import Rect
from deepvis.core.presenting import Pressed
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
    """A framed plate over the status pane, as high as that: the key on its cap, then the words. No tile is hidden."""
    pressed = scene.status.pressed
    if pressed is None:
        return
    margin, whole = scene.px(14), bounds(canvas)
    room = scene.layout["status"] if "status" in scene.layout else whole.cut(top=whole.height - scene.px(56))
    px, lines = words_in(pressed, scene, room)
    high, cap_wide = line_height(px), cap_width(pressed, scene, px)
    wide = cap_wide + scene.px(14) + max(text_width(line, px) for line in lines) + 2 * margin
    plate = Rect(room.row + 1, max((whole.width - wide) // 2, 0), room.height - 2, min(wide, whole.width))
    fill(canvas, plate.inset(-1).clipped(whole), theme.BACKGROUND)
    draw_plate(canvas, plate, theme.CHOSEN, scene.px(5), theme.BACKGROUND)
    frame(canvas, plate.inset(1), theme.SELECTED)
    row, col = plate.row + (plate.height - high * len(lines)) // 2, plate.col + margin
    draw_plate(canvas, Rect(row, col, high, cap_wide), theme.KEY, scene.px(4), theme.CHOSEN)
    draw_text(canvas, row, col, pressed.key, px, theme.TEXT, bold=True, width=cap_wide, align="centre")
    col += cap_wide + scene.px(14)
    for i, line in enumerate(lines):
        draw_text(canvas, row + i * high, col, line, px, theme.TEXT, width=max(plate.right - col, 0))


def cap_width(pressed: Pressed, scene: Scene, px: int) -> int:
    return max(text_width(pressed.key, px, True) + scene.px(16), scene.px(36))


def words_in(pressed: Pressed, scene: Scene, room: Rect) -> tuple[int, tuple[str, ...]]:
    """The size of the letters and the lines: one line as large as there is room for, else two smaller ones."""
    largest, least = scene.px(SIZE), max(scene.px(theme.SIZE_SMALL) // 2, 8)
    for count in range(1, MOST_LINES + 1):
        for px in range(largest, least, -1):
            width = room.width - 3 * scene.px(14) - cap_width(pressed, scene, px)
            if line_height(px) * count > room.height - scene.px(6):
                continue
            lines = wrap(pressed.meaning, px, max(width, px), MOST_LINES)
            if len(lines) <= count and (count > 1 or px >= scene.px(theme.SIZE_TEXT)):
                return px, lines
    return least, wrap(pressed.meaning, least, max(room.width // 2, least), MOST_LINES)
