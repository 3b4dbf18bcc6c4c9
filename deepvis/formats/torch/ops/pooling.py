"""Poolings, and means over whole maps."""

from __future__ import annotations

import torch

from deepvis.formats.torch.aten_ops import aten_op
from deepvis.formats.torch.call import Call
from deepvis.network.field_rules import WHOLE_WINDOW, Step, Window, each, image_size, sliding, whole_along
from deepvis.network.kinds import Kind
from deepvis.network.op import Op, Weights


def _pair(value: list[int]) -> list[int]:
    return list(value) * 2 if len(value) == 1 else list(value)


def sliding_field(call: Call, step: Step, seen: Window) -> Window | None:
    kernel = _pair(call["kernel_size"])
    stride = _pair(call["stride"]) or kernel
    dilation = _pair(call["dilation"]) if "dilation" in call.arguments else [1, 1]
    return sliding(seen, list(zip(kernel, stride, _pair(call["padding"]), dilation, strict=True)))


@aten_op("max_pool2d", kind=Kind.POOLING, field=sliding_field)
def max_pool2d(call: Call, weights: Weights) -> Op:
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


def adaptive_field(call: Call, step: Step, seen: Window) -> Window | None:
    """Cell i of n over a size covers [floor(i size / n), ceil((i + 1) size / n))."""

    def covered(size: int, cells: int):
        return lambda s: (s[0] * size // cells, -(-s[1] * size // cells))

    (height, width), (rows, columns) = image_size(step.below), image_size(step.tops[0])
    return each(seen, covered(height, rows), covered(width, columns))


@aten_op("adaptive_avg_pool2d", kind=Kind.POOLING, field=adaptive_field)
def adaptive_avg_pool2d(call: Call, weights: Weights) -> None:
    """y = the mean of each cell; the bottom is cut into output_size cells, which overlap where it does not divide.

    Shapes: (N, C, H, W) -> (N, C, *output_size). Gradient: autograd's.
    """


def mean_field(call: Call, step: Step, seen: Window) -> Window | None:
    """Everything along the axes that are averaged away. Where they do not stay, all: places have other axes then."""
    if not call.arguments.get("keepdim") or not call["dim"]:
        return WHOLE_WINDOW
    for axis in call["dim"]:
        seen = whole_along(axis % len(step.below), step.below, seen)
    return seen


def mean_kind(call: Call) -> Kind:
    """POOLING over places alone; a mean over channels has other units than its bottom."""
    axes = len(call.bottom_dims[0]) if call.bottom_dims else 0
    return (
        Kind.POOLING if axes > 2 and all(axis % axes > 1 for axis in call.arguments.get("dim") or (0,)) else Kind.OTHER
    )


@aten_op("mean", kind=mean_kind, field=mean_field)
def mean(call: Call, weights: Weights) -> None:
    """y = the mean over the axes ``dim``; keepdim: they stay, with size 1. Gradient: autograd's."""
