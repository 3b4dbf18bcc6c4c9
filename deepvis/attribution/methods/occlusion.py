"""Occlusion: how much the unit's value falls when a place of the picture is hidden. Coarse to fine."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from deepvis.core.attributions import AttributionStep, UnitFunction, attribution

PLACES = 14  # along the shorter side
COARSEST = 8  # of the first round every 8th row and column of places, then every 4th, 2nd, all


@attribution(
    "occlusion",
    "Occlusion",
    formula="f(x) - f(x with a square of the mean colour at the place)",
    words="how much the unit's value falls when a square there is hidden, coarse to fine; it needs no gradient",
    source="Zeiler & Fergus 2014, section 4.2",
    counts="places",
)
def occlusion(f: UnitFunction) -> Iterator[AttributionStep]:
    """f(x) - f(x with a square hidden), by the square's place; (rows, cols) of places, about 14 by 14.

    The square has twice the distance of the places as its side, is cut at the picture's edge, and is 0 in the
    network's own input: the mean colour, black for a network without a mean. Places that have not had their turn show
    the nearest coarser one.
    """
    before = f.value(f.x)
    height, width = f.x.shape[1:]
    step = max(round(min(height, width) / PLACES), 1)
    rows, cols = -(-height // step), -(-width // step)
    values = np.zeros((rows, cols), np.float32)
    for done, (row, col, size) in enumerate(coarse_to_fine(rows, cols), 1):
        top, left = row * step - step // 2, col * step - step // 2
        hidden = f.x.copy()
        hidden[:, max(top, 0) : top + 2 * step, max(left, 0) : left + 2 * step] = 0
        values[row : row + size, col : col + size] = before - f.value(hidden)
        yield AttributionStep(values.copy(), done, rows * cols)


def coarse_to_fine(rows: int, cols: int) -> Iterator[tuple[int, int, int]]:
    """(row, col, size) of every place once: of each round every ``size``-th that had no turn before."""
    size = COARSEST
    while size:
        for row in range(0, rows, size):
            for col in range(0, cols, size):
                if size == COARSEST or row % (2 * size) or col % (2 * size):
                    yield row, col, size
        size //= 2
