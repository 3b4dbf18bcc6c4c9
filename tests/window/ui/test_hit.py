"""What lies under the mouse is what is drawn there."""

from __future__ import annotations

from dataclasses import replace

import pytest

from deepvis.core.geometry import bar_grid, fit_inside, montage_cell, tile_grid, unit_grid
from deepvis.core.panes import card_areas
from deepvis.core.state import AppState, Cursor, InputState, Look, ViewState, Zoom
from deepvis.core.types import Fit, LayerInfo, NetInfo, Unit
from deepvis.window.ui.fires import strongest_here
from deepvis.window.ui.here import rows_in
from deepvis.window.ui.hit import grid_of, hit
from deepvis.window.ui.layer_list_layout import chips_of, layout_for
from deepvis.window.ui.legend import foot_height, foot_place
from deepvis.window.ui.panes.aux import class_row, map_area
from deepvis.window.ui.panes.input import first_class_place, picture_place
from deepvis.window.ui.panes.jpgvis import part_place
from deepvis.window.ui.readings import top_channels
from deepvis.window.ui.regions import CLASS, FIRES, HEADING, MAP, PICTURE, PREFERRED, SCALE, TOP, TOP_BACK, Hit
from deepvis.window.ui.scene import Scene
from tests.window.ui.scenes import (
    DECONV,
    GOLDEN,
    UNIT,
    field_of,
    make_frame,
    make_scene,
    unit_images,
    unit_of,
    whole_layer,
)


def centre(rect: object, corner: tuple[int, int] = (0, 0)) -> tuple[int, int]:
    return corner[0] + rect.row + rect.height // 2, corner[1] + rect.col + rect.width // 2


def test_every_layer_name_is_found() -> None:
    scene = make_scene()
    pane = scene.layout["control"]
    for index, rect in enumerate(chips_of(scene.state, scene.layout).rects):
        assert hit(scene, *centre(rect, (pane.row, pane.col))) == Hit("control", layer_index=index)


@pytest.mark.parametrize("layer_index", range(5))
def test_every_tile_is_found(layer_index: int) -> None:
    scene = make_scene(ViewState(layer_index))
    layer, area = scene.state.layer, scene.layout.tiles_area
    shape = (layer.height, layer.width)
    grid = tile_grid(layer.channels, shape, area) if layer.is_spatial else bar_grid(layer.channels, area)
    for channel in range(layer.channels):
        assert hit(scene, *centre(grid.tile(channel))) == Hit("layers", channel=channel)


def test_a_zoom_has_no_tiles_and_a_heading_neither() -> None:
    scene = make_scene(replace(UNIT, zoom=Zoom.UNIT))
    area = scene.layout.tiles_area
    assert hit(scene, *centre(area)).channel is None
    assert hit(make_scene(UNIT), scene.layout["layers"].row + 8, area.col + 50) == Hit("layers", part=HEADING)


def test_other_panes_and_beside_all() -> None:
    scene = make_scene()
    for name in ("input", "aux", "back", "status", "jpgvis"):
        assert hit(scene, *centre(scene.layout[name])).pane == name
    assert hit(scene, -1, 0) == Hit()


def test_the_keys_walk_the_bars_as_they_lie() -> None:
    scene = make_scene(ViewState(3))
    area = scene.layout.tiles_area
    assert grid_of(scene).cols == unit_grid(scene.state.layer, area.height, area.width).cols


def test_every_class_is_found_with_the_unit_that_stands_for_it() -> None:
    scene = make_scene()
    body = card_areas(scene.layout["aux"], scene.layout.text_scale).body
    for index, (channel, _) in enumerate(top_channels(scene)):
        found = hit(scene, *centre(class_row(body, index)))
        assert found == Hit("aux", part=CLASS, unit=Unit("prob", channel), index=index)


def test_the_first_class_stays_in_sight_beside_a_unit() -> None:
    scene = make_scene(UNIT)
    place = picture_place(scene, scene.layout["input"])
    found = hit(scene, *centre(first_class_place(scene, place)))
    assert (found.part, found.unit) == (CLASS, Unit("prob", top_channels(scene, 1)[0][0]))
    assert hit(scene, *centre(place)) == Hit("input", part=PICTURE)
    assert hit(make_scene(), *centre(first_class_place(scene, place))) == Hit("input", part=PICTURE)
    newer = replace(scene, frame=make_frame(5))  # the network has not passed this one yet
    assert hit(newer, *centre(first_class_place(scene, place))) == Hit("input", part=PICTURE)


@pytest.mark.parametrize("zoom, pane", [(Zoom.OFF, "aux"), (Zoom.UNIT, "layers")])
def test_every_cell_of_a_map_is_found(zoom: Zoom, pane: str) -> None:
    scene = make_scene(replace(UNIT, zoom=zoom))
    body = card_areas(scene.layout[pane], scene.layout.text_scale).body
    place = fit_inside(12, 12, map_area(scene, body) if pane == "aux" else body)
    for row in range(12):
        for col in range(12):
            at = place.row + (2 * row + 1) * place.height // 24, place.col + (2 * col + 1) * place.width // 24
            assert hit(scene, *at) == Hit(pane, part=MAP, cell=(row, col))


