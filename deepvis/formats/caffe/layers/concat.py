"""Concat, Slice and Split: joining, cutting and copying blobs."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from deepvis.formats.caffe.layer import MANY, canonical_axis, elementwise, fault, layer_type
from deepvis.formats.caffe.spec import LayerSpec
from deepvis.network.field_axes import cut_up, joined
from deepvis.network.field_rules import NodeEdge, Window
from deepvis.network.kinds import Kind
from deepvis.network.lazy import Tensor, torch
from deepvis.network.op import Op, Weights


def _axis(spec: LayerSpec, legacy: str, dims: int) -> int:
    p = spec.param
    if p.HasField(legacy):
        if p.HasField("axis"):
            raise fault(spec, f"both axis and {legacy}", "one of the two")
        return canonical_axis(spec, getattr(p, legacy), dims)
    return canonical_axis(spec, p.axis, dims)


def concat_field(spec: LayerSpec, edge: NodeEdge, window: Window) -> Window | None:
    return joined(edge, window, _axis(spec, "concat_dim", len(edge.below)))


def slice_field(spec: LayerSpec, edge: NodeEdge, window: Window) -> Window | None:
    return cut_up(edge, window, _axis(spec, "slice_dim", len(edge.below)))


@layer_type("Concat", kind=Kind.CONCAT, bottoms=(1, MANY), field=concat_field)
def concat(spec: LayerSpec, weights: Weights) -> Op:
    """y = the bottoms, one after the other along ``axis`` (1: the channels; legacy name concat_dim).

    Shapes: all axes but that one must agree. Gradient: the slices of the top's.
    Caffe's surprises: a single bottom is allowed and passes through.
    Source: Caffe's concat_layer.cpp.
    """

    def shapes(*bottoms: Sequence[int]):
        first = list(bottoms[0])
        axis = _axis(spec, "concat_dim", len(first))
        for other in map(list, bottoms[1:]):
            if len(other) != len(first) or first[:axis] + first[axis + 1 :] != other[:axis] + other[axis + 1 :]:
                raise fault(spec, f"bottoms of {first} and {other}", f"the same sizes but for axis {axis}")
        return ((*first[:axis], sum(x[axis] for x in bottoms), *first[axis + 1 :]),)

    def forward(*bottoms: Tensor) -> Tensor:
        return torch.cat(bottoms, _axis(spec, "concat_dim", bottoms[0].dim()))

    def backward(ran, grads):
        axis = _axis(spec, "concat_dim", ran.bottoms[0].dim())
        return grads[0].split([x.shape[axis] for x in ran.bottoms], axis)

    return Op(forward, backward=backward, shapes=shapes)


@layer_type("Slice", tops=(1, MANY), field=slice_field)
def slice_(spec: LayerSpec, weights: Weights):
    """Tops = the bottom cut along ``axis`` (1; legacy name slice_dim) at the slice_points, or in equal parts.

    Shapes: slice_points must rise and be one fewer than the tops; without them the axis must divide evenly.
    Gradient: the tops' gradients joined, zeros for tops that nothing uses.
    Source: Caffe's slice_layer.cpp.
    """
    points, tops = [int(v) for v in spec.param.slice_point], len(spec.tops)

    def sizes_of(shape: Sequence[int]) -> tuple[int, list[int]]:
        """(the axis, the tops' sizes along it)"""
        axis = _axis(spec, "slice_dim", len(shape))
        size = shape[axis]
        if points:
            sizes = [b - a for a, b in pairwise([0, *points, size])]
            if len(sizes) != tops or min(sizes) < 1:
                found = f"slice points {points} for {tops} tops on {size} channels"
                raise fault(spec, found, "rising points, one fewer than tops")
            return axis, sizes
        if size % tops:
            raise fault(spec, f"{size} along axis {axis}", f"a multiple of its {tops} tops, or slice_points")
        return axis, [size // tops] * tops

    def forward(x: Tensor):
        axis, sizes = sizes_of(x.shape)
        return tuple(x.split(sizes, axis))

    return Op(forward)


@layer_type("Split", kind=Kind.IDENTITY, tops=(1, MANY), field=elementwise)
def split(spec: LayerSpec, weights: Weights):
    """Every top = the bottom.

    Shapes: any -> the same, once for each top. Gradient: the sum of the tops' gradients.
    Caffe's surprises: Caffe inserts these layers wherever a blob is used twice, and names the copies
    x_layer_split_0 and so on; the engine needs none and sums by itself.
    Source: Caffe's split_layer.cpp.
    """
    return Op(
        lambda x: (x,) * len(spec.tops),
        backward=lambda ran, grads: [sum(g for g in grads if g is not None)],
        shapes=lambda shape: [shape] * len(spec.tops),
    )
