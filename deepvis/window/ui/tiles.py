"""All channels of a layer as one picture of tiles.

The tiles are arranged at the map's own resolution first, so that one resize serves them all: tile
edges fall on whole pixels before and after, nothing bleeds from one tile into the next.
"""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from deepvis.core.colours import Paint
from deepvis.core.geometry import Rect, TileGrid
from deepvis.core.pixels import Codes
from deepvis.window.ui.canvas import brackets, frame, resized, squares
from deepvis.window.ui.theme import AGAINST, BACKGROUND, FOR, ORIGIN, SELECTED

FAINTEST = 0.01  # of the largest contribution: smaller ones have no frame
LEAST_INK = 0.2  # of a frame's colour, for the smallest contribution that has one
PATTERN_GAP = 24  # brightness between preferred images, close to the pane's face


def layer_levels(codes: Codes, paint: Paint, grid: TileGrid, channels: Sequence[int] | None = None) -> np.ndarray:
    """(rows * pitch, cols * pitch) uint8: the tiles of ``grid``, row-major, with their gaps, as levels of ``paint``.

    channels: of the tiles, in their order; None: all, by number.
    Cells behind the last channel (grid.tail) are left to the caller.
    """
    return with_gaps(cv2.LUT(mosaic(in_order(codes.codes, channels), grid), paint.levels(codes)), grid, paint.gap)


def in_order(of_channels: np.ndarray, channels: Sequence[int] | None) -> np.ndarray:
    """(C, ...) as (tiles, ...): what the tiles show, 0 for a channel beyond C; ``channels`` as above."""
    if channels is None:
        return of_channels
    numbers = np.asarray(channels, int)
    sorted_ones = np.take(of_channels, numbers, axis=0, mode="clip")
    sorted_ones[numbers >= len(of_channels)] = 0
    return sorted_ones


def map_levels(codes: Codes, paint: Paint, place: Rect) -> np.ndarray:
    """(height, width) uint8: one channel, codes of shape (1, H, W), in the size of ``place``, in squares."""
    return resized(cv2.LUT(codes.codes[0], paint.levels(codes)), place, smooth=False)


def draw_levels(canvas: np.ndarray, row: int, col: int, levels: np.ndarray, paint: Paint) -> None:
    """Colour (H, W) levels into the canvas with their corner at (row, col), clipped at its ends."""
    part = canvas[row : row + levels.shape[0], col : col + levels.shape[1]]
    if part.size:
        paint.colours(levels[: part.shape[0], : part.shape[1]], part)


def pattern_picture(tiles_rgb: np.ndarray, grid: TileGrid) -> np.ndarray:
    """The same for one picture per unit, (C, h, w, 3) uint8 RGB; black where there are fewer than tiles."""
    tile = Rect(0, 0, grid.tile_height, grid.tile_width)
    if tile.height > tiles_rgb.shape[1] or tile.width > tiles_rgb.shape[2]:  # each alone: smoothing would mix them
        tiles_rgb = np.stack([resized(picture, tile) for picture in tiles_rgb[: grid.count]])
    return cv2.merge([with_gaps(mosaic(tiles_rgb[..., plane], grid), grid, PATTERN_GAP) for plane in (2, 1, 0)])


def pattern_cells(tiles_rgb: np.ndarray, grid: TileGrid) -> np.ndarray:
    """(C, tile height, tile width, 3) uint8 BGR: each picture in the size of the grid's tiles."""
    tile = Rect(0, 0, grid.tile_height, grid.tile_width)
    return np.stack([cv2.cvtColor(resized(picture, tile), cv2.COLOR_RGB2BGR) for picture in tiles_rgb])


def cells_picture(cells: np.ndarray, grid: TileGrid) -> np.ndarray:
    """(rows * pitch, cols * pitch, 3) uint8: pictures (count, tile height, tile width, 3) as tiles, with their gaps."""
    spaced = np.full((grid.rows, grid.pitch_h, grid.cols, grid.pitch_w, 3), PATTERN_GAP, np.uint8)
    full, rest = divmod(len(cells), grid.cols)
    in_rows = cells[: full * grid.cols].reshape(full, grid.cols, *cells.shape[1:]).transpose(0, 2, 1, 3, 4)
    spaced[:full, : grid.tile_height, :, : grid.tile_width] = in_rows
    if rest:
        spaced[full, : grid.tile_height, :rest, : grid.tile_width] = cells[full * grid.cols :].transpose(1, 0, 2, 3)
    return spaced.reshape(grid.rows * grid.pitch_h, grid.cols * grid.pitch_w, 3)


def dimmed(picture: np.ndarray, grid: TileGrid, codes: Codes, channels: Sequence[int] | None = None) -> np.ndarray:
    """A pattern picture, each tile between a quarter and all of its brightness by its unit's peak."""
    peaks = in_order(codes.codes.reshape(len(codes.codes), -1).max(axis=1), channels)[: grid.count]
    cells = np.zeros(grid.rows * grid.cols, np.uint8)
    cells[: len(peaks)] = 64 + codes.tone[peaks] // 4 * 3
    factors = squares(cells.reshape(grid.rows, grid.cols), Rect(0, 0, *picture.shape[:2]))
    return cv2.multiply(picture, cv2.merge([factors] * 3), scale=1 / 255)


