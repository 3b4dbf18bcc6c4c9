"""What can be saved of what the window shows: effects, and the rows of the palette that ask for them. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import Enum

from deepvis.core.effects import Effect
from deepvis.core.panes import pane_names


class NumbersOf(Enum):
    """Whose numbers a table holds."""

    LAYER = "layer"
    UNIT = "unit"
    CLASSES = "classes"


@dataclass(frozen=True)
class SavePane(Effect):
    """Write a pane as a PNG, drawn anew in a larger size.

    pane: its name, "": the one under the mouse, else the selected unit.
    """

    pane: str = ""


class SaveUnit(Effect):
    """Write the selected unit's map as a PNG, drawn anew in a larger size."""


@dataclass(frozen=True)
class SaveNumbers(Effect):
    """Write the numbers of what is selected. kind: "npz" (all in one file) or "csv"."""

    of: NumbersOf = NumbersOf.LAYER
    kind: str = "npz"


@dataclass(frozen=True)
class SaveSession(Effect):
    """Write what is looked at, and how, as a file that opens it again. name: of the file, "": one by the time."""

    name: str = ""


@dataclass(frozen=True)
class OpenSession(Effect):
    """Look at what a session's file says."""

    path: str


class SwitchRecording(Effect):
    """Begin to record the window as a video, or end that."""


@dataclass(frozen=True)
class CopyText(Effect):
    """Let other programs paste a text."""

    text: str


OF_FILES = (
    SavePane,
    SaveUnit,
    SaveNumbers,
    SaveSession,
    OpenSession,
    SwitchRecording,
)  # effects that write what is shown
MakeEffect = Callable[[int], Effect]


def saving_rows() -> Iterator[tuple[str, MakeEffect]]:
    """What the palette offers to save: the words of a row, and what makes its effect of an id."""
    yield "Save session", SaveSession
    yield "Save unit as PNG", SaveUnit
    for name in pane_names():
        yield f"Save pane {name} as PNG", _of_pane(name)
    for of in NumbersOf:
        whose = "the class probabilities" if of is NumbersOf.CLASSES else f"the numbers of this {of.value}"
        for kind in ("csv", "npz"):
            yield f"Save {whose} as {kind}", _numbers(of, kind)


SAVE_SESSION_AS = "Save session as "


def session_row(text: str) -> str:
    """The row for a typed text "save session as my cats", with that name; "" for any other text."""
    start = SAVE_SESSION_AS.lower()
    return SAVE_SESSION_AS + text[len(start) :].strip() if text.lower().startswith(start) else ""


def effect_of(row: str) -> MakeEffect:
    """What makes the effect of a row, by its words."""
    if row.startswith(SAVE_SESSION_AS):
        return lambda id: SaveSession(id, row.removeprefix(SAVE_SESSION_AS))
    return dict(saving_rows())[row]


def _of_pane(name: str) -> MakeEffect:
    return lambda id: SavePane(id, name)


def _numbers(of: NumbersOf, kind: str) -> MakeEffect:
    return lambda id: SaveNumbers(id, of, kind)
