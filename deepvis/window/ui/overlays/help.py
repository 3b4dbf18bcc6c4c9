"""The help screen: every command with its keys, from the table of commands; typing searches them."""

from __future__ import annotations

from collections.abc import Hashable

import cv2
import numpy as np

from deepvis.core.geometry import Rect
from deepvis.window.ui import theme
from deepvis.window.ui.canvas import draw_plate, fill, frame
from deepvis.window.ui.help_layout import Entry, HelpPlaces, cap_width, help_places
from deepvis.window.ui.pane import overlay
from deepvis.window.ui.scene import Scene
from deepvis.window.ui.text import draw_text, line_height, text_width, whole_parts

HINT = "type to search"
FOOT = ("up, down: choose", "enter: do it", "esc: close")
NOTHING = "no key does that; esc clears what is typed"


def looks_at(scene: Scene) -> Hashable:
    return (len(scene.commands), scene.state.help_search) if scene.state.view.help else None


@overlay("help", looks_at=looks_at)
def draw(canvas: np.ndarray, scene: Scene) -> None:
    """The window dimmed, and a sheet over it, as high as its rows, with the groups in columns."""
    cv2.convertScaleAbs(canvas, canvas, alpha=0.3)
    places, rows = help_places(scene)
    fill(canvas, places.sheet, theme.FACE)
    frame(canvas, places.sheet.inset(1), theme.LINE)
    draw_head(canvas, scene, places)
    for entry, place in places.entries:
        if entry.number < 0:
            draw_text(
                canvas, place.row, place.col, entry.title, places.px, theme.SELECTED, bold=True, width=place.width
            )
        else:
            draw_entry(canvas, scene, places, entry, place)
    px, foot = scene.px(theme.SIZE_SMALL), places.foot
    if not rows:
        head = places.head
        draw_text(canvas, head.bottom, head.col, NOTHING, scene.px(theme.SIZE_TEXT), theme.SOFT, width=head.width)
    count = f"page {places.page + 1} of {places.pages}: pgdn, pgup" if places.pages > 1 else ""
    if count:
        draw_text(canvas, foot.row, foot.col, count, px, theme.SOFT, width=foot.width, align="right")
    room = max(foot.width - text_width(count, px) - scene.px(12), 0)
    draw_text(canvas, foot.row, foot.col, whole_parts(FOOT, px, room), px, theme.SOFT, width=room)


def draw_head(canvas: np.ndarray, scene: Scene, places: HelpPlaces) -> None:
    """The title, and the field with what is typed."""
    px, head = scene.px(theme.SIZE_LARGE), places.head
    col = head.col + draw_text(canvas, head.row, head.col, "Keys", px, theme.TEXT, bold=True) + scene.px(24)
    text, room = scene.state.help_search.text, max(head.right - col - scene.px(8), 0)
    while text and text_width(text, px) > room:
        text = text[1:]
    wide = draw_text(canvas, head.row, col, text, px, theme.TEXT) if text else 0
    fill(canvas, Rect(head.row + 1, col + wide + 1, line_height(px) - 2, max(scene.px(2), 1)), theme.SELECTED)
    if not text:
        draw_text(canvas, head.row, col + scene.px(8), HINT, px, theme.FAINT, width=room)


def draw_entry(canvas: np.ndarray, scene: Scene, places: HelpPlaces, entry: Entry, place: Rect) -> None:
    """The keys of a command on their caps, and its sentence."""
    px, scale = places.px, scene.layout.text_scale
    high, is_chosen = line_height(px), entry.number == scene.state.help_search.row
    if is_chosen:
        plate = Rect(place.row - scene.px(2), place.col - scene.px(6), place.height, place.width + scene.px(8))
        fill(canvas, plate, theme.CHOSEN)
        fill(canvas, Rect(plate.row, plate.col, plate.height, scene.px(3)), theme.SELECTED)
    for key, line, left in entry.caps:
        wide = min(cap_width(key, px, scale), max(place.width - left, 0))
        cap = Rect(place.row - 1 + line * high, place.col + left, high + 1, wide)
        draw_plate(canvas, cap, theme.KEY, scene.px(3), theme.CHOSEN if is_chosen else theme.FACE)
        draw_text(canvas, cap.row + 1, cap.col, key, px, theme.TEXT, bold=True, width=wide, align="centre")
    col, color = place.col + places.keys_wide, theme.TEXT if is_chosen else theme.SOFT
    for i, words in enumerate(entry.lines):
        draw_text(canvas, place.row + i * high, col, words, px, color, width=max(place.right - col, 0))


def row_at(scene: Scene, row: int, col: int) -> int | None:
    """The number of the command under a pixel of the window; None beside them."""
    places, _ = help_places(scene)
    return next((entry.number for entry, at in places.entries if entry.number >= 0 and at.contains(row, col)), None)
