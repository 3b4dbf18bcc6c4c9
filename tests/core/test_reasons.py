"""Y: the chain through which reasons are followed, where it leads, and how it is left."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from deepvis.core.effects import Say
from deepvis.core.state import AppState, Cursor, ViewState, Zoom
from deepvis.core.tile_order import by_contribution, by_number, tiles_of
from deepvis.core.typed import press
from deepvis.core.types import LayerInfo, NetInfo, Unit
from deepvis.core.why import chain_through, chain_words, layer_before, mixing_layer, reason_selected

LAYERS = (
    LayerInfo("conv1", "Convolution", 8, 12, 12),
    LayerInfo("pool1", "Pooling", 8, 6, 6),
    LayerInfo("conv2", "Convolution", 20, 6, 6, short_name="c2"),
    LayerInfo("warp", "Warp", 1, 1, 1, missing="its type Warp is unknown"),
    LayerInfo("conv3", "Convolution", 20, 6, 6),
    LayerInfo("norm3", "LRN", 20, 6, 6),
    LayerInfo("fc", "InnerProduct", 10, 1, 1),
    LayerInfo("prob", "Softmax", 10, 1, 1),
)
INFO = NetInfo("small", LAYERS, (3, 24, 24), label_layers=frozenset({"fc", "prob"}), prob_layer="prob")
AT_CLASS = AppState(INFO, view=ViewState(7, 4, Cursor.UNITS, zoom=Zoom.UNIT))
PROB = Unit("prob", 4)


def after(state: AppState, *keys: str) -> AppState:
    for key in keys:
        state, _ = press(state, key)
    return state


def said(state: AppState, key: str) -> str:
    _, effects = press(state, key)
    return next((effect.sentence for effect in effects if isinstance(effect, Say)), "")


@pytest.mark.parametrize("key", ["Y", "!"])
def test_y_asks_and_shows_the_nearest_layer_that_mixes_units(key: str) -> None:
    state = after(AT_CLASS, key)
    assert state.view.why == (PROB,) and state.layer.name == "conv3"  # not fc, of classes, nor norm3, one to one
    assert state.view.cursor is Cursor.UNITS and state.view.zoom is Zoom.OFF


def test_again_it_goes_on_through_the_selected_unit() -> None:
    state = after(AT_CLASS, "Y", "right", "right", "Y")
    assert state.layer.name == "conv2"  # warp has no values
    chain = state.view.why
    assert [unit.layer for unit in chain] == ["prob", "conv3"]
    assert chain[1].channel == after(AT_CLASS, "Y", "right", "right").unit.channel
    assert [unit.layer for unit in after(state, "Y").view.why] == ["prob", "conv3", "conv2"]
    assert after(state, "Y").layer.name == "conv1"


def test_backspace_goes_one_back_redo_on_and_esc_leaves() -> None:
    one, two = after(AT_CLASS, "Y"), after(AT_CLASS, "Y", "Y")
    assert after(two, "backspace").view == one.view
    assert after(two, "backspace", "backspace").view == AT_CLASS.view
    assert after(two, "backspace", "Z").view == two.view
    assert after(two, "esc").view.why == () and after(two, "esc").unit == two.unit
    assert after(two, "esc", "backspace").view.why == two.view.why


def test_another_unit_of_a_layer_takes_the_place_of_the_one_there() -> None:
    two = after(AT_CLASS, "Y", "Y")
    again = replace(two, view=replace(two.view, layer_index=4, channel=7))
    assert after(again, "Y").view.why == (PROB, Unit("conv3", 7))


def test_a_unit_after_the_chain_begins_a_new_one() -> None:
    middle = replace(AT_CLASS, view=replace(AT_CLASS.view, layer_index=4, channel=7))
    state = after(middle, "Y")
    assert state.view.why == (Unit("conv3", 7),) and state.layer.name == "conv2"
    back = replace(state, view=replace(state.view, layer_index=7, channel=2))
    assert after(back, "Y").view.why == (Unit("prob", 2),)


def test_what_cannot_be_asked_is_said() -> None:
    first = replace(AT_CLASS, view=ViewState(0, 1))
    assert said(first, "Y") == "no layer of the list comes before conv1: there is nothing to ask"
    missing = replace(AT_CLASS, view=ViewState(3, 0))
    assert said(missing, "Y") == "there are no contributions: warp: its type Warp is unknown"
    asked = after(AT_CLASS, "Y")
    strengths = np.ones(20, np.float32)
    beside = replace(asked, tile_order=by_number("conv3", strengths))
    assert "conv3 is not on the way to prob" in said(beside, "Y") and after(beside, "Y").view == beside.view
    on_it = replace(asked, tile_order=by_contribution("conv3", strengths))
    assert after(on_it, "Y").view.why[-1].layer == "conv3"


def test_where_all_layers_are_one_to_one_the_nearest_is_shown() -> None:
    info = replace(INFO, layers=(LAYERS[1], LAYERS[5], LAYERS[7]))
    assert layer_before(AppState(info), "prob") == 1
    assert layer_before(AppState(info), "pool1") is None


@pytest.mark.parametrize(
    ("layer", "mixing", "shown"),
    [("norm3", "conv3", "conv2"), ("pool1", "conv1", ""), ("conv3", "conv3", "conv2"), ("prob", "fc", "conv3")],
)
def test_a_layer_of_one_to_one_is_asked_as_the_one_that_mixes(layer: str, mixing: str, shown: str) -> None:
    assert mixing_layer(INFO, layer) == mixing
    place = layer_before(AppState(INFO), layer)
    assert ("" if place is None else LAYERS[place].name) == shown
    borrowing = replace(LAYERS[5], borrows="conv2")
    info = replace(INFO, layers=(*LAYERS[:5], borrowing, *LAYERS[6:]))
    assert mixing_layer(info, "norm3") == "conv2"
    pooled = replace(AT_CLASS, view=ViewState(1, 1))
    assert "conv1, of whose units those of pool1 are made" in said(pooled, "Y")


def test_the_strongest_reason_is_selected_once_it_is_known_and_undo_goes_back_before_the_question() -> None:
    asked, found = after(AT_CLASS, "Y"), np.zeros(20, np.float32)
    found[[6, 3, 8, 11]] = 2, 1, -0.5, -5
    known = replace(asked, tile_order=by_contribution("conv3", found))
    assert reason_selected(asked) is asked  # not yet
    state = reason_selected(known)
    assert (state.unit, state.awaits_reason) == (Unit("conv3", 6), None)
    assert state.history.visited[-1] == state.unit and state.history.past is asked.history.past
    assert after(state, "Y").view.why == (PROB, Unit("conv3", 6))
    assert after(state, "backspace").view == AT_CLASS.view
    elsewhere = after(known, "right")
    assert reason_selected(elsewhere).unit == elsewhere.unit  # the user was quicker
    against = replace(asked, tile_order=by_contribution("conv3", np.minimum(found, 0)))
    assert reason_selected(against).unit.channel == 11
    nothing = replace(asked, tile_order=by_contribution("conv3", 0 * found))
    assert reason_selected(nothing).unit == asked.unit


def test_a_silent_unit_stands_between_those_for_it_and_those_against_it() -> None:
    found = np.zeros(9, np.float32)
    found[[6, 3, 8, 1]] = 2, 1, -0.5, -5
    order = by_contribution("c", found)
    assert tiles_of(order, "c", 9, 4).channels == (6, 3, 4, 8, 1)
    assert tiles_of(by_contribution("c", np.maximum(found, 0)), "c", 9, 4).channels == (6, 3, 4)
    assert tiles_of(by_contribution("c", np.minimum(found, 0)), "c", 9, 4).channels == (4, 8, 1)
    assert tiles_of(order, "c", 9, 8).channels == (6, 3, 8, 1)


def test_chains_in_words() -> None:
    chain = chain_through(INFO, (PROB, Unit("conv3", 1), Unit("conv2", 2)), Unit("conv3", 9))
    assert chain == (PROB, Unit("conv3", 9))
    assert chain_words(AT_CLASS, (*chain, Unit("conv2", 0)), ("cat",)) == "prob · 4 cat › conv3 · 9 › c2 · 0"


def test_h_and_home_go_to_what_is_most_for_it_and_end_to_what_is_most_against_it() -> None:
    state = after(AT_CLASS, "Y")
    found = np.zeros(20, np.float32)
    found[[3, 11, 6, 8]] = 1, -5, 2, -0.5
    state = replace(state, tile_order=by_contribution("conv3", found))
    assert [after(state, *["H"] * n).unit.channel for n in (1, 2, 3, 4)] == [6, 3, 8, 11]
    assert state.tile_order.channels == (6, 3, 8, 11)
    chosen = replace(state, view=replace(state.view, channel=3))
    assert (after(chosen, "home").unit.channel, after(chosen, "end").unit.channel) == (6, 11)


def test_while_the_picture_moves_a_unit_changes_sides_only_with_the_mean_of_its_passes() -> None:
    noise = np.random.default_rng(0)
    mean = np.linspace(6, -6, 30)
    order, seen = None, set()
    for _ in range(80):
        shaken = (mean * noise.uniform(0.9, 1.1, 30)).astype(np.float32)
        order = by_contribution("c", shaken, order)
        seen.add(order.channels)
    assert len(seen) == 1 and order.is_steady
    flipped = by_contribution("c", -mean.astype(np.float32), order)
    assert flipped.channels == order.channels and flipped.contributions[0] < 0
    for _ in range(80):
        order = by_contribution("c", -mean.astype(np.float32), order)
    assert order.channels[0] in (27, 28, 29) and order.channels[-1] in (0, 1, 2)
    held = by_contribution("c", mean.astype(np.float32), order, is_held=True)
    assert held.channels == order.channels
