"""O and H, and moving through tiles that are sorted."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from deepvis.core.commands.moving import columns
from deepvis.core.effects import Say
from deepvis.core.state import AppState, Cursor, Order, ViewState
from deepvis.core.tile_order import by_number, ordered
from deepvis.core.typed import press
from deepvis.core.types import LayerInfo, NetInfo, Unit

INFO = NetInfo(
    "tiny", (LayerInfo("c", "Convolution", 40, 9, 9), LayerInfo("fc", "InnerProduct", 40, 1, 1)), (3, 48, 48)
)
STRENGTHS = np.zeros(40, np.float32)
FIRING = (31, 4, 17, 8, 25, 12, 39, 2, 6, 33, 21)
STRENGTHS[list(FIRING)] = np.linspace(9, 1, len(FIRING))
START = AppState(INFO, tile_order=by_number("c", STRENGTHS))
SORTED = replace(START, view=ViewState(order=Order.STRENGTH), tile_order=ordered("c", STRENGTHS))


def after(state: AppState, *keys: str) -> AppState:
    for key in keys:
        state, _ = press(state, key)
    return state


def channels(state: AppState, *keys: str) -> list[int]:
    found = []
    for key in keys:
        state = after(state, key)
        found.append(state.unit.channel)
    return found


@pytest.mark.parametrize("key", ["O", "#"])
def test_o_sorts_the_tiles_and_unsorts_them(key: str) -> None:
    assert after(START, key).view.order is Order.STRENGTH
    assert after(START, key, key).view == START.view
    assert after(START, key, "backspace").view == START.view
    assert after(START, key, "esc").view == START.view


@pytest.mark.parametrize("layer_index", [0, 1])
def test_the_arrows_walk_the_tiles_as_they_stand(layer_index: int) -> None:
    name = INFO.layers[layer_index].name
    view = ViewState(layer_index, FIRING[0], Cursor.UNITS, order=Order.STRENGTH)
    state = replace(SORTED, view=view, tile_order=ordered(name, STRENGTHS))
    cols = columns(state)
    assert channels(state, "right", "right", "left", "end", "right", "home", "left") == [
        FIRING[1], FIRING[2], FIRING[1], FIRING[-1], FIRING[-1], FIRING[0], FIRING[0],
    ]  # fmt: skip
    down = after(state, "right", "down") if cols > 1 else after(state, "down", "down")
    assert down.unit.channel == FIRING[cols + 1 if cols > 1 else 2]
    assert after(down, "up").unit.channel == FIRING[1]
    assert channels(state, "L") == [FIRING[3]]


def test_from_the_first_row_up_to_the_layers_in_the_same_column() -> None:
    state = replace(SORTED, view=replace(SORTED.view, channel=FIRING[1], cursor=Cursor.UNITS))
    up = after(state, "up")
    assert (up.view.cursor, up.unit.channel) == (Cursor.LAYERS, FIRING[1])


def test_a_silent_unit_that_is_gone_to_is_the_last_tile() -> None:
    state = after(SORTED, "3", "enter")
    assert (state.unit.channel, state.tile, state.tiles.count) == (3, len(FIRING), len(FIRING) + 1)
    assert channels(state, "left") == [FIRING[-1]]
    assert after(state, "left").tiles.count == len(FIRING)


@pytest.mark.parametrize("key", ["H", "@"])
def test_h_goes_to_the_strongest_and_again_to_the_next(key: str) -> None:
    for state in (START, SORTED):
        assert channels(state, key, key, key) == list(FIRING[:3])
        assert after(state, key).view.cursor is Cursor.UNITS


def test_h_begins_anew_after_another_move_and_at_the_end() -> None:
    assert channels(START, "H", "H", "right", "H") == [31, 4, 5, 31]
    assert channels(START, *["H"] * (len(FIRING) + 2)) == [*FIRING, *FIRING[:2]]
    assert channels(after(START, "4", "enter"), "H") == [31]  # from the second strongest too


def test_h_is_undone_step_by_step_and_goes_on_from_there() -> None:
    state = after(START, "H", "H", "H")
    assert channels(state, "backspace", "backspace", "backspace") == [4, 31, 0]
    assert channels(state, "backspace", "H") == [4, 17]
    assert channels(state, "[") == [4]


def test_h_while_the_strengths_change_goes_to_none_twice() -> None:
    state = after(START, "H")
    changed = STRENGTHS.copy()
    changed[[4, 31]] = 20, 30
    state = after(replace(state, tile_order=by_number("c", changed)), "H")
    assert state.unit == Unit("c", 4)


@pytest.mark.parametrize(
    ("order", "said"),
    [
        (None, "not known yet"),
        (by_number("fc", STRENGTHS), "not known yet"),
        (by_number("c", -STRENGTHS), "no unit of c"),
    ],
)
def test_h_says_why_there_is_nowhere_to_go(order, said: str) -> None:
    state, effects = press(replace(START, tile_order=order), "H")
    assert state.unit == START.unit
    assert [type(effect) for effect in effects] == [Say] and said in effects[0].sentence


def test_esc_frees_the_place_first_then_the_order() -> None:
    state = replace(SORTED, view=replace(SORTED.view, place=(3, 4), pinned=Unit("c", 1)))
    place = after(state, "esc")
    assert (place.view.place, place.view.order) == (None, Order.STRENGTH)
    order = after(place, "esc")
    assert (order.view.order, order.view.pinned) == (Order.NUMBER, Unit("c", 1))
