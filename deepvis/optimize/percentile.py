"""numpy.percentile of every row of a batch, on the device, without sorting."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor


def row_percentiles(values: Tensor, percents: Sequence[float]) -> Tensor:
    """The percents[n]-th percentile of row n: (N,), with numpy's linear interpolation.

    values: (N, M) float. percents: N numbers in 0..100. Takes time proportional to M.
    """
    count = values.shape[1]
    found = values.new_empty(len(percents))
    for percent in set(percents):
        rows = [n for n, p in enumerate(percents) if p == percent]
        place = percent / 100.0 * (count - 1)
        below = min(math.floor(place), count - 1)
        some = values if len(rows) == len(percents) else values[rows]
        low = torch.kthvalue(some, below + 1, dim=1).values
        found[rows] = _between(some, low, below, place - below)
    return found


def _between(values: Tensor, low: Tensor, below: int, share: float) -> Tensor:
    """low + share x (next larger order statistic - low); ``low`` has ``below`` values under it."""
    if share == 0.0 or below + 1 >= values.shape[1]:
        return low
    at_most = values <= low[:, None]
    larger = torch.where(at_most, torch.inf, values).amin(dim=1)
    high = torch.where(at_most.sum(dim=1) > below + 1, low, larger)  # low is there more than once
    if share < 0.5:
        return low + (high - low) * share
    return high - (high - low) * (1.0 - share)
