"""Finding anything by typing, and going back: undo, redo, the units visited."""

from __future__ import annotations

from dataclasses import replace

from deepvis.core.commands.table import Group, command, enter
from deepvis.core.history import redone, undone, visited_after, visited_before
from deepvis.core.state import AppState, GoTo, Palette


@command("/", "ctrl+p", group=Group.FIND, help="Go to anything: layer, unit (conv5 151), class, photo, command, path")
def palette(state: AppState) -> AppState:
    return replace(state, typing=Palette(state.view))


@command(*"0123456789", group=Group.FIND, help="Go to a unit of this layer by its number; Enter or a pause goes there")
def go_to(state: AppState) -> AppState:
    return replace(state, typing=GoTo(state.view))


enter("undo", ("backspace", "ctrl+z"), Group.FIND, "Undo the last change of what is shown, or of the input", undone)
enter("redo", ("Z", "ctrl+y"), Group.FIND, "Do again what was undone", redone)
enter("back_unit", ("[",), Group.FIND, "Back to the unit visited before", visited_before)
enter("forward_unit", ("]",), Group.FIND, "Forward again through the units visited", visited_after)
