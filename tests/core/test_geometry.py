"""Rectangles, grids and crops: what must hold for any of them."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deepvis.core.geometry import Rect, centre_crop, fit_inside, montage_cell, tile_grid, unit_grid
from deepvis.core.types import LayerInfo

sizes = st.integers(1, 400)
rects = st.builds(Rect, st.integers(-50, 50), st.integers(-50, 50), sizes, sizes)


def pixels(rect: Rect) -> set[tuple[int, int]]:
    return set(itertools.product(range(rect.row, rect.bottom), range(rect.col, rect.right)))


@given(
    st.builds(Rect, *[st.integers(-8, 8)] * 2, *[st.integers(0, 9)] * 2),
    st.builds(Rect, *[st.integers(-8, 8)] * 2, *[st.integers(0, 9)] * 2),
)
def test_clipped_is_the_common_pixels(a: Rect, b: Rect) -> None:
    assert pixels(a.clipped(b)) == pixels(a) & pixels(b)


@given(rects, st.integers(0, 60))
def test_inset_never_turns_inside_out(rect: Rect, margin: int) -> None:
    inner = rect.inset(margin)
    assert inner.height >= 0 and inner.width >= 0
    assert inner.is_empty or pixels_inside(inner, rect)


def pixels_inside(inner: Rect, outer: Rect) -> bool:
    return (
        outer.row <= inner.row
        and inner.bottom <= outer.bottom
        and outer.col <= inner.col
        and inner.right <= outer.right
    )


@given(sizes, sizes, rects)
def test_fit_inside_stays_inside_and_touches_two_sides(height: int, width: int, area: Rect) -> None:
    place = fit_inside(height, width, area)
    assert pixels_inside(place, area)
    assert place.height == area.height or place.width == area.width
    if min(place.height, place.width) > 20:
        assert place.height / place.width == pytest.approx(height / width, rel=0.06)


@given(sizes, sizes, sizes, sizes)
def test_centre_crop_is_centred_and_has_the_shape(height: int, width: int, to_height: int, to_width: int) -> None:
    crop = centre_crop(height, width, to_height, to_width)
    assert pixels_inside(crop, Rect(0, 0, height, width))
    assert crop.height == height or crop.width == width
    assert abs((height - crop.bottom) - crop.row) <= 1 and abs((width - crop.right) - crop.col) <= 1


def test_centre_crop_of_a_landscape_photo() -> None:
    assert centre_crop(360, 480, 224, 224) == Rect(0, 60, 360, 360)


@given(st.integers(1, 1100), st.integers(1, 60), st.integers(1, 60), st.integers(40, 900), st.integers(40, 900))
def test_tiles_lie_inside_apart_and_are_found_again(count: int, height: int, width: int, tall: int, wide: int) -> None:
    area = Rect(7, 11, tall, wide)
    grid = tile_grid(count, (height, width), area)
    assert grid.rows * grid.cols >= count > (grid.rows - 1) * grid.cols
    for index in {0, count // 2, count - 1}:
        tile = grid.tile(index)
        assert grid.index_at(tile.row, tile.col) == index
        assert grid.index_at(tile.bottom - 1, tile.right - 1) == index
        if grid.pitch_h > 1 and grid.pitch_w > 1:
            assert pixels_inside(tile, area)
    assert grid.index_at(area.row - 1, area.col) is None
    if not grid.tail.is_empty:
        assert grid.index_at(grid.tail.row, grid.tail.col) is None
        assert grid.tail.col == grid.tile(count - 1).col + grid.pitch_w


@given(st.integers(1, 200), st.integers(1, 12), st.integers(1, 12))
def test_no_other_number_of_columns_gives_larger_tiles(count: int, height: int, width: int) -> None:
    area = Rect(0, 0, 300, 410)
    grid = tile_grid(count, (height, width), area)
    for cols in range(1, count + 1):
        rows = -(-count // cols)
        scale = min(area.height / (rows * height), area.width / (cols * width))
        assert int(height * scale) <= grid.pitch_h or int(width * scale) <= grid.pitch_w


def test_more_units_than_pixels_are_one_pixel_each() -> None:
    grid = tile_grid(5000, (1, 1), Rect(0, 0, 40, 50))
    assert (grid.pitch_h, grid.pitch_w, grid.gap, grid.cols) == (1, 1, 0, 50)


def test_unit_grid_is_the_tiles_of_a_layer() -> None:
    layer = LayerInfo("conv1", "Convolution", 96, 55, 55)
    assert unit_grid(layer, 870, 900) == tile_grid(96, (55, 55), Rect(0, 0, 870, 900))
    assert (unit_grid(layer, 870, 900).rows, unit_grid(layer, 870, 900).cols) == (10, 10)


@given(st.integers(1, 5), rects)
def test_montage_cells_cover_their_area(side: int, area: Rect) -> None:
    cells = [montage_cell(i, side, area) for i in range(side * side)]
    assert sum(cell.height * cell.width for cell in cells) == area.height * area.width
    assert all(pixels_inside(cell, area) for cell in cells)
