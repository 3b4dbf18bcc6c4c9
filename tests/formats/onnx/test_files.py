"""What lies in an ONNX file: external data, large tensors, damage, what cannot run."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import pytest
import torch
from onnx import TensorProto, helper, numpy_helper

from deepvis.formats.onnx.file_graph import FileGraph, graph_of_file
from deepvis.formats.onnx.model_file import read_model
from deepvis.formats.onnx.tensors import read_tensor
from deepvis.models.zoo import load_model
from deepvis.network.model_error import ModelError
from deepvis.network.net import GraphNet
from deepvis.network.ref import Source
from tests.formats.networks import small
from tests.formats.networks.small_onnx import write_small
from tests.helpers.work import allocated_by

F32 = TensorProto.FLOAT


def saved(
    file: Path, nodes: list[onnx.NodeProto], held: dict[str, np.ndarray], *, shape=("N", 3, 8, 10), opset: int = 13,
    metadata: dict[str, str] | None = None, kind: int = F32, inputs=(),
) -> Path:  # fmt: skip
    value = helper.make_tensor_value_info
    graph = helper.make_graph(
        nodes, "net", [value("data", kind, shape), *inputs], [value(nodes[-1].output[0], F32, None)],
        [numpy_helper.from_array(np.asarray(array), name) for name, array in held.items()],
    )  # fmt: skip
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=8)
    for key, text in (metadata or {}).items():
        model.metadata_props.add(key=key, value=text)
    onnx.save(model, file)
    return file


def opened(file: Path, **how) -> FileGraph:
    return graph_of_file(read_model(file), Source(file, **how))


MEAN, STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
W = np.random.default_rng(0).normal(size=(4, 3, 3, 3)).astype(np.float32)
CONV = helper.make_node("Conv", ["data", "w"], ["conv"])
RELU = helper.make_node("Relu", ["conv"], ["relu"])


# --- tensors --------------------------------------------------------------------------------------


def test_large_tensors_are_read_once_where_they_lie(tmp_path: Path) -> None:
    large = np.random.default_rng(0).normal(size=(2_000_003,)).astype(np.float32)
    held = {"w": W, "large": large}
    gather = helper.make_node("Gather", ["large", "two"], ["number"])
    nodes = [CONV, gather, helper.make_node("Mul", ["conv", "number"], ["y"])]
    file = saved(tmp_path / "net.onnx", nodes, {**held, "two": np.int64(2)})
    model = read_model(file)
    assert len(model.payloads) == 1 and model.model.ByteSize() < 10_000
    tensor = next(each for each in model.model.graph.initializer if each.name == "large")
    assert np.array_equal(read_tensor(model, tensor).numpy(), large)
    opened(file)  # what is loaded late is loaded now
    held_bytes = allocated_by(lambda: opened(file))
    assert held_bytes < 1.1 * large.nbytes


@pytest.mark.parametrize("dtype", ["float16", "float64", "int8", "uint16", "bool", "int64"])
def test_types_of_tensors(dtype: str, tmp_path: Path) -> None:
    array = np.random.default_rng(0).integers(0, 2, (40, 60)).astype(dtype)
    for size in (array, np.tile(array, (3, 30))):
        file = saved(tmp_path / "net.onnx", [CONV], {"w": W, "a": size})
        model = read_model(file)
        tensor = next(each for each in model.model.graph.initializer if each.name == "a")
        assert np.array_equal(read_tensor(model, tensor).numpy(), size)


def external(tmp_path: Path, *, location: str | None = None, offset: str | None = None) -> Path:
    """The small network with its weights in a file beside it; ``location`` and ``offset`` replace what is said."""
    write_small(small.make(), tmp_path / "inside.onnx")
    model = onnx.load(tmp_path / "inside.onnx")
    file = tmp_path / "net.onnx"
    onnx.save(model, file, save_as_external_data=True, location="net.data", size_threshold=0)
    model = onnx.load(file, load_external_data=False)
    for tensor in model.graph.initializer:
        for entry in tensor.external_data:
            if entry.key == "location" and location is not None:
                entry.value = location
            if entry.key == "offset" and offset is not None:
                entry.value = offset
    file.write_bytes(model.SerializeToString())
    return file


def test_external_data(tmp_path: Path) -> None:
    file = external(tmp_path)
    x = torch.rand(2, *small.INPUT_SHAPE)
    a, b = (
        GraphNet(load_model(prototxt=path).graph).forward({"data": x}).blobs["softmax"]
        for path in (file, tmp_path / "inside.onnx")
    )
    assert torch.equal(a, b)


@pytest.mark.parametrize(
    ("location", "offset", "words"),
    [
        ("../net.data", None, "in the model's folder"),
        ("/etc/passwd", None, "in the model's folder"),
        ("sub/../../x", None, "in the model's folder"),
        ("", None, "in the model's folder"),
        ("nothing.data", None, "is not there"),
        ("a\0b", None, "in the model's folder"),
        (None, "-4", "whole numbers"),
        (None, "99999999", "is the file complete"),
    ],
)
def test_external_data_that_cannot_be(location: str | None, offset: str | None, words: str, tmp_path: Path) -> None:
    folder = tmp_path / "models"
    folder.mkdir()
    (tmp_path / "net.data").write_bytes(b"secret" * 10_000)
    with pytest.raises(ModelError, match=words):
        opened(external(folder, location=location, offset=offset))


def test_a_link_out_of_the_folder_is_not_followed(tmp_path: Path) -> None:
    folder = tmp_path / "models"
    folder.mkdir()
    file = external(folder)
    (folder / "net.data").rename(tmp_path / "outside.data")
    (folder / "net.data").symlink_to(tmp_path / "outside.data")
    with pytest.raises(ModelError, match="in the model's folder"):
        opened(file)


# --- what cannot be, or cannot run ----------------------------------------------------------------


DAMAGED = {
    "two of one name": ([CONV, helper.make_node("Relu", ["conv"], ["conv"])], "second value named 'conv'"),
    "a circle": (
        [CONV, helper.make_node("Add", ["conv", "b"], ["a"]), helper.make_node("Relu", ["a"], ["b"])], "circle"),
    "nothing makes it": ([helper.make_node("Relu", ["dat"], ["y"])], "did you mean 'data'"),
    "too large": (
        [CONV, helper.make_node("ConstantOfShape", ["huge"], ["c"]), helper.make_node("Add", ["conv", "c"], ["y"])],
        "at most 2147483647 values"),
    "other sizes": ([helper.make_node("Conv", ["data", "other"], ["y"])], r"layer 'y' \(Conv\)"),
    "an axis that is not there": ([CONV, helper.make_node("Concat", ["conv", "conv"], ["y"], axis=9)], "axis 9 on 4"),
    "long": (
        [CONV, helper.make_node("ConstantOfShape", ["wide"], ["t"]), helper.make_node("MatMul", ["t", "t"], ["y"])],
        "constant"),
}  # fmt: skip


@pytest.mark.parametrize("what", list(DAMAGED))
def test_what_cannot_be_is_one_sentence(what: str, tmp_path: Path) -> None:
    nodes, words = DAMAGED[what]
    held = {"w": W, "huge": np.int64([1 << 20, 1 << 20]), "other": W[:, :2], "wide": np.int64([9000, 9000])}
    file = saved(tmp_path / "net.onnx", nodes, held)
    with pytest.raises(ModelError, match=words) as error:
        opened(file)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("raw", [b"", b"\n", b"hello world", b"\x08\x07\x3a\xff\xff\xff\xff\x0f", bytes(5000)])
def test_what_is_no_onnx_file(raw: bytes, tmp_path: Path) -> None:
    file = tmp_path / "net.onnx"
    file.write_bytes(raw)
    with pytest.raises(ModelError, match=r"net\.onnx"):
        opened(file)


def test_deep_branches_are_refused(tmp_path: Path) -> None:
    ends = [helper.make_tensor_value_info("a", F32, None)]
    graph = helper.make_graph([helper.make_node("Relu", ["conv"], ["a"])], "g", [], ends)
    for _ in range(40):
        node = helper.make_node("If", ["yes"], ["a"], then_branch=graph, else_branch=graph, name="x" * 5000)
        graph = helper.make_graph([node], "g", [], ends)
        if graph.ByteSize() > 1 << 22:
            break
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)])
    (tmp_path / "net.onnx").write_bytes(model.SerializeToString())
    with pytest.raises(ModelError):
        opened(tmp_path / "net.onnx")


@pytest.mark.parametrize("opset", [5, 6, 99])
def test_other_operator_sets_are_refused(opset: int, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=f"operator set {opset}, expected 7 to"):
        opened(saved(tmp_path / "net.onnx", [CONV], {"w": W}, opset=opset))


def test_unknown_operators_are_named_and_the_rest_is_shown(tmp_path: Path) -> None:
    nodes = [
        CONV, RELU, helper.make_node("Loop", ["", "", "relu"], ["looped"], name="again"),
        helper.make_node("Magic", ["conv"], ["m"], domain="mine"), helper.make_node("Relu", ["m"], ["after"]),
        helper.make_node("NonZero", ["relu"], ["where"]), helper.make_node("Sigmoid", ["relu"], ["end"]),
    ]  # fmt: skip
    graph = opened(saved(tmp_path / "net.onnx", nodes, {"w": W})).graph
    assert [node.name for node in graph.nodes] == ["conv", "relu", "end"]
    (note,) = [note for note in graph.notes if "left out" in note]
    for word in ("Loop (1: 'again')", "mine.Magic (1: 'm')", "NonZero", "the 1 that depend"):
        assert word in note
    assert {name: each.why for name, each in graph.unavailable.items()} == {
        "looped": "its type Loop is unknown",
        "m": "its type mine.Magic is unknown",
        "after": "needs layer 'm' of unknown type mine.Magic",
        "where": "nothing here runs it (NonZero: found a size that depends on what is in the picture, expected one "
        "that follows from the file)",
    }
    assert [graph.unavailable[name].after for name in ("looped", "m", "where")] == ["relu", "looped", "after"]
    with pytest.raises(ModelError, match=r"'after' cannot be had here: needs layer 'm' of unknown type mine\.Magic"):
        graph.last("after")
    only = saved(tmp_path / "none.onnx", [helper.make_node("Magic", ["data"], ["m"], domain="mine")], {})
    with pytest.raises(ModelError, match=r"mine\.Magic.*nothing is left to show"):
        opened(only)


def test_what_detectors_end_with_is_named_in_one_sentence(tmp_path: Path) -> None:
    """And the backbone is shown, with what it says of boxes and scores; no class is made of a dead end."""
    node = helper.make_node
    nodes = [
        CONV, RELU, node("Conv", ["relu", "box"], ["boxes_chw"]), node("Conv", ["relu", "score"], ["scores_chw"]),
        node("Reshape", ["boxes_chw", "four"], ["boxes"]), node("Reshape", ["scores_chw", "flat"], ["scores"]),
        node("NonMaxSuppression", ["boxes", "scores", "most"], ["kept"], name="nms"),
        node("RoiAlign", ["relu", "regions", "batch"], ["cut"], name="align", output_height=2, output_width=2),
        node("Reshape", ["relu", "rows"], ["steps"]),
        node("LSTM", ["steps", "lw", "lr"], ["h"], hidden_size=4, name="lstm"),
        node("Sigmoid", ["scores_chw"], ["prob"]),
    ]  # fmt: skip
    held = {
        "w": W, "box": np.ones((4, 4, 1, 1), np.float32), "score": np.ones((2, 4, 1, 1), np.float32),
        "four": np.int64([1, -1, 4]), "flat": np.int64([1, 2, -1]), "most": np.int64([10]), "batch": np.int64([0]),
        "regions": np.float32([[0, 0, 3, 3]]), "rows": np.int64([6, -1, 4]), "lw": np.ones((1, 16, 4), np.float32),
        "lr": np.ones((1, 16, 4), np.float32),
    }  # fmt: skip
    model = load_model(prototxt=saved(tmp_path / "net.onnx", nodes, held))
    (note,) = [note for note in model.notes if "left out" in note]
    for word in ("NonMaxSuppression (1: 'nms')", "RoiAlign (1: 'align')", "LSTM (1: 'lstm')"):
        assert word in note
    assert {"conv", "relu", "boxes_chw", "prob"} <= set(model.graph.versions)
    assert not any("softmax" in name for name in model.graph.versions)
    assert GraphNet(model.graph).forward({"data": torch.rand(1, 3, 8, 10)}).blobs["prob"].shape == (1, 2, 6, 8)


def test_nodes_in_any_order(tmp_path: Path) -> None:
    graph = opened(saved(tmp_path / "net.onnx", [RELU, CONV], {"w": W})).graph
    assert [node.name for node in graph.nodes] == ["conv", "relu"]


# --- how many pictures ----------------------------------------------------------------------------


def test_a_fixed_batch_goes_through_with_any_number(tmp_path: Path) -> None:
    nodes = [
        CONV, helper.make_node("Reshape", ["conv", "shape"], ["split"]),
        helper.make_node("Transpose", ["split"], ["turned"], perm=[0, 2, 1, 3, 4]),
        helper.make_node("Reshape", ["turned", "back"], ["joined"]),
        helper.make_node("Concat", ["joined", "token"], ["cat"], axis=1),
        helper.make_node("ReduceMean", ["cat"], ["y"], axes=[2, 3], keepdims=0),
    ]  # fmt: skip
    token = np.random.default_rng(1).normal(size=(1, 2, 6, 8)).astype(np.float32)
    held = {"w": W, "shape": np.int64([1, 2, 2, 6, 8]), "back": np.int64([1, 4, 6, 8]), "token": token}
    graph = opened(saved(tmp_path / "net.onnx", nodes, held, shape=(1, 3, 8, 10))).graph
    assert graph.batch is None and any("any number goes through" in note for note in graph.notes)
    x = torch.rand(5, 3, 8, 10)
    net = GraphNet(graph)
    together = net.forward({"data": x}).blobs["y"]
    for row in range(5):
        assert torch.allclose(net.forward({"data": x[row : row + 1]}).blobs["y"][0], together[row], atol=1e-6)
    assert together.shape == (5, 6)


@pytest.mark.parametrize(
    "node",
    [
        helper.make_node("Softmax", ["conv"], ["y"], axis=0),
        helper.make_node("ReduceMean", ["conv"], ["y"], axes=[0], keepdims=1),
        helper.make_node("Squeeze", ["conv", "zero"], ["y"]),
        helper.make_node("Gather", ["conv", "first"], ["y"], axis=0),
        helper.make_node("Flatten", ["conv"], ["y"], axis=0),
    ],
    ids=lambda node: node.op_type,
)
def test_an_operator_that_forbids_several_pictures_is_named(node: onnx.NodeProto, tmp_path: Path) -> None:
    held = {"w": W, "zero": np.int64([0]), "first": np.int64(0)}
    graph = opened(saved(tmp_path / "net.onnx", [CONV, node], held, shape=(1, 3, 8, 10))).graph
    assert graph.batch == 1
    (note,) = [note for note in graph.notes if "one picture" in note]
    assert f"({node.op_type})" in note
    assert GraphNet(graph).forward({"data": torch.rand(1, 3, 8, 10)}).blobs["y"].isfinite().all()


def test_an_if_with_a_condition_that_follows_from_the_file(tmp_path: Path) -> None:
    value = helper.make_tensor_value_info
    branches = [
        helper.make_graph([helper.make_node(op, ["conv"], ["inner"])], op, [], [value("inner", F32, None)])
        for op in ("Relu", "Neg")
    ]
    nodes = [
        CONV, helper.make_node("Shape", ["conv"], ["s"]), helper.make_node("Size", ["s"], ["rank"]),
        helper.make_node("Equal", ["rank", "four"], ["is_four"]),
        helper.make_node("If", ["is_four"], ["y"], then_branch=branches[0], else_branch=branches[1]),
    ]  # fmt: skip
    graph = opened(saved(tmp_path / "net.onnx", nodes, {"w": W, "four": np.int64(4)})).graph
    assert [node.type for node in graph.nodes] == ["Conv", "Relu"]


# --- pictures -------------------------------------------------------------------------------------


def test_channels_last(tmp_path: Path) -> None:
    nodes = [
        helper.make_node("Transpose", ["data"], ["nchw"], perm=[0, 3, 1, 2]),
        helper.make_node("Conv", ["nchw", "w"], ["y"]),
    ]
    nhwc = load_model(prototxt=saved(tmp_path / "nhwc.onnx", nodes, {"w": W}, shape=("N", 8, 10, 3)))
    nchw = load_model(
        prototxt=saved(tmp_path / "nchw.onnx", [helper.make_node("Conv", ["data", "w"], ["y"])], {"w": W})
    )
    assert nhwc.preprocessor.input_shape == nchw.preprocessor.input_shape == (3, 8, 10)
    x = torch.rand(2, 3, 8, 10)
    a, b = (GraphNet(model.graph).forward({"data": x}).blobs["y"] for model in (nhwc, nchw))
    assert torch.allclose(a, b, atol=1e-6)


def test_an_open_size_and_another_input(tmp_path: Path) -> None:
    more = [helper.make_tensor_value_info("info", TensorProto.INT64, ["N", 2])]
    nodes = [helper.make_node("Cast", ["info"], ["f"], to=F32), CONV, helper.make_node("ReduceSum", ["f"], ["s"])]
    nodes.append(helper.make_node("Add", ["conv", "s"], ["y"]))
    file = saved(tmp_path / "net.onnx", nodes, {"w": W}, shape=("N", 3, "h", "w"), inputs=more)
    model = load_model(prototxt=file)
    assert model.preprocessor.size == (224, 224) and any("size open" in note for note in model.notes)
    assert load_model(prototxt=file, overrides={"input_size": (30, 40)}).preprocessor.size == (30, 40)
    given = {model.data_blob: torch.rand(1, 3, 224, 224), **model.other_inputs()}
    assert GraphNet(model.graph).forward(given).blobs["y"].shape == (1, 4, 222, 222)


@pytest.mark.parametrize(
    ("metadata", "order", "scale", "mean", "std"),
    [
        ({}, "RGB", 1.0, MEAN, STD),
        ({"Image.BitmapPixelFormat": "Bgr8"}, "BGR", 1.0, MEAN[::-1], STD[::-1]),
        ({"Image.NominalPixelRange": "Normalized_0_1"}, "RGB", 1.0, None, None),
        ({"Image.BitmapPixelFormat": "Bgr8", "Image.NominalPixelRange": "NominalRange_0_255"}, "BGR", 255.0, None,
         None),
        ({"Image.NominalPixelRange": "Normalized_1_1"}, "RGB", 1.0, (0.5,) * 3, (0.5,) * 3),
        ({"mean": "[0.485, 0.456, 0.406]", "std": "[0.229, 0.224, 0.225]"}, "RGB", 1.0, (0.485, 0.456, 0.406),
         (0.229, 0.224, 0.225)),
        ({"mean": "104,117,123", "channel_order": "bgr"}, "BGR", 255.0, (104, 117, 123), None),
        ({"mean": "nonsense"}, "RGB", 1.0, MEAN, STD),
    ],
)  # fmt: skip
def test_what_the_file_says_of_pixels(metadata, order, scale, mean, std, tmp_path: Path) -> None:
    found = opened(saved(tmp_path / "net.onnx", [CONV], {"w": W}, metadata=metadata))
    assert (found.pixels.order, found.pixels.scale, found.pixels.mean, found.pixels.std) == (order, scale, mean, std)
    assert bool(found.pixels.declared) == (metadata not in ({}, {"mean": "nonsense"}))
    said = " ".join(found.graph.notes)
    assert ("unless said otherwise" in said) == (not {"order", "scale", "mean"} <= found.pixels.declared)
    assert ("ImageNet's mean" in said) == (mean in (MEAN, MEAN[::-1]) and "mean" not in found.pixels.declared)


@pytest.mark.parametrize("before", [[], [helper.make_node("Identity", ["data"], ["same"])]], ids=["at once", "later"])
def test_no_mean_is_assumed_where_the_file_does_its_own(before: list[onnx.NodeProto], tmp_path: Path) -> None:
    first = "same" if before else "data"
    nodes = [*before, helper.make_node("Sub", [first, "m"], ["x"]), helper.make_node("Conv", ["x", "w"], ["y"])]
    held = {"w": W, "m": np.float32([0.4, 0.5, 0.6]).reshape(1, 3, 1, 1)}
    found = opened(saved(tmp_path / "net.onnx", nodes, held))
    assert found.pixels.mean is None and "arithmetic of its own" in " ".join(found.graph.notes)


def test_the_window_says_what_was_assumed(tmp_path: Path) -> None:
    file = saved(tmp_path / "net.onnx", [CONV], {"w": W})
    assumed = load_model(prototxt=file)
    assert assumed.input_words.endswith("(mean, std, order, scale assumed)") and "0.485" in assumed.input_words
    named = load_model(prototxt=file, mean=(104.0, 117.0, 123.0))
    assert named.preprocessor.scale == 255 and named.preprocessor.std is None
