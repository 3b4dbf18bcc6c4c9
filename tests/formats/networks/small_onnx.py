"""The network of small.py as an ONNX file, written node by node."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from tests.formats.networks.small import INPUT_SHAPE, Small


def write_small(module: Small, file: Path, batch: int | str = "N") -> None:
    """The values have the names of ``Small.values``; batch: a number, or a word for any number."""
    state = {name: value.numpy() for name, value in module.state_dict().items()}
    held = {name: value for name, value in state.items() if value.dtype == np.float32}
    nodes = [
        _conv("conv1", "data", ["conv1.weight"], 5, 2, 2),
        helper.make_node(
            "BatchNormalization",
            ["conv1", "bn1.weight", "bn1.bias", "bn1.running_mean", "bn1.running_var"],
            ["bn1"],
            epsilon=module.bn1.eps,
        ),
        helper.make_node("Relu", ["bn1"], ["relu"]),
        helper.make_node("MaxPool", ["relu"], ["pool1"], kernel_shape=[2, 2], strides=[2, 2]),
        _conv("left", "pool1", ["left.weight", "left.bias"], 1),
        _conv("right", "pool1", ["right.weight", "right.bias"], 3, 1),
        helper.make_node("Relu", ["left"], ["act"]),
        helper.make_node("Relu", ["right"], ["act@1"]),
        helper.make_node("Concat", ["act", "act@1"], ["cat"], axis=1),
        _conv("again", "cat", ["again.weight", "again.bias"], 3, 1),
        helper.make_node("Relu", ["again"], ["relu@1"]),
        _conv("again@1", "relu@1", ["again.weight", "again.bias"], 3, 1),
        helper.make_node("Add", ["again@1", "cat"], ["add"]),
        helper.make_node("Relu", ["add"], ["relu@2"]),
        helper.make_node("ReduceMean", ["relu@2"], ["mean"], axes=[2, 3], keepdims=0),
        helper.make_node("Dropout", ["mean"], ["drop"]),
        helper.make_node("Gemm", ["drop", "fc.weight", "fc.bias"], ["fc"], transB=1),
        helper.make_node("Softmax", ["fc"], ["softmax"], axis=1),
    ]
    graph = helper.make_graph(
        nodes,
        "small",
        [helper.make_tensor_value_info("data", TensorProto.FLOAT, [batch, *INPUT_SHAPE])],
        [helper.make_tensor_value_info("softmax", TensorProto.FLOAT, [batch, 10])],
        [numpy_helper.from_array(value, name) for name, value in held.items()],
    )
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8), file)


def _conv(name: str, bottom: str, weights: list[str], kernel: int, pad: int = 0, stride: int = 1) -> onnx.NodeProto:
    window = {"kernel_shape": [kernel] * 2, "pads": [pad] * 4, "strides": [stride] * 2}
    return helper.make_node("Conv", [bottom, *weights], [name], **window)
