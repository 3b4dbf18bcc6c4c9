"""Layer-wise relevance propagation: what is kept, and how each kind of node shares it out."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

import deepvis
from deepvis.api.opened_network import Network
from deepvis.models.model import Model
from deepvis.network.kinds import Kind
from deepvis.network.net import GraphNet
from deepvis.network.relevance import relevance
from tests.attribution.nets import NormalizedWaves
from tests.helpers.networks import small_model

BATCH_NORM = """
name: "normalized"
layer { name: "data" type: "Input" top: "data" input_param { shape { dim: 1 dim: 3 dim: 8 dim: 8 } } }
layer { name: "conv1" type: "Convolution" bottom: "data" top: "conv1"
  convolution_param { num_output: 4 kernel_size: 3 weight_filler { type: "gaussian" std: 0.3 } } }
layer { name: "relu1" type: "ReLU" bottom: "conv1" top: "conv1" }
layer { name: "conv2" type: "Convolution" bottom: "conv1" top: "conv2"
  convolution_param { num_output: 5 kernel_size: 3 bias_term: false weight_filler { type: "gaussian" std: 0.3 } } }
layer { name: "bn2" type: "BatchNorm" bottom: "conv2" top: "conv2" }
layer { name: "scale2" type: "Scale" bottom: "conv2" top: "conv2" scale_param { bias_term: true } }
layer { name: "relu2" type: "ReLU" bottom: "conv2" top: "conv2" }
layer { name: "fc" type: "InnerProduct" bottom: "conv2" top: "fc"
  inner_product_param { num_output: 3 weight_filler { type: "gaussian" std: 0.3 } } }
"""


class Residual(nn.Module):
    """A block with a shortcut, without a bias: all relevance is kept."""

    def __init__(self) -> None:
        super().__init__()
        self.conv1, self.conv2 = nn.Conv2d(3, 4, 3, padding=1, bias=False), nn.Conv2d(4, 4, 3, padding=1, bias=False)
        self.fc = nn.Linear(4, 3, bias=False)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = torch.relu(self.conv1(x))
        x = torch.cat([x[:, :2], torch.relu(x + self.conv2(x))[:, 2:]], 1)
        return self.fc(nn.functional.max_pool2d(x, 2).mean((2, 3)))


class Gated(Residual):
    """A squeeze-and-excitation: the gate takes nothing."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = torch.relu(self.conv1(x))
        return self.fc((x * torch.sigmoid(x.mean((2, 3), keepdim=True))).mean((2, 3)))


def relevance_of(model: Model, layer: str, channel: int, x: np.ndarray) -> tuple[np.ndarray, float]:
    tape = GraphNet(model.graph).forward({model.data_blob: x[np.newaxis]})
    mask = torch.zeros_like(tape.blobs[layer])
    mask[:, channel] = 1
    found = relevance(tape, layer, mask, model.data_blob)
    return found.numpy()[0], float((tape.blobs[layer] * mask).sum())


def scores_of(network: Network) -> str:
    """Its last linear layer."""
    return [node.name for node in network._model.graph.nodes if node.kind is Kind.LINEAR][-1]


def some_input(size: int) -> np.ndarray:
    return np.random.default_rng(0).normal(size=(3, size, size)).astype(np.float32)


@pytest.mark.parametrize("module", [Residual, Gated])
def test_without_biases_the_sum_is_the_value(module: Callable[[], nn.Module]) -> None:
    torch.manual_seed(0)
    network = deepvis.open(module().eval(), input_size=12)
    for channel in range(3):
        found, value = relevance_of(network._model, "fc", channel, some_input(12))
        assert found.sum() == pytest.approx(value, rel=1e-3, abs=1e-5)


def test_a_batch_normalization_is_one_layer_with_the_convolution_before_it(tmp_path: Path) -> None:
    """Caffe's two layers in place, and the same numbers written into the convolution by hand."""
    plain = BATCH_NORM
    for name in ("bn2", "scale2"):
        plain = "\n".join(line for line in plain.splitlines() if f'name: "{name}"' not in line)
    plain = plain.replace("num_output: 5 kernel_size: 3 bias_term: false", "num_output: 5 kernel_size: 3")
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    with_norm, merged = small_model(tmp_path / "a", BATCH_NORM), small_model(tmp_path / "b", plain)
    nodes, others = ({node.name: node for node in model.graph.nodes} for model in (with_norm, merged))
    generator = np.random.default_rng(1)
    mean, variance, factor, shift = (generator.uniform(low, 1.5, 5).astype(np.float32) for low in (-1, 0.5, -1.5, -1))
    for array, numbers in zip(nodes["bn2"].weights, (mean, variance, [1]), strict=True):
        np.copyto(np.asarray(array), np.asarray(numbers, np.float32).reshape(np.shape(array)))
    for array, numbers in zip(nodes["scale2"].weights, (factor, shift), strict=True):
        np.copyto(np.asarray(array), numbers)
    for name in ("conv1", "fc"):
        for ours, array in zip(others[name].weights, nodes[name].weights, strict=True):
            np.copyto(np.asarray(ours), np.asarray(array))
    by = factor / np.sqrt(variance + 1e-5)
    np.copyto(np.asarray(others["conv2"].weights[0]), np.asarray(nodes["conv2"].weights[0]) * by.reshape(-1, 1, 1, 1))
    np.copyto(np.asarray(others["conv2"].weights[1]), shift - mean * by)
    for channel in range(3):
        ours, value = relevance_of(with_norm, "fc", channel, some_input(8))
        expected, same = relevance_of(merged, "fc", channel, some_input(8))
        assert value == pytest.approx(same, rel=1e-4)
        np.testing.assert_allclose(ours, expected, rtol=1e-3, atol=1e-5 * np.abs(expected).max())


def test_an_onnx_file_gives_what_its_module_gives(tmp_path: Path) -> None:
    module = NormalizedWaves()
    x = some_input(12)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        path = str(tmp_path / "waves.onnx")
        torch.onnx.export(module, (torch.from_numpy(x)[None],), path, dynamo=False, opset_version=17)
    ours, other = deepvis.open(module, input_size=12), deepvis.open(path)
    for channel in range(2):
        found = [relevance_of(each._model, scores_of(each), channel, x) for each in (ours, other)]
        assert found[0][1] == pytest.approx(found[1][1], rel=1e-4)
        np.testing.assert_allclose(found[0][0], found[1][0], rtol=1e-3, atol=1e-6)
