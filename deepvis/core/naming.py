"""Naming, starring and noting the selected unit: what a key does while a name or a note is typed. Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from deepvis.core.types import Unit
from deepvis.core.unit_names import LONGEST_NAME, LONGEST_NOTE, UnitNote

if TYPE_CHECKING:
    from deepvis.core.state import AppState, ViewState


@dataclass(frozen=True)
class NameTyping:
    """The name of a unit, or the note on it, is being typed. before: the view that Esc gives back."""

    before: ViewState
    unit: Unit
    text: str = ""
    is_note: bool = False

    @property
    def longest(self) -> int:
        return LONGEST_NOTE if self.is_note else LONGEST_NAME


def noted(state: AppState, unit: Unit, note: UnitNote) -> AppState:
    """The state in which this is said of a unit."""
    own = state.naming.own.changed({unit: note})
    return replace(state, naming=replace(state.naming, own=own))


def typed_key(typing: NameTyping, key: str) -> NameTyping | None:
    """The typing after a key that changes the text; None for a key that ends it or does nothing."""
    character = " " if key == "space" else key
    if len(character) == 1 and character.isprintable():
        return replace(typing, text=(typing.text + character)[: typing.longest])
    if key == "backspace":
        return replace(typing, text=typing.text[:-1])
    if key in ("ctrl+u", "ctrl+backspace", "ctrl+w"):
        return replace(typing, text="")
    return None


def said(state: AppState, typing: NameTyping) -> AppState:
    """The state once what was typed is taken; an empty text removes the name or the note."""
    before, text = state.naming.names.of(typing.unit), " ".join(typing.text.split())
    return noted(state, typing.unit, replace(before, note=text) if typing.is_note else replace(before, name=text))
