"""Colour or shape?: the selected unit's values for the picture gray, blurred, shuffled, in the place of the tiles."""

from __future__ import annotations

from deepvis.core.commands.changes import say, view
from deepvis.core.commands.table import Group, command
from deepvis.core.state import AppState, Cursor, Outcome, Zoom


@command(
    "f4",
    group=Group.SHOW,
    help="Colour or shape? The unit's values for the picture gray, blurred, shuffled and more",
)
def colour_or_shape(state: AppState) -> AppState | Outcome:
    """Turns the chart on, with the cursor on the units: the arrow keys go to others; once more turns it off."""
    if state.view.zoom is Zoom.CHANGES:
        return view(state, zoom=Zoom.OFF)
    if state.layer.missing:
        return say(state, f"there are no values to compare: {state.layer.missing_words}")
    return view(state, zoom=Zoom.CHANGES, cursor=Cursor.UNITS)
