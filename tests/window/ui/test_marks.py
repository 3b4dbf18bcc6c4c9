"""The marks in the composed window: at the unit they mean, in the theme's colour, each in its own shape."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest

from deepvis.core.geometry import Rect
from deepvis.core.state import Cursor, ViewState
from deepvis.core.types import Unit
from deepvis.window.ui import theme
from deepvis.window.ui.compose import Composer
from deepvis.window.ui.hit import Hit, hit
from deepvis.window.ui.scene import Scene
from tests.window.ui.scenes import DECONV, UNIT, field_of, make_frame, make_scene, stale_scene, whole_layer


def painted(scene: Scene, pane: str, colour: theme.BGR) -> Rect:
    """Around all pixels of exactly this colour in a pane, in the window; empty where there are none."""
    place = scene.layout[pane]
    rows, cols = np.nonzero((Composer()(scene)[place.slices] == colour).all(axis=2))
    if not rows.size:
        return Rect(0, 0, 0, 0)
    top, left = int(rows.min()), int(cols.min())
    return Rect(place.row + top, place.col + left, int(rows.max()) + 1 - top, int(cols.max()) + 1 - left)


def sides(scene: Scene, around: Rect, colour: theme.BGR) -> list[np.ndarray]:
    """Which pixels of the outermost top, bottom, left and right line have the colour."""
    is_colour = (Composer()(scene)[around.slices] == colour).all(axis=2)
    return [is_colour[0], is_colour[-1], is_colour[:, 0], is_colour[:, -1]]


def is_frame(scene: Scene, around: Rect, colour: theme.BGR) -> bool:
    return all(side.all() for side in sides(scene, around, colour))


def is_brackets(scene: Scene, around: Rect, colour: theme.BGR) -> bool:
    """Coloured corners, and the middle of every side free."""
    return all(
        side[0] and side[-1] and not side[len(side) // 2] and side.sum() >= 4 for side in sides(scene, around, colour)
    )


def under(scene: Scene, around: Rect) -> Hit:
    return hit(scene, around.row + around.height // 2, around.col + around.width // 2)


PATTERN = {"whole_layer": whole_layer("conv2/5x5_reduce")}


@pytest.mark.parametrize("channel", [0, 7, 39])
@pytest.mark.parametrize(("view", "parts"), [(UNIT, {}), (DECONV, {}), (replace(UNIT, pattern=True), PATTERN)])
def test_the_selection_is_a_solid_frame_around_its_tile(channel: int, view: ViewState, parts: dict) -> None:
    scene = make_scene(replace(view, channel=channel), **parts)
    around = painted(scene, "layers", theme.SELECTED)
    assert under(scene, around).channel == channel
    assert is_frame(scene, around, theme.SELECTED) and not is_brackets(scene, around, theme.SELECTED)


@pytest.mark.parametrize("channel", [0, 25, 39])
@pytest.mark.parametrize("view", [UNIT, DECONV])
def test_the_back_origin_is_in_brackets_around_its_tile(channel: int, view: ViewState) -> None:
    scene = make_scene(replace(view, pinned=Unit("conv2/5x5_reduce", channel)))
    around = painted(scene, "layers", theme.ORIGIN)
    assert under(scene, around).channel == channel
    assert is_brackets(scene, around, theme.ORIGIN) and not is_frame(scene, around, theme.ORIGIN)


def test_both_marks_on_one_tile_are_seen_both() -> None:
    scene = make_scene(replace(UNIT, pinned=Unit("conv2/5x5_reduce", 7)))
    selection, origin = (painted(scene, "layers", colour) for colour in (theme.SELECTED, theme.ORIGIN))
    assert under(scene, selection).channel == under(scene, origin).channel == 7
    assert is_frame(scene, selection, theme.SELECTED) and is_brackets(scene, origin, theme.ORIGIN)
    assert origin.clipped(selection) == selection and origin.height > selection.height  # further out


def test_marks_differ_by_hue_and_not_by_lightness_alone() -> None:
    hues = cv2.cvtColor(np.array([[theme.SELECTED, theme.ORIGIN]], np.uint8), cv2.COLOR_BGR2HSV)[0, :, 0].astype(int)
    apart = abs(hues[0] - hues[1]) % 180  # OpenCV's degrees are two each
    assert min(apart, 180 - apart) * 2 > 120


@pytest.mark.parametrize("view", [replace(UNIT, pinned=Unit("fc3", 2)), ViewState(2, 7, pinned=Unit("fc3", 2))])
def test_an_origin_in_another_layer_is_marked_in_the_list_only(view: ViewState) -> None:
    scene = make_scene(view)
    assert painted(scene, "layers", theme.ORIGIN).is_empty
    around = painted(scene, "control", theme.ORIGIN)
    assert scene.state.info.layers[under(scene, around).layer_index].name == "fc3"
    assert is_brackets(scene, around, theme.ORIGIN)


@pytest.mark.parametrize("index", [0, 2, 4])
def test_the_selected_layer_is_lit_in_the_list_or_framed_while_the_cursor_is_on_the_units(index: int) -> None:
    lit, framed = (make_scene(ViewState(index, 2, cursor)) for cursor in (Cursor.LAYERS, Cursor.UNITS))
    shares = []
    for scene in (lit, framed):
        around = painted(scene, "control", theme.SELECTED)
        assert under(scene, around).layer_index == index
        shares.append((Composer()(scene)[around.slices] == theme.SELECTED).all(axis=2).mean())
    assert shares[0] > 0.5 > shares[1]


def test_nothing_is_marked_that_is_not_meant() -> None:
    scene = make_scene(UNIT)
    assert all(painted(scene, pane, theme.ORIGIN).is_empty for pane, _ in scene.layout)
    assert all(painted(scene, pane, theme.STALE).is_empty for pane, _ in scene.layout)
    assert painted(scene, "input", theme.FIELD).is_empty


def test_the_receptive_field_lies_where_the_unit_s_maximum_comes_from() -> None:
    scene = make_scene(replace(UNIT, receptive_field=True), field_of=field_of)
    acts = scene.snapshot.activations["conv2/5x5_reduce"][7]
    row, col = (int(i) for i in np.unravel_index(acts.argmax(), acts.shape))
    field = np.clip(field_of("conv2/5x5_reduce", row, col), 0, 48)  # the network's input is 48 x 48
    around, place = painted(scene, "input", theme.FIELD), scene.layout["input"]
    assert is_frame(scene, around, theme.FIELD)
    size = around.height / (field[2] - field[0])
    assert around.width / (field[3] - field[1]) == pytest.approx(size, rel=0.03)
    side = min(place.height, place.width)
    assert side / 48 * 0.7 < size < side / 48  # the picture fills most of the pane


@pytest.mark.parametrize("pane", ["layers", "back"])
def test_a_stale_pane_has_a_hatched_tag_and_a_fresh_one_none(pane: str) -> None:
    scene = replace(stale_scene(), frame=make_frame(5)) if pane == "layers" else stale_scene()
    around = painted(scene, pane, theme.STALE)
    middle = (Composer()(scene)[around.slices] == theme.STALE).all(axis=2)
    stripes = middle[:, : around.height // 2]
    assert 0.3 < stripes.mean() < 0.6 and middle[0, -around.height :].all()
    assert painted(make_scene(DECONV), pane, theme.STALE).is_empty
