"""Local response normalization across channels: the arithmetic that files of every format share."""

from __future__ import annotations

from deepvis.network.lazy import F, Tensor, torch
from deepvis.network.op import Gradients, Op, Ran


def across_channels(size: int, alpha: float, beta: float, k: float) -> Op:
    """y = x * s ** -beta, s = k + alpha / size * (sum of x^2 over size channels around each); outside are zeros.

    Shapes: (N, C, ...) -> the same. The window begins (size - 1) // 2 channels before.
    Gradient: g s^-beta - 2 alpha beta / size * x * (window sum of g y / s).
    Source: Krizhevsky et al. 2012, section 3.3.
    """
    before = (size - 1) // 2
    after = size - 1 - before
    share = alpha / size

    def window_sum(v: Tensor, back: int, ahead: int) -> Tensor:
        total = v.clone()
        for d in range(1, min(back, v.shape[1] - 1) + 1):
            total[:, d:] += v[:, :-d]
        for d in range(1, min(ahead, v.shape[1] - 1) + 1):
            total[:, :-d] += v[:, d:]
        return total

    def fast(x: Tensor) -> tuple[Tensor, tuple[Tensor, Tensor]]:
        s = window_sum(x * x, before, after).mul_(share).add_(k)
        factor = power(s, beta)
        return x * factor, (s, factor)

    def backward(ran: Ran, grads: Gradients) -> list[Tensor]:
        (x,), (y,), (s, factor), g = ran.bottoms, ran.tops, ran.saved, grads[0]
        spread = window_sum((g * y).div_(s), after, before)
        return [(g * factor).addcmul_(x, spread, value=-2 * share * beta)]

    def forward(x: Tensor) -> Tensor:
        squares = (x * x).movedim(1, -1)
        wide = F.pad(squares, (before, after))
        sums = torch.stack([wide[..., d : d + x.shape[1]] for d in range(size)]).sum(0)
        return x * (sums.movedim(-1, 1) * share + k) ** -beta

    return Op(forward, fast=fast, backward=backward)


def power(s: Tensor, beta: float) -> Tensor:
    """s ** -beta, for the beta of nearly every file by two square roots: a fifth of the general power's time."""
    if beta == 0.75:
        root = torch.sqrt(s)
        return torch.sqrt(root).mul_(root).reciprocal_()
    return torch.pow(s, -beta)
