"""The highest place of every map of a blob: all values, places only of those that are high enough to matter.

Few images enter a unit's best, so few places are worth finding. What is found does not depend on
how the blob lies in memory, channels first or last; either way it is read once, in its own order.
"""

from __future__ import annotations

import numpy as np
import torch

from deepvis.scan.tracker import Peaks


def peaks_of(blob: torch.Tensor, limits: np.ndarray) -> Peaks:
    """blob: (N, C, ...); a vector's peaks are at place 0. limits: (C,) float32; only places above it are asked for."""
    shape = blob.shape if blob.dim() > 3 else (*blob.shape, 1, 1)[:4]
    maps = blob.reshape(*shape[:2], -1, shape[-1])  # (N, C, H, W)
    by_rows = None if maps.is_contiguous() else maps.permute(0, 2, 3, 1).amax(2)  # (N, H, C)
    values = (maps.flatten(2).amax(2) if by_rows is None else by_rows.amax(1)).cpu().numpy()
    places = np.zeros(values.shape, np.int32)
    if maps.shape[2] * maps.shape[3] > 1:
        high = np.nonzero(values > limits)
        if len(high[0]):
            places[high] = _places(maps, by_rows, *(torch.from_numpy(x).to(maps.device) for x in high))
    return Peaks(values, places)


def _places(maps: torch.Tensor, by_rows: torch.Tensor | None, images: torch.Tensor, units: torch.Tensor) -> np.ndarray:
    """Of the maps (images[i], units[i]): the first highest row, then that row's first highest column."""
    if by_rows is None:
        return _first_highest(maps.flatten(2)[images, units])
    rows = torch.from_numpy(_first_highest(by_rows[images, :, units])).to(images.device)
    columns = _first_highest(maps.permute(0, 2, 1, 3)[images, rows, units])
    return rows.cpu().numpy() * maps.shape[3] + columns


def _first_highest(values: torch.Tensor) -> np.ndarray:
    """(n, m) -> (n,) int64: NumPy's argmax takes a quarter of the time of torch's on a CPU."""
    return values.cpu().numpy().argmax(axis=1)
