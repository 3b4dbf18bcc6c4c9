"""Anti-aliased text: letters rendered once with Pillow, lines put together of them, both cached.

The font is Inter (SIL Open Font License, fonts/OFL.txt); letters that it lacks come from a font of the
system (faces.py) or are spelled out (writing.py). Letters are rendered at FINE times their
size and averaged down at the quarter of a pixel where they fall, so that small text keeps the
font's own spacing, which whole-pixel advances spoil. Pillow's basic layout serves everywhere: the
same pixels with and without libraqm (whose ligatures turn 5x5 into 5×5).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache

import numpy as np
from PIL import Image, ImageDraw

from deepvis.core.geometry import Rect
from deepvis.window.ui.faces import FINE, face_of, own_face
from deepvis.window.ui.theme import BGR
from deepvis.window.ui.writing import composed, drawn

ELLIPSIS = "…"
PARTS_SPACE = "    "  # between short sentences on one line
STRENGTH = 0.8  # light letters on a dark ground look thin: lift their edges


@lru_cache(maxsize=64)
def line_height(px: int, bold: bool = False) -> int:
    """Pixels from the top of the highest letter to the bottom of the lowest."""
    return -(-sum(own_face(px, bold).getmetrics()) // FINE)


@lru_cache(maxsize=4096)
def _advance(letters: str, px: int, bold: bool) -> int:
    """From one letter to the next in 1 / FINE pixels; of two letters: from the first to the second, kerned."""
    face = face_of(letters[0], px, bold)
    if len(letters) == 2 and face_of(letters[1], px, bold) is not face:
        return round(face.getlength(letters[0]))
    whole = face.getlength(letters)
    return round(whole - (face.getlength(letters[1]) if len(letters) == 2 else 0))


@lru_cache(maxsize=8192)
def _places(text: str, px: int, bold: bool) -> tuple[int, ...]:
    """Where each letter starts, and where the line ends, in 1 / FINE pixels."""
    places, x = [], 0
    for i in range(len(text)):
        places.append(x)
        x += _advance(text[i : i + 2], px, bold)
    return (*places, x)


def text_width(text: str, px: int, bold: bool = False) -> int:
    """Pixels that a line takes."""
    return -(-_places(drawn(text), px, bold)[-1] // FINE)


@lru_cache(maxsize=4096)
def _glyph(letter: str, px: int, bold: bool, phase: int) -> tuple[int, np.ndarray]:
    """A letter ``phase / FINE`` pixels right of a pixel's edge: (first column, (height, width) uint16 0..255)."""
    face = face_of(letter, px, bold)
    left, _, right, _ = face.getbbox(letter)
    first = int(left + phase) // FINE
    wide = max(-(-int(right + phase) // FINE) - first, 1) + 1
    fine = Image.new("L", (wide * FINE, line_height(px, bold) * FINE))
    base = own_face(px, bold).getmetrics()[0]  # all letters of a line stand on it, whatever their fonts
    ImageDraw.Draw(fine).text((phase - first * FINE, base), letter, font=face, fill=255, anchor="ls")
    cells = np.asarray(fine, np.float32).reshape(line_height(px, bold), FINE, wide, FINE)
    share = cells.mean(axis=(1, 3)) / 255
    return first, np.rint(255 * share**STRENGTH).astype(np.uint16)


@lru_cache(maxsize=512)  # some 15 kB each
def _ink(text: str, px: int, bold: bool, color: BGR) -> tuple[np.ndarray, np.ndarray]:
    """Two arrays (height, width, 3) uint16: 0..256, how much stays of what was there; 256 times what is added.

    With one free column on the left, for letters that reach over their place.
    """
    letters = drawn(text)
    line = np.zeros((line_height(px, bold), text_width(text, px, bold) + 3), np.uint16)
    for letter, place in zip(letters, _places(letters, px, bold), strict=False):
        first, glyph = _glyph(letter, px, bold, place % FINE)
        left = max(place // FINE + first + 1, 0)
        part = line[:, left : left + glyph.shape[1]]
        part += glyph[:, : part.shape[1]]
    np.minimum(line, 255, out=line)
    mask = np.repeat((line + (line >> 7))[..., None], 3, axis=2)
    return 256 - mask, mask * np.asarray(color, np.uint16)


def draw_text(
    canvas: np.ndarray,
    row: int,
    col: int,
    text: str,
    px: int,
    color: BGR,
    *,
    bold: bool = False,
    width: int | None = None,
    align: str = "left",
) -> int:
    """Blend a line into ``canvas`` with its upper left corner at (row, col); return its width.

    width: of the field it must stay in; a longer line ends in an ellipsis. align: "left", "right"
    or "centre" within that field. What lies outside the canvas is not drawn.
    """
    text = one_line(text)
    if width is not None:
        whole, text = text, elide(text, px, width, bold)
        if text != whole:
            note_cut(canvas, Rect(row, col, line_height(px, bold), width), whole)
    wide = text_width(text, px, bold)
    if not text:
        return 0
    if width is not None and align != "left":
        col += (width - wide) // (1 if align == "right" else 2)
    stays, added = _ink(text, px, bold, color)
    col -= 1
    top, left = max(-row, 0), max(-col, 0)
    part = canvas[max(row, 0) : max(row + len(stays), 0), max(col, 0) : max(col + stays.shape[1], 0)]
    if not part.size:
        return wide
    rows, cols = slice(top, top + part.shape[0]), slice(left, left + part.shape[1])
    blended = part * stays[rows, cols]
    blended += added[rows, cols]
    blended >>= 8
    part[:] = blended
    return wide


Cut = tuple[Rect, str]  # where a caption was cut, and what it says in full
_cuts: list[tuple[np.ndarray, list[Cut]]] = []  # the buffer that is drawn in now, and the captions cut there


@contextmanager
def noting_cuts(buffer: np.ndarray) -> Iterator[list[Cut]]:
    """The captions that are cut while panes draw into ``buffer``, by their places in it."""
    found: list[Cut] = []
    _cuts.append((buffer, found))
    try:
        yield found
    finally:
        _cuts.pop()


def note_cut(canvas: np.ndarray, place: Rect, text: str) -> None:
    """Remember what a caption that did not fit says in full. place: counted from the canvas's own corner."""
    newest = _cuts[-1:]  # of the window's thread: pictures that are saved are drawn in another one
    if not newest or not np.may_share_memory(canvas, newest[0][0]):
        return
    buffer, found = newest[0]
    offset = canvas.__array_interface__["data"][0] - buffer.__array_interface__["data"][0]
    row, rest = divmod(offset, buffer.strides[0])
    seen = place.clipped(Rect(0, 0, canvas.shape[0], canvas.shape[1]))
    found.append((seen.moved(row, rest // buffer.strides[1]), text))


def letters_of(text: str, px: int) -> np.ndarray:
    """(line height, width) uint8, 0..255: how much of each pixel a line's letters cover."""
    stays, _ = _ink(text, px, False, (255, 255, 255))
    return np.minimum(256 - stays[:, 1 : 1 + text_width(text, px), 0], 255).astype(np.uint8)


@lru_cache(maxsize=4096)
def one_line(text: str) -> str:
    """Line ends and tabs as spaces, and a replacement for what is no letter (file names hold anything)."""
    plain = composed(text.encode("utf-8", "replace").decode("utf-8"))
    return "".join(letter if letter.isprintable() else " " for letter in plain)


@lru_cache(maxsize=4096)
def whole_parts(parts: Sequence[str], px: int, width: int) -> str:
    """The parts beside each other, without as many of the first as there is no room for; the last is always there."""
    for first in range(len(parts)):
        text = PARTS_SPACE.join(parts[first:])
        if text_width(text, px) <= width:
            return text
    return parts[-1]


def elide(text: str, px: int, width: int, bold: bool = False) -> str:
    """The text, or as much of its beginning as fits into ``width`` pixels with an ellipsis."""
    if text_width(text, px, bold) <= width:
        return text
    low, high = 0, len(text)
    while low < high:
        middle = (low + high + 1) // 2
        if text_width(text[:middle].rstrip() + ELLIPSIS, px, bold) <= width:
            low = middle
        else:
            high = middle - 1
    return text[:low].rstrip() + ELLIPSIS if low else ""


@lru_cache(maxsize=512)
def wrap(text: str, px: int, width: int, lines: int | None = None) -> tuple[str, ...]:
    """The text cut at spaces into lines of at most ``width`` pixels; longer words are broken, paths at a slash.

    lines: the most that there may be; the last one then ends in an ellipsis.
    """
    result: list[str] = []
    for paragraph in text.splitlines():
        line = ""
        for word in one_line(paragraph).split():
            while text_width(word, px) > width and len(word) > 1:
                cut = max(len(elide(word, px, width)) - 1, 1)
                cut = word.rfind("/", 1, cut) + 1 or cut
                result.extend([line] if line else [])
                line = ""
                result.append(word[:cut])
                word = word[cut:]
            longer = f"{line} {word}".strip()
            if text_width(longer, px) <= width:
                line = longer
            else:
                result.append(line)
                line = word
        if line:
            result.append(line)
    if lines is not None and len(result) > lines:
        result[lines - 1 :] = [elide(" ".join(result[lines - 1 :]), px, width)]
    return tuple(result)
