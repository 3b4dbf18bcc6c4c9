"""Contributions in modules: tokens, class tokens, both in a chain, passes of a fixed number of pictures."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from deepvis.core.types import Contributions, Frame, NetRequest, Unit
from deepvis.live.backends.engine import GraphBackend
from deepvis.models.zoo import open_model
from deepvis.network.ref import NetworkRef

NETS = """
import torch
from torch import nn

class Tokens(nn.Module):
    def __init__(self):
        super().__init__()
        self.patch = nn.Conv2d(3, 6, 8, 8)
        self.cls = nn.Parameter(torch.randn(1, 1, 6))
        self.norm, self.mix = nn.LayerNorm(6), nn.Linear(6, 6)
        self.softmax, self.head = nn.Softmax(-1), nn.Linear(6, 5)

    def block(self, x):
        return x + self.softmax(self.norm(x) @ self.mix(x).transpose(1, 2)) @ x

    def forward(self, x):
        tokens = torch.cat([self.cls.expand(len(x), -1, -1), self.patch(x).flatten(2).transpose(1, 2)], 1)
        tokens = self.norm(self.block(tokens))
        return self.head(self.block(tokens)[:, 0])

class InFours(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv, self.head = nn.Conv2d(3, 6, 8, 8, bias=False), nn.Linear(96, 5, bias=False)

    def forward(self, x):
        return self.head(self.conv(x).relu().view(FOUR, -1))

FOUR = 4

def tokens():
    torch.manual_seed(0)
    return Tokens().eval()

def in_fours():
    torch.manual_seed(0)
    return InFours().eval()
"""


def opened(folder: Path, name: str, **options: object) -> GraphBackend:
    (folder / "nets.py").write_text(NETS)
    size = (("input_size", (32, 32)),)
    return GraphBackend(open_model(NetworkRef(network=f"{folder}/nets.py:{name}", options=size)))


def frame(seed: int = 0) -> Frame:
    return Frame(seed, np.random.default_rng(seed).integers(0, 256, (32, 32, 3), np.uint8))


def asked(backend: GraphBackend, *chain: Unit) -> Contributions:
    found = backend.run(NetRequest(frame(), why=chain)).contributions
    assert found is not None
    return found


def test_places_and_class_token_are_the_parts_of_a_layer_of_tokens(tmp_path: Path) -> None:
    backend = opened(tmp_path, "tokens")
    found = asked(backend, Unit("prob", 2))
    assert found.value == pytest.approx(float(backend.run(NetRequest(frame())).activations["head"][2].sum()), rel=1e-5)
    parts = [name for name in found.links if f"{name} [class token]" in found.links]
    assert len(parts) >= 3
    for name in parts:
        whole = found.of(f"{name} [as computed]").sum()
        parts_sum = found.of(name).sum() + found.of(f"{name} [class token]").sum()
        assert parts_sum == pytest.approx(whole, rel=1e-4, abs=1e-6)


def test_the_ways_through_all_units_of_a_layer_of_tokens_are_all_ways(tmp_path: Path) -> None:
    """What comes through each unit alone sums to what comes without a choice, whatever lies between."""
    backend = opened(tmp_path, "tokens")
    all_ways = asked(backend, Unit("head", 2))
    cut = ("norm@1", "norm@1 [class token]")  # everything goes through it
    total = np.zeros((6, 4, 4))
    for layer in cut:
        for channel in range(6):
            total += asked(backend, Unit("head", 2), Unit(layer, channel)).maps["patch"]
    np.testing.assert_allclose(total, all_ways.maps["patch"], rtol=1e-3, atol=1e-6)
    assert np.abs(total).max() > 1e-4


def test_a_network_for_so_many_pictures_at_a_time(tmp_path: Path) -> None:
    backend = opened(tmp_path, "in_fours")
    snapshot = backend.run(NetRequest(frame(), why=(Unit("head", 3),)))
    found = snapshot.contributions
    value = float(snapshot.activations["head"][3].sum())
    assert found.value == pytest.approx(value, rel=1e-4)
    for layer in backend.info.layers:
        if layer.name in found.links:
            assert found.maps[layer.name].shape == (layer.channels, layer.height, layer.width)
    assert found.of("conv").sum() == pytest.approx(value, rel=1e-4)
