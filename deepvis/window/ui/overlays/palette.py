"""The palette, and the field for the number of a unit: what is being typed, and what it would go to.

Both lie over the window without dimming it: the panes show the unit that is meant.
"""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass

import numpy as np

from deepvis.core.candidates import Candidate, CandidateKind, candidates, why_none
from deepvis.core.geometry import Rect
from deepvis.core.naming import NameTyping
from deepvis.core.state import GoTo, Palette
from deepvis.core.typed import number_problem
from deepvis.window.ui import theme
from deepvis.window.ui.canvas import bounds, draw_plate, fill, frame
from deepvis.window.ui.name_field import draw_name_field
from deepvis.window.ui.pane import overlay
from deepvis.window.ui.scene import Scene
from deepvis.window.ui.scrolling import first_seen
from deepvis.window.ui.text import draw_text, elide, line_height, one_line, text_width, whole_parts

ROWS = 9
HINT = "layer, unit (conv5 151), class, photo, command, /path"
FOOT = ("up, down: choose", "enter: go there", "esc: back to where you were")
NO_LISTENER = "Only small letters arrive in this window; pasting does not: start on an X server for both."


def looks_at(scene: Scene) -> Hashable:
    return scene.state.typing


@overlay("palette", looks_at=looks_at)
def draw(canvas: np.ndarray, scene: Scene) -> None:
    """The palette at the top of the window's middle, or the small field over the tiles."""
    typing = scene.state.typing
    if isinstance(typing, GoTo):
        draw_go_to(canvas, scene, typing)
    elif isinstance(typing, Palette):
        draw_palette(canvas, scene, typing)
    elif isinstance(typing, NameTyping):
        draw_name_field(canvas, scene, typing)


def draw_go_to(canvas: np.ndarray, scene: Scene, typing: GoTo) -> None:
    """The layer, the typed number, and what numbers there are."""
    whole, layer = bounds(canvas), scene.state.layer
    problem = number_problem(scene.state)
    px, large, margin = scene.px(theme.SIZE_TEXT), scene.px(theme.SIZE_LARGE), scene.px(12)
    name, advice = f"{layer.name} ·", problem or f"unit 0 to {layer.channels - 1}; enter or a pause goes there"
    widths = [text_width(name, large), max(text_width(typing.text, large, True), scene.px(14)), text_width(advice, px)]
    place = next((rect for pane, rect in scene.layout if pane == "layers"), whole)
    tall = line_height(large) + 2 * scene.px(8)
    plate = Rect(place.row + scene.px(34), place.col + scene.px(14), tall, sum(widths) + 2 * margin + scene.px(32))
    plate = plate.clipped(whole.inset(2))
    _plate(canvas, scene, plate)
    row, col, right = plate.row + scene.px(8), plate.col + margin, plate.right - margin
    col += draw_text(canvas, row, col, name, large, theme.SOFT, width=max(right - col, 0)) + scene.px(6)
    color = theme.ERROR if problem else theme.TEXT
    col += draw_text(canvas, row, col, typing.text, large, color, bold=True, width=max(right - col, 0))
    _caret(canvas, scene, row, col, large)
    col += scene.px(18)
    lower = row + (line_height(large) - line_height(px)) // 2
    draw_text(canvas, lower, col, advice, px, theme.ERROR if problem else theme.SOFT, width=max(right - col, 0))


@dataclass(frozen=True)
class PaletteAreas:
    """Where the parts of the palette lie. lines: of the candidates that are seen, from number ``first`` on."""

    plate: Rect
    field: Rect
    lines: tuple[Rect, ...]
    first: int
    foot: Rect


