"""What the list of layers has of an ONNX file, whether its values are named by modules or not."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from deepvis.models.listing import shown_layers
from deepvis.models.zoo import load_model
from deepvis.network.views import RAW


def saved(path: Path, *, slashed: bool) -> Path:
    """A convolution, a pooling that tells where its values were, and a matrix with its bias along the last axis."""
    rng = np.random.default_rng(0)
    tensors = {"w": rng.normal(size=(6, 3, 3, 3)), "m": rng.normal(size=(6, 5)), "b": rng.normal(size=5)}
    held = [numpy_helper.from_array(array.astype(np.float32), name) for name, array in tensors.items()]
    held.append(numpy_helper.from_array(np.float32(0.5), "half"))
    rows = [
        ("Conv", ["x", "w"], ["c"], "c/Conv", {}),
        ("MaxPool", ["c"], ["p", "i"], "pool/MaxPool", {"kernel_shape": [2, 2], "strides": [2, 2]}),
        ("Cast", ["i"], ["f"], "where/Cast", {"to": TensorProto.FLOAT}),
        ("Transpose", ["p"], ["t"], "Transpose", {"perm": [0, 2, 3, 1]}),
        ("MatMul", ["t", "m"], ["product"], "fc/MatMul", {}),
        ("Add", ["product", "b"], ["biased"], "fc/Add", {}),
        ("Relu", ["biased"], ["r"], "act/Relu", {}),
        ("Mul", ["r", "half"], ["y"], "Mul", {}),
    ]
    nodes = [helper.make_node(op, ins, outs, f"/{name}" if slashed else "", **how) for op, ins, outs, name, how in rows]
    value = helper.make_tensor_value_info
    outputs = [value("y", TensorProto.FLOAT, None), value("f", TensorProto.FLOAT, None)]
    graph = helper.make_graph(nodes, "g", [value("x", TensorProto.FLOAT, ["N", 3, 16, 16])], outputs, held)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.save(model, path)
    return path


@pytest.mark.parametrize("slashed", [True, False])
def test_outputs_and_biased_products_are_listed_and_index_maps_are_not(slashed: bool, tmp_path: Path) -> None:
    graph = load_model(prototxt=saved(tmp_path / "net.onnx", slashed=slashed)).graph
    shown = shown_layers(graph)
    assert {name.removesuffix(RAW) for name in graph.outputs} <= set(shown)
    product, bias = ("fc.MatMul", "fc") if slashed else ("product", "biased")
    assert bias in shown and product not in shown
    pooling = next(node for node in graph.nodes if node.type == "MaxPool" and not node.is_view)
    largest, places = (name.removesuffix(RAW) for name in graph.tops_of(pooling))
    assert largest in shown and places not in shown


def test_an_index_map_that_is_the_output_is_listed(tmp_path: Path) -> None:
    path = saved(tmp_path / "net.onnx", slashed=True)
    model = onnx.load(path)
    model.graph.output.append(helper.make_tensor_value_info("i", TensorProto.INT64, None))
    onnx.save(model, path)
    graph = load_model(prototxt=path).graph
    assert {name.removesuffix(RAW) for name in graph.outputs} <= set(shown_layers(graph))
