"""In front of a class: large text and what was pressed, one pane over most of the window."""

from __future__ import annotations

from dataclasses import replace

from deepvis.core.commands.changes import say, view
from deepvis.core.commands.table import Group, command
from deepvis.core.presenting import can_enlarge, next_pane, pane_words
from deepvis.core.state import AppState, Outcome


@command("f5", group=Group.SHOW, help="Presenter mode: text 1.5 times as large, and what was pressed; again: as before")
def present(state: AppState) -> AppState:
    shown = state.view.presenting
    return view(state, presenting=replace(shown, large_text=not shown.large_text))


@command(
    "f6", group=Group.SHOW, help="Enlarge the pane under the mouse, or the next one in turn (Esc: all panes again)"
)
def enlarge(state: AppState) -> AppState | Outcome:
    if not can_enlarge(state.panes.shown):
        return say(state, "the window has no pane that could be enlarged; the setting panes places them")
    return enlarge_pane(state, next_pane(state.view.presenting.pane, state.panes))


def enlarge_pane(state: AppState, name: str) -> AppState | Outcome:
    """Show a pane over most of the window, by its name; "": all panes as large as usual."""
    after = view(state, presenting=replace(state.view.presenting, pane=name))
    return say(after, f"large: {pane_words(name)}; f6 the next pane, Esc all panes again") if name else after
