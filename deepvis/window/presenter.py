"""The key that was pressed last and what it did, for as long as presenter mode shows it."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from deepvis.core.commands import command_of, shown_keys
from deepvis.core.effects import Effect
from deepvis.core.happened import what_happened
from deepvis.core.presenting import Pressed
from deepvis.core.state import AppState

SECONDS = 2.0
TAKES = frozenset({"enter", "esc"})  # the keys that are said while something is being typed: letters are seen there


class PressedKey:
    """Remembers the newest press. seconds: how long it is shown; clock: seconds, never runs backwards."""

    def __init__(self, seconds: float = SECONDS, clock: Callable[[], float] = time.monotonic) -> None:
        self._seconds, self._clock = seconds, clock
        self._pressed: Pressed | None = None
        self._at = float("-inf")

    def note_key(self, key: str, before: AppState, after: AppState, effects: Sequence[Effect]) -> None:
        """A key, by its name, has led from one state to the next. Without presenter mode nothing is remembered."""
        is_typed = before.takes_letters
        row = command_of(key)
        if is_typed and key not in TAKES and (row is None or len(key) == 1):
            return
        row = None if is_typed or row is None else row
        name = "0-9" if row is not None and shown_keys(row)[0] == "0-9" else key
        self._note(name, what_happened(row, before, after, effects), after)

    def note_gesture(self, kind: str, before: AppState, after: AppState, effects: Sequence[Effect]) -> None:
        """The same of the mouse. kind: "click", "wheel"."""
        self._note(f"{kind}:", what_happened(None, before, after, effects), after)

    def read(self) -> Pressed | None:
        """What is to be shown now."""
        return self._pressed if self._clock() - self._at < self._seconds else None

    def _note(self, key: str, meaning: str, after: AppState) -> None:
        if not after.view.presenting.large_text:
            self._pressed = None
        elif meaning:
            self._pressed, self._at = Pressed(key, meaning), self._clock()
