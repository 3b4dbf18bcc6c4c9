"""What the panes have in common: the face, the heading, the tag of a stale pane, sentences."""

from __future__ import annotations

import numpy as np

from deepvis.core.geometry import Rect
from deepvis.core.panes import CardAreas
from deepvis.core.presenting import TEXT_SCALE
from deepvis.window.ui import theme
from deepvis.window.ui.canvas import NOWHERE, bounds, card_face, draw_plate, fill, hatch
from deepvis.window.ui.large_text import fitting, is_large
from deepvis.window.ui.scene import Scene
from deepvis.window.ui.text import draw_text, line_height, note_cut, text_width, wrap


def draw_face(canvas: np.ndarray, scene: Scene, but: Rect = NOWHERE) -> CardAreas:
    """Paint a pane's face, all but a place that the pane paints wholly itself; return where its parts are."""
    areas = scene.areas(bounds(canvas))
    card_face(canvas, areas.face, theme.FACE, scene.px(5), but)
    return areas


def draw_card(
    canvas: np.ndarray, scene: Scene, title: str = "", note: str = "", *, stale: bool = False, but: Rect = NOWHERE
) -> CardAreas:
    """Paint a pane's face and its heading; return where the body is.

    title: at the left. note: a fact at the right, softer; gives way to the title. stale: the pane shows
    an older answer than the one that is wanted: the tag says so, in words and by its hatching.
    but: as of ``draw_face``.
    """
    parts = draw_face(canvas, scene, but)
    if parts.heading.is_empty:
        return parts
    left, right = parts.heading.col, parts.heading.right
    if stale:
        right = stale_tag(canvas, scene, Rect(parts.heading.row, left, parts.heading.height, right - left))
    px = heading_size(scene, title, right - left)
    row = parts.heading.row + (parts.heading.height - line_height(px, True)) // 2 + 1
    left += draw_text(canvas, row, left, title, px, theme.TEXT, bold=True, width=right - left) + scene.px(8)
    if note and right <= left:
        note_cut(canvas, parts.heading, note)
    elif note:
        size = fitting(scene, px, lambda size: text_width(note, size) <= right - left)
        lower = row + (line_height(px) - line_height(size)) // 2
        draw_text(canvas, lower, left, note, size, theme.SOFT, width=right - left, align="right")
    return parts


def heading_size(scene: Scene, title: str, width: int) -> int:
    """Pixels of a heading's letters: in presenter mode so large that it is not cut."""
    return fitting(scene, scene.px(theme.SIZE_HEADING), lambda size: text_width(title, size, True) <= width)


def stale_tag(canvas: np.ndarray, scene: Scene, field: Rect) -> int:
    """Draw the tag "stale" at the right end of ``field``; return the column left of it that is free."""
    px = scene.px(theme.SIZE_SMALL)
    wide = text_width("stale", px, True) + scene.px(10)
    tall = min(line_height(px, True) + 2, field.height)
    stripes = scene.px(14)
    tag = Rect(field.row + (field.height - tall) // 2, field.right - wide, tall, wide)
    edge = Rect(tag.row, tag.col - stripes, tall, stripes)
    hatch(canvas, edge, theme.STALE)
    fill(canvas, tag, theme.STALE)
    draw_text(canvas, tag.row + 1, tag.col, "stale", px, theme.BACKGROUND, bold=True, width=wide, align="centre")
    return edge.col - scene.px(6)


def sentence(canvas: np.ndarray, scene: Scene, area: Rect, text: str, *, color: theme.BGR = theme.SOFT) -> None:
    """Write a sentence, wrapped, in the middle of an empty place; a long one closer and smaller, if need be cut."""
    draw_plate(canvas, area, theme.WELL, scene.px(4), theme.FACE)
    is_small = min(area.height, area.width) <= scene.px(90)
    smallest = ((theme.SIZE_SMALL / TEXT_SCALE, 6, 1),) if is_large(scene) else ()
    for size, margin, apart in ((theme.SIZE_TEXT, 14, 3), (theme.SIZE_SMALL, 6, 1), *smallest):
        px = scene.px(size)
        high = line_height(px) + scene.px(apart)
        inner = area.inset(scene.px(3 if is_small else margin))
        lines, room = wrap(text, px, max(inner.width, px)), max(inner.height // high, 1)
        if len(lines) <= room:
            break
    else:
        lines = wrap(text, px, max(inner.width, px), room)
        note_cut(canvas, area, text)
    row = inner.row + max(inner.height - high * len(lines), 0) // 2
    for i, line in enumerate(lines):
        draw_text(canvas, row + i * high, inner.col, line, px, color, width=inner.width, align="centre")
