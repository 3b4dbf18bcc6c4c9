"""Where the commands stand on the help screen: in columns, and on pages where one has no room for all of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from deepvis.core.commands import BY_PALETTE, Command, shown_keys
from deepvis.core.geometry import Rect
from deepvis.core.help_search import found_rows
from deepvis.window.ui import theme
from deepvis.window.ui.scene import Scene
from deepvis.window.ui.text import line_height, text_width, wrap

ROOMY = 27  # pixels of a row of one line at text scale 1, where there is room
CLOSE = 4  # between two rows at least


@dataclass(frozen=True)
class Entry:
    """A heading, or a command. number: of a command among those that are listed, -1: a heading."""

    number: int
    title: str = ""
    lines: tuple[str, ...] = ()  # of its sentence
    caps: tuple[tuple[str, int, int], ...] = ()  # (key, line, pixels from the left)
    height: int = 1  # in lines


@dataclass(frozen=True)
class HelpPlaces:
    """The sheet and what stands on it. entries: of the page that is seen, each with its place."""

    sheet: Rect
    head: Rect
    foot: Rect
    px: int  # of the letters
    keys_wide: int  # pixels at the left of a row for its keys
    entries: tuple[tuple[Entry, Rect], ...]
    page: int  # from 0
    pages: int


def help_places(scene: Scene) -> tuple[HelpPlaces, list[Command]]:
    """The places, and the commands that are listed, by number."""
    search = scene.state.help_search
    rows = found_rows(search.text, scene.commands)
    whole = (scene.layout.height, scene.layout.width)
    sizes = scene.px(theme.SIZE_TEXT), scene.px(theme.SIZE_SMALL), scene.px(theme.SIZE_LARGE)
    shown = tuple((row.group, _pressable_keys(row, scene) or (f"in {BY_PALETTE}",), row.help) for row in rows)
    return _places(shown, bool(search.text.strip()), search.row, whole, sizes, scene.layout.text_scale), rows


def _pressable_keys(row: Command, scene: Scene) -> tuple[str, ...]:
    return tuple(key for key in shown_keys(row) if key not in scene.reserved_keys)


Shown = tuple[str, tuple[str, ...], str]  # group, keys, sentence


@lru_cache(maxsize=16)
def _places(
    rows: tuple[Shown, ...],
    is_search: bool,
    chosen: int,
    whole: tuple[int, int],
    sizes: tuple[int, int, int],
    scale: float,
) -> HelpPlaces:
    text, small, large = sizes
    rim, margin = max(round(24 * scale), 2), max(round(20 * scale), 4)
    room = Rect(0, 0, *whole).inset(min(rim, min(whole) // 12))
    body = room.inset(min(margin, min(whole) // 16))
    head, foot = line_height(large) + max(round(16 * scale), 2), line_height(small) + max(round(8 * scale), 2)
    body = body.cut(top=head, bottom=foot)
    most = 2 if body.width > 840 * scale else 1
    options = [
        (px, gap, count)
        for px in dict.fromkeys((text, small))
        for gap in range(max(round(ROOMY * scale) - line_height(px), CLOSE), CLOSE - 1, -3)
        for count in range(1, most + 1)
    ]
    for px, gap, count in [*options, (text, CLOSE, most)]:
        entries = entries_of(rows, px, body.width // count, scale, with_headings=not is_search)
        columns = flow(entries, body.height, line_height(px), gap, count)
        if len(columns) <= count:
            break
    keys_wide = keys_width(px, body.width // count, scale)
    page = next((i // count for i, column in enumerate(columns) if any(e.number == chosen for e, _ in column)), 0)
    seen = columns[page * count : (page + 1) * count]
    tall = max((top + line_height(px) * entry.height for column in seen for entry, top in column), default=0) + gap
    pages = -(-len(columns) // count)
    spare = body.height - max(min(tall, body.height), line_height(px)) if pages == 1 and not is_search else 0
    sheet = room.cut(bottom=spare).moved(spare // 2, 0)
    inner, wide, high = body.moved(spare // 2, 0), body.width // count, line_height(px)
    row_wide, edge = wide - round(20 * scale), min(margin, min(whole) // 16)
    placed = tuple(
        (entry, Rect(inner.row + top, inner.col + i * wide, high * entry.height + gap, row_wide))
        for i, column in enumerate(seen)
        for entry, top in column
    )
    below = Rect(sheet.bottom - edge - foot + max(round(8 * scale), 2), inner.col, foot, inner.width)
    return HelpPlaces(
        sheet, Rect(inner.row - head, inner.col, head, inner.width), below, px, keys_wide, placed, page, max(pages, 1)
    )


def keys_width(px: int, wide: int, scale: float) -> int:
    """Pixels for the keys of a column."""
    return min(max(round(150 * scale), 9 * px), wide // 3)


def entries_of(rows: Sequence[Shown], px: int, wide: int, scale: float, *, with_headings: bool) -> list[Entry]:
    """Headings and commands, with their sentences cut into lines."""
    keys = keys_width(px, wide, scale)
    room, found, group = max(wide - round(20 * scale) - keys, px), [], None
    for number, (title, names, sentence) in enumerate(rows):
        if with_headings and title != group:
            found.append(Entry(-1, title))
            group = title
        lines, caps = wrap(sentence, px, room), caps_of(names, px, keys, scale)
        found.append(Entry(number, title, lines, caps, max(len(lines), caps[-1][1] + 1 if caps else 1)))
    return found


def caps_of(names: Sequence[str], px: int, wide: int, scale: float) -> tuple[tuple[str, int, int], ...]:
    """Where the keys of a command stand: beside each other, in as many lines as they need."""
    found, line, left = [], 0, 0
    for name in names:
        cap = cap_width(name, px, scale)
        if left and left + cap > wide:
            line, left = line + 1, 0
        found.append((name, line, left))
        left += cap + max(round(4 * scale), 1)
    return tuple(found)


def cap_width(name: str, px: int, scale: float) -> int:
    return max(text_width(name, px, True) + round(10 * scale), round(20 * scale))


def flow(entries: Sequence[Entry], room: int, line: int, gap: int, count: int) -> list[list[tuple[Entry, int]]]:
    """Columns of (entry, top): as few as there must be; those of one page as equal in height as can be.

    A heading has room above it, and never stands last in a column.
    """
    limit = room
    columns = _filled(entries, room, line, gap)
    if len(columns) > count or count == 1:
        return columns
    total = sum(line * entry.height + gap for entry in entries)
    for limit in range(total // count, room, max(line // 2, 1)):
        balanced = _filled(entries, limit, line, gap)
        if len(balanced) <= count:
            return balanced
    return columns


def _filled(entries: Sequence[Entry], room: int, line: int, gap: int) -> list[list[tuple[Entry, int]]]:
    columns: list[list[tuple[Entry, int]]] = [[]]
    used = 0
    for i, entry in enumerate(entries):
        is_heading = entry.number < 0
        above = line // 2 if is_heading and columns[-1] else 0
        needed = above + line * entry.height + gap
        if is_heading and i + 1 < len(entries):
            needed += line * entries[i + 1].height + gap
        if columns[-1] and used + needed > room + gap:
            columns.append([])
            used = above = 0
        columns[-1].append((entry, used + above))
        used += above + line * entry.height + gap
    return columns if columns[0] else []
