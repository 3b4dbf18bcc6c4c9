"""A caption that was cut is shown whole where the pointer rests on it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from deepvis.core.state import ViewState
from deepvis.window.ui.compose import Composer
from deepvis.window.ui.scene import Scene, Status
from deepvis.window.ui.text import draw_text, note_cut, noting_cuts
from tests.helpers.looks import words_of
from tests.window.ui.scenes import UNIT, make_scene, unit_images, unit_of

NOTE = "running top 9 of this stream, 12 images of a folder with a long name"


def scene_with_cut_note(**parts: object) -> tuple[Scene, tuple[int, int]]:
    """A scene, and the place of a heading's note that is too long for its pane."""
    images = unit_images(unit_of, notes={"top": NOTE})
    scene = make_scene(UNIT, unit_images=images, **parts)
    place = scene.layout["jpgvis"]
    return scene, (place.row + place.height // 3 + 12, place.right - 40)


def test_a_cut_note_is_whole_under_the_pointer_and_nowhere_else() -> None:
    composer = Composer()
    scene, at = scene_with_cut_note()
    plain = composer(scene).copy()
    assert composer.cut_at(*at) == NOTE and composer.cut_at(300, 500) == ""
    shown = composer(replace(scene, pointer=at))
    changed = (shown != plain).any(axis=2)
    rows, cols = np.flatnonzero(changed.any(axis=1)), np.flatnonzero(changed.any(axis=0))
    assert composer.has_changed and rows[0] >= at[0] - 2 and np.ptp(cols) > 200
    assert (composer(replace(scene, pointer=(300, 500))) == plain).all() and composer.has_changed


def test_a_pointer_over_nothing_that_was_cut_changes_nothing() -> None:
    composer = Composer()
    scene, _ = scene_with_cut_note()
    composer(scene)
    for row in range(0, 600, 60):
        composer(replace(scene, pointer=(row, 450)))
        assert not composer.has_changed


@pytest.mark.parametrize("corner", [(0, 0), (619, 0), (0, 999), (619, 999)])
def test_the_whole_caption_stays_in_the_window(corner: tuple[int, int], monkeypatch: pytest.MonkeyPatch) -> None:
    composer = Composer()
    monkeypatch.setattr(composer, "cut_at", lambda row, col: "word " * 60)
    drawn = composer(replace(make_scene(), pointer=corner))
    assert drawn.shape == (620, 1000, 3)


def test_facts_without_room_are_said_whole() -> None:
    composer = Composer()
    view = replace(UNIT, back_mode="deconv", gamma_boost=2)
    scene = make_scene(view, unit_images=unit_images(unit_of), size=(400, 420))
    composer(scene)
    status = scene.layout["status"]
    said = composer.cut_at(status.row + status.height // 3, status.col + 60)
    assert said.startswith("conv2/5x5_reduce · 7") and said.endswith("boost 0/0.5")


@pytest.mark.parametrize("width", range(240, 900, 20))
def test_a_fact_is_left_out_rather_than_cut_to_a_few_letters(width: int, monkeypatch: pytest.MonkeyPatch) -> None:
    scene = make_scene(replace(UNIT, back_mode="deconv", gamma_boost=2), size=(700, width))
    name, *others = words_of(monkeypatch, "status", scene)
    assert name
    assert all(len(word) > 20 for word in others if word.endswith("…"))


def test_over_the_help_which_is_whole_nothing_of_the_panes_is_said() -> None:
    composer = Composer()
    scene, at = scene_with_cut_note()
    composer(replace(scene, state=replace(scene.state, view=replace(scene.state.view, help=True))))
    assert composer.cut_at(*at) == "" and not composer._cuts["help"]
    composer(scene)
    assert composer.cut_at(*at) == NOTE


def test_an_error_and_a_hint_at_once_are_both_said_each_on_its_line() -> None:
    composer = Composer()
    scene = make_scene(ViewState(), status=Status(error="no camera 0", hint="saved window.png"))
    both = composer(scene)[scene.layout["status"].slices].copy()
    no_hint = replace(scene, status=replace(scene.status, hint=""))
    alone = composer(no_hint)[scene.layout["status"].slices].copy()
    rows = np.flatnonzero((both != alone).any(axis=(1, 2)))
    assert len(rows) and rows[-1] < scene.layout["status"].height // 2 + 2  # the error's line is as it was


def test_captions_are_noted_by_their_place_in_the_buffer() -> None:
    buffer = np.zeros((100, 300, 3), np.uint8)
    with noting_cuts(buffer) as found:
        draw_text(buffer[20:60, 50:200], 5, 10, "a rather long caption", 13, (255,) * 3, width=60)
        draw_text(np.zeros((20, 80, 3), np.uint8), 0, 0, "a rather long caption", 13, (255,) * 3, width=60)
    ((place, text),) = found
    assert (place.row, place.col, place.width, text) == (25, 60, 60, "a rather long caption")
    note_cut(buffer, place, "nobody listens")
    assert len(found) == 1
