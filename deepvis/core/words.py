"""Words from outside: as a window and a log can show them, and as numbers."""

from __future__ import annotations

import os
import re

SYNSET = re.compile(r"^(n\d{8})\s+")  # a class's number in WordNet, before its names


def printable(text: str) -> str:
    """The text in one line: no control characters, no halves of characters (file names may hold both)."""
    whole = text.encode("utf-8", "replace").decode("utf-8")
    return " ".join("".join(letter if letter.isprintable() else " " for letter in whole).split())


def whole_number(text: str) -> int | None:
    """The number of at most 18 digits that a text spells; None for any other text."""
    return int(text) if re.fullmatch(r"-?\d{1,18}", text.strip()) else None


def short_label(label: str) -> str:
    """'n02123045 tabby, tabby cat' to 'tabby, tabby cat': without the synset's number."""
    return SYNSET.sub("", label.strip())


def photo_name(path: str) -> str:
    """'photos/n01440764_tench.jpg' to 'tench': the file's name without ending, and without the synset's number."""
    name = os.path.splitext(os.path.basename(path))[0]
    return re.sub(r"^n\d{8}[_\-. ]+(?=.)", "", name)


def field_size_words(edges: tuple[int, int, int, int], height: int, width: int) -> str:
    """What a unit with this receptive field sees of an input of height x width pixels.

    edges: (top, left, bottom, right), half open, not cut off at the input's edges.
    """
    top, left, bottom, right = edges
    if bottom <= top or right <= left:
        return "sees nothing of the picture"
    if top <= 0 and left <= 0 and bottom >= height and right >= width:
        return "sees the whole picture"
    return f"sees {bottom - top} × {right - left} pixels"
