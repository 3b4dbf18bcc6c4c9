"""The help screen: every command with its keys, from the table of commands."""

from __future__ import annotations

from collections.abc import Hashable, Iterator

import cv2
import numpy as np

from deepvis.core.commands import Command
from deepvis.core.geometry import Rect
from deepvis.ui import theme
from deepvis.ui.canvas import bounds, fill, frame, round_corners
from deepvis.ui.compose import overlay
from deepvis.ui.scene import Scene
from deepvis.ui.text import draw_text, line_height, text_width


def looks_at(scene: Scene) -> Hashable:
    return len(scene.commands) if scene.state.view.help else None


@overlay("help", looks_at=looks_at)
def draw(canvas: np.ndarray, scene: Scene) -> None:
    """The window dimmed, and a sheet over it with the commands in columns under their groups."""
    cv2.convertScaleAbs(canvas, canvas, alpha=0.3)
    sheet = bounds(canvas).inset(scene.px(40))
    fill(canvas, sheet, theme.FACE)
    round_corners(canvas, sheet, scene.px(8))
    frame(canvas, sheet.inset(1), theme.LINE)
    body = sheet.inset(scene.px(24))
    px = scene.px(theme.SIZE_LARGE)
    draw_text(canvas, body.row, body.col, "Keys", px, theme.TEXT, bold=True)
    close = "h closes this screen"
    draw_text(
        canvas, body.row, body.col, close, scene.px(theme.SIZE_TEXT), theme.FAINT, width=body.width, align="right"
    )
    draw_columns(canvas, scene, body.cut(top=line_height(px, True) + scene.px(14)))


def groups(commands: tuple[Command, ...]) -> dict[str, list[Command]]:
    """The commands by the titles of their groups, both in the table's order."""
    found: dict[str, list[Command]] = {}
    for row in commands:
        found.setdefault(row.group, []).append(row)
    return found


def lines(commands: tuple[Command, ...]) -> Iterator[tuple[str, str]]:
    """(keys, help) lines; a heading has no keys, and ("", "") is an empty line between groups."""
    for i, (title, rows) in enumerate(groups(commands).items()):
        if i:
            yield "", ""
        yield "", title
        for row in rows:
            yield "  ".join(row.keys), row.help


def draw_columns(canvas: np.ndarray, scene: Scene, area: Rect) -> None:
    """As many columns as the sheet is wide enough for; the text shrinks where the rows do not fit."""
    said = list(lines(tuple(scene.commands)))
    if not said:
        return
    columns = 2 if area.width > scene.px(900) else 1
    per_column = -(-len(said) // columns)
    high = min(area.height // max(per_column, 1), scene.px(26))
    px = max(min(scene.px(theme.SIZE_TEXT), high - 3), 7)
    wide = area.width // columns
    keys_wide = min(max(text_width(keys, px, True) for keys, _ in said), wide // 3)
    for i, (keys, text) in enumerate(said):
        column, line = divmod(i, per_column)
        row, col = area.row + line * high, area.col + column * wide
        if not keys:
            draw_text(canvas, row, col, text, px, theme.SELECTED, bold=True, width=wide)
            continue
        draw_text(canvas, row, col, keys, px, theme.TEXT, bold=True, width=keys_wide)
        start = keys_wide + scene.px(14)
        draw_text(canvas, row, col + start, text, px, theme.SOFT, width=wide - start - scene.px(20))
