"""The help screen: every command with its keys, from the table of commands."""

from __future__ import annotations

from collections.abc import Hashable, Sequence

import cv2
import numpy as np

from deepvis.core.commands import BY_PALETTE, Command, shown_keys
from deepvis.core.geometry import Rect
from deepvis.window.ui import theme
from deepvis.window.ui.canvas import bounds, draw_plate, fill, frame
from deepvis.window.ui.pane import overlay
from deepvis.window.ui.scene import Scene
from deepvis.window.ui.text import draw_text, line_height, text_width


def looks_at(scene: Scene) -> Hashable:
    return len(scene.commands) if scene.state.view.help else None


@overlay("help", looks_at=looks_at)
def draw(canvas: np.ndarray, scene: Scene) -> None:
    """The window dimmed, and a sheet over it, as high as its rows, with the groups in columns."""
    cv2.convertScaleAbs(canvas, canvas, alpha=0.3)
    table = list(groups(scene.commands).items())
    heights = [len(rows) + 1.5 for _, rows in table]
    whole = bounds(canvas)
    columns = columns_of(heights, 2 if whole.width > scene.px(900) else 1)
    tallest = max((sum(heights[i] for i in column) for column in columns), default=1)
    margin, head = scene.px(28), scene.px(40)
    room = whole.inset(scene.px(30))
    high = max(min(scene.px(27), int((room.height - 2 * margin - head) / tallest)), 1)
    sheet = room.cut(bottom=max(room.height - 2 * margin - head - round(tallest * high), 0))
    sheet = sheet.moved((room.height - sheet.height) // 2, 0)
    fill(canvas, sheet, theme.FACE)
    frame(canvas, sheet.inset(1), theme.LINE)
    body = sheet.inset(margin)
    draw_text(canvas, body.row - scene.px(6), body.col, "Keys", scene.px(theme.SIZE_LARGE), theme.TEXT, bold=True)
    px, note = scene.px(theme.SIZE_TEXT), "h closes this screen"
    draw_text(canvas, body.row - scene.px(4), body.col, note, px, theme.FAINT, width=body.width, align="right")
    wide = body.width // max(len(columns), 1)
    for number, column in enumerate(columns):
        row: float = body.row + head
        for i in column:
            line = Rect(round(row), body.col + number * wide, high, wide - scene.px(20))
            draw_group(canvas, scene, line, *table[i])
            row += heights[i] * high


def groups(commands: Sequence[Command]) -> dict[str, list[Command]]:
    """The commands by their groups, both in the table's order."""
    found: dict[str, list[Command]] = {}
    for row in commands:
        found.setdefault(row.group, []).append(row)
    return found


def columns_of(heights: Sequence[float], columns: int) -> list[list[int]]:
    """Divide things of these heights, in order, into columns as equal in height as can be."""
    limit = max(heights, default=0)
    while True:
        found: list[list[int]] = [[]]
        used = 0.0
        for i, height in enumerate(heights):
            if used and used + height > limit:
                found.append([])
                used = 0
            found[-1].append(i)
            used += height
        if len(found) <= columns:
            return found
        limit += 0.5


def draw_group(canvas: np.ndarray, scene: Scene, line: Rect, title: str, rows: Sequence[Command]) -> None:
    """A heading and its commands; ``line`` is the first row's place."""
    px = max(min(scene.px(theme.SIZE_TEXT), line.height - 4), 7)
    keys_wide = min(scene.px(150), line.width // 3)
    draw_text(canvas, line.row, line.col, title, px, theme.SELECTED, bold=True, width=line.width)
    for i, row in enumerate(rows, start=1):
        place = line.moved(i * line.height, 0)
        col = place.col
        if not shown_keys(row):
            col += draw_text(canvas, place.row + 1, col, "in", px, theme.SOFT) + scene.px(5)
        for key in shown_keys(row) or (BY_PALETTE,):
            wide = max(text_width(key, px, True) + scene.px(10), scene.px(20))
            if col + wide > place.col + keys_wide and col > place.col:
                break
            cap = Rect(place.row, col, line_height(px) + 2, wide)
            draw_plate(canvas, cap, theme.KEY, scene.px(3), theme.FACE)
            draw_text(canvas, place.row + 1, col, key, px, theme.TEXT, bold=True, width=wide, align="centre")
            col += wide + scene.px(4)
        room = place.width - keys_wide
        draw_text(canvas, place.row + 1, place.col + keys_wide, row.help, px, theme.SOFT, width=room)
