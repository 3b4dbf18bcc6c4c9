"""Softmax, its logarithm, and Hardmax."""

from __future__ import annotations

from collections.abc import Callable, Collection

import torch
from torch import Tensor

from deepvis.formats.onnx.call import OnnxCall
from deepvis.formats.onnx.onnx_ops import axis_of, onnx_op
from deepvis.formats.open_arguments import Shape
from deepvis.network.field_axes import whole_along
from deepvis.network.field_rules import NodeEdge, Window
from deepvis.network.kinds import Kind
from deepvis.network.op import Op, Weights, softmax_back


def axes_of(call: OnnxCall, place: int, shape: Shape) -> Collection[int]:
    """One axis from opset 13 on, before all from the one that is named on."""
    if call.opset >= 13:
        return (axis_of(call, len(shape), -1),)
    return range(axis_of(call, len(shape), 1), len(shape))


def softmax_field(call: OnnxCall, edge: NodeEdge, window: Window) -> Window | None:
    return whole_along(axes_of(call, 0, edge.below), edge, window)


def on_axes(call: OnnxCall, function: Callable[[Tensor, int], Tensor]) -> Callable[[Tensor], Tensor]:
    """The function (x, axis) along the axis, or over all of several together."""

    def forward(x: Tensor) -> Tensor:
        axes = list(axes_of(call, 0, tuple(x.shape)))
        if len(axes) == 1:
            return function(x, axes[0])
        return function(x.flatten(axes[0]) if axes else x.reshape(-1, 1), -1).reshape(x.shape)

    return forward


@onnx_op("Softmax", since=1, kind=Kind.SOFTMAX, field=softmax_field, mixes=axes_of)
def softmax(call: OnnxCall, weights: Weights) -> Op:
    """y = exp(x) / sum of exp(x), along ``axis`` (the last); before opset 13 over all axes from ``axis`` (1) on.

    Shapes: any -> the same. Gradient: y (g - sum of g y).
    """

    def backward(ran, grads):
        return softmax_back(ran, grads, tuple(axes_of(call, 0, tuple(ran.tops[0].shape))))

    return call.op_of(on_axes(call, torch.softmax), weights, backward=backward)


@onnx_op("LogSoftmax", since=1, field=softmax_field, mixes=axes_of)
def log_softmax(call: OnnxCall, weights: Weights) -> Op:
    """y = x - log of the sum of exp(x), along the same axes as Softmax. Gradient: autograd's, g - exp(y) sum of g."""
    return call.op_of(on_axes(call, torch.log_softmax), weights)


@onnx_op("Hardmax", since=1, field=softmax_field, mixes=axes_of)
def hardmax(call: OnnxCall, weights: Weights) -> Op:
    """y = 1 at the largest value, of equal ones the first, 0 elsewhere, along the same axes as Softmax. Gradient: 0."""

    def largest(x: Tensor, axis: int) -> Tensor:
        return torch.zeros_like(x).scatter(axis, x.argmax(axis, keepdim=True), 1.0)

    return call.op_of(on_axes(call, largest), weights, backward=lambda ran, grads: [torch.zeros_like(ran.bottoms[0])])
