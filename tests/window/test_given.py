"""A photo that is given to the window is seen: nothing lies over it, and it is one step of the history."""

from __future__ import annotations

from dataclasses import replace

from deepvis.core.commands import COMMANDS, perform
from deepvis.core.state import AppState, HelpSearch
from deepvis.window.given import given
from deepvis.window.ui.events import CameraGiven, PhotoGiven
from tests.window.ui.scenes import INFO


def test_a_photo_closes_the_help() -> None:
    before, _ = perform(AppState(INFO), COMMANDS["toggle_help"])
    before = replace(before, help_search=HelpSearch("deconv"))
    after = given(before, PhotoGiven("/photos/0001 cat.jpg"))
    assert after.input.photo == "/photos/0001 cat.jpg" and not after.view.help and not after.help_search.text
    undone, _ = perform(after, COMMANDS["undo"])
    assert undone.input == before.input


def test_a_camera_leaves_the_help_open() -> None:
    before, _ = perform(AppState(INFO), COMMANDS["toggle_help"])
    assert given(before, CameraGiven()).view.help
