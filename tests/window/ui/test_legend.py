"""The scale bars are true: their ends are the values of the darkest and the brightest colour that is drawn."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deepvis.core.back_pictures import back_strength
from deepvis.core.geometry import Rect, fit_inside
from deepvis.core.panes import card_areas
from deepvis.core.pixels import fixed_scale_of
from deepvis.core.state import OVERLAYS, ColourMap, Cursor, Look, Show, ViewState
from deepvis.core.types import BackRequest
from deepvis.window.ui.compose import Composer
from deepvis.window.ui.laid_over import laid_over, overlay_of
from deepvis.window.ui.legend import (
    codes_of,
    fixed_caption,
    foot_height,
    is_signed,
    layer_legend,
    paint_for,
    unit_codes,
    unit_legend,
)
from deepvis.window.ui.readings import layer_view, number
from deepvis.window.ui.scene import Scene
from tests.window.ui.scenes import DECONV, UNIT, fixed_scene, logits_scene, make_scene, unit_images, unit_of

views = st.builds(
    ViewState,
    layer_index=st.integers(0, 4),
    channel=st.integers(0, 39),
    cursor=st.just(Cursor.UNITS),
    back_mode=st.just("deconv"),
    show=st.sampled_from(Show),
    individual_boost=st.integers(0, 4),
    gamma_boost=st.integers(0, 3),
    colour_map=st.sampled_from(ColourMap),
    look=st.sampled_from(Look),
    fixed_scale=st.booleans(),
)


def value_at(words: str) -> float:
    """The number at an end of a scale bar."""
    return float(words.lstrip("\u2265\u2264 ").replace("\u2212", "-"))


def with_scale(scene: Scene) -> Scene:
    """As the loop gives it."""
    view = layer_view(scene)
    if not scene.state.view.fixed_scale or not view.has(0):
        return scene
    plain = scene.state.view.look is Look.PLAIN_2015
    signed = is_signed(scene.state.view, view)
    peaks = 0.7 * np.abs(view.values).max(axis=(1, 2))
    return replace(scene, fixed_scale=fixed_scale_of(view.values / 2, peaks, signed=signed, plain=plain))


@settings(max_examples=150, deadline=None)
@given(views, st.booleans())
def test_the_end_of_each_legend_is_the_value_of_its_brightest_colour(view: ViewState, logits: bool) -> None:
    """Of the selected unit's tile and of the unit alone, under every combination of boosts, maps, looks and scales."""
    scene = with_scale((logits_scene if logits else make_scene)(view))
    shown = layer_view(scene)
    channel = scene.state.unit.channel
    layer = codes_of(scene, shown).channel(channel)
    for codes, legend in ((layer, layer_legend(scene, shown)), (unit_codes(scene, shown), unit_legend(scene, shown))):
        end, ceiling = value_at(legend.high), float(codes.ceilings[0])
        assert number(end) == number(ceiling)
        paint = paint_for(scene, shown, codes)
        colours = paint.colours(paint.levels(codes)[codes.codes[0]])
        values = shown.values[channel]
        brightest, darkest = legend.colours[-1], legend.colours[0]
        if ceiling > 0:
            assert (colours[values >= ceiling] == brightest).all()
            assert legend.high.startswith("\u2265") or (values <= ceiling * 1.000001).all()
            low = -ceiling if codes.signed else 0
            assert (colours[values <= low] == darkest).all()
            assert legend.low == "\u2264 0" or legend.low.startswith("\u2264") or (values >= low * 1.000001).all()
        assert value_at(legend.low) == (-end if codes.signed else 0)


def test_the_unit_reaches_its_own_brightest_colour_whatever_the_others_do() -> None:
    for channel in range(40):
        scene = make_scene(replace(UNIT, channel=channel))
        view = layer_view(scene)
        assert value_at(unit_legend(scene, view).high) == pytest.approx(view.values[channel].max(), rel=0.006)
        assert unit_codes(scene, view).codes.max() == 255


def test_a_boosted_layer_names_the_unit_whose_end_it_says() -> None:
    scene = make_scene(replace(UNIT, individual_boost=4))
    legend = layer_legend(scene, layer_view(scene))
    assert value_at(legend.high) == pytest.approx(0.324, abs=0.001) and "unit 7, 100% own" in legend.notes


def test_a_fixed_scale_is_said_in_the_heading_and_taken_from_the_scan_for_a_unit() -> None:
    scene = fixed_scene(UNIT)
    view = layer_view(scene)
    assert fixed_caption(codes_of(scene, view)) == "fixed 0 .. 2.15"
    assert unit_legend(scene, view).high == "2.15"
    scanned = replace(scene, unit_images=unit_images(unit_of))
    assert unit_legend(scanned, view).high == "12.5"  # the largest of the scanned photos
    assert fixed_caption(codes_of(make_scene(UNIT), view)) == ""


