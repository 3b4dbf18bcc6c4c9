"""Quantiles of a layer's values, fast: of some of them, evenly from all."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

WHITE_QUANTILE = 0.995  # of the values above 0 of a layer, and of the strengths of a back projection
SAMPLE = 1 << 14  # values of a layer at most that quantiles are taken of,
ENOUGH = 1 << 10  # unless fewer than these of them lie above 0: then all are


@dataclass(frozen=True, eq=False)
class Sample:
    """Some values above 0 of a layer (signed: magnitudes), (n,), and the channel of each. of_maps: not of a vector."""

    values: np.ndarray
    channels: np.ndarray
    of_maps: bool


def sampled(values: np.ndarray, *, signed: bool) -> Sample:
    """What lies above 0 of at most SAMPLE values, evenly from all of a layer (C, H, W); of a sparse layer of all.

    The step has no factor in common with a map's size: every place of the maps has its turn.
    """
    flat, size = values.reshape(-1), math.prod(values.shape[1:])
    step = max(-(-flat.size // SAMPLE), 1)
    while math.gcd(step, size) > 1 and step > 1:
        step += 1
    some = np.abs(flat[::step]) if signed else flat[::step]
    positive = np.flatnonzero(some > 0)
    if len(positive) < ENOUGH and step > 1:
        step, some = 1, np.abs(flat) if signed else flat
        positive = np.flatnonzero(some > 0)
    return Sample(some[positive], positive * step // max(size, 1), size > 1)


def quantile(sample: np.ndarray, largest: float) -> float:
    """The WHITE_QUANTILE of some values above 0, one of them; ``largest`` where there are none."""
    if not sample.size:
        return largest
    place = min(math.ceil(WHITE_QUANTILE * sample.size), sample.size) - 1
    return float(np.partition(sample, place)[place])


def median_of(values: np.ndarray) -> float:
    """As np.median of a vector without NaN, in a third of its time."""
    middle = len(values) // 2
    if len(values) % 2:
        return float(np.partition(values, middle)[middle])
    around = np.partition(values, (middle - 1, middle))
    return (float(around[middle - 1]) + float(around[middle])) / 2


def white_of(strengths: np.ndarray, largest: float) -> float:
    return quantile(sampled(strengths, signed=False).values, largest)
