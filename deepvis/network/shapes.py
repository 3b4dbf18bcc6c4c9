"""The shape of every blob, without computing or allocating a value."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from math import prod

import torch

from deepvis.formats.caffe.spec import LayerSpec
from deepvis.network.errors import ModelError
from deepvis.network.graph import Plan
from deepvis.network.op import MOST_VALUES, build, check_size, naming, run

Shape = tuple[int, ...]


@torch.no_grad()
def infer_shapes(
    plan: Plan,
    inputs: Mapping[str, Shape],
    complete: Callable[[LayerSpec, Sequence[Shape]], LayerSpec] = lambda layer, bottoms: layer,
) -> dict[str, Shape]:
    """blob -> shape, for inputs of the given shapes.

    complete: (layer, shapes of its bottoms) -> the layer with its weights, where they are still to be made.
    Raises ModelError where parameters, weights and bottoms do not fit, or a top would be too large for Caffe.
    """
    shapes: dict[int, Shape] = {}
    for blob, value in plan.inputs.items():
        shapes[value] = _checked_input(blob, inputs[blob])
    for node in plan.nodes:
        bottoms = [shapes[b] for b in node.bottoms]
        layer = complete(node.spec, bottoms)
        with naming(layer):
            tops = _tops(layer, bottoms)
        for value, shape in zip(node.tops, tops, strict=True):
            check_size(layer, shape)
            shapes[value] = tuple(int(d) for d in shape)
    return {plan.names[value]: shapes[value] for value in sorted(shapes)}


def _tops(layer: LayerSpec, bottoms: Sequence[Shape]) -> Sequence[Sequence[int]]:
    """Shapes of a layer's tops: its own rule, or a run on tensors that have a shape but no data."""
    op = build(layer, [torch.empty(w.shape, device="meta") for w in layer.blobs])
    if op.shapes is not None:
        return op.shapes(*bottoms)
    return [y.shape for y in run(op, tuple(torch.empty(shape, device="meta") for shape in bottoms)).tops]


def _checked_input(blob: str, shape: Sequence[int]) -> Shape:
    shape = tuple(int(d) for d in shape)
    if not shape or any(d < 1 for d in shape) or prod(shape) > MOST_VALUES:
        found = " x ".join(map(str, shape)) if shape else "no shape"
        raise ModelError(
            f"input {blob!r}: found {found}, expected sizes of 1 or more with at most {MOST_VALUES} values in all; "
            "correct its shape in the prototxt"
        )
    return shape
