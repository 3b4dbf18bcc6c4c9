"""What is shown once the user has switched a camera off: the photos of before. Pure."""

from __future__ import annotations

from deepvis.core.commands.changes import source
from deepvis.core.history import remembered
from deepvis.core.state import AppState


def camera_ended(state: AppState) -> AppState:
    """The state that shows the photos again, as one step of the history."""
    return remembered(state, source(state, moving=False, frozen=False) if state.input.moving else state)
