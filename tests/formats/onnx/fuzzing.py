"""Mutated ONNX files, and the one thing that may come of them: a network, or one ModelError.

Used by ``test_fuzz.py`` with a fixed few hundred and by ``scripts/fuzz_onnx.py`` with as many as wanted.
"""

from __future__ import annotations

import random
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from deepvis.formats.onnx.file_graph import graph_of_file
from deepvis.formats.onnx.model_file import read_model
from deepvis.network.model_error import ModelError
from deepvis.network.ref import Source
from deepvis.network.shapes import infer_shapes
from tests.formats.caffe.fuzzing import ANY, Mutation, other_length, peak_bytes
from tests.formats.networks import small
from tests.formats.networks.small_onnx import write_small
from tests.helpers.work import calls_of

SPARE_CALLS = 400_000  # of functions: a file of some hundred nodes, opened for any number of pictures, and its shapes
MOST_CALLS = 100  # more of them for each byte of the file
SPARE_BYTES = 256 << 20
MOST_TIMES = 16
NUMBERS = [0, -1, 1, 2, 255, 65536, 2**31 - 1, 2**32, 2**40, -(2**63), 2**63 - 1]


@dataclass(frozen=True)
class Case:
    """A file to open, and what was done to it."""

    raw: bytes
    done: str


def load_before(folder: Path) -> None:
    """Open each seed once: what PyTorch loads with the first run without data is not counted."""
    file = folder / "seed.onnx"
    for case in seeds():
        file.write_bytes(case.raw)
        graph = graph_of_file(read_model(file), Source(file)).graph
        infer_shapes(graph, graph.inputs)


def shapes_model() -> onnx.ModelProto:
    """Shape arithmetic, a branch, quantized weights, pads, a resize."""
    value = helper.make_tensor_value_info
    held = {
        "w": np.ones((4, 3, 3, 3), np.float32), "q": np.ones((5, 4), np.int8), "scale": np.float32(0.1),
        "zero": np.int8(0), "one": np.int64([1]), "two": np.int64([2]), "minus": np.int64([-1]), "first": np.int64(0),
        "pads": np.int64([0, 0, 1, 1, 0, 0, 1, 1]), "scales": np.float32([1, 1, 2, 2]), "axes": np.int64([2, 3]),
    }  # fmt: skip
    branches = [
        helper.make_graph([helper.make_node(op, ["conv"], [op])], op, [], [value(op, TensorProto.FLOAT, None)])
        for op in ("Relu", "Neg")
    ]
    nodes = [
        helper.make_node("Pad", ["data", "pads"], ["padded"]),
        helper.make_node("Conv", ["padded", "w"], ["conv"], kernel_shape=[3, 3]),
        helper.make_node("Shape", ["conv"], ["shape"]),
        helper.make_node("Gather", ["shape", "first"], ["n"]),
        helper.make_node("Greater", ["n", "first"], ["any"]),
        helper.make_node("If", ["any"], ["relu"], then_branch=branches[0], else_branch=branches[1]),
        helper.make_node("Resize", ["relu", "", "scales"], ["large"], mode="linear"),
        helper.make_node("MaxPool", ["large"], ["pool"], kernel_shape=[2, 2], strides=[2, 2], ceil_mode=1),
        helper.make_node("Unsqueeze", ["n", "one_place"], ["rows"]),
        helper.make_node("ReduceMean", ["pool"], ["mean"], axes=[2, 3]),
        helper.make_node("Concat", ["rows", "minus"], ["wanted"], axis=0),
        helper.make_node("Reshape", ["mean", "wanted"], ["flat"]),
        helper.make_node("DequantizeLinear", ["q", "scale", "zero"], ["matrix"]),
        helper.make_node("Gemm", ["flat", "matrix"], ["fc"], transB=1),
        helper.make_node("Split", ["fc"], ["left", "right"], axis=1),
        helper.make_node("Softmax", ["left"], ["prob"]),
    ]
    held["one_place"], held["q"] = np.int64([0]), np.ones((6, 4), np.int8)
    graph = helper.make_graph(
        nodes, "shapes", [value("data", TensorProto.FLOAT, ["N", 3, 9, 11])], [value("prob", TensorProto.FLOAT, None)],
        [numpy_helper.from_array(np.asarray(array), name) for name, array in held.items()],
    )  # fmt: skip
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)


