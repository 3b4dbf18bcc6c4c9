"""Values and whole networks beside ONNX Runtime, every value as an output."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import onnx
import pytest
import torch
from onnx import TensorProto, helper

from deepvis.models.zoo import load_model
from deepvis.network.net import GraphNet
from tests.formats.onnx.evaluating import Evaluated
from tests.formats.onnx.test_operators import check_gradient, differentiable

onnxruntime = pytest.importorskip("onnxruntime")
onnxruntime.set_default_logger_severity(3)
LIGHT = sorted(Path(os.path.dirname(onnx.__file__), "backend/test/data/light").glob("light_*.onnx"))


def lights(*names: str) -> list[Path]:
    return [file for file in LIGHT if file.stem.removeprefix("light_") in names]


def values_of(model: onnx.ModelProto, inputs: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Every value of the model, by ONNX Runtime."""
    copy = onnx.ModelProto.FromString(model.SerializeToString())
    there = {each.name for each in copy.graph.output}
    names = [name for node in copy.graph.node for name in node.output if name and name not in there]
    copy.graph.output.extend(helper.make_empty_tensor_value_info(name) for name in names)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(copy.SerializeToString(), options, providers=["CPUExecutionProvider"])
    outputs = [each.name for each in session.get_outputs()]
    return dict(zip(outputs, session.run(None, dict(inputs)), strict=True))


def one_node(op: str, opset: int, **attributes) -> onnx.ModelProto:
    node = helper.make_node(op, ["x"], ["y"], **attributes)
    value = helper.make_tensor_value_info
    graph = helper.make_graph(
        [node], op, [value("x", TensorProto.FLOAT, [None] * 4)], [value("y", TensorProto.FLOAT, [None] * 4)]
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=9)


POOLS = [
    {"kernel_shape": [3, 2], "strides": [2, 3]},
    {"kernel_shape": [3, 3], "strides": [2, 2], "pads": [1, 1, 1, 1]},
    {"kernel_shape": [3, 3], "strides": [2, 2], "pads": [0, 1, 1, 0]},
    {"kernel_shape": [2, 2], "strides": [2, 2], "ceil_mode": 1},
    {"kernel_shape": [3, 3], "strides": [2, 2], "pads": [1, 1, 1, 1], "ceil_mode": 1},
    {"kernel_shape": [3, 2], "strides": [2, 1], "auto_pad": "SAME_UPPER"},
    {"kernel_shape": [2, 3], "strides": [2, 2], "auto_pad": "SAME_LOWER"},
    {"kernel_shape": [3, 3], "strides": [1, 2], "auto_pad": "VALID"},
]


@pytest.mark.parametrize("how", POOLS, ids=range(len(POOLS)))
@pytest.mark.parametrize("op", ["MaxPool", "AveragePool", "AveragePool+", "LpPool"])
def test_pools(op: str, how: dict, tmp_path: Path) -> None:
    if op == "LpPool" and how.get("ceil_mode"):
        pytest.skip("ONNX Runtime's LpPool knows no ceil_mode")
    more = {"count_include_pad": 1} if op.endswith("+") else {}
    model = one_node(op.strip("+"), 18, **how, **more)
    x = np.random.default_rng(0).normal(size=(2, 3, 11, 13)).astype(np.float32)
    ours = Evaluated(model, {"x": x}, Path(__file__))
    wanted = values_of(model, {"x": x})["y"]
    found = ours.outputs["y"].numpy()
    assert found.shape == wanted.shape and np.allclose(found, wanted, atol=1e-5)
    for op_, bottoms in differentiable(ours):
        check_gradient(op, op_, bottoms)


def test_truth_casts_and_global_norms() -> None:
    value = helper.make_tensor_value_info
    nodes = [
        helper.make_node("Cast", ["x"], ["whole"], to=TensorProto.INT32),
        helper.make_node("Cast", ["x"], ["yes"], to=TensorProto.BOOL),
        helper.make_node("Not", ["yes"], ["no"]),
        helper.make_node("Cast", ["no"], ["number"], to=TensorProto.FLOAT),
        helper.make_node("GlobalLpPool", ["x"], ["norm"], p=3),
        helper.make_node("CastLike", ["whole", "x"], ["back"]),
    ]
    graph = helper.make_graph(
        nodes, "g", [value("x", TensorProto.FLOAT, [2, 3, 4, 5])], [value("back", TensorProto.FLOAT, None)]
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 15)], ir_version=8)
    x = np.random.default_rng(0).integers(-3, 4, (2, 3, 4, 5)).astype(np.float32)
    wanted = values_of(model, {"x": x})
    model.graph.output.extend(helper.make_empty_tensor_value_info(name) for name in ("whole", "number", "norm"))
    found = Evaluated(model, {"x": x}, Path(__file__)).outputs
    for name in ("whole", "number", "norm", "back"):
        assert np.allclose(found[name].numpy(), wanted[name], atol=1e-5), name


