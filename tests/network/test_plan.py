"""Nodes done as one, values made when they are asked for, passes whose plan is made once."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import pytest
import torch
from onnx import TensorProto, helper, numpy_helper
from torch import nn

from deepvis.formats.onnx.file_graph import graph_of_file
from deepvis.formats.onnx.model_file import read_model
from deepvis.formats.torch.capture import captured
from deepvis.network.graph import Graph
from deepvis.network.net import GraphNet
from deepvis.network.ref import Source

CONV, NORM, RELU = "a", "b", "c"


def of_onnx(folder: Path) -> Graph:
    """Convolution, batch normalization, rectifier, convolution."""
    random = np.random.default_rng(0)
    held = {
        **{"w": random.normal(size=(4, 3, 3, 3)), "bias": random.normal(size=4)},
        **{"last": random.normal(size=(2, 4, 1, 1))},
        **{"scale": random.normal(size=4), "shift": random.normal(size=4), "mean": random.normal(size=4)},
        "variance": random.uniform(0.5, 2, 4),
    }  # fmt: skip
    nodes = [
        helper.make_node("Conv", ["data", "w", "bias"], [CONV], pads=[1, 1, 1, 1]),
        helper.make_node("BatchNormalization", [CONV, "scale", "shift", "mean", "variance"], [NORM]),
        helper.make_node("Relu", [NORM], [RELU]),
        helper.make_node("Conv", [RELU, "last"], ["d"]),
    ]
    value = helper.make_tensor_value_info
    graph = helper.make_graph(
        nodes, "net", [value("data", TensorProto.FLOAT, ["N", 3, 8, 10])], [value("d", TensorProto.FLOAT, None)],
        [numpy_helper.from_array(array.astype(np.float32), name) for name, array in held.items()],
    )  # fmt: skip
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8), folder / "n.onnx")
    return graph_of_file(read_model(folder / "n.onnx"), Source(folder / "n.onnx")).graph


def of_module(folder: Path) -> Graph:
    torch.manual_seed(0)
    net = nn.Sequential()
    for name, part in zip(
        "abcd", (nn.Conv2d(3, 4, 3, 1, 1), nn.BatchNorm2d(4), nn.ReLU(), nn.Conv2d(4, 2, 1)), strict=True
    ):
        net.add_module(name, part)
    nn.init.uniform_(net.b.running_mean), nn.init.uniform_(net.b.running_var, 0.5, 2), nn.init.normal_(net.b.weight)
    return captured("net", net.eval(), (3, 8, 10))


@pytest.fixture(params=[of_onnx, of_module])
def net(request: pytest.FixtureRequest, tmp_path: Path) -> GraphNet:
    return GraphNet(request.param(tmp_path))


def given(net: GraphNet) -> dict[str, torch.Tensor]:
    x = torch.randn(2, 3, 8, 10, generator=torch.Generator().manual_seed(0))
    return dict.fromkeys(net.graph.inputs, x)


@pytest.mark.parametrize("shown", [(), (CONV,), (NORM,), (RELU, "d"), (CONV, NORM, RELU)], ids=str)
@pytest.mark.parametrize("mode", ["gradient", "deconv", "guided"])
def test_numbers_do_not_depend_on_what_is_shown(net: GraphNet, shown: tuple[str, ...], mode: str) -> None:
    whole = net.forward(given(net), shown=list(net.graph.versions))
    tape = net.forward(given(net), shown=shown)
    for name in ("d", *"abc"):  # what was left out last
        torch.testing.assert_close(tape.blobs[name], whole.blobs[name], rtol=1e-4, atol=1e-5)
    assert (tape.blobs[NORM] < 0).any()  # before the rectifier
    for start in ("d", RELU, NORM, CONV):
        seed = torch.ones_like(whole.blobs[start])
        found = net.forward(given(net), shown=shown).backward(start, seed, mode)
        wanted = whole.backward(start, seed, mode)
        assert list(found) == list(wanted)
        for name, diff in wanted.items():
            torch.testing.assert_close(found[name], diff, rtol=1e-4, atol=1e-5)


def test_one_operation_does_what_nobody_looks_between(net: GraphNet) -> None:
    steps = [len(step.nodes) for step in net._plan(4, None, frozenset()).steps]
    assert steps == [3, 1]
    between = frozenset([net.graph.last(NORM)])
    assert [len(step.nodes) for step in net._plan(4, None, between).steps] == [2, 1, 1]


def test_a_plan_is_made_once(net: GraphNet) -> None:
    net.forward(given(net), shown=["c"])
    plans = list(net._shared.plans.values())
    net.forward(given(net), shown=["c"])
    assert list(net._shared.plans.values()) == plans
    for count in range(100):
        net._plan(4, frozenset([count % 4]), frozenset([count]))
    assert len(net._shared.plans) <= 64