def mosaic(maps: np.ndarray, grid: TileGrid) -> np.ndarray:
    """(C, H, W) bytes to (rows * H, cols * W): side by side, row-major, 0 behind the last one."""
    count, height, width = maps.shape
    cells = grid.rows * grid.cols
    if count < cells:
        maps = np.concatenate([maps, np.zeros((cells - count, height, width), maps.dtype)])
    rows = maps[:cells].reshape(grid.rows, grid.cols, height, width).transpose(0, 2, 1, 3)
    return np.ascontiguousarray(rows).reshape(grid.rows * height, grid.cols * width)


def with_gaps(brightness: np.ndarray, grid: TileGrid, gap: int) -> np.ndarray:
    """Resize a mosaic to the grid's tiles and set them apart by ``gap``."""
    place = Rect(0, 0, grid.rows * grid.tile_height, grid.cols * grid.tile_width)
    tiles = resized(brightness, place, smooth=False)
    spaced = np.full((grid.rows * grid.pitch_h, grid.cols * grid.pitch_w), gap, np.uint8)
    cells = spaced.reshape(grid.rows, grid.pitch_h, grid.cols, grid.pitch_w)
    cells[:, : grid.tile_height, :, : grid.tile_width] = tiles.reshape(
        grid.rows, grid.tile_height, grid.cols, grid.tile_width
    )
    return spaced


def mark_contributions(canvas: np.ndarray, grid: TileGrid, contributions: np.ndarray, thickness: int) -> None:
    """A frame in each tile: whole for a contribution above 0, of dashes below 0, the brighter the larger it is.

    contributions: of the tiles, in their order. Those below FAINTEST of the largest have none.
    """
    sizes = np.abs(contributions[: grid.count])
    largest = float(sizes.max(initial=0))
    if not largest:
        return
    strengths = LEAST_INK + (1 - LEAST_INK) * np.sqrt(sizes / largest)[:, None]
    cells = np.zeros((grid.rows * grid.cols, 3), np.uint8)
    against = contributions[: grid.count] < 0
    cells[: len(sizes)] = np.rint(np.where(against[:, None], np.array(AGAINST), np.array(FOR)) * strengths)
    kinds = np.zeros(len(cells), np.uint8)  # 0: no frame, 1: a whole one, 2: of dashes
    kinds[: len(sizes)] = np.where(sizes >= FAINTEST * largest, 1 + against, 0)
    tiles = _tiles_of(canvas, grid)
    shape = (len(tiles), tiles.shape[2])
    colours = cells.reshape(grid.rows, grid.cols, 3)[: shape[0], None, : shape[1], None]
    kinds = kinds.reshape(grid.rows, grid.cols)[: shape[0], None, : shape[1], None, None]
    thick = max(min(thickness, grid.tile_height // 3, grid.tile_width // 3), 1)
    length = max(min(grid.tile_height, grid.tile_width) // 6, 2)
    rows, cols = np.indices((grid.tile_height, grid.tile_width)) // length
    dashes = ((rows + cols) % 2 == 0)[None, :, None, :, None]
    near, far, between = slice(thick), slice(-thick, None), slice(thick, -thick)
    for part in ((near, slice(None)), (far, slice(None)), (between, near), (between, far)):
        here = (slice(None), part[0], slice(None), part[1])
        np.copyto(tiles[here], colours, where=(kinds == 1) | ((kinds == 2) & dashes[here]))


def _tiles_of(canvas: np.ndarray, grid: TileGrid) -> np.ndarray:
    """(rows, tile height, cols, tile width, 3): those tiles that lie wholly in the canvas, to be written to."""
    rows = min(grid.rows, (canvas.shape[0] - grid.row - grid.tile_height) // grid.pitch_h + 1)
    cols = min(grid.cols, (canvas.shape[1] - grid.col - grid.tile_width) // grid.pitch_w + 1)
    down, right, plane = canvas.strides
    shape = (max(rows, 0), grid.tile_height, max(cols, 0), grid.tile_width, 3)
    steps = (down * grid.pitch_h, down, right * grid.pitch_w, right, plane)
    return np.lib.stride_tricks.as_strided(canvas[grid.row :, grid.col :], shape, steps)


def mark_selected(canvas: np.ndarray, tile: Rect, thickness: int, *, active: bool = True) -> None:
    """A solid frame around a tile, with a dark line on both sides; thin where the cursor is elsewhere."""
    thick = thickness if active else 1
    frame(canvas, tile, BACKGROUND, thick + 2)
    frame(canvas, tile.inset(-1), SELECTED, thick)


def mark_origin(canvas: np.ndarray, tile: Rect, thickness: int) -> None:
    """Corner brackets around a tile, further out than the selection's frame."""
    out = tile.inset(-(thickness + 1))
    brackets(canvas, out.inset(-1), BACKGROUND, thickness + 1)
    brackets(canvas, out, ORIGIN, thickness)
