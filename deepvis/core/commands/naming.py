"""Names, stars and notes of units."""

from __future__ import annotations

from dataclasses import replace

from deepvis.core.commands.changes import say
from deepvis.core.commands.table import Group, command
from deepvis.core.naming import NameTyping, noted
from deepvis.core.state import AppState, Outcome


@command("ctrl+t", group=Group.KEEP, help="Name this unit: the palette finds it by its name")
def name_unit(state: AppState) -> AppState | Outcome:
    return _typing(state, is_note=False)


@command("ctrl+d", group=Group.KEEP, help="Star this unit, or take the star away; / starred lists them")
def star_unit(state: AppState) -> AppState | Outcome:
    if state.layer.missing:
        return say(state, f"there is no unit to star: {state.layer.missing_words}")
    before = state.naming.names.of(state.unit)
    words = "the star is taken away" if before.starred else "starred; / starred lists all"
    return say(noted(state, state.unit, replace(before, starred=not before.starred)), words)


@command(group=Group.KEEP, help="Note on this unit")
def note_unit(state: AppState) -> AppState | Outcome:
    return _typing(state, is_note=True)


def _typing(state: AppState, *, is_note: bool) -> AppState | Outcome:
    if state.layer.missing:
        return say(state, f"there is no unit to name: {state.layer.missing_words}")
    before = state.naming.names.of(state.unit)
    return replace(state, typing=NameTyping(state.view, state.unit, before.note if is_note else before.name, is_note))
