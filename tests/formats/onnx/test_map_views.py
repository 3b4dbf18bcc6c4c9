"""Tokens and channels-last values of ONNX files as maps, with their receptive fields."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import pytest
import torch
from onnx import TensorProto, helper, numpy_helper

from deepvis.models.model import Model
from deepvis.models.zoo import load_model
from deepvis.network.field import receptive_field
from deepvis.network.net import GraphNet
from deepvis.network.views import RAW
from tests.formats.onnx.architectures import SIZE, made
from tests.formats.onnx.test_exports import export

GRID = (SIZE[0] // 8, SIZE[1] // 8)


@pytest.fixture(scope="module")
def vit(tmp_path_factory: pytest.TempPathFactory) -> Model:
    pytest.importorskip("onnxscript")
    file = tmp_path_factory.mktemp("vit") / "vit.onnx"
    export(made("vit"), file, dynamo=False, is_open=True, opset=13)
    return load_model(prototxt=file)


def test_tokens_are_maps(vit: Model) -> None:
    x = torch.rand(2, 3, *SIZE, generator=torch.Generator().manual_seed(0))
    blobs = GraphNet(vit.graph).forward({vit.data_blob: x}).blobs
    for name in ("norm1", "proj", "Add@2"):
        tokens, maps = blobs[name + RAW], blobs[name]
        assert maps.shape == (2, tokens.shape[2], *GRID) and tokens.shape[1] == 1 + GRID[0] * GRID[1]
        assert torch.equal(maps, tokens[:, 1:].transpose(1, 2).reshape(maps.shape))
        (beside,) = (each for each in blobs if each.startswith(f"{name} [") and each != name + RAW)
        assert torch.equal(blobs[beside], tokens[:, 0])
    heads = blobs["Softmax"]
    assert heads.shape == (2, 4, *GRID) and torch.equal(heads, blobs["Softmax" + RAW][:, :, 0, 1:].reshape(heads.shape))
    assert vit.prob_layer == "prob" and torch.allclose(blobs["prob"].sum(1), torch.ones(2))


def test_a_token_channel_has_a_gradient(vit: Model) -> None:
    net = GraphNet(vit.graph)
    x = torch.rand(1, 3, *SIZE, generator=torch.Generator().manual_seed(0))
    seed = torch.zeros(net.shapes["mlp"])
    seed[0, 3, 1, 2] = 1
    found = net.forward({vit.data_blob: x}).backward("mlp", seed)[vit.data_blob]

    def value(at: torch.Tensor) -> float:
        return float(net.forward({vit.data_blob: at}, keep="mlp").blobs["mlp"][0, 3, 1, 2].double())

    way = torch.randn(x.shape, generator=torch.Generator().manual_seed(1))
    step = 1e-2
    slope = (value(x + step * way) - value(x - step * way)) / (2 * step)
    assert float((found * way).sum()) == pytest.approx(slope, rel=2e-2, abs=1e-4)


def test_fields_of_tokens_before_the_attention(vit: Model) -> None:
    shapes = GraphNet(vit.graph).shapes
    for name in ("patch", "norm1", "qkv"):
        field = receptive_field(vit.graph, shapes, name, 1, 2)
        assert (field.top, field.left, field.bottom, field.right) == (8, 16, 16, 24), name
    whole = receptive_field(vit.graph, shapes, "mlp", 1, 2)
    assert (whole.height, whole.width) == SIZE


def channels_last(file: Path) -> Path:
    """As tf2onnx writes: pictures and what lies between are (N, H, W, C), turned for each convolution."""
    random = np.random.default_rng(0)
    held = {
        "w": random.normal(size=(4, 3, 3, 3)),
        "scale": random.normal(size=4),
        "v": random.normal(size=(5, 4, 3, 3)),
    }
    node = helper.make_node
    nodes = [
        node("Transpose", ["data"], ["in"], perm=[0, 3, 1, 2]),
        node("Conv", ["in", "w"], ["conv"], pads=[1, 1, 1, 1], strides=[2, 2]),
        node("Transpose", ["conv"], ["turned"], perm=[0, 2, 3, 1]),
        node("Mul", ["turned", "scale"], ["scaled"]),
        node("Relu", ["scaled"], ["relu"]),
        node("Transpose", ["relu"], ["back"], perm=[0, 3, 1, 2]),
        node("Conv", ["back", "v"], ["second"]),
        node("Transpose", ["second"], ["last"], perm=[0, 2, 3, 1]),
    ]
    value = helper.make_tensor_value_info
    graph = helper.make_graph(
        nodes, "net", [value("data", TensorProto.FLOAT, ["N", 12, 16, 3])], [value("last", TensorProto.FLOAT, None)],
        [numpy_helper.from_array(array.astype(np.float32), name) for name, array in held.items()],
    )  # fmt: skip
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8), file)
    return file


def test_channels_last_values_are_maps(tmp_path: Path) -> None:
    model = load_model(prototxt=channels_last(tmp_path / "net.onnx"))
    net = GraphNet(model.graph)
    x = torch.rand(2, 3, 12, 16)
    blobs = net.forward({model.data_blob: x}).blobs
    assert blobs["relu"].shape == (2, 4, 6, 8) and blobs["last"].shape == (2, 5, 4, 6)
    assert torch.equal(blobs["relu"], blobs["relu" + RAW].permute(0, 3, 1, 2))
    assert not any("is not known" in note for note in model.notes)


def with_border(file: Path) -> Path:
    """Channels last, with a border of the exporter's own, squeeze and excitation, and a second convolution."""
    random = np.random.default_rng(0)
    held = {name: random.normal(size=(6, count, 3, 3)) for name, count in (("w", 3), ("v", 6))}
    held["squeeze"] = random.normal(size=(6, 6, 1, 1))
    node = helper.make_node
    nodes = [
        node("Transpose", ["data"], ["in"], perm=[0, 3, 1, 2]),
        node("Conv", ["in", "w"], ["conv"], pads=[1, 1, 1, 1]),
        node("Transpose", ["conv"], ["turned"], perm=[0, 2, 3, 1]),
        node("Pad", ["turned", "pads"], ["padded"]),
        node("ReduceMean", ["padded"], ["mean"], axes=[1, 2]),
        node("Transpose", ["mean"], ["mean_first"], perm=[0, 3, 1, 2]),
        node("Conv", ["mean_first", "squeeze"], ["scores"]),
        node("Transpose", ["scores"], ["scores_last"], perm=[0, 2, 3, 1]),
        node("Relu", ["scores_last"], ["factors"]),
        node("Transpose", ["padded"], ["back"], perm=[0, 3, 1, 2]),
        node("Conv", ["back", "v"], ["second"], strides=[2, 2]),
        node("Transpose", ["second"], ["second_last"], perm=[0, 2, 3, 1]),
        node("Relu", ["second_last"], ["relu"]),
        node("Mul", ["relu", "factors"], ["last"]),
    ]
    value = helper.make_tensor_value_info
    arrays = {name: array.astype(np.float32) for name, array in held.items()}
    arrays["pads"] = np.array([0, 0, 1, 0, 0, 1, 2, 0], np.int64)
    graph = helper.make_graph(
        nodes, "net", [value("data", TensorProto.FLOAT, ["N", 12, 16, 3])], [value("last", TensorProto.FLOAT, None)],
        [numpy_helper.from_array(array, name) for name, array in arrays.items()],
    )  # fmt: skip
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8), file)
    return file


