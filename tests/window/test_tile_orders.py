"""The order of the tiles from pass to pass."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from deepvis.core.state import InputState, Order, Show
from deepvis.window.tile_orders import TileOrders
from deepvis.window.ui.readings import layer_view, peaks_of
from deepvis.window.ui.scene import Scene
from tests.window.ui.scenes import DECONV, UNIT, field_of, make_scene, with_layer

LAYER = "conv2/5x5_reduce"
SORTED = replace(UNIT, order=Order.STRENGTH)
STRENGTHS = np.linspace(10, 1, 40).astype(np.float32)


def scene_of(strengths: np.ndarray, *, moving: bool = True, frozen: bool = False) -> Scene:
    """A pass in which each unit's largest value is its strength."""
    scene = make_scene(SORTED, moving=moving, source=InputState(moving, frozen))
    values = np.zeros((40, 12, 12), np.float32)
    values[:, 3, 4] = strengths
    return with_layer(scene, LAYER, values)


def test_the_same_pass_gives_the_same_order() -> None:
    orders, scene = TileOrders(), scene_of(STRENGTHS)
    assert orders(scene) is orders(scene)
    assert orders(scene_of(STRENGTHS)) is not orders(scene)


def test_a_still_picture_is_sorted_exactly_and_a_moving_one_steadily() -> None:
    noise = np.random.default_rng(0)
    shaken = [STRENGTHS * noise.uniform(0.9, 1.1, 40).astype(np.float32) for _ in range(40)]
    orders = TileOrders()
    assert {orders(scene_of(each)).channels for each in [STRENGTHS, *shaken]} == {tuple(range(40))}
    for each in shaken[:5]:
        assert orders(scene_of(each, moving=False)).channels == tuple(np.argsort(-each, kind="stable").tolist())
    assert orders(scene_of(shaken[0], frozen=True)).channels == tuple(np.argsort(-shaken[0]).tolist())


def test_by_number_the_strongest_are_known_too() -> None:
    scene = make_scene(UNIT)
    order = TileOrders()(scene)
    assert order.channels is None
    peaks = peaks_of(layer_view(scene))
    assert order.strongest() == tuple(np.argsort(-peaks, kind="stable")[: order.firing].tolist())


def test_a_place_sorts_by_the_cell_that_looks_there() -> None:
    scene = make_scene(replace(UNIT, place=(30, 14)), field_of=field_of)
    order = TileOrders()(scene)
    values = scene.snapshot.activations[LAYER][:, 7, 3]
    assert order.at == (7, 3)
    assert order.channels == tuple(c for c in np.argsort(-values, kind="stable").tolist() if values[c] > 0)


def test_diffs_are_sorted_by_magnitude() -> None:
    scene = make_scene(replace(DECONV, show=Show.DIFFS, order=Order.STRENGTH))
    magnitudes = np.abs(scene.snapshot.diffs[LAYER]).max(axis=(1, 2))
    order = TileOrders()(scene)
    assert (np.diff(magnitudes[list(order.channels)]) <= 0).all() and len(order.channels) == 40


def test_a_layer_without_maps_has_no_places_and_one_without_values_no_order() -> None:
    assert TileOrders()(make_scene(replace(UNIT, layer_index=3, place=(3, 3)), field_of=field_of)).channels is None
    assert TileOrders()(make_scene(replace(SORTED, layer_index=3, place=(3, 3)))).at is None
    assert TileOrders()(make_scene(SORTED, passed=False)) is None
