"""Counts of per-image maxima whose merge is exact: integers only, so that no order changes a bit.

Floating point sums depend on the order in which parts finish. Here a sum is a pair of
int64, the whole part and the rest in units of 2**-32, and a histogram has edges that are
fixed before the first image: a few per octave, for both signs.
"""

from __future__ import annotations

import numpy as np

LOWEST_OCTAVE, HIGHEST_OCTAVE, BINS_PER_OCTAVE = -16, 16, 4
_STEPS = (HIGHEST_OCTAVE - LOWEST_OCTAVE) * BINS_PER_OCTAVE
BINS = 2 * _STEPS + 1
UNITS_OF_SUM = 2.0**32
MOST = 2.0**20  # larger maxima count as this in mean and deviation


def _positive_edges() -> np.ndarray:
    octaves = 2.0 ** np.arange(LOWEST_OCTAVE, HIGHEST_OCTAVE)
    inside = 1.0 + np.arange(BINS_PER_OCTAVE) / BINS_PER_OCTAVE
    return np.append((octaves[:, None] * inside).ravel(), 2.0**HIGHEST_OCTAVE)


EDGES = np.concatenate([-_positive_edges()[::-1], _positive_edges()])
"""(BINS + 1,) float64, rising. The bin in the middle holds 0 and all below 2**-16 in size; values
beyond an end count in the last bin there."""


def bin_of(values: np.ndarray) -> np.ndarray:
    """The bin of each value: float32, any shape -> int32 in 0..BINS - 1.

    The exponent and the two highest bits of the mantissa of a float32 are the number of its
    bin but for a constant, so nothing is searched.
    """
    bits = values.view(np.int32)
    step = ((bits & 0x7FFFFFFF) >> 21) - (127 + LOWEST_OCTAVE) * BINS_PER_OCTAVE + 1
    step = np.clip(step, 0, _STEPS)
    return np.where(bits < 0, _STEPS - step, _STEPS + step).astype(np.int32)


def exact_sums(values: np.ndarray) -> np.ndarray:
    """Sum and sum of squares along the last axis: (U, n) float32 -> (U, 4) int64.

    Columns: whole part and rest (in units of 2**-32) of the sum, then of the sum of squares.
    Values are cut to +-2**20; a unit may then take part in 8 million images at that size, in
    100 million below 2**18.
    """
    exact = np.clip(values.astype(np.float64), -MOST, MOST)
    return np.stack([*_whole_and_rest(exact), *_whole_and_rest(exact * exact)], axis=1)


def _whole_and_rest(exact: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    whole = np.floor(exact)
    rest = np.rint((exact - whole) * UNITS_OF_SUM)
    # both are integers below 2**53 in sum for any chunk that fits in memory: the sums are exact
    return whole.sum(axis=1).astype(np.int64), rest.sum(axis=1).astype(np.int64)


def mean_and_std(sums: np.ndarray, images: int) -> tuple[np.ndarray, np.ndarray]:
    """(U, 4) int64 of ``images`` images -> mean and standard deviation (U,) float64; zeros for no images."""
    if images == 0:
        return np.zeros(len(sums)), np.zeros(len(sums))
    mean = (sums[:, 0] + sums[:, 1] / UNITS_OF_SUM) / images
    square = (sums[:, 2] + sums[:, 3] / UNITS_OF_SUM) / images
    return mean, np.sqrt(np.maximum(square - mean * mean, 0.0))
