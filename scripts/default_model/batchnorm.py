"""Batch normalisation that exists in training only: hooked after a layer, folded into its weights afterwards."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

EPS = 1e-5


@dataclass(eq=False)
class BatchNorm:
    """y = (x - mean) / sqrt(var + EPS) * gamma + beta, channel by channel; all four are (C,) float32.

    In training mean and var are the batch's, and the stored ones follow them with ``momentum``.
    Source: Ioffe & Szegedy 2015, algorithms 1 and 2.
    """

    gamma: Tensor
    beta: Tensor
    mean: Tensor
    var: Tensor
    momentum: float = 0.05

    @classmethod
    def fresh(cls, channels: int) -> BatchNorm:
        return cls(torch.ones(channels), torch.zeros(channels), torch.zeros(channels), torch.ones(channels))

    def to(self, device: torch.device) -> BatchNorm:
        gamma, beta, mean, var = (part.to(device) for part in (self.gamma, self.beta, self.mean, self.var))
        return BatchNorm(gamma, beta, mean, var, self.momentum)

    def apply(self, x: Tensor, *, training: bool) -> Tensor:
        """(N, C) or (N, C, H, W) -> the same shape; in training ``mean`` and ``var`` are updated in place."""
        return F.batch_norm(x, self.mean, self.var, self.gamma, self.beta, training, self.momentum, EPS)


def fold(
    weights: np.ndarray, bias: np.ndarray, gamma: np.ndarray, beta: np.ndarray, mean: np.ndarray, var: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Weights and bias that compute the layer and the normalisation after it, at test time, in one.

    weights: (C, ...), of a convolution or an inner product; everything else (C,). Computed in float64.
    """
    scale = gamma.astype(np.float64) / np.sqrt(var.astype(np.float64) + EPS)
    folded = weights * scale.reshape(-1, *[1] * (weights.ndim - 1))
    return folded.astype(np.float32), ((bias - mean) * scale + beta).astype(np.float32)
