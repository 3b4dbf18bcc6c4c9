"""What fires, in words and numbers, against the values themselves."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from deepvis.core.places import cell_at
from deepvis.core.state import Order, Show
from deepvis.core.tile_order import ordered
from deepvis.core.types import LayerInfo
from deepvis.live.fields import open_fields
from deepvis.models.model import Model
from deepvis.models.zoo import load_model, open_model
from deepvis.network.maps import maps_shape
from deepvis.network.ref import NetworkRef
from deepvis.network.shapes import infer_shapes
from deepvis.window.tile_orders import TileOrders
from deepvis.window.ui.fires import cell_words, order_words, strongest_here
from deepvis.window.ui.hover_words import tip_of
from deepvis.window.ui.readings import layer_view, number, rank_of
from deepvis.window.ui.regions import FIRES, PICTURE, Hit
from deepvis.window.ui.scene import Scene
from tests.window.ui.scenes import AT_PLACE, BY_STRENGTH, DECONV, LISTING, UNIT, field_of, make_scene, with_layer

LAYER = "conv2/5x5_reduce"


def in_order(scene: Scene) -> Scene:
    scene = replace(scene, field_of=field_of)
    return replace(scene, state=replace(scene.state, tile_order=TileOrders()(scene)))


def said(scene: Scene) -> str:
    return order_words(scene, layer_view(scene))


def test_the_heading_counts_what_fires() -> None:
    values = np.full((40, 12, 12), -1, np.float32)
    values[5:9, 7, 3] = 2, 3, 4, np.nan
    values[20, 0, 0] = 1
    scene = with_layer(make_scene(BY_STRENGTH), LAYER, values)
    assert said(in_order(scene)) == "sorted by strength, 4 of 40 fire"
    there = replace(scene, state=replace(scene.state, view=AT_PLACE))
    assert said(in_order(there)) == "sorted by the place, 3 of 40 fire there"
    assert said(in_order(make_scene(replace(AT_PLACE, layer_index=3)))) == "no places: one value a unit"
    both = replace(AT_PLACE, layer_index=3, order=Order.STRENGTH)
    assert said(in_order(make_scene(both))).endswith("fire; no places: one value a unit")
    assert said(in_order(make_scene(UNIT))) == said(make_scene(BY_STRENGTH)) == ""


def test_while_the_picture_moves_the_heading_says_of_which_passes_the_order_is() -> None:
    for view, expected in (
        (BY_STRENGTH, "by strength of the last passes, 40 of 40 fire now"),
        (AT_PLACE, "by the place of the last passes, 20 of 40 fire there now"),
    ):
        scene = in_order(make_scene(view))
        order = scene.state.tile_order
        assert order is not None and not order.is_steady
        after = ordered(order.layer, order.strengths, order, order.at)
        assert said(replace(scene, state=replace(scene.state, tile_order=after))) == expected


def test_the_rank_in_the_tooltip_is_the_place_among_the_tiles() -> None:
    for view in (BY_STRENGTH, replace(DECONV, show=Show.DIFFS, order=Order.STRENGTH)):
        scene = in_order(make_scene(view))
        ranks = [rank_of(layer_view(scene), channel) for channel in scene.state.tile_order.channels]
        assert ranks == sorted(ranks) and ranks[0] == 1


def test_the_tooltip_of_a_tile_has_its_value_at_the_place() -> None:
    scene = in_order(make_scene(AT_PLACE))
    channel = scene.state.tile_order.channels[4]
    tip = tip_of(replace(scene, hover=Hit("layers", channel=channel)))
    value = scene.snapshot.activations[LAYER][channel, 7, 3]
    assert f"at the place {number(float(value))}, rank 5" in tip.lines


def test_a_place_names_the_five_strongest_of_it() -> None:
    scene = make_scene(UNIT, field_of=field_of)
    here = scene.snapshot.activations[LAYER][:, 3, 9]
    lines = cell_words(scene, layer_view(scene), (3, 9))
    best = np.argsort(-here, kind="stable")[:5]
    assert lines[:-1] == [f"unit {channel}: {number(float(here[channel]))}" for channel in best]
    assert lines[-1] == f"{(here > 0).sum()} of 40 fire here"
    silent = with_layer(scene, LAYER, -np.ones((40, 12, 12), np.float32))
    assert cell_words(silent, layer_view(silent), (3, 9)) == ["no unit fires here"]


@pytest.mark.parametrize(("layer_index", "fields", "why"), [(3, field_of, "one value a unit"), (2, None, "not known")])
def test_without_places_the_tooltip_says_why(layer_index: int, fields, why: str) -> None:
    scene = make_scene(replace(UNIT, layer_index=layer_index), field_of=fields)
    tip = tip_of(replace(scene, hover=Hit("input", part=PICTURE, spot=(3, 3))))
    assert tip.lines[0].startswith("no places: ") and why in tip.lines[0]


def test_every_layer_says_its_strongest_unit_at_the_place() -> None:
    scene = make_scene(LISTING, field_of=field_of)
    for index in range(3):
        layer = scene.state.info.layers[index]
        values = scene.snapshot.activations[layer.name]
        cell = cell_at(field_of, layer, LISTING.place)
        column = values[:, cell[0], cell[1]]
        here = strongest_here(scene, index)
        assert (here.unit.layer, here.unit.channel, here.value) == (layer.name, column.argmax(), column.max())
        assert here.share == pytest.approx(column.max() / values.max())
        tip = tip_of(replace(scene, hover=Hit("aux", part=FIRES, layer_index=index, unit=here.unit)))
        assert f"{100 * here.share:.0f} % of the layer's largest" in " ".join(tip.lines)
    assert [strongest_here(scene, index).why for index in (3, 4)] == ["no places"] * 2
    silent = with_layer(scene, LAYER, -np.ones((40, 12, 12), np.float32))
    assert strongest_here(silent, 2).why == "silent"


def check_places(model: Model) -> int:
    """How many layers have places: of each, the cell of some places is the nearest among all cells."""
    fields = open_fields(model)
    shapes = infer_shapes(model.graph, model.graph.inputs)
    _, height, width = model.preprocessor.input_shape
    places = [(0, 0), (height - 1, width - 1), (height // 3, width // 2), (height // 2, 7)]
    found = 0
    for name in model.layer_names:
        layer = LayerInfo(name, "", *maps_shape(shapes[name]))
        if cell_at(fields, layer, places[0]) is None:
            assert not layer.is_spatial
            continue
        found += 1
        rows = np.array([np.mean(fields(name, row, 0)[::2]) for row in range(layer.height)])
        cols = np.array([np.mean(fields(name, 0, col)[1::2]) for col in range(layer.width)])
        for place in places:
            row, col = cell_at(fields, layer, place)
            assert abs(rows[row] - place[0] - 0.5) == np.abs(rows - place[0] - 0.5).min()
            assert abs(cols[col] - place[1] - 0.5) == np.abs(cols - place[1] - 0.5).min()
    return found


def test_cells_of_the_embedded_network() -> None:
    assert check_places(load_model("caffenet-mini")) == 10


@pytest.mark.shared
def test_cells_of_googlenet(shared: Path) -> None:
    folder = shared / "models" / "bvlc-googlenet"
    ref = NetworkRef(None, str(folder / "deploy.prototxt"), str(folder / "bvlc_googlenet.caffemodel"))
    assert check_places(open_model(ref)) == 18
