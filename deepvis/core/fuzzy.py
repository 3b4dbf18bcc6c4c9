"""How well a typed query fits a name: whole words and beginnings before parts, parts before scattered letters.

Case and accents do not count. Every word of the query must be found in the name, in any order.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from functools import lru_cache

WHOLE, PREFIX, WORD_WHOLE, WORD_START, INSIDE, SCATTERED = 100, 80, 70, 60, 30, 10  # points for a word of the query
WIDEST = 3  # times the word's length: letters that are farther apart were not meant
LENGTH_POINTS = 9.0  # less is left of them the longer the name is


@dataclass(frozen=True)
class Match:
    """points: higher fits better. marks: the places of the name's letters that were found, rising."""

    points: float
    marks: tuple[int, ...]


@lru_cache(maxsize=16384)
def folded(text: str) -> str:
    """The text in small letters without accents, one letter for each of the text's, so that places agree."""
    return "".join(_folded_letter(letter) for letter in text) if not text.isascii() else text.lower()


def _folded_letter(letter: str) -> str:
    small = unicodedata.normalize("NFD", letter)[:1].casefold()
    return small if len(small) == 1 else letter


def match(query: str, name: str) -> Match | None:
    """How the query fits the name; None if a word of it is not there. An empty query fits everything alike."""
    text = folded(name)
    points, marks = 0.0, set[int]()
    words = folded(query).split()
    for word in words:
        found = _find(word, text)
        if found is None:
            return None
        points += found.points
        marks.update(found.marks)
    if words:
        points = points / len(words) + LENGTH_POINTS / (1 + len(text) / 8)
    return Match(points, tuple(sorted(marks)))


def _find(word: str, text: str) -> Match | None:
    """One word of the query in a name, both folded."""
    start = text.find(word)
    if start < 0:
        marks = _scattered(word, text)
        return None if marks is None else Match(SCATTERED * len(word) / _span(marks), marks)
    best, place = INSIDE, start
    while start >= 0:
        points = _points_at(start, start + len(word), text)
        if points > best:
            best, place = points, start
        start = text.find(word, start + 1)
    return Match(best, tuple(range(place, place + len(word))))


def _points_at(start: int, end: int, text: str) -> int:
    """For a word found whole at text[start:end]: does it begin and end where a word of the name does?"""
    begins = start == 0 or not (text[start - 1].isalnum() and text[start].isalnum())
    ends = end == len(text) or not (text[end].isalnum() and text[end - 1].isalnum())
    if start == 0:
        return WHOLE if end == len(text) else WORD_WHOLE + 15 if ends else PREFIX
    if begins:
        return WORD_WHOLE if ends else WORD_START
    return INSIDE


def _scattered(word: str, text: str) -> tuple[int, ...] | None:
    """The places of the word's letters in their order, close together and from the beginning of a word; else None."""
    found = None
    start = text.find(word[0])
    while start >= 0:
        if start == 0 or not text[start - 1].isalnum():
            marks = _onward(word, text, start)
            if marks is None:
                return found
            if _span(marks) <= WIDEST * len(word) and (found is None or _span(marks) < _span(found)):
                found = marks
        start = text.find(word[0], start + 1)
    return found


def _onward(word: str, text: str, start: int) -> tuple[int, ...] | None:
    """The first places of the word's letters from ``start`` on."""
    marks = []
    for letter in word:
        place = text.find(letter, start)
        if place < 0:
            return None
        marks.append(place)
        start = place + 1
    return tuple(marks)


def _span(marks: tuple[int, ...]) -> int:
    return marks[-1] - marks[0] + 1
