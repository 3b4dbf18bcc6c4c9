"""Every channel of the selected layer, tiled; or one of them, or the back projection, over the whole pane."""

from __future__ import annotations

from collections.abc import Callable, Hashable

import numpy as np

from deepvis.core.geometry import Rect, TileGrid, fit_inside
from deepvis.core.state import Cursor, Order, Zoom
from deepvis.core.types import WholeLayer
from deepvis.window.ui import theme
from deepvis.window.ui.before_after import CHANGE
from deepvis.window.ui.canvas import NOWHERE, bounds, fill, frame, moved_into, paste
from deepvis.window.ui.changes_shown import changes_key, draw_changes
from deepvis.window.ui.draw_cache import cached
from deepvis.window.ui.fires import order_words
from deepvis.window.ui.heading import draw_card, heading_size, sentence
from deepvis.window.ui.legend import (
    codes_of,
    draw_in_heading,
    fixed_caption,
    fixed_scale,
    layer_legend,
    paint_for,
    scanned_peak,
    unit_codes,
    unit_legend,
)
from deepvis.window.ui.over_photos import draw_over_photos, looks_over_photos
from deepvis.window.ui.pane import pane
from deepvis.window.ui.panes.back import draw_back
from deepvis.window.ui.panes.jpgvis import draw_preferred
from deepvis.window.ui.readings import (
    ACTIVATIONS,
    LayerView,
    called,
    label_of,
    layer_view,
    number,
    shape_name,
    value_of,
)
from deepvis.window.ui.reasons import caption_of, reasons_in
from deepvis.window.ui.scalars import draw_bars, draw_scalar, ends_words, has_names, shows_bars
from deepvis.window.ui.scene import Scene
from deepvis.window.ui.side_by_side import draw_side_by_side, looks_side_by_side
from deepvis.window.ui.text import draw_text, line_height, text_width
from deepvis.window.ui.tile_places import grid_in, order_key
from deepvis.window.ui.tiles import (
    cells_picture,
    dimmed,
    draw_levels,
    in_order,
    layer_levels,
    map_levels,
    mark_contributions,
    mark_origin,
    mark_selected,
    pattern_cells,
    pattern_picture,
)
from deepvis.window.ui.what_if_marks import mark_interventions

# what stands over the whole pane
ZOOMED: dict[Zoom, Callable[[np.ndarray, Scene], None]] = {
    Zoom.BACK: draw_back,
    Zoom.CHANGES: draw_changes,
    Zoom.PREFERRED: draw_preferred,
    Zoom.SIDE_BY_SIDE: draw_side_by_side,
    Zoom.PHOTOS: draw_over_photos,
}
MOST_CELLS = 6 << 20  # bytes of all preferred inputs in the tiles' size


def looks_at(scene: Scene) -> Hashable:
    view, whole = scene.state.view, scene.whole_layer
    pattern = (whole.layer, whole.version) if view.pattern and whole is not None else None
    scanned = scanned_peak(scene) if view.fixed_scale else None
    images, progress = scene.unit_images, scene.optimize
    versions = (images and images.version, progress and progress.version, scene.climb and scene.climb.version)
    preferred = versions if view.zoom is Zoom.PREFERRED else None
    scale = fixed_scale(scene), scanned
    pinned = scene.pinned and scene.pinned.id
    zoomed = preferred, looks_side_by_side(scene), looks_over_photos(scene), pinned, changes_key(scene)
    seen = scene.snapshot_id, scene.frame_id, scene.state.input
    return view, scene.state.naming, scene.state.tile_order, seen, pattern, zoomed, scale


@pane("layers", looks_at=looks_at, place=(30, 300, 870, 900))
def draw(canvas: np.ndarray, scene: Scene) -> None:
    """Zoomed: the selected unit's map or the back projection; otherwise the tiles with their marks."""
    zoom = scene.state.view.zoom
    if zoom in ZOOMED:
        ZOOMED[zoom](canvas, scene)
        return
    view, is_pattern = layer_view(scene), shows_pattern(scene)
    has_bars = not is_pattern and view.has(0) and shows_bars(scene, view)
    has_tiles = view.has(0) and zoom is Zoom.OFF and not is_pattern
    title = tiles_title(scene, view)
    note = ends_words(scene, view) if has_bars else ""
    but = covered_by_tiles(canvas, scene, view) if has_tiles and not has_bars else NOWHERE
    parts = draw_card(canvas, scene, title, note, stale=view.stale, but=but)
    if is_pattern:
        draw_pattern(canvas, scene, parts.body, view)
        return
    if not view.has(0):
        sentence(canvas, scene, parts.body, view.sentence)
        return
    if has_bars:
        draw_scalars(canvas, scene, parts.body, view)
        return
    if not parts.heading.is_empty:
        px = heading_size(scene, title, parts.heading.width - (scene.px(80) if view.stale else 0))
        used = text_width(title, px, True) + scene.px(20)
        legend = unit_legend(scene, view) if zoom is Zoom.UNIT else layer_legend(scene, view)
        room = parts.heading.cut(left=used, right=scene.px(80) if view.stale else 0)
        draw_in_heading(canvas, scene, room, legend)
    if zoom is Zoom.UNIT:
        draw_unit(canvas, scene, parts.body, view)
    else:
        draw_tiles(canvas, scene, parts.body, view)


