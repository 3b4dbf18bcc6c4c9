"""Many names searched at once: as one text, a line each, so that a query runs through all of them in C."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence

from deepvis.core.fuzzy import folded

ENOUGH = 20  # names with a word itself: those with its scattered letters are not looked for


class Names:
    """names: in the order of their indices. text: all of them folded (core/fuzzy.py), a line each."""

    def __init__(self, names: Sequence[str]) -> None:
        lines = [(name.lower() if name.isascii() else folded(name)).replace("\n", " ") for name in names]
        self._starts, place = [], 0
        for line in lines:
            self._starts.append(place)
            place += len(line) + 1
        self._starts.append(place)
        self.text = "\n".join(lines)

    def holding(self, word: str) -> Iterator[int]:
        """Indices of the names that hold a folded word, rising; found one by one."""
        place = self.text.find(word)
        while place >= 0:
            index = self._index_at(place)
            yield index
            place = self.text.find(word, self._starts[index + 1])

    def best(self, query: str, most: int) -> list[int]:
        """Indices of the names that the query may fit (core/fuzzy.match), at most so many, those that fit best first.

        By its longest word: names that begin with it come before those with a word that does, those that hold it, and
        those that hold its letters in their order; among equals the shorter one.
        """
        words = folded(query).split()
        if not words:
            return list(range(min(most, len(self._starts) - 1)))
        longest = max(words, key=len)
        others = [word for word in words if word is not longest]
        found: dict[int, None] = {}

        def enter(indices: Iterator[int]) -> None:
            new = {index for index in indices if index not in found and self._has(index, others)}
            found.update(dict.fromkeys(sorted(new, key=self._length)))

        for search in (self._beginning, self._with_word_at, self.holding):
            if len(found) < most:
                enter(search(longest))
        if len(found) < ENOUGH:
            enter(self._scattered(longest))
        return list(found)[:most]

    def _beginning(self, word: str) -> Iterator[int]:
        """Indices of the names that begin with the word."""
        if self.text.startswith(word):
            yield 0
        place = self.text.find("\n" + word)
        while place >= 0:
            yield self._index_at(place + 1)
            place = self.text.find("\n" + word, place + 1)

    def _with_word_at(self, word: str) -> Iterator[int]:
        """Indices of the names of which a word begins with this one."""
        return self._matching(rf"{re.escape(word)}(?<![^\W_]{re.escape(word)})")

    def _scattered(self, word: str) -> Iterator[int]:
        """Indices of the names that hold its letters in their order, from the beginning of a word on."""
        first = re.escape(word[0])
        rest = "".join(f"[^{re.escape(letter)}\\n]*{re.escape(letter)}" for letter in word[1:])
        return self._matching(rf"{first}(?<![^\W_]{first}){rest}")

    def _matching(self, pattern: str) -> Iterator[int]:
        """The pattern begins with a letter: those are found fast."""
        return (self._index_at(place.start()) for place in re.finditer(pattern, self.text))

    def _has(self, index: int, words: Sequence[str]) -> bool:
        """Does a name hold all letters of the words? What it holds of them is seen by ``match``."""
        if not words:
            return True
        line = self.text[self._starts[index] : self._starts[index + 1]]
        return all(letter in line for word in words for letter in word)

    def _length(self, index: int) -> int:
        return self._starts[index + 1] - self._starts[index]

    def _index_at(self, place: int) -> int:
        return bisect_right(self._starts, place) - 1
