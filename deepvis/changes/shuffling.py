"""Shuffled patches: textures and small parts stay, their arrangement is taken."""

from __future__ import annotations

from functools import partial

import numpy as np

from deepvis.core.picture_changes import Takes, enter_change

SEED = 20190507


def shuffled(rgb: np.ndarray, side: int) -> np.ndarray:
    """side x side patches, each in the place of another: one cycle through all, the same every time.

    What is left over at the right and the lower edge, where the picture cannot be divided, stays where it is.
    A picture of fewer pixels than patches has one patch a pixel.
    """
    rows, cols = min(side, rgb.shape[0]), min(side, rgb.shape[1])
    high, wide = rgb.shape[0] // rows, rgb.shape[1] // cols
    cycle = np.random.RandomState(SEED).permutation(rows * cols)  # its numbers are fixed for all versions of numpy
    result = rgb.copy()
    for place, taken in zip(cycle, np.roll(cycle, -1), strict=True):
        (row, col), (from_row, from_col) = divmod(int(place), cols), divmod(int(taken), cols)
        patch = rgb[from_row * high : (from_row + 1) * high, from_col * wide : (from_col + 1) * wide]
        result[row * high : (row + 1) * high, col * wide : (col + 1) * wide] = patch
    return result


for _side in (4, 8):
    enter_change(
        f"shuffled-{_side}",
        f"Shuffled {_side} × {_side} patches",
        partial(shuffled, side=_side),
        words=f"{_side} × {_side} patches, each in the place of another; the same shuffle every time",
        takes=Takes.SHAPE,
        source="Brendel & Bethge 2019 (BagNets), section 4: images with scrambled parts",
    )
