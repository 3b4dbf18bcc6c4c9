"""Values of any shape as maps by channel, (C, H, W); numpy alone."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

Shape = Sequence[int]


def maps_shape(shape: Shape) -> tuple[int, int, int]:
    """The (C, H, W) as which a blob of any shape is shown: axis 1 are the channels.

    A batch, as detectors have one of regions, is stacked downwards, and so is what lies beyond four axes. Of one
    axis or none: each value is a channel.
    """
    if len(shape) < 2:
        return math.prod(shape), 1, 1
    batch, channels, *rest = shape
    if not rest:
        return channels, batch, 1
    *deep, width = rest if len(rest) > 1 else (*rest, 1)
    return channels, batch * math.prod(deep), width


def as_maps(blob: np.ndarray) -> np.ndarray:
    """(C, H, W) of a blob of any shape, see ``maps_shape``; a view where the batch is 1."""
    if blob.ndim < 2:
        return blob.reshape(maps_shape(blob.shape))
    maps: np.ndarray = blob.swapaxes(0, 1).reshape(maps_shape(blob.shape))
    return maps


def from_maps(maps: np.ndarray, shape: Shape) -> np.ndarray:
    """The blob of ``shape`` that ``as_maps`` shows as ``maps``."""
    if len(shape) < 2:
        return maps.reshape(tuple(shape))
    batch, channels, *rest = shape
    blob: np.ndarray = maps.reshape(channels, batch, *rest).swapaxes(0, 1)
    return blob


def position_seed(shape: Shape, channel: int, row: int, col: int) -> np.ndarray:
    """float32 in the blob's shape: 1.0 at one place of one channel's map, 0 elsewhere."""
    maps = np.zeros(maps_shape(shape), np.float32)
    maps[channel, row, col] = 1.0
    return from_maps(maps, shape)
