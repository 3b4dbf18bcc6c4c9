"""A camera that is switched off gives the photos back, as one step of the history."""

from __future__ import annotations

from dataclasses import replace

from deepvis.core.commands import COMMANDS, perform
from deepvis.core.state import AppState, InputState
from deepvis.window.camera_end import camera_ended
from tests.window.ui.scenes import INFO


def test_the_photo_of_before_comes_back() -> None:
    before = replace(AppState(INFO), input=InputState(moving=True, frozen=True, images="/photos", file_index=3))
    after = camera_ended(before)
    assert after.input == InputState(images="/photos", file_index=3)
    undone, _ = perform(after, COMMANDS["undo"])
    assert undone.input == before.input


def test_photos_stay_as_they_are() -> None:
    state = replace(AppState(INFO), input=InputState(images="/photos", file_index=3))
    assert camera_ended(state).input == state.input
