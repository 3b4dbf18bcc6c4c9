"""Batch invariance: the numbers of an image do not depend on how many go through a network together.

A product with a matrix is summed in another order for one row than for four or eight. That changes the last bit, and an
ascent of hundreds of steps over kinks (rectifiers, maxima) makes another picture of it. Within ``steady()`` each row is
multiplied by itself, piece by piece of the matrix, so that a piece is read from memory once for all rows: measured, a
row alone takes as long as ever, four rows no longer than together, eight half as long again. The convolutions and
poolings of a CPU work image by image and need no such care. A GPU's libraries may choose another way for another number
of images; nothing is done about it there.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar

from deepvis.network.lazy import F, Tensor, torch
from deepvis.network.op import Gradients, Op, Ran

PIECE = 1 << 20  # values of a matrix that stay in a processor's cache while the rows pass

_steady: ContextVar[bool] = ContextVar("steady", default=False)


@contextmanager
def steady() -> Iterator[None]:
    """In this thread, until the block ends; without gradients."""
    token = _steady.set(True)
    try:
        yield
    finally:
        _steady.reset(token)


def product(x: Tensor, weights: Tensor, bias: Tensor | None = None) -> Tensor:
    """x (N, K), weights (O, K), bias (O,) -> x weights^T + bias, (N, O)."""
    if not is_needed(x):
        return F.linear(x, weights, bias)
    rows = _apart(x)
    tops = [torch.stack([torch.mv(piece, row) for row in rows]) for piece in _pieces(weights) if rows]
    out = torch.cat(tops, 1) if tops else x.new_empty(0, len(weights))
    return out if bias is None else out.add_(bias)


def product_back(grads: Tensor, weights: Tensor) -> Tensor:
    """grads (N, O), weights (O, K) -> grads weights, (N, K)."""
    if not is_needed(grads):
        return grads @ weights
    sums = [grads.new_zeros(weights.shape[1]) for _ in grads]
    begin = 0
    for piece in _pieces(weights):
        for total, row in zip(sums, _apart(grads[:, begin : begin + len(piece)]), strict=True):
            total.addmv_(piece.t(), row)
        begin += len(piece)
    return torch.stack(sums) if sums else grads.new_empty(0, weights.shape[1])


def linear_op(w: Tensor, bias: Tensor | None) -> Op:
    """y = x w^T + b along the last axis. w: (O, K), bias: (O,). Shapes: (..., K) -> (..., O). Gradient: g w."""
    outputs, inputs = w.shape

    def forward(x: Tensor) -> Tensor:
        return product(x.reshape(-1, inputs), w, bias).reshape(*x.shape[:-1], outputs)

    def backward(ran: Ran, grads: Gradients) -> list[Tensor]:
        return [product_back(grads[0].reshape(-1, outputs), w).reshape(ran.bottoms[0].shape)]

    return Op(forward, backward=backward)


def is_needed(x: Tensor) -> bool:
    """True within ``steady()``, for tensors whose rows it is about."""
    return _steady.get() and x.device.type == "cpu"


def _pieces(weights: Tensor) -> Sequence[Tensor]:
    pieces: Sequence[Tensor] = weights.split(max(PIECE // max(weights.shape[1], 1), 1))
    return pieces


def _apart(x: Tensor) -> list[Tensor]:
    """Its rows, each in memory of its own: where a vector begins within a cache line changes the order of a sum too."""
    return [row.clone() for row in x]
