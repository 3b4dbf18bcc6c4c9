"""A photo that is given to the window is seen: nothing lies over it, and it is one step of the history."""

from __future__ import annotations

from dataclasses import replace

import pytest

from deepvis.core.commands import COMMANDS, perform
from deepvis.core.state import AppState, HelpSearch, InputState, PaletteLists
from deepvis.core.typed import press
from deepvis.window.given import given, given_words
from deepvis.window.ui.events import CameraEnded, CameraGiven, PhotoGiven
from tests.window.ui.scenes import INFO


def test_a_photo_closes_the_help() -> None:
    before, _ = perform(AppState(INFO), COMMANDS["toggle_help"])
    before = replace(before, help_search=HelpSearch("deconv"))
    after = given(before, PhotoGiven("/photos/cat.jpg"))
    assert after.input.photo == "/photos/cat.jpg" and not after.view.help and not after.help_search.text
    undone, _ = perform(after, COMMANDS["undo"])
    assert undone.input == before.input


def test_a_camera_leaves_the_help_open() -> None:
    before, _ = perform(AppState(INFO), COMMANDS["toggle_help"])
    assert given(before, CameraGiven()).view.help


def test_it_is_said_once_how_to_get_back_to_the_files_of_before() -> None:
    before = AppState(INFO, input=InputState(images="/own/photos", file_index=4))
    first = given(before, PhotoGiven("/uploads/cat.jpg"))
    assert "backspace" in given_words(before, first) and "started with" in given_words(before, first)
    assert given_words(first, given(first, PhotoGiven("/uploads/0002 dog.jpg"))) == ""


@pytest.mark.parametrize("images", ["/own/photos", None])
def test_the_palette_goes_back_to_the_photos_of_the_start(images: str | None) -> None:
    state = AppState(INFO, input=InputState(images=images, file_index=4))
    state = replace(state, palette_lists=PaletteLists(first_images=images))
    for name in ("1", "2", "3"):
        state = given(state, PhotoGiven(f"/uploads/{name}.jpg"))
    for key in ("ctrl+p", *"started", "enter"):
        state, effects = press(state, key)
        assert not effects
    assert (state.input.images, state.input.photo, state.input.moving) == (images, "", False)
    undone, _ = perform(state, COMMANDS["undo"])
    assert undone.input.photo == "/uploads/3.jpg"


def test_the_photo_of_before_comes_back_once_the_camera_is_off() -> None:
    before = replace(AppState(INFO), input=InputState(moving=True, frozen=True, images="/photos", file_index=3))
    after = given(before, CameraEnded())
    assert after.input == InputState(images="/photos", file_index=3)
    undone, _ = perform(after, COMMANDS["undo"])
    assert undone.input == before.input


def test_photos_stay_as_they_are_without_a_camera() -> None:
    state = replace(AppState(INFO), input=InputState(images="/photos", file_index=3))
    assert given(state, CameraEnded()).input == state.input
