"""The highest place of every map of a blob: all values at once, places only of those that are asked for.

Few images enter a unit's best, so few places are worth finding. What is found does not depend on
how the blob lies in memory, channels first or last; either way it is read once, in its own order.
"""

from __future__ import annotations

from functools import cached_property

import numpy as np
import torch


class BlobPeaks:
    """The peaks of a blob (N, C, ...), a vector's at place 0. The blob must not change meanwhile."""

    def __init__(self, blob: torch.Tensor) -> None:
        shape = blob.shape if blob.dim() > 3 else (*blob.shape, 1, 1)[:4]
        self._maps = blob.reshape(*shape[:2], -1, shape[-1])  # (N, C, H, W)
        self._is_last = not self._maps.is_contiguous()

    @cached_property
    def values(self) -> np.ndarray:
        if self._is_last:
            return self._row_peaks.amax(1).cpu().numpy()
        return self._maps.flatten(2).amax(2).cpu().numpy()

    def places(self, rows: np.ndarray, channels: np.ndarray) -> np.ndarray:
        """The map's first highest row, then that row's first highest column."""
        width = self._maps.shape[3]
        images, units = (torch.from_numpy(x).to(self._maps.device) for x in (rows, channels))
        if not self._is_last:
            return _first_highest(self._maps.flatten(2)[images, units])
        best_rows = torch.from_numpy(_first_highest(self._row_peaks[images, :, units])).to(images.device)
        best_columns = _first_highest(self._maps.permute(0, 2, 1, 3)[images, best_rows, units])
        return best_rows.cpu().numpy() * width + best_columns

    @cached_property
    def _row_peaks(self) -> torch.Tensor:
        """(N, H, C): the highest value of each row of each map."""
        return self._maps.permute(0, 2, 3, 1).amax(2)


def _first_highest(values: torch.Tensor) -> np.ndarray:
    """(n, m) -> (n,) int64: NumPy's argmax takes a quarter of the time of torch's on a CPU."""
    return values.cpu().numpy().argmax(axis=1)
