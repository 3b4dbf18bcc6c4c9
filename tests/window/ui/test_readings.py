"""What the labels say, and when a pane is stale."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from deepvis.core.state import InputState, Show, ViewState
from deepvis.core.types import BackRequest, Fit, Patch, Snapshot, Unit, UnitStanding
from deepvis.core.words import short_label
from deepvis.window.ui.readings import (
    is_back_stale,
    is_frame_stale,
    label_of,
    layer_view,
    number,
    peak_of,
    percentile,
    shows_snapshot_input,
    standing_sentence,
    top_classes,
)
from tests.window.ui.scenes import DECONV, UNIT, make_frame, make_scene, make_snapshot, unit_images, unit_of, with_layer


def test_a_still_picture_that_was_not_passed_yet_makes_the_panes_stale() -> None:
    scene = make_scene()
    assert shows_snapshot_input(scene) and not is_frame_stale(scene)
    newer = replace(scene, frame=make_frame(2))
    assert not shows_snapshot_input(newer) and is_frame_stale(newer) and layer_view(newer).stale


def test_a_moving_source_shows_the_newest_pass_and_is_not_stale() -> None:
    scene = make_scene(moving=True)
    newer = replace(scene, frame=make_frame(2, moving=True))
    assert shows_snapshot_input(newer) and not is_frame_stale(newer)


def test_a_frozen_camera_is_a_still_picture() -> None:
    scene = make_scene(moving=True, source=InputState(moving=True, frozen=True))
    assert not is_frame_stale(scene)
    assert is_frame_stale(replace(scene, frame=make_frame(2, moving=True)))


def test_files_after_a_camera_are_stale_until_passed() -> None:
    scene = make_scene(moving=True)
    assert is_frame_stale(replace(scene, frame=make_frame(5)))


def test_another_fit_is_stale_even_for_a_camera() -> None:
    scene = make_scene(moving=True, source=InputState(moving=True, fit=Fit.CROP))
    stretched = replace(scene, state=replace(scene.state, input=InputState(moving=True, fit=Fit.STRETCH)))
    assert is_frame_stale(stretched)


def test_the_back_pane_is_stale_by_comparison() -> None:
    assert not is_back_stale(make_scene(DECONV))
    assert is_back_stale(make_scene(DECONV, asked=BackRequest(Unit("conv2/5x5_reduce", 8), "deconv")))
    assert is_back_stale(make_scene(DECONV, asked=BackRequest(unit_of, "gradient")))


def test_diffs_are_named_after_the_ask_that_they_answer() -> None:
    other = BackRequest(Unit("fc3", 1), "gradient")
    view = layer_view(make_scene(replace(DECONV, show=Show.DIFFS), asked=other))
    assert view.caption == "diffs, gradient of fc3 · 1" and view.stale and view.signed


@pytest.mark.parametrize(
    ("view", "asked", "said"),
    [
        (replace(UNIT, show=Show.DIFFS), None, "Press b"),
        (replace(DECONV, show=Show.DIFFS), None, "Waiting for the deconv of conv2/5x5_reduce · 7"),
        (replace(DECONV, show=Show.DIFFS, layer_index=4, pinned=unit_of), "wanted", "does not lie between"),
    ],
)
def test_missing_diffs_say_why(view: ViewState, asked: object, said: str) -> None:
    seen = layer_view(make_scene(view, asked=asked))
    assert not seen.has(0) and said in seen.sentence


def test_a_layer_that_was_not_passed_is_waited_for() -> None:
    scene = make_scene(UNIT)
    snapshot = Snapshot(99, scene.snapshot.request, {}, input_rgb=scene.snapshot.input_rgb)
    assert layer_view(replace(scene, snapshot=snapshot)).sentence == "Waiting for conv2/5x5_reduce."


def test_peak_of_activations_and_of_diffs() -> None:
    view = layer_view(make_scene(UNIT))
    value, row, col = peak_of(view, 7)
    assert value == view.values[7].max() == view.values[7, row, col]
    diffs = layer_view(make_scene(replace(DECONV, show=Show.DIFFS)))
    value, row, col = peak_of(diffs, 7)
    assert abs(value) == np.abs(diffs.values[7]).max() and value == diffs.values[7, row, col]
    assert peak_of(view, 1000) is None


def test_top_classes_best_first() -> None:
    classes = top_classes(make_scene(), 3)
    probs = make_scene().snapshot.activations["prob"].ravel()
    assert [p for _, p in classes] == sorted(probs.tolist(), reverse=True)[:3]
    assert len(top_classes(make_scene(), 50)) == 10 and top_classes(make_scene(frame=None)) == []


def test_labels_lose_the_synsets_number_and_nothing_else() -> None:
    assert short_label("n02123045 tabby, tabby cat") == "tabby, tabby cat"
    assert short_label("n02123045") == "n02123045" and short_label("nine lives") == "nine lives"
    scene = make_scene(ViewState(4, 2))
    assert label_of(scene, Unit("prob", 2)) == "cat" and label_of(scene, Unit("fc3", 2)) == ""
    assert label_of(scene, Unit("prob", 99)) == ""


def test_percentile_within_a_histogram() -> None:
    standing = UnitStanding(100, 0, 1, 0.5, (0, 1, 2, 4), (50, 25, 25))
    assert percentile(standing, -1) == 0 and percentile(standing, 1) == 50
    assert percentile(standing, 3) == 87.5 and percentile(standing, 9) == 100
    assert percentile(UnitStanding(0, 0, 0, 0), 1) == 0


def test_the_standing_is_said_of_the_selected_unit_only() -> None:
    scene = make_scene(UNIT, unit_images=unit_images(unit_of))
    assert " of 8,242 images" in standing_sentence(scene)
    assert standing_sentence(replace(scene, unit_images=unit_images(Unit("conv1/3x3", 7)))) == ""
    best = replace(unit_images(unit_of), patches=(Patch(1e-6, "best.jpg", 0, 0),))
    assert standing_sentence(make_scene(UNIT, unit_images=best)) == "the highest of 8,242 images"
    silent = make_scene(UNIT, unit_images=unit_images(unit_of), snapshot=None)
    assert standing_sentence(silent) == "silent in 82 % of 8,242 images"


@pytest.mark.parametrize(
    ("value", "said"),
    [(0, "0"), (0.01234, "0.0123"), (12.345, "12.3"), (1230.4, "1230"), (1.5e6, "1.5e+06"), (-0.5, "−0.500")],
)
def test_numbers_are_short(value: float, said: str) -> None:
    assert number(value) == said


@pytest.mark.parametrize("value, said", [(0.9997, "1.00"), (9.996, "10.0"), (99.96, "100"), (0.0009996, "0.00100")])
def test_numbers_that_are_rounded_up_have_three_digits(value: float, said: str) -> None:
    assert number(value) == said


def test_numbers_take_what_is_no_number() -> None:
    assert number(float("nan")) == "nan" and number(float("inf")) == "inf"


def test_borrowed_snapshots_do_not_matter_to_the_input() -> None:
    frame = make_frame(1)
    scene = make_scene(snapshot=make_snapshot(frame))
    assert shows_snapshot_input(scene)
    assert shows_snapshot_input(replace(scene, frame=None))


def test_a_layer_that_this_picture_does_not_go_through_says_so() -> None:
    scene = with_layer(make_scene(UNIT), "conv2/5x5_reduce", np.full((40, 12, 12), np.nan, np.float32))
    view = layer_view(scene)
    assert not view.has(0) and view.sentence.startswith("conv2/5x5_reduce: no numbers for this picture")
