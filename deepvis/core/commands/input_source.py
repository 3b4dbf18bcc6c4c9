"""The input: files, camera or video, and how a picture becomes the network's input."""

from __future__ import annotations

from deepvis.core.commands.changes import say, source
from deepvis.core.commands.table import Group, command
from deepvis.core.state import AppState, Outcome
from deepvis.core.types import Fit


@command("f", "space", group=Group.INPUT, help="Freeze the camera or pause the video, or go on")
def toggle_freeze(state: AppState) -> AppState:
    return source(state, frozen=not state.input.frozen)


@command("c", group=Group.INPUT, help="Camera or video, or files")
def toggle_moving(state: AppState) -> AppState:
    return source(state, moving=not state.input.moving, frozen=False)


@command("e", "pgdn", group=Group.INPUT, help="Next file", is_held=True)
def next_file(state: AppState) -> AppState | Outcome:
    return step_files(state, 1)


@command("w", "pgup", group=Group.INPUT, help="Previous file", is_held=True)
def previous_file(state: AppState) -> AppState | Outcome:
    return step_files(state, -1)


def step_files(state: AppState, step: int) -> AppState | Outcome:
    """Some files on; from a camera or a video to the user's own files, if there are any, and never to the samples."""
    if not state.input.moving:
        return source(state, file_index=state.input.file_index + step)
    if state.input.images is None:
        return say(state, "no files of your own are open: c shows the sample photos, / opens a folder")
    return say(source(state, moving=False, frozen=False), "your files; c goes back to the camera or video")


@command("F", group=Group.INPUT, help="Crop pictures to the network's shape, or stretch them")
def toggle_fit(state: AppState) -> AppState:
    return source(state, fit=Fit.STRETCH if state.input.fit is Fit.CROP else Fit.CROP)


@command("M", group=Group.INPUT, help="Camera as in a mirror, or as others see you")
def toggle_mirror(state: AppState) -> AppState:
    return source(state, mirror=not state.input.mirror)
