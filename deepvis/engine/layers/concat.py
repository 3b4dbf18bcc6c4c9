"""Concat, Slice and Split: joining, cutting and copying blobs."""

from __future__ import annotations

import torch
from torch import Tensor

from deepvis.engine.op import LAYERS, Op, Weights, canonical_axis, fault
from deepvis.model.graph import LayerSpec


def _axis(spec: LayerSpec, legacy: str, dims: int) -> int:
    p = spec.param
    if p.HasField(legacy):
        if p.HasField("axis"):
            raise fault(spec, f"both axis and {legacy}", "one of the two")
        return canonical_axis(spec, getattr(p, legacy), dims)
    return canonical_axis(spec, p.axis, dims)


@LAYERS.add("Concat")
def concat(spec: LayerSpec, weights: Weights) -> Op:
    """y = the bottoms, one after the other along ``axis`` (1: the channels; legacy name concat_dim).

    Shapes: all axes but that one must agree. Gradient: the slices of the top's.
    Caffe's surprises: a single bottom is allowed and passes through.
    Source: Caffe's concat_layer.cpp.
    """

    def forward(*bottoms: Tensor) -> Tensor:
        axis = _axis(spec, "concat_dim", bottoms[0].dim())
        first = list(bottoms[0].shape)
        for x in bottoms[1:]:
            other = list(x.shape)
            if len(other) != len(first) or first[:axis] + first[axis + 1 :] != other[:axis] + other[axis + 1 :]:
                raise fault(spec, f"bottoms of {first} and {other}", f"the same sizes but for axis {axis}")
        return torch.cat(bottoms, axis)

    def backward(ran, grads):
        axis = _axis(spec, "concat_dim", ran.bottoms[0].dim())
        return grads[0].split([x.shape[axis] for x in ran.bottoms], axis)

    return Op(forward, backward=backward)


@LAYERS.add("Slice")
def slice_(spec: LayerSpec, weights: Weights):
    """Tops = the bottom cut along ``axis`` (1; legacy name slice_dim) at the slice_points, or in equal parts.

    Shapes: slice_points must rise and be one fewer than the tops; without them the axis must divide evenly.
    Gradient: the tops' gradients joined, zeros for tops that nothing uses.
    Source: Caffe's slice_layer.cpp.
    """
    points, tops = [int(v) for v in spec.param.slice_point], len(spec.tops)

    def forward(x: Tensor):
        axis = _axis(spec, "slice_dim", x.dim())
        size = x.shape[axis]
        if points:
            edges = [0, *points, size]
            if len(points) != tops - 1 or any(a >= b for a, b in zip(edges, edges[1:], strict=False)):
                raise fault(
                    spec, f"slice points {points} for {tops} tops on {size} channels", "rising points, one fewer than tops"
                )
            sizes = [b - a for a, b in zip(edges, edges[1:], strict=False)]
        else:
            if size % tops:
                raise fault(spec, f"{size} along axis {axis}", f"a multiple of its {tops} tops, or slice_points")
            sizes = [size // tops] * tops
        return tuple(x.split(sizes, axis))

    return forward


@LAYERS.add("Split")
def split(spec: LayerSpec, weights: Weights):
    """Every top = the bottom, any shape. Gradient: the sum of the tops' gradients.

    Caffe's surprises: Caffe inserts these layers wherever a blob is used twice, and names the copies
    x_layer_split_0 and so on; the engine needs none and sums by itself.
    Source: Caffe's split_layer.cpp.
    """
    return Op(
        lambda x: (x,) * len(spec.tops), backward=lambda ran, grads: [sum(g for g in grads if g is not None)]
    )
