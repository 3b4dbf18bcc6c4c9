"""How much a layer changes from one frame to the next. Pure; docs/over-time.md."""

from __future__ import annotations

import math

import numpy as np

BLOCK = 1 << 15  # values at once: they stay in the processor's cache


def relative_change(before: np.ndarray, after: np.ndarray) -> float:
    """|after - before| / ((|before| + |after|) / 2), of Euclidean norms over all values of a layer.

    0: nothing has changed; 1.41: as two vectors of one length at a right angle; 2: the opposite. 0 where both are all
    zero, NaN where a value is none. before, after: float32 of one shape.
    """
    axes = sorted(range(before.ndim), key=lambda axis: -before.strides[axis])  # as they lie in memory: no copy
    old, new = before.transpose(axes).reshape(-1), after.transpose(axes).reshape(-1)
    squares = np.zeros(3)
    for at in range(0, len(old), BLOCK):
        one, other = old[at : at + BLOCK], new[at : at + BLOCK]
        difference = other - one
        squares += np.dot(one, one), np.dot(other, other), np.dot(difference, difference)
    size, changed = math.sqrt(squares[0]) + math.sqrt(squares[1]), math.sqrt(squares[2])
    return 2 * changed / size if size else changed
