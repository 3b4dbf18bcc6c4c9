"""What lies under the mouse."""

from __future__ import annotations

from deepvis.core.commands.ordering import lists_layers
from deepvis.core.geometry import Rect, TileGrid, fit_inside, montage_cell
from deepvis.core.places import cell_at
from deepvis.core.state import Look, Zoom
from deepvis.core.types import Unit
from deepvis.window.ui.changes_shown import change_at
from deepvis.window.ui.film_cells import film_hit
from deepvis.window.ui.fires import strongest_here
from deepvis.window.ui.here import rows_in
from deepvis.window.ui.layer_list_layout import chips_of
from deepvis.window.ui.legend import foot_place, scale_place
from deepvis.window.ui.over_photos import photo_at
from deepvis.window.ui.panes import back
from deepvis.window.ui.panes.aux import CLASSES, class_row, has_legend, list_link, map_area, shows_classes
from deepvis.window.ui.panes.input import class_line_height, first_class_place, picture_place, shows_first_class
from deepvis.window.ui.panes.jpgvis import PARTS, SIDE, images_of_unit, part_areas, part_place
from deepvis.window.ui.pinned_strip import strip_in
from deepvis.window.ui.readings import layer_view
from deepvis.window.ui.regions import CHANGE, CLASS, FIRES, FOLD, HEADING, MAP, PICTURE, PINNED, PREFERRED, SCALE, Hit
from deepvis.window.ui.scalars import is_scalar
from deepvis.window.ui.scene import Scene
from deepvis.window.ui.side_by_side import side_at
from deepvis.window.ui.tile_places import bars_in, grid_in
from deepvis.window.ui.time_pointing import time_hit
from deepvis.window.ui.video_bar import seek_hit
from deepvis.window.ui.what_if_words import listed_classes


def hit(scene: Scene, row: int, col: int) -> Hit:
    """Find what a pixel of the window belongs to, in the scene that is shown."""
    pane = scene.layout.pane_at(row, col)
    if pane is None:
        return Hit()
    place = scene.layout[pane]
    finders = {
        **{"control": _in_control, "layers": _in_layers, "aux": _in_aux, "input": _in_input, "jpgvis": _in_jpgvis},
        "filmstrip": film_hit,
        "timeline": time_hit,
    }
    if pane in finders:
        return finders[pane](scene, place, row, col)
    body = scene.areas(place).body
    body = back.picture_area(scene, body) if pane == "back" else body
    is_picture = pane == "back" and body.contains(row, col)
    return Hit(pane, part=PICTURE if is_picture else "", place=body if is_picture else place)


def _in_control(scene: Scene, pane: Rect, row: int, col: int) -> Hit:
    selected = min(scene.state.view.layer_index, len(scene.state.info.layers) - 1)
    chips = chips_of(scene.state, scene.layout)
    for index, place in chips.shown(selected):
        chip = place.moved(pane.row, pane.col)
        if chip.contains(row, col):
            is_mark = bool(scene.state.info.layers[index].folds) and col < chip.col + chips.mark + scene.px(4)
            return Hit("control", layer_index=index, part=FOLD if is_mark else "", place=chip)
    return Hit("control", place=pane)


def _in_layers(scene: Scene, pane: Rect, row: int, col: int) -> Hit:
    zoom, parts = scene.state.view.zoom, scene.areas(pane)
    if parts.heading.contains(row, col):
        scale = scale_place(scene, parts.heading)
        has_scale = zoom in (Zoom.OFF, Zoom.UNIT) and layer_view(scene).has(0) and not scene.state.view.pattern
        is_scale = has_scale and scale.contains(row, col)
        return Hit("layers", part=SCALE if is_scale else HEADING, place=scale if is_scale else parts.heading)
    if zoom is Zoom.UNIT:
        return _in_map(scene, "layers", parts.body, row, col)
    if zoom is Zoom.SIDE_BY_SIDE:
        return side_at(scene, parts.body, row, col)
    if zoom is Zoom.PHOTOS:
        return photo_at(scene, parts.body, row, col)
    if zoom is Zoom.CHANGES:
        found = change_at(scene, parts.body, row, col)
        return (
            Hit("layers", place=pane) if found is None else Hit("layers", part=CHANGE, index=found[0], place=found[1])
        )
    if zoom is not Zoom.OFF:
        return Hit("layers", part=PICTURE if zoom is Zoom.BACK else PREFERRED, place=parts.body)
    grid = grid_of(scene)
    tile = grid.index_at(row, col)
    if tile is None:
        return Hit("layers", place=pane)
    return Hit("layers", channel=scene.state.tiles.channel_at(tile), place=grid.tile(tile))