def shows_pattern(scene: Scene) -> bool:
    """True while the tiles are the units' preferred inputs."""
    return scene.state.view.pattern and scene.state.view.zoom is Zoom.OFF and not scene.state.layer.missing


def tiles_title(scene: Scene, view: LayerView) -> str:
    """The heading of the tiles, or of the unit in their place: whose, what they are, how they are sorted."""
    layer, is_unit, is_pattern = scene.state.layer, scene.state.view.zoom is Zoom.UNIT, shows_pattern(scene)
    subject = f"{layer.name} · {scene.state.unit.channel}" if is_unit else layer.name
    name = called(scene, scene.state.unit) if is_unit else ""
    caption = pattern_caption(scene) if is_pattern else view.caption
    has_all = view.has(0) and not is_unit
    sorting = order_words(scene, view) if has_all else ""
    if sorting:
        caption = caption_beside(scene, caption, sorting)
    has_maps = has_all and not is_pattern and not shows_bars(scene, view)
    fixed = fixed_caption(codes_of(scene, view)) if has_maps else ""
    is_compared = view.is_change or view.is_difference or view.is_pinned  # said first: not to be cut
    said = (caption, sorting) if is_compared and not is_pattern else (sorting, caption)
    return "   ".join(filter(None, (subject, name, shape_name(layer), *said, fixed)))


def caption_beside(scene: Scene, caption: str, sorting: str) -> str:
    """What the tiles are, beside how they are sorted; "" where that says so: "143 change", "fire". Room is scarce."""
    if caption == CHANGE:
        return "" if "change" in sorting else "change"
    is_of_other = scene.state.view.order is Order.DIFFERENCE and reasons_in(scene) is None
    return "" if caption == ACTIVATIONS and not is_of_other else caption


def covered_by_tiles(canvas: np.ndarray, scene: Scene, view: LayerView) -> Rect:
    """The place that the tiles will paint: with the face below it the pane would be painted twice at every pass."""
    body = scene.areas(bounds(canvas)).body
    return grid_in(scene.state, view.values.shape[1:], body).rect.clipped(body)


def draw_scalars(canvas: np.ndarray, scene: Scene, body: Rect, view: LayerView) -> None:
    """The units of a layer without maps: bars; zoomed: the selected one in words."""
    if scene.state.view.zoom is Zoom.UNIT:
        draw_scalar(canvas, scene, body, view, min(scene.state.unit.channel, len(view.values) - 1))
    else:
        grid = draw_bars(canvas, scene, body, view)
        draw_marks(canvas, scene, grid, view, is_named=has_names(scene, grid))


def draw_tiles(canvas: np.ndarray, scene: Scene, body: Rect, view: LayerView) -> None:
    """The tiles, from memory when only the cursor moved."""
    grid = grid_in(scene.state, view.values.shape[1:], body)
    codes, channels = codes_of(scene, view), order_key(scene.state)
    paint = paint_for(scene, view, codes)
    key = ("tiles", scene.snapshot_id, scene.state.layer.name, view.caption, grid, paint.darkest, paint.gap, channels)
    tiles = cached(key, codes, lambda: layer_levels(codes, paint, grid, channels))
    draw_levels(canvas, grid.row, grid.col, tiles[: body.height], paint)
    draw_marks(canvas, scene, grid, view)


def draw_unit(canvas: np.ndarray, scene: Scene, area: Rect, view: LayerView) -> Rect:
    """The selected channel as large as fits, in a scale of its own; returns where it lies."""
    place = fit_inside(view.values.shape[1], view.values.shape[2], area)
    one = unit_codes(scene, view)
    paint = paint_for(scene, view, one)
    draw_levels(canvas, place.row, place.col, map_levels(one, paint, place), paint)
    return place


def pattern_caption(scene: Scene) -> str:
    """What the pictures are, and what is out of the ordinary with them."""
    whole = scene.whole_layer
    if whole is None or whole.tiles is None or whole.layer not in (scene.state.layer.name, scene.state.layer.images_of):
        return "preferred inputs"
    return ", ".join(filter(None, (whole.title, whole.note)))


