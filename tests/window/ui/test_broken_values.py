"""Weights that diverge give NaN and infinities: every pane is drawn all the same, and says what it has."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from deepvis.window.ui.scene import Scene
from tests.helpers.looks import words_of
from tests.window.ui.draw_golden import pane_picture
from tests.window.ui.scenes import GOLDEN

BROKEN = {
    "all nan": lambda values: np.full_like(values, np.nan),
    "some nan": lambda values: np.where(np.arange(values.size).reshape(values.shape) % 3, values, np.nan),
    "infinite": lambda values: np.where(np.arange(values.size).reshape(values.shape) % 2, np.inf, -np.inf),
}


def broken(scene: Scene, how: str) -> Scene:
    """The scene with other numbers in all that the network gave."""
    snapshot = scene.snapshot
    if snapshot is None:
        return scene
    spoil = {key: BROKEN[how] for key in ("activations", "diffs")}
    made = {
        name: {layer: spoil[name](values).astype(np.float32) for layer, values in getattr(snapshot, name).items()}
        for name in spoil
    }
    diff = snapshot.input_diff
    return replace(scene, snapshot=replace(snapshot, **made, input_diff=None if diff is None else BROKEN[how](diff)))


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("how", BROKEN)
@pytest.mark.parametrize("name", GOLDEN)
def test_a_pane_is_drawn_of_broken_values(name: str, how: str) -> None:
    pane, make = GOLDEN[name]
    picture = pane_picture(pane, broken(make(), how))
    assert picture.dtype == np.uint8 and picture.any()


def test_classes_say_that_they_are_no_numbers(monkeypatch: pytest.MonkeyPatch) -> None:
    pane, make = GOLDEN["aux_classes"]
    assert words_of(monkeypatch, pane, broken(make(), "all nan"))[2::2] == ["nan"] * 5