def _in_aux(scene: Scene, pane: Rect, row: int, col: int) -> Hit:
    body = scene.areas(pane).body
    if lists_layers(scene.state):
        return _in_list(scene, rows_in(scene, body), pane, row, col)
    if not shows_classes(scene):
        link, scale = list_link(scene, body), foot_place(scene, body)
        if link is not None and link.contains(row, col):
            return Hit("aux", part=FIRES, place=link)
        if has_legend(scene) and scale.contains(row, col):
            return Hit("aux", part=SCALE, place=scale)
        return _in_map(scene, "aux", map_area(scene, body), row, col)
    for index, (channel, _) in enumerate(listed_classes(scene, "aux", CLASSES)):
        place = class_row(body, index)
        if place.contains(row, col):
            return _of_class(scene, "aux", channel, index, place)
    return Hit("aux", place=pane)


def _in_list(scene: Scene, rows: list[tuple[int, Rect]], pane: Rect, row: int, col: int) -> Hit:
    """A row of the list of layers at the pinned place."""
    for index, place in rows:
        if place.contains(row, col):
            return Hit("aux", layer_index=index, part=FIRES, unit=strongest_here(scene, index).unit, place=place)
    return Hit("aux", place=pane)


def _in_map(scene: Scene, pane: str, body: Rect, row: int, col: int) -> Hit:
    """A cell of the selected unit's map, which is drawn as large as fits into ``body``."""
    view = layer_view(scene)
    if not view.has(scene.state.unit.channel) or is_scalar(view):
        return Hit(pane, part=MAP if body.contains(row, col) else "", place=body)
    height, width = view.values.shape[1:]
    place = fit_inside(height, width, body)
    if not place.contains(row, col):
        return Hit(pane, place=body)
    cell = (row - place.row) * height // place.height, (col - place.col) * width // place.width
    top, left = place.row + cell[0] * place.height // height, place.col + cell[1] * place.width // width
    at = Rect(top, left, max(place.height // height, 1), max(place.width // width, 1))
    return Hit(pane, part=MAP, cell=cell, place=at)


def _in_input(scene: Scene, pane: Rect, row: int, col: int) -> Hit:
    if seek := seek_hit(scene, scene.areas(pane).body, row, col):
        return seek
    place = picture_place(scene, pane)
    strip = strip_in(scene, scene.areas(pane).body)
    if strip is not None and strip.contains(row, col):
        return Hit("input", part=PINNED, place=strip)
    if place is None or not place.contains(row, col):
        return Hit("input", part=HEADING if row < scene.areas(pane).body.row else "", place=pane)
    strip = first_class_place(scene, place)
    best = listed_classes(scene, "input", 1) if shows_first_class(scene) and strip.contains(row, col) else []
    if best:
        index = min((row - strip.row) // class_line_height(scene), len(best) - 1)
        return _of_class(scene, "input", best[index][0], index, strip)
    _, height, width = scene.state.info.input_shape
    spot = (row - place.row) * height // place.height, (col - place.col) * width // place.width
    cell = cell_at(scene.field_of, scene.state.layer, spot)
    return Hit("input", part=PICTURE, cell=cell, place=place, spot=spot)


def _of_class(scene: Scene, pane: str, channel: int, index: int, place: Rect) -> Hit:
    layer = scene.state.info.class_layer(scene.state.layer.name)
    return Hit(pane, part=CLASS, unit=Unit(layer, channel) if layer else None, index=index, place=place)


def _in_jpgvis(scene: Scene, pane: Rect, row: int, col: int) -> Hit:
    images = images_of_unit(scene) if scene.state.view.unit_images else None
    for number, (name, _) in enumerate(PARTS):
        part = part_place(pane, number)
        if not part.contains(row, col):
            continue
        parts = part_areas(scene, part)
        if not parts.body.contains(row, col):
            return Hit("jpgvis", part=HEADING, index=number, place=parts.heading)
        rgb = None if images is None else getattr(images, name)
        if name == PREFERRED:
            return Hit("jpgvis", part=name, place=parts.body)
        if rgb is None or images is None:
            break
        place = fit_inside(rgb.shape[0], rgb.shape[1], parts.body)
        for index in range(SIDE * SIDE):
            cell = montage_cell(index, SIDE, place)
            if cell.contains(row, col):
                path = images.patches[index].path if index < len(images.patches) else ""
                return Hit("jpgvis", part=name, index=index, path=path, place=cell)
    return Hit("jpgvis", place=pane)


def grid_of(scene: Scene) -> TileGrid:
    """Where the tiles or bars of the selected layer lie in the window."""
    shape, area = shape_of_tiles(scene), scene.layout.tiles_area
    has_bars = shape == (1, 1) and not scene.state.view.pattern and scene.state.view.look is not Look.PLAIN_2015
    return bars_in(scene.state, area) if has_bars else grid_in(scene.state, shape, area)


def shape_of_tiles(scene: Scene) -> tuple[int, int]:
    """(height, width) of what the tiles show: the selected layer's maps, or its preferred inputs."""
    whole, layer, view = scene.whole_layer, scene.state.layer, layer_view(scene)
    if scene.state.view.pattern and whole is not None and whole.tiles is not None and len(whole.tiles):
        return whole.tiles.shape[1], whole.tiles.shape[2]
    if view.has(0):
        return view.values.shape[1], view.values.shape[2]
    return layer.height, layer.width
