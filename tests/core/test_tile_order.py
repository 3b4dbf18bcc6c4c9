"""The order of the tiles: exact of a still picture, steady of a moving one."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from deepvis.core.tile_order import (
    LINGERS,
    REARRANGED,
    TileOrder,
    Tiles,
    by_number,
    ordered,
    strengths_of,
    tiles_of,
)

VALUES = arrays(np.float32, st.integers(1, 300), elements=st.floats(-4, 4, width=32))


def passes(order: TileOrder, strengths: np.ndarray, count: int) -> TileOrder:
    for _ in range(count):
        order = ordered("c", strengths, order)
    return order


@given(VALUES)
def test_of_a_still_picture_the_strongest_come_first_and_the_silent_not_at_all(strengths: np.ndarray) -> None:
    order = ordered("c", strengths)
    assert order.channels == order.strongest()
    shown = strengths[list(order.channels)]
    assert (shown > 0).all() and (np.diff(shown) <= 0).all()
    assert order.firing == len(order.channels) == (strengths > 0).sum()


@given(VALUES)
def test_there_is_room_for_all_tiles_and_a_silent_one_that_is_selected(strengths: np.ndarray) -> None:
    order = ordered("c", strengths)
    for selected in {0, len(strengths) // 2, len(strengths) - 1}:
        tiles = tiles_of(order, "c", len(strengths), selected)
        assert tiles.place_of(selected) is not None
        assert tiles.count <= tiles.slots == order.slots <= len(strengths)
        assert tiles.count == order.firing + (not strengths[selected] > 0)
        assert [tiles.place_of(tiles.channel_at(place)) for place in range(tiles.count)] == list(range(tiles.count))


def test_equal_units_stand_by_number_and_nan_is_silent() -> None:
    strengths = strengths_of(np.array([2, np.nan, 2, -3, 0, 5], np.float32), magnitude=False)
    assert ordered("c", strengths).channels == (5, 0, 2)
    assert ordered("c", strengths_of(np.array([1, -3, 2, np.nan]), magnitude=True)).channels == (1, 2, 0)


def test_while_a_picture_moves_noise_moves_nothing() -> None:
    noise = np.random.default_rng(0)
    strengths = np.linspace(10, 1, 100).astype(np.float32)
    order = ordered("c", strengths)
    for _ in range(100):
        shaken = strengths * noise.uniform(0.85, 1.15, 100).astype(np.float32)
        order = ordered("c", shaken, order)
        assert (order.channels, order.slots) == (tuple(range(100)), 100)
        assert (order.strengths == shaken).all()  # what is said of them is of this pass


def test_a_unit_that_becomes_clearly_stronger_moves_and_the_order_stands_for_some_passes() -> None:
    strengths = np.linspace(10, 1, 40).astype(np.float32)
    order = ordered("c", strengths)
    strengths = strengths.copy()
    strengths[30] = 100
    first = passes(order, strengths, REARRANGED - 1)
    assert first.channels == order.channels
    assert passes(first, strengths, 1).channels[0] == 30
    assert ordered("c", strengths).channels[0] == 30 == order.strongest()[30]


def test_a_unit_that_falls_silent_stays_for_a_while_and_one_that_fires_comes() -> None:
    strengths = np.linspace(10, 1, 40).astype(np.float32)
    strengths[39] = 0
    order = ordered("c", strengths)
    changed = strengths.copy()
    changed[5], changed[39] = 0, 8
    soon = passes(order, changed, LINGERS)
    assert 5 in soon.channels and soon.firing == 39
    late = passes(soon, changed, 4 * REARRANGED)
    assert 5 not in late.channels and 39 in late.channels
    blinking = passes(order, changed, LINGERS - 1)
    assert 5 in passes(passes(blinking, strengths, 1), changed, LINGERS).channels


def test_the_room_changes_only_where_the_number_of_tiles_changes_much() -> None:
    strengths = np.linspace(10, 1, 200).astype(np.float32)
    order = ordered("c", np.where(np.arange(200) < 100, strengths, 0))
    fewer = passes(order, np.where(np.arange(200) < 70, strengths, 0), 20 * REARRANGED)
    assert (len(fewer.channels), fewer.slots) == (70, order.slots)
    assert passes(fewer, np.where(np.arange(200) < 10, strengths, 0), 20 * REARRANGED).slots < order.slots / 2
    assert passes(fewer, strengths, 20 * REARRANGED).slots == 200


def test_another_layer_or_none_means_by_number() -> None:
    strengths = np.array([1.0, 3, 0], np.float32)
    whole = Tiles(3, 3)
    assert tiles_of(None, "c", 3, 1) == tiles_of(by_number("c", strengths), "c", 3, 1) == whole
    assert tiles_of(ordered("b", strengths), "c", 3, 1) == whole
    assert tiles_of(ordered("c", strengths), "c", 4, 1) == Tiles(4, 4)
    assert tiles_of(ordered("c", strengths), "c", 3, 1) == Tiles(2, 3, (1, 0))
    assert (whole.channel_at(-4), whole.channel_at(9), whole.place_of(3)) == (0, 2, None)


@pytest.mark.parametrize("selected", [0, 3])
def test_where_nothing_fires_the_selected_unit_is_still_there(selected: int) -> None:
    order = ordered("c", np.full(20, -1, np.float32))
    assert tiles_of(order, "c", 20, selected) == Tiles(1, order.slots, (selected,))


def test_an_order_that_is_held_stands_while_the_picture_moves() -> None:
    order = ordered("conv1", np.float32([1, 2, 3, 0]))
    for _ in range(3 * REARRANGED):
        order = ordered("conv1", np.float32([9, 1, 0, 5]), order, is_held=True)
        assert order.channels == (2, 1, 0) and order.firing == 3
    order = ordered("conv1", np.float32([9, 1, 0, 5]), order)
    assert order.channels is not None and order.channels[:2] == (0, 3)
