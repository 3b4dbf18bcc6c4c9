"""How the window is shown to a room: large text, one pane over most of the window. Pure values."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

TEXT_SCALE = 1.5  # how many times as large all text is in presenter mode
FIXED_PANES = frozenset({"control", "status"})  # they stand beside whatever is large
TURN = ("layers", "input", "back", "aux", "jpgvis")  # in which key f6 goes through the panes; any other comes after

PANE_WORDS = {
    "layers": "the tiles of the layer",
    "input": "the input",
    "back": "the back projection",
    "aux": "the unit's map, or the classes",
    "jpgvis": "what the unit prefers",
}


@dataclass(frozen=True)
class Presenting:
    """What ViewState holds of it."""

    large_text: bool = False
    pane: str = ""  # the one that is large, "": all are as large as usual


USUAL = Presenting()


@dataclass(frozen=True)
class PanesNow:
    """The panes of the window as the window has said: a fact, nothing that the user chooses."""

    shown: tuple[str, ...] = ()
    pointed: str = ""  # the one under the pointer, "" where there is none


@dataclass(frozen=True)
class Pressed:
    """A key or a gesture of the mouse, and what it has done."""

    key: str
    meaning: str


def can_enlarge(shown: Sequence[str]) -> tuple[str, ...]:
    """The panes that can be made large, in turn."""
    free = [name for name in shown if name not in FIXED_PANES]
    return (*(name for name in TURN if name in free), *(name for name in free if name not in TURN))


def next_pane(now: str, panes: PanesNow) -> str:
    """The pane that key f6 makes large: the one under the pointer, else the next in turn; after the last ""."""
    in_turn = can_enlarge(panes.shown)
    if panes.pointed in in_turn and panes.pointed != now:
        return panes.pointed
    after = in_turn[in_turn.index(now) + 1 :] if now in in_turn else in_turn
    return after[0] if after else ""


def presenting_words(shown: Presenting) -> str:
    """What of it is on."""
    if shown.pane:
        return f"large pane: {pane_words(shown.pane)}"
    return "presenter mode: large text, and what is pressed" if shown.large_text else "all panes, text as usual"


def pane_words(name: str) -> str:
    """A pane as it is said to the user; by its name where it has no words."""
    return PANE_WORDS.get(name, name)
