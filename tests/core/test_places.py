"""Which cell looks at a place of the input."""

from __future__ import annotations

import pytest

from deepvis.core.places import cell_at
from deepvis.core.types import LayerInfo

LAYER = LayerInfo("conv", "Convolution", 4, 9, 12)


def field_of(layer: str, row: int, col: int) -> tuple[int, int, int, int]:
    """Stride 4 down and 5 across, 11 wide, 3 over the upper left edge."""
    return 4 * row - 3, 5 * col - 3, 4 * row + 8, 5 * col + 8


def test_every_cell_is_found_at_the_centre_of_what_it_sees() -> None:
    for row in range(9):
        for col in range(12):
            top, left, bottom, right = field_of("conv", row, col)
            assert cell_at(field_of, LAYER, ((top + bottom) // 2, (left + right) // 2)) == (row, col)


def test_the_nearest_cell_and_at_the_edges_the_last_ones() -> None:
    assert cell_at(field_of, LAYER, (0, 0)) == (0, 0)
    assert cell_at(field_of, LAYER, (500, 500)) == (8, 11)
    assert cell_at(field_of, LAYER, (2 + 4 + 1, 2 + 5 - 2)) == (1, 1)
    assert cell_at(field_of, LAYER, (2 + 4 + 2, 2 + 5 + 3)) in ((1, 2), (2, 2))


@pytest.mark.parametrize(
    ("fields", "layer"),
    [
        (None, LAYER),
        (lambda *_: None, LAYER),
        (lambda *_: (0, 0, 50, 50), LAYER),  # all see the whole input
        (field_of, LayerInfo("fc", "InnerProduct", 4, 1, 1)),
    ],
)
def test_where_there_are_no_places(fields, layer: LayerInfo) -> None:
    assert cell_at(fields, layer, (5, 5)) is None


def test_a_row_of_cells_has_places_along_it() -> None:
    assert cell_at(field_of, LayerInfo("line", "Pooling", 4, 1, 12), (40, 17)) == (0, 3)
