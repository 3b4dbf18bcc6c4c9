"""The numbers that the panes say are those of what they draw."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from deepvis.core.back_modes import DECONV as MODE
from deepvis.core.back_modes import title_of
from deepvis.core.state import INDIVIDUAL_BOOSTS, ViewState, Zoom
from deepvis.core.types import Snapshot
from deepvis.window.ui.legend import unit_codes
from deepvis.window.ui.readings import layer_view
from deepvis.window.ui.scalars import ends_of
from deepvis.window.ui.scene import Scene
from tests.helpers.looks import words_of
from tests.window.ui.scenes import UNIT, fixed_scene, make_scene, unit_images, unit_of


def with_values(scene: Scene, values: np.ndarray) -> Scene:
    """The scene with other values (C, H, W) of the selected layer."""
    snapshot = scene.snapshot
    assert isinstance(snapshot, Snapshot)
    blobs = {**snapshot.activations, scene.state.layer.name: values.astype(np.float32)}
    return replace(scene, snapshot=replace(snapshot, activations=blobs))


@pytest.mark.parametrize("boost", range(len(INDIVIDUAL_BOOSTS)))
def test_the_scale_of_a_zoomed_unit_is_its_own(boost: int, monkeypatch: pytest.MonkeyPatch) -> None:
    values = np.zeros((40, 12, 12), np.float32)
    values[3, 5, 5], values[7, 2, 4] = 6.42, 3.16
    scene = with_values(make_scene(replace(UNIT, zoom=Zoom.UNIT, individual_boost=boost)), values)
    codes = unit_codes(scene, layer_view(scene))
    assert codes.ceilings[0] == pytest.approx(3.16, rel=1e-5) and codes.codes.max() == 255
    assert "3.16" in words_of(monkeypatch, "layers", scene)


def test_the_ends_of_bars_are_those_of_the_fixed_scale(monkeypatch: pytest.MonkeyPatch) -> None:
    scene = fixed_scene(ViewState(4, 5))
    assert "bars fixed from 0 to 0.944" in words_of(monkeypatch, "layers", scene)
    assert ends_of(scene, layer_view(scene)) == (0, pytest.approx(0.944, abs=0.001))


def test_the_strongest_diff_is_not_called_the_largest(monkeypatch: pytest.MonkeyPatch) -> None:
    from deepvis.core.state import Show

    scene = make_scene(replace(UNIT, back_mode="deconv", show=Show.DIFFS))
    diffs = np.zeros((40, 12, 12), np.float32)
    diffs[7, 1, 2], diffs[7, 3, 4] = -13.8, 5.0
    assert scene.snapshot is not None
    blobs = {**scene.snapshot.diffs, "conv2/5x5_reduce": diffs}
    scene = replace(scene, snapshot=replace(scene.snapshot, diffs=blobs))
    assert "strongest −13.8 at row 1, col 2" in words_of(monkeypatch, "aux", scene)
    assert "strongest diff −13.8" in words_of(monkeypatch, "status", scene)


def test_the_projections_of_the_top_nine_name_their_method(monkeypatch: pytest.MonkeyPatch) -> None:
    words = words_of(monkeypatch, "jpgvis", make_scene(ViewState(2, 7), unit_images=unit_images(unit_of)))
    assert f"Top 9, {title_of(MODE)}" in words
