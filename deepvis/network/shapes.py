"""The shape of every value, without computing or allocating one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import prod
from typing import Any

from deepvis.network.graph import Graph, Shape
from deepvis.network.lazy import Tensor, torch
from deepvis.network.model_error import ModelError
from deepvis.network.op import MOST_VALUES, check_size, naming, tops_shapes


def infer_shapes(graph: Graph, inputs: Mapping[str, Shape]) -> dict[str, Shape]:
    """name -> shape of its last value, for inputs of the given shapes.

    Raises ModelError where parameters, weights and bottoms do not fit, or a top would be too large.
    """
    if graph.batch is not None:
        return _of_passes(graph, inputs, graph.batch)
    return _inferred(graph, inputs)


def _of_passes(graph: Graph, inputs: Mapping[str, Shape], size: int) -> dict[str, Shape]:
    """Of a network into which the number of pictures of a pass is written: of one pass, for as many as there are."""
    with_batch = [name for name, declared in graph.inputs.items() if declared and declared[0] == 1]
    count = max((inputs[name][0] for name in with_batch), default=1)
    one_pass = {name: (size, *shape[1:]) if name in with_batch else shape for name, shape in inputs.items()}
    return {
        name: (shape[0] * count // size, *shape[1:]) if shape and shape[0] % size == 0 else shape
        for name, shape in _inferred(graph, one_pass).items()
    }


def _inferred(graph: Graph, inputs: Mapping[str, Shape]) -> dict[str, Shape]:
    shapes: dict[int, Shape] = {}
    for name, value in graph.input_values.items():
        shapes[value] = checked_input(name, inputs[name])
    with torch.no_grad():
        for node in graph.nodes:
            with naming(node.title):
                op = node.make([_without_data(w) for w in node.weights])
                tops = tops_shapes(op, [shapes[value] for value in node.bottoms])
            for value, shape in zip(node.tops, tops, strict=True):
                check_size(node.title, shape)
                shapes[value] = tuple(int(d) for d in shape)
    return {graph.names[value]: shapes[value] for value in sorted(shapes)}


def _without_data(weights: Any) -> Tensor:
    """An array or a tensor as one of its shape; tensors may be indices, of whole numbers."""
    dtype = weights.dtype if isinstance(weights, torch.Tensor) else torch.float32
    return torch.empty(tuple(weights.shape), dtype=dtype, device="meta")


def checked_input(name: str, shape: Sequence[int]) -> Shape:
    """The shape as plain numbers. Raises ModelError for one that no input can have."""
    shape = tuple(int(d) for d in shape)
    if not shape or any(d < 1 for d in shape) or prod(shape) > MOST_VALUES:
        found = " x ".join(map(str, shape)) if shape else "no shape"
        raise ModelError(
            f"input {name!r}: found {found}, expected sizes of 1 or more with at most {MOST_VALUES} values in all; "
            "correct its shape in the network's file"
        )
    return shape
