"""The first minute: six things to do, one after the other, each said until the user has done it once. Pure."""

from __future__ import annotations

from collections.abc import Set
from dataclasses import dataclass
from enum import Enum

from deepvis.core.commands import COMMANDS, shown_keys

CLICK = "click"  # of the mouse, among the names of commands


class Hints(Enum):
    """The setting: auto is on in a window on the screen, off without one."""

    AUTO = "auto"
    ON = "on"
    OFF = "off"
    AGAIN = "again"  # all of them, whatever was done


@dataclass(frozen=True)
class FirstHint:
    """name: as the file of done hints has it. done_by: names of commands, or CLICK, any of which does it.

    words: {key} stands for the first key of the first command.
    """

    name: str
    words: str
    done_by: tuple[str, ...]


FIRST_HINTS = (
    FirstHint("walk", "Arrow keys: walk through the layers and units", ("right", "left", "up", "down")),
    FirstHint("back", "{key}: what in the picture drives this unit", ("cycle_back", "cycle_back_mode")),
    FirstHint("find", "{key}: go to anything by its name", ("palette",)),
    FirstHint("prefer", "{key}: the picture that this unit prefers", ("optimize_unit", "optimize_from_frame")),
    FirstHint("click", "Click: go to what you point at; rest the mouse on it to read what it is", (CLICK,)),
    FirstHint("help", "{key}: all keys, searched by typing", ("toggle_help",)),
)


def hint_words(done: Set[str]) -> str:
    """What is to be said now: the first thing that was not done yet, and which it is; "" once all were."""
    for number, hint in enumerate(FIRST_HINTS, start=1):
        if hint.name not in done:
            row = COMMANDS.get(hint.done_by[0])
            keys = shown_keys(row) if row is not None else ()
            words = hint.words.format(key=keys[0] if keys else "")
            return f"{words}   (first steps, {number} of {len(FIRST_HINTS)})"
    return ""


def done_after(done: Set[str], command: str) -> frozenset[str]:
    """The names of the hints that are done, once a command was carried out."""
    return frozenset(done) | {hint.name for hint in FIRST_HINTS if command in hint.done_by}
