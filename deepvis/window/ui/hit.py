"""What lies under the mouse."""

from __future__ import annotations

from dataclasses import dataclass

from deepvis.core.geometry import TileGrid, bar_grid, tile_grid
from deepvis.core.state import Zoom
from deepvis.window.ui.layout import chips_of
from deepvis.window.ui.readings import layer_view
from deepvis.window.ui.scene import Scene


@dataclass(frozen=True)
class Hit:
    """pane: the pane's name, None between panes. layer_index: of the name in the layer list.

    channel: of the tile in the layers pane. None where there is no such thing under the mouse.
    """

    pane: str | None = None
    layer_index: int | None = None
    channel: int | None = None


def hit(scene: Scene, row: int, col: int) -> Hit:
    """Find what a pixel of the window belongs to, in the scene that is shown."""
    pane = scene.layout.pane_at(row, col)
    if pane is None:
        return Hit()
    place = scene.layout[pane]
    if pane == "control":
        return Hit(pane, layer_index=layer_at(scene, row - place.row, col - place.col))
    if pane == "layers":
        return Hit(pane, channel=channel_at(scene, row, col))
    return Hit(pane)


def layer_at(scene: Scene, row: int, col: int) -> int | None:
    """The layer whose name is under a pixel, counted from the control pane's corner."""
    selected = min(scene.state.view.layer_index, len(scene.state.info.layers) - 1)
    shown = chips_of(scene.state.info, scene.layout).shown(selected)
    return next((index for index, place in shown if place.contains(row, col)), None)


def channel_at(scene: Scene, row: int, col: int) -> int | None:
    """The unit whose tile is under a pixel of the window; None while a zoom fills the pane."""
    if scene.state.view.zoom is not Zoom.OFF:
        return None
    return grid_of(scene).index_at(row, col)


def grid_of(scene: Scene) -> TileGrid:
    """Where the tiles or bars of the selected layer lie in the window."""
    shape, area, count = shape_of_tiles(scene), scene.layout.tiles_area, scene.state.layer.channels
    has_bars = shape == (1, 1) and not scene.state.view.pattern
    return bar_grid(count, area) if has_bars else tile_grid(count, shape, area)


def shape_of_tiles(scene: Scene) -> tuple[int, int]:
    """(height, width) of what the tiles show: the selected layer's maps, or its preferred inputs."""
    whole, layer, view = scene.whole_layer, scene.state.layer, layer_view(scene)
    if scene.state.view.pattern and whole is not None and whole.tiles is not None and len(whole.tiles):
        return whole.tiles.shape[1], whole.tiles.shape[2]
    if view.has(0):
        return view.values.shape[1], view.values.shape[2]
    return layer.height, layer.width