def test_values_below_zero_are_seen_in_gray_and_in_the_signed_map_and_said_elsewhere() -> None:
    lows = {}
    for colour_map in ColourMap:
        scene = logits_scene(replace(UNIT, colour_map=colour_map))
        lows[colour_map] = layer_legend(scene, layer_view(scene)).low
    assert lows[ColourMap.GRAY] == lows[ColourMap.SIGNED] == "\u22127.34"
    assert lows[ColourMap.VIRIDIS] == lows[ColourMap.CIVIDIS] == lows[ColourMap.MAGMA] == "\u2264 0"
    plain = logits_scene(replace(UNIT, look=Look.PLAIN_2015))
    assert layer_legend(plain, layer_view(plain)).low == "\u2264 0"


def test_the_plain_look_is_linear_gray_and_the_unit_as_its_tile() -> None:
    scene = make_scene(replace(UNIT, look=Look.PLAIN_2015))
    view = layer_view(scene)
    codes, unit = codes_of(scene, view), unit_codes(scene, view)
    levels = paint_for(scene, view, codes).levels(codes)[codes.codes]
    assert np.abs(levels - 255 * np.clip(view.values / view.values.max(), 0, 1)).max() <= 1.6
    assert (unit.codes[0] == codes.codes[7]).all()


# ---------------------------------------------------------------------- overlay


def one_pixel_scene(row: int, col: int, overlay: int) -> Scene:
    """The back projection is one red pixel over a grey picture."""
    scene = make_scene(replace(DECONV, overlay=overlay, label_predictions=False))  # the class lies over the picture
    diff = np.zeros((3, 48, 48), np.float32)
    diff[0, row, col] = 2.0
    grey = np.full((48, 48, 3), 100, np.uint8)
    return replace(scene, snapshot=replace(scene.snapshot, input_diff=diff, input_rgb=grey))


@pytest.mark.parametrize("overlay", [1, 2])
@pytest.mark.parametrize(("row", "col"), [(0, 0), (10, 37), (47, 47)])
def test_the_overlay_lies_exactly_on_the_input(row: int, col: int, overlay: int) -> None:
    scene = one_pixel_scene(row, col, overlay)
    over = overlay_of(scene)
    shown = laid_over(scene.snapshot.input_rgb, over, OVERLAYS[overlay]).astype(int)
    dark = round(100 * (1 - OVERLAYS[overlay]))
    others = np.ones((48, 48), bool)
    others[row, col] = False
    assert (np.abs(shown[others] - dark) <= 3).all() and (shown[row, col] > dark + 60).any()
    pane = scene.layout["input"]
    body = card_areas(Rect(0, 0, pane.height, pane.width), scene.layout.text_scale).body.cut(bottom=foot_height(scene))
    place = fit_inside(48, 48, body)
    window = cv2.cvtColor(Composer()(scene)[pane.slices], cv2.COLOR_BGR2GRAY)[place.slices]
    found = np.unravel_index(window.argmax(), window.shape)
    expected = ((row + 0.5) * place.height / 48, (col + 0.5) * place.width / 48)
    assert np.abs(np.subtract(found, expected)).max() <= place.height / 48


def test_the_overlay_is_the_norm_scaled_by_its_percentile() -> None:
    scene = make_scene(replace(DECONV, overlay=1))
    over = overlay_of(scene)
    strength = back_strength(scene.snapshot.input_diff)
    assert over.legend.high.startswith("\u2265 ") and "deconv, 40 %" in over.legend.notes
    end = value_at(over.legend.high)
    assert end < strength.max() and (strength <= end * 1.01).mean() > 0.99
    brightest = over.legend.colours[-1][::-1]
    assert (over.rgb[strength > end * 1.01] == brightest).all()


def test_no_overlay_over_another_picture_or_without_a_back_projection() -> None:
    assert overlay_of(make_scene(DECONV)) is None
    assert overlay_of(make_scene(replace(DECONV, overlay=1), asked=None)) is None
    other = replace(make_scene(replace(DECONV, overlay=1)), frame=make_scene(frame=2).frame)
    assert overlay_of(other) is None


def test_an_overlay_of_another_unit_is_stale_and_says_what_it_is() -> None:
    scene = make_scene(replace(DECONV, overlay=1), asked=BackRequest(unit_of, "gradient"))
    assert "gradient, 40 %" in overlay_of(scene).legend.notes
