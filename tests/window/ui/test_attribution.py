"""What the panes say of an attribution: of which unit, how far, stale or not, and what the tooltips add."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from deepvis.core.attribution_pictures import attribution_codes, colours_of, enlarged, laid_on
from deepvis.core.state import ColourMap, InputState, ViewState
from deepvis.core.types import Unit
from deepvis.window.ui.hover_words import tip_of
from deepvis.window.ui.laid_over import attribution_words, is_overlay_stale, overlay_of, progress_words
from deepvis.window.ui.regions import HEADING, PICTURE, Hit
from deepvis.window.ui.scene import Scene
from tests.window.ui.scenes import UNIT, attribution_scene, make_frame, make_scene

NAME = "conv2/5x5_reduce · 7"


def lines(scene: Scene, under: Hit) -> tuple[str, ...]:
    tip = tip_of(replace(scene, hover=under))
    assert tip is not None
    return tip.title, *tip.lines


def of_a_moving_frame(scene: Scene, *, frozen: bool) -> Scene:
    """The same of a camera's frame."""
    assert scene.snapshot is not None and scene.attribution is not None
    request = replace(scene.attribution.request, frame=make_frame(1, moving=True))
    state = replace(scene.state, input=InputState(moving=True, frozen=frozen))
    return replace(
        scene,
        state=state,
        frame=request.frame,
        snapshot=replace(scene.snapshot, request=request),
        attribution=replace(scene.attribution, request=request),
    )


def test_the_heading_s_tooltip_has_words_formula_and_what_is_to_be_said() -> None:
    scene = attribution_scene("integrated_gradients", done=8, total=64, note="sum 2, f(x) - f(0) 3")
    assert lines(scene, Hit("input", part=HEADING)) == (
        f"Integrated gradients of {NAME}",
        "each pixel times its gradient, averaged on the way from the mean colour to the picture",
        "sum_c x_c mean_a(df/dx_c at a x), a from 0 to 1",
        "orange speaks for the unit, blue against it",
        "8 of 64 steps",
        "sum 2, f(x) - f(0) 3",
        "photo_1.jpg, 2 of 9",
        "Overlay: the back projection, or the attribution, lies over the input; A changes how much",
    )
    scored = attribution_scene("grad_cam", ViewState(4, 2), layer="pool1", scored="fc3")
    assert "of its score before the softmax, in fc3" in lines(scored, Hit("input", part=HEADING))
    failed = attribution_scene("grad_cam", values=None, error="Grad-CAM: there is none")
    assert "Grad-CAM: there is none" in lines(failed, Hit("input", part=HEADING))


def test_a_place_s_tooltip_has_its_value() -> None:
    values = np.zeros((14, 14), np.float32)
    values[7, 13] = -1.25
    scene = attribution_scene("occlusion", values=values)
    assert "Occlusion here −1.25" in lines(scene, Hit("input", part=PICTURE, spot=(24, 47)))
    assert "Occlusion here 0" in lines(scene, Hit("input", part=PICTURE, spot=(0, 0)))


def test_another_unit_s_attribution_is_stale_and_says_nothing_of_this_one() -> None:
    scene = attribution_scene("grad_cam", layer="pool1")
    assert not is_overlay_stale(scene) and overlay_of(scene) is not None
    other = replace(scene, state=replace(scene.state, view=replace(scene.state.view, channel=8)))
    assert is_overlay_stale(other) and overlay_of(other) is not None
    assert attribution_words(other) == "Grad-CAM of conv2/5x5_reduce · 8"


def test_an_attribution_of_another_picture_is_not_laid_over_this_one() -> None:
    scene, newer = attribution_scene("grad_cam"), make_scene(frame=2)
    assert overlay_of(replace(scene, frame=newer.frame, snapshot=newer.snapshot)) is None


def test_how_far_it_is() -> None:
    scene = attribution_scene("occlusion", done=64, total=196)
    assert progress_words(scene.attribution) == "64 of 196 places"
    assert attribution_words(scene) == f"Occlusion of {NAME}, 64 of 196 places"
    assert progress_words(attribution_scene("occlusion", done=196, total=196).attribution) == ""
    moving = of_a_moving_frame(scene, frozen=False)
    assert attribution_words(moving).endswith("64 of 196 places, f holds the frame for the rest")
    assert attribution_words(of_a_moving_frame(scene, frozen=True)).endswith("64 of 196 places")
    waiting = replace(scene, attribution=None)
    assert attribution_words(waiting) == f"Occlusion of {NAME}, begun" and overlay_of(waiting) is None
    assert attribution_words(make_scene(UNIT)) == ""


@pytest.mark.parametrize("is_signed", [True, False])
def test_the_colours(is_signed: bool) -> None:
    """0 is dark; more is lighter; below 0 is blue where it counts, and dark where it does not."""
    values = np.array([[-2.0, 0.0, 1.0, 2.0]], np.float32)
    codes = attribution_codes(values, is_signed=is_signed)
    rgb, _ = colours_of(codes, ColourMap.SIGNED if is_signed else ColourMap.MAGMA)
    below, zero, some, most = rgb[0].astype(int)
    assert zero.max() < 40 and zero.sum() < some.sum() < most.sum()
    assert bool(below[2] > below[0] + 100) == is_signed and most[0] > most[2]
    if not is_signed:
        assert np.array_equal(below, zero)


def test_values_that_are_no_numbers_are_drawn_as_0() -> None:
    values = np.array([[np.nan, np.inf, 1.0]], np.float32)
    codes = attribution_codes(values, is_signed=True)
    assert np.isfinite(codes.ceilings).all()


def test_coarse_values_are_laid_on_smoothly() -> None:
    whole = enlarged(np.array([[0, 1]], np.float32), 4, 8)
    assert whole.shape == (4, 8) and (np.diff(whole, axis=1) >= 0).all()
    picture, colours = np.full((4, 8, 3), 100, np.uint8), np.full((2, 4, 3), 200, np.uint8)
    assert (laid_on(picture, colours, 0.4) == 140).all()


def test_the_unit_is_the_frozen_one() -> None:
    scene = attribution_scene("grad_cam", replace(UNIT, pinned=Unit("prob", 2)), layer="conv2/5x5_reduce")
    assert attribution_words(scene) == "Grad-CAM of prob · 2, maps of conv2/5x5_reduce"
