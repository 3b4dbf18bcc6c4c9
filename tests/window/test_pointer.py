"""The mouse, on each pane."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest

import deepvis.network.back_modes  # noqa: F401  (fills the table)
from deepvis.core.back_modes import GRADIENT, OFF, all_modes
from deepvis.core.commands.moving import columns
from deepvis.core.state import AppState, Cursor, Zoom
from deepvis.core.typed import press
from deepvis.core.types import LayerInfo, NetInfo, OptimizeProgress, PastPicture, Unit
from deepvis.window.pointer import clicked, wheeled
from deepvis.window.ui.regions import CLASS, FIRES, HEADING, PATCHES, PICTURE, PREFERRED

START = AppState(NetInfo("tiny", tuple(LayerInfo(f"c{i}", "Convolution", 20, 9, 9) for i in range(4)), (3, 9, 9)))


@dataclass(frozen=True)
class Under:
    pane: str | None
    layer_index: int | None = None
    channel: int | None = None
    part: str = ""
    unit: Unit | None = None
    path: str = ""
    spot: tuple[int, int] | None = None
    index: int | None = None


def click(state: AppState, target: Under) -> AppState:
    return clicked(state, target)[0]


def wheel(state: AppState, target: Under, steps: int) -> AppState:
    return wheeled(state, target, steps)[0]


def test_a_click_selects_the_layer_or_the_unit_under_it() -> None:
    state = click(START, Under("layers", channel=7))
    assert (state.unit, state.view.cursor) == (Unit("c0", 7), Cursor.UNITS)
    state = click(state, Under("control", layer_index=2))
    assert (state.unit, state.view.cursor) == (Unit("c2", 7), Cursor.LAYERS)


@pytest.mark.parametrize("pane", ["control", "layers", None])
def test_a_click_beside_everything_changes_nothing(pane: str | None) -> None:
    assert clicked(START, Under(pane)) == (START, ())


def test_clicks_on_the_other_panes() -> None:
    assert click(START, Under("input")) == START
    assert click(START, Under("back")).view.back_mode == GRADIENT
    zoomed = click(START, Under("aux"))
    assert zoomed.view.zoom is Zoom.UNIT
    assert click(zoomed, Under("layers", channel=3)).view == START.view
    assert click(zoomed, Under("aux")).view.zoom is Zoom.OFF
    assert not click(click(START, Under("status")), Under("layers", channel=3)).view.help


def test_a_click_on_the_back_picture_opens_it_large_and_never_turns_it_off() -> None:
    on = click(START, Under("back"))
    large = click(on, Under("back", part=PICTURE))
    assert (large.view.back_mode, large.view.zoom) == (GRADIENT, Zoom.BACK)
    assert click(large, Under("back", part=PICTURE)) == on
    assert click(large, Under("layers", part=PICTURE)) == on


def test_a_click_on_the_input_pins_a_place_and_one_there_again_frees_it() -> None:
    there = Under("input", part=PICTURE, spot=(3, 5))
    zoomed = click(START, Under("aux"))
    for state in (START, zoomed, press(START, "c")[0]):
        pinned = click(state, there)
        assert (pinned.view.place, pinned.view.zoom) == ((3, 5), Zoom.OFF)
        assert pinned.input == state.input  # neither the next file nor a pause
        assert click(pinned, there).view.place is None
        assert click(pinned, Under("input", part=PICTURE, spot=(7, 5))).view.place == (7, 5)
        assert press(pinned, "esc")[0].view.place is None


def test_a_row_of_the_list_of_layers_goes_to_its_unit_and_the_wheel_over_it_through_the_layers() -> None:
    pinned = click(START, Under("input", part=PICTURE, spot=(3, 5)))
    state = click(pinned, Under("aux", part=FIRES, layer_index=2, unit=Unit("c2", 9)))
    assert (state.unit, state.view.cursor, state.view.place) == (Unit("c2", 9), Cursor.UNITS, (3, 5))
    assert click(pinned, Under("aux", part=FIRES, layer_index=3)).layer.name == "c3"  # nothing fires there
    assert wheel(pinned, Under("aux"), -2).layer.name == "c2"
    assert click(pinned, Under("aux")) == pinned


def test_a_click_on_a_class_goes_to_its_unit() -> None:
    unit = Unit("c2", 5)
    for pane in ("aux", "input"):
        state = click(START, Under(pane, part=CLASS, unit=unit))
        assert (state.unit, state.view.cursor) == (unit, Cursor.UNITS)
        assert click(START, Under(pane, part=CLASS, unit=Unit("not there", 1))) == START


def test_a_click_on_a_patch_shows_its_photo_and_leaves_the_scores() -> None:
    moving = press(START, "c")[0]
    for part in PATCHES:
        state = click(moving, Under("jpgvis", part=part, path="/photos/a.jpg"))
        assert (state.input.photo, state.input.moving, state.view.scores) == ("/photos/a.jpg", False, False)
        assert click(START, Under("jpgvis", part=part, path="")) == START  # a camera's: there is no file


def test_a_click_on_a_preferred_image_opens_it_large() -> None:
    large = click(START, Under("jpgvis", part=PREFERRED))
    assert large.view.zoom is Zoom.PREFERRED
    assert click(large, Under("layers", part=PREFERRED)) == START == click(large, Under("jpgvis", part=PREFERRED))


def test_the_wheel_goes_on_and_back() -> None:
    for pane in ("control", "layers", "aux", "input", "back"):
        there = wheel(START, Under(pane), -1)
        assert there != START, pane
        back = wheel(there, Under(pane), 1)
        assert (back.view.layer_index, back.unit, back.input, back.view.back_mode) == (
            0, Unit("c0", 0), START.input, OFF,
        )  # fmt: skip
    assert wheel(START, Under("control"), -3).view.layer_index == 3
    assert wheel(START, Under("layers"), -1).unit.channel == columns(START)
    assert wheel(START, Under("layers"), 1) == START


def test_the_mouse_is_pure_and_asks_for_no_effects() -> None:
    for pane in ("control", "layers", "aux", "input", "back", "jpgvis", "status", None):
        target = Under(pane, layer_index=1, channel=2)
        assert clicked(START, target) == clicked(START, target) and clicked(START, target)[1] == ()
        assert wheeled(START, target, -2) == wheeled(START, target, -2) and wheeled(START, target, -2)[1] == ()


def test_the_wheel_runs_through_all_back_modes_and_back() -> None:
    state, seen = START, []
    for _ in all_modes():
        state = wheel(state, Under("back"), -1)
        seen.append(state.view.back_mode)
    assert seen == [*all_modes()[1:], OFF]
    assert [wheel(START, Under("back"), steps).view.back_mode for steps in (1, 2, 3)] == seen[-2::-1]


@pytest.mark.parametrize(
    "under, goes_through",
    [
        (Under("jpgvis", part=PREFERRED), True),
        (Under("jpgvis", part=HEADING, index=0), True),
        (Under("layers", part=PREFERRED), True),
        (Under("jpgvis", part=HEADING, index=1), False),
        (Under("jpgvis", part=PATCHES[0], index=0), False),
        (Under("layers", channel=3), False),
    ],
)
def test_the_wheel_over_the_preferred_picture_goes_through_its_climb(under: Under, goes_through: bool) -> None:
    rgb = np.zeros((4, 4, 3), np.uint8)
    past = tuple(PastPicture(n, 0.0, rgb) for n in range(1, 11))
    climb = OptimizeProgress(START.unit, "3", 10, 10, 0.0, rgb, done=True, run=1, past=past)
    back, _ = wheeled(START, under, 2, climb)
    assert (back.view.looked_back is not None) == goes_through
    if goes_through:
        assert back.view.looked_back.iteration == 8 and wheeled(back, under, -2, climb)[0].view == START.view
        other = wheel(START, under, -1)  # without a climb as ever
        assert other.view.looked_back is None
