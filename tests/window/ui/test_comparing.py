"""A pinned frame in the window: tiles, order, scale, Unit pane, tooltips, the strip; and the pictures side by side."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from deepvis.core.compared import TilesOf
from deepvis.core.geometry import Rect
from deepvis.core.state import InputState, Order
from deepvis.core.types import Unit
from deepvis.window.pointer import clicked
from deepvis.window.tile_orders import TileOrders
from deepvis.window.ui.compose import Composer
from deepvis.window.ui.hit import hit
from deepvis.window.ui.hover_words import tip_of
from deepvis.window.ui.legend import layer_legend
from deepvis.window.ui.panes.input import picture_place
from deepvis.window.ui.pinned_strip import pinned_classes, strip_in
from deepvis.window.ui.readings import layer_view
from deepvis.window.ui.regions import PINNED, SIDE, Hit
from deepvis.window.ui.scalars import ends_of
from deepvis.window.ui.side_by_side import sides_in
from tests.window.ui.compared_scenes import compared_scene, side_scene
from tests.window.ui.scenes import UNIT, activations, ids, make_scene

LAYER = "conv2/5x5_reduce"
THEN, NOW = activations(2.0), activations(1.0)


def test_the_tiles_are_of_the_one_the_other_or_their_difference() -> None:
    current, pinned, between = (layer_view(compared_scene(tiles)) for tiles in TilesOf)
    np.testing.assert_array_equal(current.values, NOW[LAYER])
    np.testing.assert_array_equal(pinned.values, THEN[LAYER])
    np.testing.assert_allclose(between.values, NOW[LAYER] - THEN[LAYER], rtol=1e-6)
    assert (current.caption, pinned.caption) == ("activations", "pinned frame")
    assert between.caption == "now − pinned" and between.signed and between.is_difference
    waiting = layer_view(replace(compared_scene(TilesOf.DIFFERENCE), pinned=None))
    assert not waiting.has(0) and waiting.sentence == "Waiting for the values of photo_2.jpg, which is pinned."


def test_the_scale_of_differences_is_symmetric_black_at_zero_and_said() -> None:
    scene = compared_scene(TilesOf.DIFFERENCE)
    legend = layer_legend(scene, layer_view(scene))
    assert legend.low.lstrip("≤ ") == "−" + legend.high.lstrip("≥ ")
    middle, low, high = legend.colours[127], legend.colours[2], legend.colours[-2]
    assert middle.max() < 40
    assert low[0] > low[2] + 80 and high[2] > high[0] + 80  # BGR: blue below, orange above


def test_what_differs_most_comes_first_whichever_the_tiles_show() -> None:
    sizes = np.abs(NOW[LAYER].astype(float) - THEN[LAYER]).max(axis=(1, 2)).astype(np.float32)
    expected = [c for c in np.argsort(-sizes, kind="stable").tolist() if sizes[c] > 0]
    orders = TileOrders()
    view = replace(UNIT, order=Order.DIFFERENCE)
    first = orders(compared_scene(TilesOf.DIFFERENCE, view))
    assert first is not None and list(first.channels or ()) == expected
    for tiles in TilesOf:
        order = TileOrders()(compared_scene(tiles, view))
        assert order is not None and order.channels == first.channels


def test_the_order_is_held_while_the_picture_moves() -> None:
    scene = compared_scene(
        TilesOf.DIFFERENCE, replace(UNIT, order=Order.DIFFERENCE), moving=True, source=InputState(moving=True)
    )
    orders, noise = TileOrders(), np.random.default_rng(0)
    seen = set()
    for _ in range(20):
        assert scene.snapshot is not None
        shaken = NOW[LAYER] + 0.01 * noise.standard_normal(NOW[LAYER].shape).astype(np.float32)
        snapshot = replace(scene.snapshot, id=next(ids), activations={**NOW, LAYER: shaken})
        order = orders(replace(scene, snapshot=snapshot))
        assert order is not None
        seen.add(order.channels)
    assert len(seen) == 1


def test_both_values_and_the_difference_are_said_of_a_unit() -> None:
    now, then = (float(values[LAYER][25].max()) for values in (NOW, THEN))
    scene = replace(compared_scene(TilesOf.DIFFERENCE), hover=Hit("layers", channel=25))
    tip = tip_of(scene)
    assert tip is not None
    line = next(line for line in tip.lines if line.startswith("max now"))
    numbers = [float(word.replace("−", "-").rstrip(",")) for word in line.split() if word.strip("+−,.0123456789") == ""]
    np.testing.assert_allclose(numbers, [now, then, now - then], rtol=0.01, atol=0.005)
    assert any(line.startswith("largest difference") for line in tip.lines)


def test_the_strip_has_the_pinned_frames_classes_and_leaves_the_rest_to_the_input() -> None:
    scene = compared_scene(TilesOf.CURRENT)
    pane = scene.layout["input"]
    strip, place = strip_in(scene, scene.areas(pane).body), picture_place(scene, pane)
    assert strip is not None and place is not None and place.clipped(strip).is_empty
    probs = THEN["prob"].ravel()
    assert pinned_classes(scene, 1)[0][1] == pytest.approx(float(probs.max()))
    under = hit(scene, strip.row + 2, strip.col + 2)
    assert under.part == PINNED
    tip = tip_of(replace(scene, hover=under))
    assert tip is not None and tip.title == "Pinned: photo_2.jpg" and any("Q:" in line for line in tip.lines)
    after, _ = clicked(scene.state, under)
    assert after.view.compared is not None and after.view.compared.tiles is TilesOf.PINNED
    assert strip_in(make_scene(UNIT), scene.areas(pane).body) is None


def test_four_pictures_stand_side_by_side_with_their_names() -> None:
    scene = side_scene()
    body = scene.areas(scene.layout["layers"]).body
    sides = sides_in(scene, body)
    assert [side.title for side in sides] == ["gradient", "deconv", "guided backprop", "Grad-CAM"]
    for i, side in enumerate(sides):
        assert side.place.clipped(body) == side.place
        assert all(side.place.clipped(other.place).is_empty for other in sides[:i])
    under = hit(scene, sides[1].place.row + 20, sides[1].place.col + 20)
    assert (under.part, under.path) == (SIDE, "deconv")
    tip = tip_of(replace(scene, hover=under))
    assert tip is not None and tip.title == f"deconv of {LAYER} · 7" and "click: it alone" in tip.lines


def test_each_card_is_drawn_and_one_that_is_not_there_says_so() -> None:
    scene = side_scene()
    composer = Composer()
    pixels = composer(scene).copy()
    assert scene.snapshot is not None
    back = scene.snapshot.request.beside[2]
    failed = replace(scene.snapshot, id=next(ids), beside={**scene.snapshot.beside, back: "no guided here"})
    other = composer(replace(scene, snapshot=failed))
    rows, cols = np.nonzero((pixels != other).any(axis=2))
    place = sides_in(scene, scene.areas(scene.layout["layers"]).body)[2].place
    changed = Rect(rows.min(), cols.min(), np.ptp(rows) + 1, np.ptp(cols) + 1)
    assert changed.clipped(place) == changed


def test_a_unit_of_a_vector_compares_as_a_bar() -> None:
    scene = compared_scene(TilesOf.DIFFERENCE, replace(UNIT, layer_index=3, channel=2))
    view = layer_view(scene)
    np.testing.assert_allclose(view.values, NOW["fc3"] - THEN["fc3"], rtol=1e-6)
    low, high = ends_of(scene, view)
    assert low == -high and high == pytest.approx(float(np.abs(view.values).max()))
    Composer()(scene)
    assert scene.state.unit == Unit("fc3", 2)
