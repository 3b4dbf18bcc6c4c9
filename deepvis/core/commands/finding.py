"""Finding anything by typing, and going back: undo, redo, the units visited."""

from __future__ import annotations

from dataclasses import replace

from deepvis.core.commands.table import Group, command
from deepvis.core.history import redone, undone, visited_after, visited_before
from deepvis.core.state import AppState, GoTo, Outcome, Palette


@command("/", "ctrl+p", group=Group.FIND, help="Go to anything: layer, unit (conv5 151), class, photo, command, path")
def palette(state: AppState) -> AppState:
    return replace(state, typing=Palette(state.view))


@command(*"0123456789", group=Group.FIND, help="Go to a unit of this layer by its number; Enter or a pause goes there")
def go_to(state: AppState) -> AppState:
    return replace(state, typing=GoTo(state.view))


@command("backspace", "ctrl+z", group=Group.FIND, help="Undo the last change of what is shown, or of the input")
def undo(state: AppState) -> Outcome:
    return undone(state)


@command("Z", "ctrl+y", group=Group.FIND, help="Do again what was undone")
def redo(state: AppState) -> Outcome:
    return redone(state)


@command("[", group=Group.FIND, help="Back to the unit visited before")
def back_unit(state: AppState) -> AppState:
    return visited_before(state)


@command("]", group=Group.FIND, help="Forward again through the units visited")
def forward_unit(state: AppState) -> AppState:
    return visited_after(state)