def places_of(scene: Scene, count: int) -> PaletteAreas:
    """The palette for ``count`` candidates, with the chosen one in sight."""
    layout, px, large = scene.layout, scene.px(theme.SIZE_TEXT), scene.px(theme.SIZE_LARGE)
    whole = Rect(0, 0, layout.height, layout.width)
    field, high, foot = line_height(large) + 2 * scene.px(9), line_height(px) + scene.px(11), line_height(px)
    foot += scene.px(12)
    top, edge = scene.px(44), scene.px(3)
    room = max((whole.height - top - scene.px(10) - field - foot - 2 * edge) // high, 1)
    visible_rows = min(count, ROWS, room)
    wide = min(scene.px(720), whole.width - 2 * scene.px(10))
    plate = Rect(top, (whole.width - wide) // 2, field + max(visible_rows, 1) * high + 2 * edge + foot, wide)
    typing = scene.state.typing
    chosen = min(typing.row, max(count - 1, 0)) if isinstance(typing, Palette) else 0
    first = first_seen(chosen, visible_rows, count)
    line = Rect(plate.row + field + edge, plate.col, high, wide)
    lines = tuple(line.moved(number * high, 0) for number in range(max(visible_rows, 1)))
    below = Rect(plate.bottom - foot, plate.col, foot, wide)
    return PaletteAreas(plate, Rect(plate.row, plate.col, field, wide), lines[:visible_rows] or lines, first, below)


def candidate_at(scene: Scene, row: int, col: int) -> int | None:
    """The number of the candidate under a pixel of the window; None beside them."""
    count = len(candidates(scene.state))
    places = places_of(scene, count)
    lines = enumerate(places.lines[:count], start=places.first)
    return next((number for number, line in lines if line.contains(row, col)), None)


def draw_palette(canvas: np.ndarray, scene: Scene, typing: Palette) -> None:
    """The field, up to ROWS candidates with the chosen one marked, and a line on what the keys do."""
    px, margin = scene.px(theme.SIZE_TEXT), scene.px(12)
    rows = candidates(scene.state)
    chosen, places = min(typing.row, max(len(rows) - 1, 0)), places_of(scene, len(rows))
    _plate(canvas, scene, places.plate)
    _draw_field(canvas, scene, places.field.cut(left=margin, right=margin), typing)
    fill(canvas, Rect(places.field.bottom, places.plate.col, 1, places.plate.width), theme.LINE)
    for number, line in enumerate(places.lines[: len(rows)], start=places.first):
        _draw_row(canvas, scene, line, rows[number], is_chosen=number == chosen)
    if not rows:
        line = places.lines[0].cut(left=margin, right=margin)
        draw_text(canvas, line.row + scene.px(5), line.col, why_none(scene.state), px, theme.SOFT, width=line.width)
    foot = places.foot
    fill(canvas, Rect(foot.row, foot.col, 1, foot.width), theme.LINE)
    at, inner = foot.row + scene.px(5), foot.cut(left=margin, right=margin)
    count = f"{chosen + 1} of {len(rows)}" if rows else ""
    draw_text(canvas, at, inner.col, count, px, theme.SOFT, width=inner.width, align="right")
    room = inner.width - text_width(count, px) - scene.px(12)
    advice = whole_parts(FOOT, px, room) if scene.state.palette_lists.receives_text else NO_LISTENER
    draw_text(canvas, at, inner.col, advice, px, theme.SOFT, width=room)


def _draw_field(canvas: np.ndarray, scene: Scene, field: Rect, typing: Palette) -> None:
    """The typed text with a caret; of a long one the end."""
    px = scene.px(theme.SIZE_LARGE)
    row = field.row + (field.height - line_height(px)) // 2
    text = one_line(typing.text)
    while text and text_width(text, px) > field.width - scene.px(8):
        text = text[max(len(text) // 16, 1) :]
    col = field.col + draw_text(canvas, row, field.col, text, px, theme.TEXT)
    _caret(canvas, scene, row, col, px)
    if not text:
        draw_text(canvas, row, col + scene.px(7), HINT, px, theme.FAINT, width=field.width - scene.px(8))


def _draw_row(canvas: np.ndarray, scene: Scene, line: Rect, row: Candidate, *, is_chosen: bool) -> None:
    """The kind, the title with the letters that were found, at the right the key or a note."""
    px, margin = scene.px(theme.SIZE_TEXT), scene.px(12)
    if is_chosen:
        fill(canvas, line.cut(left=1, right=1), theme.CHOSEN)
        fill(canvas, Rect(line.row, line.col + 1, line.height, scene.px(3)), theme.SELECTED)
    at, left, right = line.row + (line.height - line_height(px)) // 2, line.col + margin, line.right - margin
    draw_text(canvas, at, left, row.kind.value, px, theme.SOFT, width=scene.px(70))
    left += scene.px(74)
    if row.kind is CandidateKind.COMMAND and row.note in scene.reserved_keys:
        wide = 0  # Enter does it, that key does not
    elif row.kind is CandidateKind.COMMAND and row.note:
        wide = max(text_width(row.note, px, True) + scene.px(12), scene.px(22))
        cap = Rect(at - 1, right - wide, line_height(px) + 2, wide)
        fill(canvas, cap, theme.KEY)
        draw_text(canvas, at, cap.col, row.note, px, theme.TEXT, bold=True, width=wide, align="centre")
    else:
        note = elide(one_line(row.note), px, (right - left) * 2 // 3 if row.is_gray else (right - left) // 2)
        wide = text_width(note, px)
        draw_text(canvas, at, right - wide, note, px, theme.SOFT)
    _draw_title(canvas, Rect(at, left, line.height, max(right - wide - scene.px(12) - left, 0)), row, px)


def _draw_title(canvas: np.ndarray, place: Rect, row: Candidate, px: int) -> None:
    """The title; the letters that were found are blue and bold."""
    title, marks, col = one_line(row.title), set(row.marks), place.col
    start = 0
    while start < len(title) and col < place.right:
        is_mark, end = start in marks, start
        while end < len(title) and (end in marks) == is_mark:
            end += 1
        color = theme.SELECTED if is_mark else theme.SOFT if row.is_gray else theme.TEXT
        part, room = title[start:end], place.right - col
        col += draw_text(canvas, place.row, col, part, px, color, bold=is_mark, width=room)
        if text_width(part, px, is_mark) > room:
            return
        start = end


def _plate(canvas: np.ndarray, scene: Scene, place: Rect) -> None:
    """A face with a frame and a dark rim, so that it stands out from the tiles."""
    fill(canvas, place.inset(-scene.px(3)), theme.BACKGROUND)
    draw_plate(canvas, place, theme.FACE, scene.px(4))
    frame(canvas, place.inset(1), theme.SELECTED)


def _caret(canvas: np.ndarray, scene: Scene, row: int, col: int, px: int) -> None:
    fill(canvas, Rect(row + 1, col + 1, line_height(px) - 2, max(scene.px(2), 1)), theme.SELECTED)
