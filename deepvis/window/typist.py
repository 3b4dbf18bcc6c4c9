"""From key codes to keys and letters: accents go onto the next letter, and a held key does not consent to a loss."""

from __future__ import annotations

import time
import unicodedata
from collections.abc import Callable

from deepvis.core.commands import command_of
from deepvis.core.keys import accented, character, key_name

ONCE = frozenset({"reset_top", "save_top"})  # commands that a held key does not repeat
ONCE_SECONDS = 0.8  # longer than a keyboard waits before it repeats


class Typist:
    """Keeps the accent that was typed last, and when each key came. clock: seconds, never runs backwards."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._accent = ""
        self._pressed: dict[str, float] = {}

    def key(self, code: int, *, is_typing: bool) -> str | None:
        """What a press does: while something is being typed the letter, if it has one, else the key's name.

        None for nothing: an accent that waits for its letter, a key without a name, a key that is held.
        """
        letter = character(code) if is_typing else None
        if letter is not None and unicodedata.combining(letter):
            self._accent = letter
            return None
        if letter is not None:
            accent, self._accent = self._accent, ""
            return accented(accent, letter) if accent else letter
        name = key_name(code)
        return None if name is None or (not is_typing and self._is_held(name)) else name

    def _is_held(self, name: str) -> bool:
        """A key that loses something counts again only after a moment without it."""
        bound = command_of(name)
        if bound is None or bound.name not in ONCE:
            return False
        before, now = self._pressed.get(bound.name, float("-inf")), self._clock()
        self._pressed[bound.name] = now
        return now - before < ONCE_SECONDS
