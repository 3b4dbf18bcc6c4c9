"""Which input of an ONNX file takes the picture, how it lies there, and what the file says of pixels."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import onnx
import torch

from deepvis.formats.onnx.tensors import DTYPES, type_name
from deepvis.network.model_error import ModelError
from deepvis.network.ref import Source

DEFAULT_SIZE = 224
Dims = tuple["int | None", ...]  # None: the file leaves it open
CHANNELS = (1, 3, 4)


@dataclass(frozen=True)
class Input:
    """An input of the file that no initializer gives."""

    name: str
    dims: Dims | None  # None: not even how many axes
    dtype: torch.dtype


@dataclass(frozen=True)
class PictureInput:
    """The input that takes the picture.

    batch: of the file, 1 where it is left open. shape: (channels, height, width). order: of the input's axes, "NCHW",
    "NHWC", "CHW" or "HWC".
    """

    name: str
    batch: int
    is_open: bool  # any number of pictures, as the file says
    shape: tuple[int, int, int]
    order: str
    dtype: torch.dtype
    notes: tuple[str, ...] = ()

    def dims(self, batch: int) -> tuple[int, ...]:
        """The input's shape in the file for so many pictures."""
        size = dict(zip("NCHW", (batch, *self.shape), strict=True))
        return tuple(size[axis] for axis in self.order)


def inputs_of(graph: onnx.GraphProto) -> list[Input]:
    """Raises ModelError for inputs that are no tensors of numbers."""
    given = {tensor.name for tensor in graph.initializer} | {each.values.name for each in graph.sparse_initializer}
    found = []
    for each in graph.input:
        if each.name in given:
            continue
        kind = each.type.tensor_type
        if not each.type.HasField("tensor_type") or kind.elem_type not in DTYPES:
            raise ModelError(f"input {each.name!r}: found {type_name(kind.elem_type)}, expected a tensor of numbers")
        dims = None
        if kind.HasField("shape"):
            dims = tuple(d.dim_value if d.dim_value > 0 else None for d in kind.shape.dim)
        found.append(Input(each.name, dims, DTYPES[kind.elem_type]))
    return found


def picture_input_of(
    title: str, graph: onnx.GraphProto, source: Source, kernels: Mapping[str, Sequence[int]]
) -> PictureInput:
    """The first input of four axes, or the one that is asked for. kernels: initializer -> shape. Raises ModelError."""
    inputs = inputs_of(graph)
    names = ", ".join(repr(each.name) for each in inputs) or "none"
    wanted = source.data_input
    if wanted:
        found = next((each for each in inputs if each.name == wanted), None)
        if found is None:
            raise ModelError(f"{title}: found no input {wanted!r}, expected one of its inputs: {names}")
    else:
        ranks = {each.name: 4 if each.dims is None else len(each.dims) for each in inputs}
        found = next((each for rank in (4, 3) for each in inputs if ranks[each.name] == rank), None)
        if found is None:
            raise ModelError(f"{title}: found the inputs {names}, expected one of four axes that takes a picture")
    dims = found.dims if found.dims is not None else (None,) * 4
    if len(dims) not in (3, 4):
        raise ModelError(f"{title}: input {found.name!r} has {len(dims)} axes, expected the four of pictures")
    asked = getattr(source, "layout", None)
    order = asked or layout_of(dims if len(dims) == 4 else (1, *dims), found.name, graph, kernels)
    order = order if len(dims) == 4 else order[1:]
    size = dict(zip(order, dims, strict=True))
    notes = []
    channels = size["C"] or getattr(source, "channels", None) or channels_of(found.name, graph, kernels) or 3
    if source.input_size is not None:
        height, width = source.input_size
    else:
        height, width = (size[axis] or DEFAULT_SIZE for axis in "HW")
        if None in (size["H"], size["W"]):
            notes.append(f"the file leaves the picture's size open: {height} x {width} taken; --input-size says others")
    batch = size.get("N", 1)
    return PictureInput(
        found.name, batch or 1, batch is None, (channels, height, width), order, found.dtype, tuple(notes)
    )  # fmt: skip


def layout_of(dims: Dims, name: str, graph: onnx.GraphProto, kernels: Mapping[str, Sequence[int]]) -> str:
    """NHWC where the last axis has so many values as pictures have channels, and the second has not."""
    if dims[1] in CHANNELS:
        return "NCHW"
    if dims[3] in CHANNELS:
        return "NHWC"
    if dims[1] is None and dims[3] is None:
        for node in graph.node:
            if name in node.input and node.op_type == "Transpose":
                order = next((list(a.ints) for a in node.attribute if a.name == "perm"), [])
                return "NHWC" if order == [0, 3, 1, 2] else "NCHW"
    return "NCHW"


def channels_of(name: str, graph: onnx.GraphProto, kernels: Mapping[str, Sequence[int]]) -> int | None:
    """How many channels the first convolution takes; None where none takes the picture."""
    for node in graph.node:
        if node.op_type == "Conv" and name in node.input[:1] and len(node.input) > 1 and node.input[1] in kernels:
            group = next((a.i for a in node.attribute if a.name == "group"), 1)
            shape = kernels[node.input[1]]
            return shape[1] * group if len(shape) > 1 else None
    return None
