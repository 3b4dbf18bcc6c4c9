"""Modules in other numbers than float32: computed as float32, or in their own types where their code needs them."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor, nn

import deepvis


class Double(nn.Module):
    """One part in double."""

    def __init__(self) -> None:
        super().__init__()
        self.input_shape = (3, 8, 8)
        self.first, self.conv = nn.Conv2d(3, 3, 3), nn.Conv2d(3, 4, 3).double()

    def forward(self, x: Tensor) -> Tensor:
        return self.conv(self.first(x).relu().double())


class Half(nn.Module):
    """All in half precision, and pictures are brought to it."""

    def __init__(self) -> None:
        super().__init__()
        self.input_shape = (3, 8, 8)
        self.conv = nn.Conv2d(3, 4, 3)
        self.half()

    def forward(self, x: Tensor) -> Tensor:
        return self.conv(x.half()).relu().float()


@pytest.mark.parametrize(("kind", "word", "tolerance"), [(Double, "float64", 1e-6), (Half, "float16", 2e-3)])
def test_own_types_are_kept_where_the_code_needs_them(kind: type[nn.Module], word: str, tolerance: float) -> None:
    torch.manual_seed(0)
    module = kind().eval()
    network = deepvis.open(module, device="cpu")
    assert f"parts of the module are computed in {word}, as its own code has them" in network.model.notes
    x = torch.randn(2, 3, 8, 8).requires_grad_()
    made = module(x)
    assert np.abs(network.activations(x, "conv")["conv"] - module(x).detach().numpy()).max() < tolerance or kind is Half
    seed = torch.zeros_like(made)
    seed[0, 1] = made.detach()[0, 1]
    (gradient,) = torch.autograd.grad(made, x, seed)
    layer = network.layers[-1]
    assert np.allclose(network.project(x[0], layer, 1), gradient[0].numpy(), atol=tolerance)
    with torch.no_grad():
        for weight in module.parameters():
            weight.mul_(2)
    network.refresh()
    assert np.allclose(network.activations(x, layer)[layer], module(x).detach().numpy(), atol=tolerance)


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float64])
def test_others_are_computed_as_float32(dtype: torch.dtype) -> None:
    module = nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU()).to(dtype)
    network = deepvis.open(module, input_size=8, device="cpu")
    assert "computed as float32" in network.model.notes[0] and str(dtype).partition(".")[2] in network.model.notes[0]
    x = torch.randn(3, 8, 8)
    assert np.allclose(network.activations(x)["1"], module.float()(x).detach().numpy(), atol=1e-5)
