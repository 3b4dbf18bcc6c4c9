"""Numbers that do not depend on the company: a row of a matrix product, however many rows there are.

A matrix product of one row, of two and of eight is summed in different orders. That changes the last bit, and an
ascent of hundreds of steps over kinks (rectifiers, maxima) makes another picture of it. Within ``steady()`` products
are taken eight rows at a time, the last ones filled up with zeros. The convolutions and poolings of a CPU work image
by image and need no such care; a GPU's libraries may choose another way for another number of images.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

import torch
from torch import Tensor
from torch.nn import functional as F

ROWS = 8  # as many as the product of a large matrix takes for hardly more than one: reading the matrix is the limit

_steady: ContextVar[bool] = ContextVar("steady", default=False)


@contextmanager
def steady() -> Iterator[None]:
    """In this thread, until the block ends: results do not depend on how many images go through together."""
    token = _steady.set(True)
    try:
        yield
    finally:
        _steady.reset(token)


def linear(x: Tensor, weights: Tensor, bias: Tensor | None = None) -> Tensor:
    """x (N, K), weights (O, K), bias (O,) -> (N, O)."""
    if not _steady.get() or not len(x):
        return F.linear(x, weights, bias)
    filled = F.pad(x, (0, 0, 0, -len(x) % ROWS))
    return torch.cat([F.linear(piece, weights, bias) for piece in filled.split(ROWS)])[: len(x)]
