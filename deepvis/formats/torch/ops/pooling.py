"""Poolings, and what is taken over whole axes."""

from __future__ import annotations

import torch

from deepvis.formats.torch.aten_ops import aten_op
from deepvis.formats.torch.call import AtenCall
from deepvis.formats.torch.ops.convolution import per_axis
from deepvis.network.field_axes import along, broadcast, moved
from deepvis.network.field_rules import WHOLE, WHOLE_WINDOW, NodeEdge, Window, each, image_size, sliding
from deepvis.network.kinds import Kind
from deepvis.network.op import Op, Weights


def sliding_field(call: AtenCall, edge: NodeEdge, window: Window) -> Window | None:
    axes = len(edge.below) - 2
    kernel, stride, padding = (per_axis(call, name, axes) for name in ("kernel_size", "stride", "padding"))
    dilation = per_axis(call, "dilation", axes) if "dilation" in call.arguments else [1] * axes
    return sliding(window, list(zip(kernel, stride or kernel, padding, dilation, strict=True)))


@aten_op("max_pool2d", kind=Kind.POOLING, field=sliding_field)
def max_pool2d(call: AtenCall, weights: Weights) -> Op:
    """y = the largest value of each window; what is padded is never the largest.

    Shapes: (N, C, H, W) -> (N, C, (H + 2 padding - dilation (kernel - 1) - 1) // stride + 1, ...), rounded up with
    ceil_mode; the stride is by default the kernel. Gradient: g at the place of the maximum, of equal ones the first.
    """
    names = ("kernel_size", "stride", "padding", "dilation", "ceil_mode")
    given = [call[name] for name in names]

    def fast(x):
        return torch.ops.aten.max_pool2d_with_indices(x, *given)

    def backward(ran, grads):
        return [torch.ops.aten.max_pool2d_with_indices_backward(grads[0], ran.bottoms[0], *given, ran.saved)]

    return Op(call.forward(weights), fast=fast, backward=backward)


def adaptive_field(call: AtenCall, edge: NodeEdge, window: Window) -> Window | None:
    """Cell i of n over a size covers [floor(i size / n), ceil((i + 1) size / n)); a single one all there is."""

    def covered(size: int, cells: int):
        if cells == 1:
            return lambda s: WHOLE
        return lambda s: (s[0] * size // cells, -(-s[1] * size // cells))

    (height, width), (rows, columns) = image_size(edge.below), image_size(edge.above)
    return each(window, covered(height, rows), covered(width, columns))


@aten_op("adaptive_avg_pool2d", kind=Kind.POOLING, field=adaptive_field)
def adaptive_avg_pool2d(call: AtenCall, weights: Weights) -> Op | None:
    """y = the mean of each cell; the bottom is cut into output_size cells, which overlap where it does not divide.

    Shapes: (N, C, H, W) -> (N, C, *output_size). Gradient: g over the size of its cell, at each place of it.
    """
    if len(call.bottom_dims[0]) != 4:
        return None

    def backward(ran, grads):
        return [torch.ops.aten._adaptive_avg_pool2d_backward(grads[0], ran.bottoms[0])]

    return Op(call.forward(weights), backward=backward)


@aten_op("avg_pool1d", "avg_pool2d", "avg_pool3d", kind=Kind.POOLING, field=sliding_field)
def avg_pool(call: AtenCall, weights: Weights) -> None:
    """y = the mean of each window; padded zeros count unless count_include_pad is false. Gradient: autograd's."""


@aten_op("max_pool1d", "max_pool3d", "max_pool2d_with_indices", kind=Kind.POOLING, field=sliding_field)  # fmt: skip
def max_pool(call: AtenCall, weights: Weights) -> None:
    """y = the largest value of each window, and where it was. Gradient: autograd's, g at the place of the maximum."""


@aten_op("adaptive_avg_pool1d", "adaptive_max_pool1d", "adaptive_max_pool2d", kind=Kind.POOLING, field=adaptive_field)
def adaptive_pool(call: AtenCall, weights: Weights) -> None:
    """y = the mean or the largest value of each of output_size cells. Gradient: autograd's."""


def _reduced(call: AtenCall, axes: int) -> list[int]:
    dim = call.arguments.get("dim")
    given = dim if isinstance(dim, (list, tuple)) else [] if dim is None else [dim]
    return sorted(axis % axes for axis in given) or list(range(axes))


def reduced_field(call: AtenCall, edge: NodeEdge, window: Window) -> Window | None:
    """Everything along the axes that are taken together."""
    axes = len(edge.below)
    gone = _reduced(call, axes)
    if len(edge.above) == axes:
        return along(edge, window, dict.fromkeys(gone))
    kept = [axis for axis in range(axes) if axis not in gone]
    if len(kept) != len(edge.above):
        return WHOLE_WINDOW
    return moved(edge, window, [None if axis in gone else kept.index(axis) for axis in range(axes)])


def reduced_kind(call: AtenCall) -> Kind:
    """POOLING over places alone; over channels it has other units than its bottom."""
    axes = len(call.bottom_dims[0]) if call.bottom_dims else 0
    return Kind.POOLING if axes > 2 and all(axis > 1 for axis in _reduced(call, axes)) else Kind.OTHER


@aten_op("mean", "amax", "amin", "sum", kind=reduced_kind, field=reduced_field)
def mean(call: AtenCall, weights: Weights) -> None:
    """y = the mean, the largest, the smallest, the sum over the axes ``dim``; keepdim: they stay, with size 1.

    Gradient: autograd's; of equally large values each gets its share.
    """


@aten_op("std", "var", "var_mean", "logsumexp", "linalg_vector_norm", "argmax", "argmin", "prod",
         field=reduced_field)  # fmt: skip
def statistics(call: AtenCall, weights: Weights) -> None:
    """y = a deviation, a variance, a norm and so on over the axes ``dim``. Gradient: autograd's."""


@aten_op("max", "min", field=lambda call, edge, window: _extreme_field(call, edge, window))
def extreme(call: AtenCall, weights: Weights) -> None:
    """y = the largest or the smallest along ``dim``, and where it was; of two values element by element.

    Gradient: autograd's, g at the place that was taken.
    """


def _extreme_field(call: AtenCall, edge: NodeEdge, window: Window) -> Window | None:
    return broadcast(edge, window) if "other" in call.arguments else reduced_field(call, edge, window)
