"""A frame is pinned, the tiles change over, what differs comes first; side by side. The state alone."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

import deepvis.network.back_modes  # noqa: F401  (fills the table)
from deepvis.core.commands import COMMANDS, perform
from deepvis.core.compared import TilesOf, difference, largest_differences
from deepvis.core.effects import Say
from deepvis.core.history import undone
from deepvis.core.side_by_side import projections_beside
from deepvis.core.state import AppState, Order, Show, Zoom
from deepvis.core.types import BackRequest, Frame, LayerInfo, NetInfo

FRAMES = [Frame(i, np.zeros((2, 2, 3), np.uint8), f"photo_{i}.jpg") for i in range(3)]
INFO = NetInfo("toy", (LayerInfo("conv1", "Convolution", 4, 8, 8), LayerInfo("fc", "InnerProduct", 5, 1, 1)), (3, 9, 9))


def press(state: AppState, *names: str) -> AppState:
    for name in names:
        state, _ = perform(state, COMMANDS[name])
    return state


def said(state: AppState, name: str) -> str:
    _, effects = perform(state, COMMANDS[name])
    return " ".join(effect.sentence for effect in effects if isinstance(effect, Say))


@pytest.fixture
def state() -> AppState:
    return AppState(INFO, frame=FRAMES[0])


def test_a_frame_is_pinned_replaced_and_freed(state: AppState) -> None:
    pinned = press(state, "pin_frame")
    assert pinned.view.compared is not None and pinned.view.compared.frame is FRAMES[0]
    other = press(replace(pinned, frame=FRAMES[1]), "cycle_compared", "pin_frame")
    assert other.view.compared is not None
    assert (other.view.compared.frame, other.view.compared.tiles) == (FRAMES[1], TilesOf.PINNED)
    assert press(other, "pin_frame").view.compared is None
    assert "is free" in said(other, "pin_frame")
    assert "no frame to pin" in said(replace(state, frame=None), "pin_frame")


def test_the_tiles_run_through_current_pinned_and_difference(state: AppState) -> None:
    assert "P pins" in said(state, "cycle_compared")
    pinned = press(state, "pin_frame")
    seen = []
    for _ in range(4):
        pinned = press(pinned, "cycle_compared")
        seen.append(pinned.view.compared and pinned.view.compared.tiles)
    assert seen == [TilesOf.PINNED, TilesOf.DIFFERENCE, TilesOf.CURRENT, TilesOf.PINNED]
    diffs = replace(pinned, view=replace(pinned.view, show=Show.DIFFS, back_mode="gradient"))
    after = press(diffs, "cycle_compared")
    assert after.view.show is Show.ACTIVATIONS and after.view.compared == pinned.view.compared


def test_what_differs_most_needs_a_pinned_frame(state: AppState) -> None:
    assert [press(state, *["cycle_order"] * n).view.order for n in (1, 2)] == [Order.STRENGTH, Order.NUMBER]
    assert "P pins" in said(state, "order_by_difference")
    pinned = press(state, "pin_frame")
    assert press(pinned, "cycle_order", "cycle_order").view.order is Order.DIFFERENCE
    assert press(pinned, "order_by_difference", "order_by_difference").view.order is Order.NUMBER
    assert press(pinned, "order_by_difference", "pin_frame").view.order is Order.NUMBER


def test_esc_leaves_one_thing_undo_gives_back_and_reset_frees(state: AppState) -> None:
    full = press(state, "pin_frame", "cycle_compared", "cycle_compared", "order_by_difference")
    steps = [full]
    for _ in range(3):
        steps.append(press(steps[-1], "escape"))
    assert [each.view.order for each in steps[:2]] == [Order.DIFFERENCE, Order.NUMBER]
    assert steps[2].view.compared == full.view.compared.showing(TilesOf.CURRENT)  # type: ignore[union-attr]
    assert steps[3].view.compared is None
    back, _ = undone(steps[3])
    assert back.view.compared == steps[2].view.compared
    assert press(full, "reset_view").view == state.view


def test_side_by_side_asks_for_every_mode_only_while_it_is_shown(state: AppState) -> None:
    assert projections_beside(state) == ()
    shown = press(state, "show_side_by_side")
    assert shown.view.zoom is Zoom.SIDE_BY_SIDE
    modes = ["gradient", "deconv", "guided"]
    assert projections_beside(shown) == tuple(BackRequest(state.unit, mode) for mode in modes)
    assert press(shown, "show_side_by_side").view.zoom is Zoom.OFF
    assert press(shown, "escape").view.zoom is Zoom.OFF
    nothing = replace(INFO, layers=(replace(INFO.layers[0], missing="needs layer 'warp'"), INFO.layers[1]))
    assert "needs layer" in said(replace(state, info=nothing), "show_side_by_side")


def test_differences_are_signed_and_their_size_is_the_largest_anywhere() -> None:
    current = np.array([[[1, 5]], [[0, 0]], [[2, np.nan]]], np.float32)
    pinned = np.array([[[4, 4]], [[0, 0]], [[1, 1]]], np.float32)
    found = difference(current, pinned)
    np.testing.assert_array_equal(found[:2], np.array([[[-3, 1]], [[0, 0]]], np.float32))
    assert not found.flags.writeable
    np.testing.assert_array_equal(largest_differences(found)[:2], [3, 0])
