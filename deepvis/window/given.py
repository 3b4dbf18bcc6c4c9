"""What the user gives to the window with no key: a photo that is dropped on it, a camera that is switched on. Pure."""

from __future__ import annotations

import os
from dataclasses import replace

from deepvis.core.commands import COMMANDS, shown_keys
from deepvis.core.commands.changes import source
from deepvis.core.history import remembered
from deepvis.core.state import AppState, HelpSearch
from deepvis.window.ui.events import CameraEnded, CameraGiven, PhotoGiven

OTHER_FILES = 'e and w go through the photos given; {undo} goes back, and "photos it was started with" in / does'


def given(state: AppState, event: PhotoGiven | CameraGiven | CameraEnded) -> AppState:
    """The state that shows it, as one step of the history; the photo's neighbours in its folder are the open files.

    A photo closes the help, under which it would not be seen. A camera that has ended gives the photos back.
    """
    if isinstance(event, (CameraGiven, CameraEnded)):
        is_on = isinstance(event, CameraGiven)
        after = state if state.input.moving == is_on else source(state, moving=is_on, frozen=False)
    else:
        folder = os.path.dirname(event.path)
        at = state.input.file_index if state.input.images == folder else 0
        after = source(state, moving=False, frozen=False, images=folder, photo=event.path, file_index=at, photo_at=at)
        after = replace(after, view=replace(after.view, help=False), help_search=HelpSearch())  # it would lie over it
    return remembered(state, after)


def given_words(before: AppState, after: AppState) -> str:
    """How to get back where other files are open now than before, in a sentence; "" where they are the same."""
    if after.input.images == before.input.images:
        return ""
    return OTHER_FILES.format(undo=shown_keys(COMMANDS["undo"])[0])
