"""Scale and Bias: a smaller blob, spread over a larger one, multiplied or added."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from deepvis.formats.caffe.layer import WeightRule, blob, canonical_axis, elementwise, fault, layer_type, learned_filler
from deepvis.formats.caffe.spec import LayerSpec
from deepvis.network.kinds import Kind
from deepvis.network.lazy import Tensor
from deepvis.network.op import Op, Weights


def _spread_shape(spec: LayerSpec, shape: Sequence[int], other: Sequence[int] | None) -> tuple[tuple[int, ...], int]:
    """(shape of the smaller blob, the axis of the larger where it starts)."""
    p = spec.param
    if other is not None:
        axis = canonical_axis(spec, p.axis, len(shape)) if other else 0
        if tuple(shape[axis : axis + len(other)]) != tuple(other):
            raise fault(
                spec,
                f"a second bottom of {list(other)} on one of {list(shape)}",
                f"one whose axes are those from axis {axis} of the first",
            )
        return tuple(other), axis
    axis = canonical_axis(spec, p.axis, len(shape)) if p.num_axes else 0
    if p.num_axes < -1:
        raise fault(spec, f"num_axes {p.num_axes}", "-1 (all from axis on), 0 (one value) or more")
    end = len(shape) if p.num_axes == -1 else axis + p.num_axes
    if end > len(shape):
        raise fault(spec, f"num_axes {p.num_axes} from axis {axis} on {len(shape)} axes", "axes that the bottom has")
    return tuple(shape[axis:end]), axis


def _spread(small: Tensor, axis: int, dims: int) -> Tensor:
    """The smaller blob with axes of 1 around it, ready to broadcast over a blob of ``dims`` axes."""
    return small.reshape((1,) * axis + tuple(small.shape) + (1,) * (dims - axis - small.dim()))


def spread_shapes(spec: LayerSpec, bottoms: Sequence[Sequence[int]]) -> list[tuple[int, ...]]:
    """Of the scale (or Bias's bias), and of the Scale's bias; two bottoms leave the latter alone."""
    p, x, has_both = spec.param, bottoms[0], spec.type == "Scale" and spec.param.bias_term
    if len(bottoms) > 1:
        return [tuple(bottoms[1])] * has_both
    axis = canonical_axis(spec, p.axis, max(len(x), 1)) if p.num_axes else 0
    shape = x[axis:] if p.num_axes == -1 else x[axis : axis + p.num_axes]
    return [tuple(shape)] * (1 + has_both)


def scale_count(message: Any) -> int:
    """A scale, unless it is the second bottom, and a bias with bias_term."""
    return (len(message.bottom) == 1) + message.scale_param.bias_term


def bias_count(message: Any) -> int:
    """A bias, unless it is the second bottom."""
    return int(len(message.bottom) == 1)


def scale_filler(spec: LayerSpec, index: int, shape: tuple[int, ...]) -> Any:
    """``filler``, by default 1; bias_filler for the bias."""
    is_bias = index == 1 or len(spec.bottoms) > 1
    return spec.param.bias_filler if is_bias else learned_filler(1.0)(spec, index, shape)


@layer_type(
    "Scale",
    kind=Kind.SCALE,
    bottoms=(1, 2),
    weights=WeightRule(scale_count, spread_shapes, scale_filler),
    field=elementwise,
)
def scale(spec: LayerSpec, weights: Weights) -> Op:
    """y = x * s (+ b with bias_term), s and b spread over the axes from ``axis`` (1: the channels) on.

    Shapes: any -> the same; s is the second bottom, or a weight blob with the ``num_axes`` (1) axes of the
    bottom from ``axis`` on (num_axes -1: all of them, 0: a single value); b, the last weight blob, likewise.
    Gradient: g s to the first bottom; to a second bottom the sum of g x over the axes that s lacks.
    Caffe's surprises: with two bottoms the only weight blob is the bias.
    Source: Caffe's scale_layer.cpp.
    """

    def forward(x: Tensor, *second: Tensor) -> Tensor:
        shape, axis = _spread_shape(spec, x.shape, second[0].shape if second else None)
        s = second[0] if second else blob(spec, weights, 0, shape, "scale")
        y = x * _spread(s, axis, x.dim())
        if spec.param.bias_term:
            y = y + _spread(blob(spec, weights, 0 if second else 1, shape, "bias"), axis, x.dim())
        return y

    def backward(ran, grads):
        (x,) = ran.bottoms
        shape, axis = _spread_shape(spec, x.shape, None)
        return [grads[0] * _spread(blob(spec, weights, 0, shape, "scale"), axis, x.dim())]

    def shapes(shape: Sequence[int], *second: Sequence[int]):
        small, _ = _spread_shape(spec, shape, second[0] if second else None)
        for i, what in enumerate([*["scale"] * (not second), *["bias"] * spec.param.bias_term]):
            blob(spec, weights, i, small, what)
        return (shape,)

    return Op(forward, backward=backward if len(spec.bottoms) == 1 else None, shapes=shapes)


@layer_type(
    "Bias",
    kind=Kind.SCALE,
    bottoms=(1, 2),
    weights=WeightRule(bias_count, spread_shapes, learned_filler(0.0)),
    field=elementwise,
)
def bias(spec: LayerSpec, weights: Weights) -> Op:
    """y = x + b, b spread over the axes from ``axis`` (1: the channels) on.

    Shapes: any -> the same; b is the second bottom, or a weight blob with the ``num_axes`` (1) axes of the
    bottom from ``axis`` on (num_axes -1: all of them, 0: a single value).
    Gradient: g to the first bottom; to a second bottom its sum over the axes that b lacks.
    Source: Caffe's bias_layer.cpp.
    """

    def forward(x: Tensor, *second: Tensor) -> Tensor:
        shape, axis = _spread_shape(spec, x.shape, second[0].shape if second else None)
        b = second[0] if second else blob(spec, weights, 0, shape, "bias")
        return x + _spread(b, axis, x.dim())

    def shapes(shape: Sequence[int], *second: Sequence[int]):
        small, _ = _spread_shape(spec, shape, second[0] if second else None)
        if not second:
            blob(spec, weights, 0, small, "bias")
        return (shape,)

    return Op(forward, backward=(lambda ran, grads: grads) if len(spec.bottoms) == 1 else None, shapes=shapes)