SETTLED = ("Constant", "ConstantOfShape")


def _values_in(node: onnx.NodeProto) -> list[str]:
    """Its outputs, without the mask of a Dropout."""
    return list(node.output)[: 1 if node.op_type == "Dropout" else None]


LARGE_SCORE = 1e5  # whose last bit is 0.008: what a softmax makes of it depends on the order in which it was summed


def compared(file: Path, x: np.ndarray) -> int:
    """How many values are ONNX Runtime's. Raises AssertionError for others.

    The weights of a light network are all alike, and so are its scores, 1e19 in one, but for their last bits. A softmax
    of those is not compared.
    """
    model = load_model(prototxt=file)
    proto = onnx.load(file)
    wanted = values_of(proto, {model.data_blob: x})
    blobs = GraphNet(model.graph).forward({model.data_blob: x}).blobs
    order = [name for node in proto.graph.node if node.op_type not in SETTLED for name in _values_in(node)]
    for node in proto.graph.node:
        if node.op_type == "Softmax" and np.abs(wanted[node.input[0]]).max() > LARGE_SCORE:
            wanted[node.output[0]] = np.full_like(wanted[node.output[0]], np.nan)  # what is not finite is left out
    made = [wanted[name] for name in order if wanted[name].dtype == np.float32]
    ours = [blob.numpy() for name, blob in blobs.items() if name != model.data_blob]
    if len(ours) != len(made):  # constants were worked out: by shape and order
        made = [wanted[name] for name in order if any(wanted[name].shape == o.shape for o in ours)]
    same = 0
    for blob, value in zip(ours, made, strict=False):
        if blob.shape != value.shape:
            break
        if np.isfinite(value).all():
            assert np.abs(blob - value).max() <= 1e-4 * max(float(np.abs(value).max()), 1e-6), same
        same += 1
    return same


@pytest.mark.parametrize("file", lights("squeezenet", "resnet50"), ids=lambda f: f.stem)
def test_values_of_light_networks(file: Path) -> None:
    x = np.random.default_rng(0).random((1, 3, 224, 224)).astype(np.float32)
    assert compared(file, x) >= 66


@pytest.mark.slow
@pytest.mark.parametrize("file", LIGHT, ids=lambda f: f.stem)
def test_values_of_all_light_networks(file: Path) -> None:
    x = np.random.default_rng(0).random((1, 3, 224, 224)).astype(np.float32)
    assert compared(file, x) >= 20


def gradient_by_differences(file: Path) -> None:
    """From the first convolution and from the middle of the network, along one direction, in its own float32."""
    model = load_model(prototxt=file)
    net = GraphNet(model.graph)
    x = torch.rand(1, *model.preprocessor.input_shape, generator=torch.Generator().manual_seed(0))
    way = torch.randn(x.shape, generator=torch.Generator().manual_seed(1))
    names = [model.layer_names[0], model.layer_names[min(5, len(model.layer_names) - 1)]]
    for name in names:
        tape = net.forward({model.data_blob: x}, until=name)
        seed = torch.randn(tape.blobs[name].shape, generator=torch.Generator().manual_seed(2))
        found = tape.backward(name, seed)[model.data_blob]
        assert found.isfinite().all()
        step = 2e-3

        def value(by: float, name=name, seed=seed) -> float:
            blob = net.forward({model.data_blob: x + by * way}, keep=name).blobs[name]
            return float((blob.double() * seed).sum())

        differences = (value(step) - value(-step)) / (2 * step)
        scale = float((found.abs() * way.abs()).sum())
        assert abs(float((found * way).sum()) - differences) <= 2e-2 * scale, name


@pytest.mark.parametrize("file", lights("squeezenet", "zfnet512"), ids=lambda f: f.stem)
def test_gradients_of_light_networks(file: Path) -> None:
    gradient_by_differences(file)


@pytest.mark.slow
@pytest.mark.parametrize("file", LIGHT, ids=lambda f: f.stem)
def test_gradients_of_all_light_networks(file: Path) -> None:
    gradient_by_differences(file)


def test_there_are_nine_of_them() -> None:
    assert len(LIGHT) == 9


def test_squeezenet(shared: Path) -> None:
    x = np.random.default_rng(0).normal(0, 50, (1, 3, 227, 227)).astype(np.float32)
    assert compared(shared / "models/onnx/squeezenet_v1.1.onnx", x) == 66
