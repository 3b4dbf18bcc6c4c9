"""The scale that key E fixes: the largest seen so far, the same for every later frame, until it is freed."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from deepvis.core.state import ColourMap, Look, ViewState
from deepvis.core.types import Frame
from deepvis.window.fixed_scales import FixedScales
from deepvis.window.ui.legend import codes_of, fixed_caption
from deepvis.window.ui.readings import layer_view
from deepvis.window.ui.scene import Scene
from tests.window.ui.scenes import UNIT, make_scene

LAYER = "conv2/5x5_reduce"


def of(factor: float, view: ViewState = UNIT) -> Scene:
    """A new pass whose values are so many times those of the first."""
    scene = make_scene(view)
    values = (factor * scene.snapshot.activations[LAYER]).astype(np.float32)
    return replace(scene, snapshot=replace(scene.snapshot, activations={**scene.snapshot.activations, LAYER: values}))


FIXED = replace(UNIT, fixed_scale=True)
LARGEST = float(make_scene(UNIT).snapshot.activations[LAYER].max())


def test_nothing_is_fixed_unless_wanted() -> None:
    assert FixedScales()(of(1)).fixed_scale is None


def test_the_scale_is_of_the_largest_seen_so_far_and_stays() -> None:
    scales = FixedScales()
    for factor in (1, 3, 2):
        scales(of(factor))
    first = scales(of(1, FIXED)).fixed_scale
    assert first.high == pytest.approx(3 * LARGEST) and first.fixed
    for factor in (5, 0.1, 0):
        assert scales(of(factor, FIXED)).fixed_scale is first
    clipped = scales(of(5, FIXED))
    codes = codes_of(clipped, layer_view(clipped))
    assert codes.clipped.any() and fixed_caption(codes) == "fixed 0 .. 3.22"


def test_it_says_where_it_comes_from() -> None:
    now = ["14:05:33"]
    scales = FixedScales(clock=lambda: now[0])
    assert scales(of(1)).fixed_from == ""
    assert (
        scales(of(1, FIXED)).fixed_from
        == f"taken from {LAYER} at 14:05:33, of 2 passes; the largest value in photo_1.jpg"
    )
    scales(of(1))
    frame = Frame(9, np.zeros((4, 4, 3), np.uint8), "bikes.mp4", moving=True, seconds=3.44)
    for moving, words in ((frame, "bikes.mp4 at 3.4 s"), (replace(frame, seconds=None), "bikes.mp4 at 14:06:00")):
        now[0] = "14:06:00"
        scales = FixedScales(clock=lambda: now[0])
        scene = of(2, FIXED)
        scene = replace(scene, snapshot=replace(scene.snapshot, request=replace(scene.snapshot.request, frame=moving)))
        assert scales(scene).fixed_from == f"taken from {LAYER} in {words}, at 14:06:00"


def test_the_same_value_is_as_bright_in_any_frame() -> None:
    scales = FixedScales()
    one, two = scales(of(1, FIXED)), scales(of(0.5, FIXED))
    a, b = codes_of(one, layer_view(one)), codes_of(two, layer_view(two))
    assert a.exponent == b.exponent and (a.ceilings == b.ceilings).all()
    assert (b.tone[b.codes] <= a.tone[a.codes]).all()


def test_freed_and_fixed_again_it_takes_in_what_came_between() -> None:
    scales = FixedScales()
    assert scales(of(1, FIXED)).fixed_scale.high == pytest.approx(LARGEST)
    assert scales(of(4)).fixed_scale is None
    assert scales(of(1, FIXED)).fixed_scale.high == pytest.approx(4 * LARGEST)


def test_each_layer_look_and_sign_has_its_own() -> None:
    scales = FixedScales()
    made = {
        scales(of(1, replace(FIXED, **changes))).fixed_scale
        for changes in ({}, {"layer_index": 0}, {"look": Look.PLAIN_2015}, {"colour_map": ColourMap.SIGNED})
    }
    assert len(made) == 4 and None not in made
    assert scales(of(1, replace(FIXED, colour_map=ColourMap.VIRIDIS))).fixed_scale in made


def test_numbers_that_are_none_do_not_count() -> None:
    scales, scene = FixedScales(), of(1, FIXED)
    broken = scene.snapshot.activations[LAYER].copy()
    broken[0, 0, 0], broken[1, 0, 0] = np.inf, np.nan
    snapshot = replace(scene.snapshot, activations={LAYER: broken})
    assert scales(replace(scene, snapshot=snapshot)).fixed_scale.high == pytest.approx(LARGEST)