def seeds() -> list[Case]:
    """Files that open."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "small.onnx"
        write_small(small.make(), path, 1)
        return [Case(shapes_model().SerializeToString(), ""), Case(path.read_bytes(), "")]


# --- mutations of the message ---------------------------------------------------------------------


def _changed(rng: random.Random, raw: bytes, change: Callable[[random.Random, onnx.GraphProto], None]) -> bytes:
    try:
        model = onnx.ModelProto.FromString(raw)
        change(rng, model.graph)
        return model.SerializeToString()
    except Exception:  # it was damaged before
        return raw


def other_integer(rng: random.Random, raw: bytes) -> bytes:
    """A number of an attribute, a dimension or a small tensor becomes one that hurts."""

    def change(rng: random.Random, graph: onnx.GraphProto) -> None:
        places: list[tuple] = []
        for node in graph.node:
            for attribute in node.attribute:
                places += [(attribute.ints, i) for i in range(len(attribute.ints))]
                places += [(attribute, "i")] if attribute.type == onnx.AttributeProto.INT else []
        for tensor in graph.initializer:
            places += [(tensor.dims, i) for i in range(len(tensor.dims))]
            places += [(tensor, "data_type")]
        places += [(graph.input[0].type.tensor_type.shape.dim[i], "dim_value") for i in range(4)]
        where, which = rng.choice(places)
        number = rng.choice(NUMBERS)
        if isinstance(which, int):
            where[which] = number
        else:
            setattr(where, which, number % 30 if which == "data_type" else number)

    return _changed(rng, raw, change)


def other_constant(rng: random.Random, raw: bytes) -> bytes:
    """A whole number that shape arithmetic reads."""

    def change(rng: random.Random, graph: onnx.GraphProto) -> None:
        tensor = rng.choice([each for each in graph.initializer if each.data_type == TensorProto.INT64])
        array = numpy_helper.to_array(tensor).copy().reshape(-1)
        array[rng.randrange(array.size)] = rng.choice(NUMBERS)
        tensor.CopyFrom(numpy_helper.from_array(array.reshape(tuple(tensor.dims)), tensor.name))

    return _changed(rng, raw, change)


def other_name(rng: random.Random, raw: bytes) -> bytes:
    """A node takes, or makes, another value: circles, two of one name, what nothing makes."""

    def change(rng: random.Random, graph: onnx.GraphProto) -> None:
        names = [name for node in graph.node for name in (*node.input, *node.output)] + ["", "nothing"]
        node = rng.choice(graph.node)
        side = rng.choice((node.input, node.output))
        side[rng.randrange(len(side))] = rng.choice(names)

    return _changed(rng, raw, change)


def other_operator(rng: random.Random, raw: bytes) -> bytes:
    from tests.formats.onnx.op_names import op_names

    def change(rng: random.Random, graph: onnx.GraphProto) -> None:
        rng.choice(graph.node).op_type = rng.choice([*op_names(), "Loop", "Scan", "NonMaxSuppression", "Nothing"])

    return _changed(rng, raw, change)


def moved_node(rng: random.Random, raw: bytes) -> bytes:
    def change(rng: random.Random, graph: onnx.GraphProto) -> None:
        nodes = list(graph.node)
        nodes.insert(rng.randrange(len(nodes)), nodes.pop(rng.randrange(len(nodes))))
        del graph.node[:]
        graph.node.extend(nodes[: -rng.choice((1, 1, 2)) or None] if rng.random() < 0.3 else nodes)

    return _changed(rng, raw, change)


MESSAGE: list[Mutation] = [other_integer, other_integer, other_constant, other_name, other_operator, moved_node]
BYTES: list[Mutation] = [*ANY, other_length, other_length]


def cases(count: int, seed: int = 0) -> Iterator[Case]:
    """``count`` mutated files, the same for the same seed; bytes and messages in turn."""
    rng, made = random.Random(seed), seeds()
    for index in range(count):
        base = rng.choice(made)
        kinds, raw = (MESSAGE, base.raw) if index % 3 else (BYTES, base.raw)
        names = []
        for _ in range(rng.choice((1, 1, 1, 2, 4))):
            mutation = rng.choice(kinds)
            raw = mutation(rng, raw) or b"\n"
            names.append(mutation.__name__)
        yield Case(raw, f"case {index}: {' '.join(names)}")


def load(case: Case, folder: Path) -> str:
    """What comes of a case: "" for a network, else the error's sentence. Anything else raises AssertionError."""
    file = folder / "net.onnx"
    file.write_bytes(case.raw)
    before, said = peak_bytes(reset=True), ""

    def build() -> None:
        nonlocal said
        try:
            graph = graph_of_file(read_model(file), Source(file)).graph
            infer_shapes(graph, graph.inputs)
        except ModelError as error:
            said = str(error)

    calls, more = calls_of(build), peak_bytes() - before
    assert "\n" not in said and len(said) < 5000, f"{case.done}: {said[:3000]!r}"
    assert calls < SPARE_CALLS + MOST_CALLS * len(case.raw), f"{case.done}: {calls} calls"
    assert more < SPARE_BYTES + MOST_TIMES * len(case.raw), f"{case.done}: {more >> 20} MiB"
    return said
