"""Networks in which the pictures of a batch change each other's numbers: each picture's are those of it alone."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from deepvis.formats.torch.opener import opened_module
from deepvis.network.graph import Graph
from deepvis.network.mixing import ALONE
from deepvis.network.net import GraphNet


class Mixing(nn.Module):
    """A convolution, and what is done with its maps."""

    def __init__(self, mix: Callable[[Tensor], Tensor]) -> None:
        super().__init__()
        self.input_shape = (3, 12, 12)
        self.conv, self.head, self.mix = nn.Conv2d(3, 4, 3), nn.Conv2d(4, 2, 3), mix

    def forward(self, x: Tensor) -> Tensor:
        return self.head(self.mix(self.conv(x)))


def lengthwise(x: Tensor) -> Tensor:
    """Channels as time, the batch in the middle: no mixing."""
    tokens = x.flatten(2).permute(2, 0, 1)
    return (tokens.softmax(0) + tokens.mean(0)).permute(1, 2, 0).reshape(x.shape)


MIXES = {
    "batch norm": nn.BatchNorm2d(4, track_running_stats=False),
    "functional": lambda x: F.batch_norm(x, None, None, training=True),
    "mean": lambda x: x - x.mean(0) * 0.5,
    "softmax": lambda x: x.softmax(0) * x,
    "largest": lambda x: x / x.abs().max(),
    "order": lambda x: x + x.cumsum(0),
}
KEEPS = {
    "batch norm": nn.BatchNorm2d(4),
    "instance norm": nn.InstanceNorm2d(4),
    "batch in the middle": lengthwise,
    "random": lambda x: x + torch.randn_like(x),
}


def graph_of(mix: Callable[[Tensor], Tensor]) -> tuple[nn.Module, Graph]:
    torch.manual_seed(0)
    module = Mixing(mix).eval()
    return module, opened_module(module, "net").weighted()


@pytest.mark.parametrize("name", MIXES)
def test_each_picture_has_its_own_numbers(name: str) -> None:
    module, graph = graph_of(MIXES[name])
    assert graph.batch == 1 and ALONE in graph.notes
    x = torch.randn(3, 3, 12, 12) * torch.tensor([1.0, 2.0, 5.0])[:, None, None, None]
    tape = GraphNet(graph).forward({"x": x})
    with torch.no_grad():
        wanted = torch.cat([module(each[None]) for each in x])
    assert torch.allclose(tape.blobs["head"], wanted, atol=1e-5)
    assert tape.backward("head", torch.ones_like(wanted))["x"].shape == x.shape


@pytest.mark.parametrize("name", KEEPS)
def test_others_go_through_together(name: str) -> None:
    graph = graph_of(KEEPS[name])[1]
    assert graph.batch is None and ALONE not in graph.notes