def test_channels_last_values_stay_maps_behind_a_border_and_a_mean(tmp_path: Path) -> None:
    model = load_model(prototxt=with_border(tmp_path / "net.onnx"))
    blobs = GraphNet(model.graph).forward({model.data_blob: torch.rand(2, 3, 12, 16)}).blobs
    sizes = {name: tuple(blobs[name].shape[1:]) for name in ("padded", "mean", "factors", "relu", "last")}
    one = (6, 1, 1)
    assert sizes == {"padded": (6, 13, 19), "mean": one, "factors": one, "relu": (6, 6, 9), "last": (6, 6, 9)}
    assert torch.equal(blobs["last"], blobs["relu"] * blobs["factors"])
    assert not any("is not known" in note for note in model.notes)
    net = GraphNet(model.graph)
    inner = receptive_field(model.graph, net.shapes, "padded", 3, 4)
    assert (inner.top, inner.left, inner.bottom, inner.right) == (2, 2, 5, 5)  # a column of border before it
    behind = receptive_field(model.graph, net.shapes, "relu", 1, 2)
    assert (behind.top, behind.left, behind.bottom, behind.right) == (1, 2, 6, 7)
    last = receptive_field(model.graph, net.shapes, "last", 1, 2).clamped(12, 16)
    assert (last.height, last.width) == (12, 16)


@pytest.mark.parametrize(("name", "row", "col"), [("relu", 2, 3), ("last", 1, 2), ("last", 3, 5)])
def test_the_field_holds_what_moves_a_unit_and_no_more(name: str, row: int, col: int, tmp_path: Path) -> None:
    model = load_model(prototxt=channels_last(tmp_path / "net.onnx"))
    net = GraphNet(model.graph)
    field = receptive_field(model.graph, net.shapes, name, row, col).clamped(12, 16)
    base = torch.rand(1, 3, 12, 16, generator=torch.Generator().manual_seed(0))
    x = base.repeat(1 + 12 * 16, 1, 1, 1)
    for place in range(12 * 16):
        x[1 + place, :, place // 16, place % 16] += 3.0
    value = net.forward({model.data_blob: x}).blobs[name][:, :, row, col]
    places = [divmod(int(place), 16) for place in ((value[1:] - value[:1]).abs().amax(1) > 1e-6).nonzero()]
    rows, cols = {r for r, _ in places}, {c for _, c in places}
    assert (min(rows), max(rows) + 1, min(cols), max(cols) + 1) == (field.top, field.bottom, field.left, field.right)