def draw_pattern(canvas: np.ndarray, scene: Scene, body: Rect, view: LayerView) -> None:
    """The preferred input of every unit, each as bright as the unit is active now."""
    whole, layer = scene.whole_layer, scene.state.layer
    if whole is None or whole.layer not in (layer.name, layer.images_of):
        sentence(canvas, scene, body, f"Loading the preferred inputs of {layer.images_of}.")
        return
    pictures = whole.tiles
    if pictures is None or not len(pictures):
        note = whole.note or f"There are no preferred inputs of {layer.images_of}"
        sentence(canvas, scene, body, f"{note}. Press s to see the maps again.")
        return
    grid = grid_in(scene.state, pictures.shape[1:3], body)
    pattern = pattern_of(scene, whole, pictures, grid)
    if view.has(0):
        pattern = dimmed(pattern, grid, codes_of(scene, view), order_key(scene.state))
    paste(canvas, grid.row, grid.col, pattern[: body.height])
    draw_marks(canvas, scene, grid, view)


def pattern_of(scene: Scene, whole: WholeLayer, pictures: np.ndarray, grid: TileGrid) -> np.ndarray:
    """The preferred inputs as tiles, in the order of the state.

    Sorted ones are put together of all in the tiles' size, made once, unless those take too much room.
    """
    channels, made_of = order_key(scene.state), (whole.layer, whole.version)
    if channels is None:
        return cached(("pattern", *made_of, grid), pictures, lambda: pattern_picture(pictures, grid))
    size = grid.tile_height, grid.tile_width
    if len(pictures) * size[0] * size[1] * 3 > MOST_CELLS:
        key = ("pattern", *made_of, grid, channels)
        return cached(key, pictures, lambda: cells_picture(pattern_cells(in_order(pictures, channels), grid), grid))
    cells = cached(("pattern cells", *made_of, size), pictures, lambda: pattern_cells(pictures, grid))
    return cells_picture(in_order(cells, channels), grid)


def draw_marks(canvas: np.ndarray, scene: Scene, grid: TileGrid, view: LayerView, *, is_named: bool = False) -> None:
    """The back origin's brackets, the selection's frame, and the class that the unit stands for.

    is_named: the tiles have their classes in them.
    """
    fill(canvas, grid.tail, theme.FACE)
    state, tiles = scene.state, scene.state.tiles
    thick = scene.px(2) if grid.tile_width < scene.px(60) else scene.px(3)
    reasons = reasons_in(scene)
    if reasons is not None:
        sums = reasons.sums if tiles.channels is None else reasons.sums[list(tiles.channels)]
        mark_contributions(canvas, grid, sums, thick)
    mark_interventions(canvas, scene, grid, has_bars=not shows_pattern(scene) and shows_bars(scene, view))
    pinned = state.view.pinned
    origin = None if pinned is None or pinned.layer != state.layer.name else tiles.place_of(pinned.channel)
    if origin is not None:
        mark_origin(canvas, grid.tile(origin), thick)
    tile = grid.tile(state.tile)
    mark_selected(canvas, tile, thick, active=state.view.cursor is Cursor.UNITS)
    label = label_of(scene, state.unit)
    if not state.view.label_predictions or state.view.cursor is not Cursor.UNITS:
        return
    if reasons is not None:
        caption = caption_of(reasons, state.unit.channel)
        text = f"{label}   {caption}" if label and not is_named else caption
        draw_label(canvas, scene, tile, text, scene.areas(bounds(canvas)).body)
    elif label and not is_named:
        value = value_of(view, state.unit.channel)
        draw_label(canvas, scene, tile, label if value is None else f"{label}   {number(value)}")


def draw_label(canvas: np.ndarray, scene: Scene, tile: Rect, label: str, within: Rect | None = None) -> None:
    """The class beside its tile, on a plate, on the side where it hides the least that is bright; ``within`` a part."""
    px, gap = scene.px(theme.SIZE_TEXT), scene.px(7)
    area = (within or bounds(canvas)).inset(scene.px(6))
    wide = min(text_width(label, px) + scene.px(16), area.width)
    tall = line_height(px) + scene.px(6)
    middle, start = tile.row + (tile.height - tall) // 2, tile.col + (tile.width - wide) // 2
    corners = ((middle, tile.right + gap), (middle, tile.col - gap - wide), (tile.bottom + gap, start))
    places = [moved_into(Rect(row, col, tall, wide), area) for row, col in (*corners, (tile.row - gap - tall, start))]
    plate = min(places, key=lambda place: _hides(canvas, place, tile))
    fill(canvas, plate, theme.BACKGROUND)
    frame(canvas, plate, theme.SELECTED)
    draw_text(canvas, plate.row + scene.px(3), plate.col, label, px, theme.TEXT, width=wide, align="centre")


def _hides(canvas: np.ndarray, place: Rect, tile: Rect) -> float:
    """How bright what lies under a place is, 0..255; a place on the tile itself is the last choice."""
    on_tile = 0 if place.clipped(tile).is_empty else 256
    part = canvas[place.slices]
    return on_tile + (float(part.mean()) if part.size else 0)
