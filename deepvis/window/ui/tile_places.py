"""Where the tiles of the selected layer lie: maps, preferred inputs or bars, in the order of the state."""

from __future__ import annotations

from deepvis.core.geometry import Rect, TileGrid, bar_grid, tile_grid
from deepvis.core.state import AppState


def grid_in(state: AppState, shape: tuple[int, int], area: Rect) -> TileGrid:
    """The tiles of the selected layer in an area. shape: (height, width) of what a tile shows."""
    tiles = state.tiles
    return tile_grid(tiles.slots, shape, area).holding(tiles.count)


def bars_in(state: AppState, area: Rect) -> TileGrid:
    """The same of the bars of scalars."""
    tiles = state.tiles
    return bar_grid(tiles.slots, area).holding(tiles.count)


def order_key(state: AppState) -> tuple[int, ...] | None:
    """What a picture of the tiles depends on besides the values: which unit stands where; None: by number."""
    return state.tiles.channels
