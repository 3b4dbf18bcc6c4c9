"""The self-test: rounding is told from faults, by gradients in 64 bits."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from torch import Tensor, nn

from deepvis.formats.torch.capture import captured
from deepvis.formats.torch.gradient_check import gradient_against_autograd
from deepvis.network.graph import Graph
from deepvis.network.op import Op

SHAPE = (3, 16, 16)


class OnTheEdge(nn.Module):
    """Rectifiers of values that are 0 but for rounding: sums of large numbers that cancel out."""

    def __init__(self, width: int = 64) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.first, self.last = nn.Conv2d(3, width, 3), nn.Linear(width, 4)

    def forward(self, x: Tensor) -> Tensor:
        y = self.first(x)
        edge = (y * 1e4 + 1 / 3) - y * 9999 - y - 1 / 3
        return self.last(edge.relu().mean((2, 3)) * 1e3 + y.mean((2, 3)))


class Normed(nn.Sequential):
    """A kernel that is made of two parameters: worked out in 32 bits when it is opened."""

    def __init__(self) -> None:
        torch.manual_seed(0)
        conv = torch.nn.utils.parametrizations.weight_norm(nn.Conv2d(3, 8, 3))
        super().__init__(conv, nn.ReLU(), nn.Conv2d(8, 8, 3), nn.ReLU(), nn.Flatten(), nn.Linear(8 * 144, 5))


class Narrow(nn.Module):
    """Does not run in 64 bits."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.conv, self.kernel = nn.Conv2d(3, 8, 3), torch.randn(4, 8, 3, 3)

    def forward(self, x: Tensor) -> Tensor:
        return nn.functional.conv2d(self.conv(x).relu(), self.kernel).relu()


def graph_of(module: nn.Module) -> Graph:
    return captured("net", module.eval(), SHAPE)


def test_a_gradient_that_hangs_on_rounding_is_the_same_in_64_bits() -> None:
    module = OnTheEdge().eval()
    wide, narrow = gradient_against_autograd(graph_of(module), module)
    assert "in 64 bits" in str(wide) and wide.is_same
    assert "in 32 bits against 64" in str(narrow) and narrow.is_same


@pytest.mark.parametrize("kind", [Normed, Narrow])
def test_weights_that_were_worked_out_and_modules_of_32_bits_alone(kind: type[nn.Module]) -> None:
    module = kind().eval()
    compared = gradient_against_autograd(graph_of(module), module)
    assert all(each.is_same for each in compared) and len(compared) == (1 if kind is Narrow else 2)


@pytest.mark.parametrize("kind", [OnTheEdge, Normed, Narrow])
def test_a_wrong_rule_is_found(kind: type[nn.Module]) -> None:
    """One convolution's gradient is too large by 5 %."""
    module = kind().eval()
    graph = graph_of(module)
    node = next(each for each in graph.nodes if each.type == "Conv2d")

    def too_large(weights: list[Tensor]) -> Op:
        op = node.make(weights)
        rule = op.backward
        assert rule is not None
        return replace(op, backward=lambda ran, grads: [g * 1.05 for g in rule(ran, grads)])

    nodes = [replace(each, make=too_large) if each is node else each for each in graph.nodes]
    wrong = graph._with(graph.inputs, nodes, graph.names)
    assert not gradient_against_autograd(wrong, module)[0].is_same


def test_a_gradient_of_0_is_called_so() -> None:
    module = OnTheEdge().eval()
    nn.init.zeros_(module.last.weight)
    compared = gradient_against_autograd(graph_of(module), module)
    assert all(
        each.is_same and "which is 0: the output does not depend on the picture" in str(each) for each in compared
    )


class Normalized(nn.Module):
    """max(x) of all values, which has the name of the rectifier max(x, 0)."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.conv = nn.Conv2d(3, 4, 3)

    def forward(self, x: Tensor) -> Tensor:
        y = self.conv(x)
        return torch.where(y > y.amax((1, 2, 3), keepdim=True) / 2, y, torch.zeros(())) / (1 + y.max().abs())


def test_the_largest_of_all_values_is_no_rectifier() -> None:
    module = Normalized().eval()
    assert all(each.is_same for each in gradient_against_autograd(graph_of(module), module))
