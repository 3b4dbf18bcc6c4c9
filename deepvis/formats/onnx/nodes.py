"""What is read off a node of an ONNX file, and how its inputs are entered into a call."""

from __future__ import annotations

from collections.abc import Sequence

import onnx
import torch
from torch import Tensor

from deepvis.formats.onnx.call import Initializer
from deepvis.formats.onnx.values import Value
from deepvis.formats.open_arguments import Bottom

FEW = 16  # values of a weight that kinds may look at

_PRODUCTS = "MatMul Gemm Conv ConvTranspose Einsum QLinearConv QLinearMatMul MatMulInteger ConvInteger Attention Det"
HEAVY = frozenset(_PRODUCTS.split(" "))


def operator_of(node: onnx.NodeProto) -> str:
    """ "Conv"; with the domain for others than ONNX's own."""
    return node.op_type if node.domain in ("", "ai.onnx") else f"{node.domain}.{node.op_type}"


def title_of(node: onnx.NodeProto) -> str:
    """How errors name a node."""
    return f"layer {node.name or next(iter(node.output), '')!r} ({operator_of(node)})"


def taken_names(graph: onnx.GraphProto) -> set[str]:
    """All that any node takes, within branches too, and the outputs."""
    found = {each.name for each in graph.output}
    for node in graph.node:
        found.update(node.input)
        for attribute in node.attribute:
            if attribute.HasField("g"):
                found |= taken_names(attribute.g)
    return found


def as_bottoms(data: Sequence[Value | None]) -> tuple[Bottom | None, ...]:
    places = iter(range(len(data)))
    return tuple(None if value is None else Bottom(next(places)) for value in data)


def weight_input(place: int, tensor: Tensor) -> Initializer:
    is_small = tensor.numel() <= FEW
    values = tuple(float(v) for v in tensor.reshape(-1).tolist()) if is_small else None
    return Initializer(place, tuple(tensor.shape), tensor.dtype, values)


def alike(tensors: Sequence[Tensor]) -> list[Tensor]:
    """Equal ones as one object."""
    first = tensors[0]
    return [first if each.shape == first.shape and torch.equal(each, first) else each for each in tensors]
