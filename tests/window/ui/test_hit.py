"""What lies under the mouse is what is drawn there."""

from __future__ import annotations

from dataclasses import replace

import pytest

from deepvis.core.geometry import tile_grid
from deepvis.core.state import Cursor, ViewState, Zoom
from deepvis.core.types import LayerInfo, NetInfo
from deepvis.window.ui.hit import Hit, hit
from deepvis.window.ui.layout import chips_of, layout_for
from deepvis.window.ui.scene import Scene
from tests.window.ui.scenes import UNIT, make_scene, whole_layer


def centre(rect: object, corner: tuple[int, int] = (0, 0)) -> tuple[int, int]:
    return corner[0] + rect.row + rect.height // 2, corner[1] + rect.col + rect.width // 2


def test_every_layer_name_is_found() -> None:
    scene = make_scene()
    pane = scene.layout["control"]
    for index, rect in enumerate(chips_of(scene.state.info, scene.layout).rects):
        assert hit(scene, *centre(rect, (pane.row, pane.col))) == Hit("control", layer_index=index)


@pytest.mark.parametrize("layer_index", range(5))
def test_every_tile_is_found(layer_index: int) -> None:
    scene = make_scene(ViewState(layer_index))
    layer = scene.state.layer
    grid = tile_grid(layer.channels, (layer.height, layer.width), scene.layout.tiles_area)
    for channel in range(layer.channels):
        assert hit(scene, *centre(grid.tile(channel))) == Hit("layers", channel=channel)


def test_a_zoom_has_no_tiles_and_a_heading_neither() -> None:
    scene = make_scene(replace(UNIT, zoom=Zoom.UNIT))
    area = scene.layout.tiles_area
    assert hit(scene, area.row + 50, area.col + 50) == Hit("layers")
    assert hit(make_scene(UNIT), scene.layout["layers"].row + 2, area.col + 50) == Hit("layers")


def test_other_panes_and_beside_all() -> None:
    scene = make_scene()
    for name in ("input", "aux", "back", "status", "jpgvis"):
        assert hit(scene, *centre(scene.layout[name])) == Hit(name)
    assert hit(scene, -1, 0) == Hit()


def test_pattern_tiles_have_the_shape_of_their_pictures() -> None:
    scene = make_scene(replace(UNIT, pattern=True), whole_layer=whole_layer("conv2/5x5_reduce"))
    grid = tile_grid(40, (10, 10), scene.layout.tiles_area)
    assert hit(scene, *centre(grid.tile(39))).channel == 39


def deep_network(count: int = 300) -> NetInfo:
    return NetInfo(
        "deep", tuple(LayerInfo(f"inception_{i}/5x5", "Convolution", 4, 3, 3) for i in range(count)), (3, 8, 8)
    )


@pytest.mark.parametrize("index", [0, 1, 150, 298, 299])
def test_a_list_that_does_not_fit_scrolls_to_the_selected_name(index: int) -> None:
    info = deep_network()
    layout = layout_for(info, 930, 1500)
    state = replace(make_scene().state, info=info, view=ViewState(index, cursor=Cursor.LAYERS))
    scene = Scene(state, layout)
    chips = chips_of(info, layout)
    assert chips.rows > chips.visible
    shown = dict(chips.shown(index))
    assert index in shown
    pane = layout["control"]
    for found, rect in shown.items():
        assert rect.clipped(chips.body) == rect
        assert hit(scene, *centre(rect, (pane.row, pane.col))).layer_index == found


def test_the_list_is_as_high_as_its_names_need() -> None:
    few, many = layout_for(deep_network(5), 930, 1500), layout_for(deep_network(50), 930, 1500)
    assert few["control"].height < 45 and many["control"].height > 60
    assert chips_of(deep_network(50), many).rows <= chips_of(deep_network(50), many).visible
    fixed = layout_for(deep_network(50), 930, 1500, {"caffevis_control": (0, 300, 45, 900)})
    assert fixed["control"].height == 45
