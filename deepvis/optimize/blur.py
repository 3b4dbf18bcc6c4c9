"""Gaussian blur of a batch on the device, equal to scipy.ndimage.gaussian_filter's defaults.

Along each axis the blur is one matrix product: row i of the matrix holds the weights of output pixel i, the
reflected border folded in. So any sigma works on any size, each image may have its own, and a GPU is as
happy as a processor.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:  # a recipe, of which the command line's help tells, needs no torch
    import torch
    from torch import Tensor

TRUNCATE = 4.0  # scipy's: the kernel ends at 4 sigma
SMALLEST_SIGMA = 0.5 / TRUNCATE  # below it the kernel is the one pixel itself


def blur_matrix(sigma: float, size: int) -> np.ndarray:
    """(size, size) float64: matrix @ column is scipy.ndimage.gaussian_filter1d(column, sigma).

    mode "reflect" (d c b a | a b c d | d c b a), truncate 4, order 0.
    """
    radius = int(TRUNCATE * sigma + 0.5)
    offsets = np.arange(-radius, radius + 1)
    weights = np.exp(-0.5 * (offsets / sigma) ** 2) if radius else np.ones(1)
    weights /= weights.sum()
    matrix = np.zeros((size, size))
    rows = np.arange(size)
    for offset, weight in zip(offsets, weights, strict=True):
        cols = (rows + offset) % (2 * size)
        np.add.at(matrix, (rows, np.where(cols < size, cols, 2 * size - 1 - cols)), weight)
    return matrix


def gaussian_blur(x: Tensor, sigmas: Sequence[float]) -> Tensor:
    """Blur image n of (N, C, H, W) by sigmas[n] pixels; a sigma of 0 leaves its image alone.

    Image by image, so that none depends on the others of the batch, not even in the last bit.
    """
    if all(sigma < SMALLEST_SIGMA for sigma in sigmas):
        return x
    height, width = x.shape[-2:]
    images = [
        _matrix(sigma, height, x.dtype, x.device) @ image @ _matrix(sigma, width, x.dtype, x.device).T
        if sigma >= SMALLEST_SIGMA
        else image
        for image, sigma in zip(x, sigmas, strict=True)
    ]
    import torch

    return torch.stack(images)


@lru_cache(maxsize=256)
def _matrix(sigma: float, size: int, dtype: torch.dtype, device: torch.device) -> Tensor:
    import torch

    return torch.from_numpy(blur_matrix(sigma, size)).to(device, dtype)
