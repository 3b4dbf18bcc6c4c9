"""Words from outside, as a window and a log can show them."""

from __future__ import annotations


def printable(text: str) -> str:
    """The text in one line: no control characters, no halves of characters (file names may hold both)."""
    whole = text.encode("utf-8", "replace").decode("utf-8")
    return " ".join("".join(letter if letter.isprintable() else " " for letter in whole).split())