def test_the_legend_below_the_unit_is_a_scale_and_that_of_a_projection_no_picture() -> None:
    scene = make_scene(DECONV)
    bodies = {pane: card_areas(scene.layout[pane], scene.layout.text_scale).body for pane in ("aux", "back")}
    assert hit(scene, *centre(foot_place(scene, bodies["aux"]))) == Hit("aux", part=SCALE)
    assert hit(scene, *centre(foot_place(scene, bodies["back"]))) == Hit("back")
    plain = make_scene(replace(DECONV, look=Look.PLAIN_2015))
    assert hit(plain, *centre(foot_place(plain, bodies["back"]))) == Hit("back", part=PICTURE)


def test_the_input_is_found_where_the_overlay_leaves_it() -> None:
    scene = make_scene(replace(DECONV, overlay=1, label_predictions=False))
    body = card_areas(scene.layout["input"], scene.layout.text_scale).body
    place = picture_place(scene, scene.layout["input"])
    assert place == fit_inside(48, 48, body.cut(bottom=foot_height(scene)))
    assert hit(scene, *centre(foot_place(scene, body))).part == ""


def test_every_patch_is_found_with_its_photo() -> None:
    scene = make_scene(UNIT, unit_images=unit_images(unit_of))
    for number, part in ((1, TOP), (2, TOP_BACK)):
        body = card_areas(part_place(scene.layout["jpgvis"], number), scene.layout.text_scale).body
        for index in range(9):
            cell = montage_cell(index, 3, fit_inside(90, 90, body))
            path = f"/photos/some_photo_{index}.jpg"
            assert hit(scene, *centre(cell)) == Hit("jpgvis", part=part, index=index, path=path)
    body = card_areas(part_place(scene.layout["jpgvis"], 0), scene.layout.text_scale).body
    assert hit(scene, *centre(body)).part == PREFERRED


def test_the_scale_is_found_where_it_is_drawn() -> None:
    scene = make_scene(UNIT)
    heading = card_areas(scene.layout["layers"], scene.layout.text_scale).heading
    assert hit(scene, heading.row + 5, heading.right - 60) == Hit("layers", part=SCALE)
    assert hit(make_scene(replace(UNIT, pattern=True)), heading.row + 5, heading.right - 60).part == HEADING


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
    chips = chips_of(AppState(info), layout)
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
    assert chips_of(AppState(deep_network(50)), many).rows <= chips_of(AppState(deep_network(50)), many).visible
    fixed = layout_for(deep_network(50), 930, 1500, {"caffevis_control": (0, 300, 45, 900)})
    assert fixed["control"].height == 45


@pytest.mark.parametrize("name", ["layers_sorted", "layers_sorted_bars", "layers_sorted_pattern", "layers_place"])
def test_sorted_tiles_are_found_where_they_stand(name: str) -> None:
    scene = GOLDEN[name][1]()
    tiles, grid = scene.state.tiles, grid_of(scene)
    assert grid.count == tiles.count and tiles.channels is not None
    for place in range(tiles.count):
        assert hit(scene, *centre(grid.tile(place))) == Hit("layers", channel=tiles.channel_at(place))
    below = grid.tile(0).row + grid.rows * grid.pitch_h + 2, grid.tile(0).col + 2
    assert hit(scene, *below).channel is None


@pytest.mark.parametrize("stretch", [False, True])
def test_a_place_of_the_input_is_found_in_pixels_of_the_network(stretch: bool) -> None:
    source = InputState(fit=Fit.STRETCH if stretch else Fit.CROP)
    scene = make_scene(replace(UNIT, label_predictions=False), source=source, field_of=field_of)
    place = picture_place(scene, scene.layout["input"])
    for row, col in ((0, 0), (14, 38), (47, 47)):
        at = place.row + (2 * row + 1) * place.height // 96, place.col + (2 * col + 1) * place.width // 96
        found = hit(scene, *at)
        assert (found.part, found.spot) == (PICTURE, (row, col))
        assert found.cell == {(0, 0): (0, 0), (14, 38): (3, 9), (47, 47): (11, 11)}[row, col]


def test_every_layer_of_the_list_at_a_place_is_found() -> None:
    scene = GOLDEN["aux_here"][1]()
    body = card_areas(scene.layout["aux"], scene.layout.text_scale).body
    rows = rows_in(scene, body)
    assert [index for index, _ in rows] == list(range(5))
    for index, place in rows:
        assert hit(scene, *centre(place)) == Hit(
            "aux", layer_index=index, part=FIRES, unit=strongest_here(scene, index).unit
        )
    assert hit(scene, *centre(rows[2][1])).unit == Unit("conv2/5x5_reduce", 39)
    assert hit(scene, *centre(rows[4][1])).unit is None


@pytest.mark.parametrize("index", [0, 1, 150, 299])
def test_a_list_of_many_layers_shows_those_around_the_selected_one(index: int) -> None:
    info = deep_network()
    state = replace(make_scene().state, info=info, view=ViewState(index, place=(3, 3)))
    scene = Scene(state, layout_for(info, 930, 1500))
    body = card_areas(scene.layout["aux"], scene.layout.text_scale).body
    rows = rows_in(scene, body)
    assert index in dict(rows) and 10 < len(rows) < 30
    assert all(place.clipped(body) == place for _, place in rows)
