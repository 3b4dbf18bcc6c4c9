"""Tiles against drawing each by itself."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deepvis.core.coding import MID
from deepvis.core.colours import GAP, paint_of
from deepvis.core.geometry import Rect, TileGrid, tile_grid
from deepvis.core.pixels import activation_codes, codes_with
from deepvis.core.state import ColourMap, Look
from deepvis.window.ui.tiles import (
    draw_levels,
    layer_levels,
    mark_origin,
    mark_selected,
    mosaic,
    pattern_picture,
)
from tests.window.ui.scenes import waves

GRAY = paint_of(ColourMap.GRAY, Look.READABLE)
DIFFS = paint_of(ColourMap.GRAY, Look.READABLE, signed=True, diffs=True)


def in_picture(grid: TileGrid, index: int) -> tuple[slice, slice]:
    """Where a tile lies in the picture of its grid, which begins at the grid's corner."""
    return grid.tile(index).moved(-grid.row, -grid.col).slices


@settings(deadline=None, max_examples=60)
@given(st.integers(1, 70), st.integers(1, 14), st.integers(1, 14), st.integers(60, 300), st.integers(60, 300))
def test_enlarged_tiles_show_their_own_channel(count: int, height: int, width: int, tall: int, wide: int) -> None:
    grid = tile_grid(count, (height, width), Rect(0, 0, tall, wide))
    codes = activation_codes(waves(count, height, width))
    picture = layer_levels(codes, GRAY, grid)
    assert picture.shape == (grid.rows * grid.pitch_h, grid.cols * grid.pitch_w)
    if grid.tile_height < height or grid.tile_width < width:
        return  # shrunk tiles are averages
    for index in {0, count // 2, count - 1}:
        alone = cv2.LUT(codes.codes[index], GRAY.levels(codes))
        rows = [(2 * row + 1) * height // (2 * grid.tile_height) for row in range(grid.tile_height)]
        cols = [(2 * col + 1) * width // (2 * grid.tile_width) for col in range(grid.tile_width)]
        assert (picture[in_picture(grid, index)] == alone[np.ix_(rows, cols)]).all()
    if grid.gap:
        assert (picture[: grid.tile_height, grid.tile_width : grid.pitch_w] == GAP).all()


def test_shrunk_tiles_do_not_bleed() -> None:
    acts = np.zeros((9, 50, 50), np.float32)
    acts[4] = 1
    grid = tile_grid(9, (50, 50), Rect(0, 0, 60, 60))
    picture = layer_levels(activation_codes(acts), paint_of(ColourMap.GRAY, Look.PLAIN_2015), grid)
    assert (picture[in_picture(grid, 4)] == 255).all()
    assert all((picture[in_picture(grid, i)] == 0).all() for i in range(9) if i != 4)


def test_zero_diffs_are_mid_gray_and_signs_differ_in_lightness_and_hue() -> None:
    table = DIFFS.table[:, 0].astype(int)
    assert (table[MID] == MID).all()
    lightness = table @ [0.114, 0.587, 0.299]
    assert (np.diff(lightness[1:]) >= 0).all()
    assert table[255][2] > table[255][0] and table[1][0] > table[1][2]  # warm above, cool below
    codes = codes_with(np.zeros((2, 3, 3), np.float32), signed=True)
    canvas = np.zeros((20, 40, 3), np.uint8)
    grid = tile_grid(2, (3, 3), Rect(0, 0, 20, 40))
    draw_levels(canvas, grid.row, grid.col, layer_levels(codes, DIFFS, grid), DIFFS)
    assert (canvas[grid.tile(1).slices] == MID).all()


def test_mosaic_is_row_major() -> None:
    grid = tile_grid(5, (2, 2), Rect(0, 0, 20, 30))
    maps = np.arange(1, 6, dtype=np.uint8)[:, None, None] * np.ones((1, 2, 2), np.uint8)
    cells = mosaic(maps, grid)[::2, ::2]
    assert cells.ravel().tolist() == [1, 2, 3, 4, 5, 0]


def test_patterns_keep_their_colours() -> None:
    tiles = np.zeros((4, 6, 6, 3), np.uint8)
    tiles[2] = (200, 100, 50)  # RGB
    grid = tile_grid(4, (6, 6), Rect(0, 0, 60, 60))
    picture = pattern_picture(tiles, grid)
    assert (picture[in_picture(grid, 2)] == (50, 100, 200)).all()


@pytest.mark.parametrize("mark", [mark_selected, mark_origin])
def test_marks_leave_the_tile_alone_and_have_shapes_of_their_own(mark: object) -> None:
    canvas = np.full((60, 60, 3), 90, np.uint8)
    tile = Rect(20, 20, 18, 18)
    mark(canvas, tile, 2)
    assert (canvas[tile.slices] == 90).all() and (canvas != 90).any()
    middle_of_top = canvas[:20, 28]
    assert (middle_of_top != 90).any() == (mark is mark_selected)  # a whole frame against corners
