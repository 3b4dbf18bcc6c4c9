"""Packed convolutions and their gradients beside PyTorch's own."""

from __future__ import annotations

import pytest
import torch
from torch.nn import functional as F

from deepvis.network.packed import Packed, PackedBack, is_available

pytestmark = pytest.mark.skipif(not is_available(), reason="this PyTorch has no oneDNN operators for packed weights")

# channels, height, width, outputs, kernel, stride, pad, dilation, group, batch
WINDOWS = [
    (3, 20, 23, 8, 7, 2, 3, 1, 1, 1),
    (3, 31, 30, 8, 11, 4, 0, 1, 1, 2),
    (6, 14, 15, 8, 3, 1, 1, 1, 2, 1),
    (6, 14, 15, 8, 5, 1, 0, 1, 1, 3),
    (6, 14, 15, 8, 3, 1, 2, 2, 2, 1),
    (4, 9, 9, 4, 1, 1, 0, 1, 1, 1),
    (4, 9, 9, 4, 3, 2, 1, 1, 4, 2),
    (4, 9, 10, 4, 3, 3, 2, 1, 2, 1),
    (5, 8, 8, 5, 1, 2, 0, 1, 1, 1),
    (8, 12, 12, 16, 4, 3, 0, 1, 1, 1),
    (2, 9, 9, 3, 3, 1, 4, 1, 1, 1),
]


@pytest.mark.parametrize("c, height, width, o, k, s, p, d, g, n", WINDOWS)
@torch.no_grad()
def test_beside_pytorch(c, height, width, o, k, s, p, d, g, n) -> None:
    torch.manual_seed(0)
    x, w, b = torch.randn(n, c, height, width), torch.randn(o, c // g, k, k), torch.randn(o)
    window = ((s, s), (p, p), (d, d), g)
    packed, y = Packed(w, *window, x.shape), F.conv2d(x, w, b, s, p, d, g)
    torch.testing.assert_close(packed(x, b), y, rtol=1e-4, atol=1e-4)
    torch.testing.assert_close(packed(x, b, relu=True), y.relu(), rtol=1e-4, atol=1e-4)
    larger = torch.randn(n + 1, c, height + 5, width + 3)
    torch.testing.assert_close(packed(larger), F.conv2d(larger, w, None, s, p, d, g), rtol=1e-4, atol=1e-4)
    if PackedBack.suits(w, *window):
        grad = torch.randn_like(y)
        want = torch.nn.grad.conv2d_input(x.shape, w, grad, s, p, d, g)
        torch.testing.assert_close(PackedBack(w, *window, grad.shape)(grad, x.shape), want, rtol=1e-4, atol=1e-4)


def test_what_suits() -> None:
    def suits(c: int, k: int, s: int, p: int, d: int = 1) -> bool:
        return PackedBack.suits(torch.zeros(4, c, k, k), (s, s), (p, p), (d, d), 1)

    assert suits(3, 11, 4, 0) and suits(64, 3, 1, 1) and suits(64, 3, 1, 2, 2)
    assert not suits(64, 3, 2, 1)  # too many channels to deal out
    assert not suits(3, 3, 2, 1, 2)
    assert not suits(2, 3, 1, 4)  # a pad wider than the kernel
