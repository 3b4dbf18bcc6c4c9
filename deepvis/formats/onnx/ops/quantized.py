"""Quantized tensors, as floats: the numbers are rounded and cut off as the file says, and the gradient passes through.

What a file keeps in 8 bits are whole numbers q that stand for (q - zero_point) * scale. Here they are floats that hold
the same whole numbers. On the way back rounding counts as if it were not there (the straight-through estimator:
Bengio et al. 2013), and what was cut off gets no gradient.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor

from deepvis.formats.onnx.call import OnnxCall
from deepvis.formats.onnx.onnx_ops import all_but_first, axis_of, elementwise, onnx_op
from deepvis.formats.onnx.ops.convolution import convolution_field, padded_convolution
from deepvis.formats.onnx.ops.linear import contracted
from deepvis.formats.onnx.tensors import DTYPES
from deepvis.network.field_rules import NodeEdge, Window
from deepvis.network.kinds import Kind
from deepvis.network.op import Op, Weights

RANGES: dict[torch.dtype, tuple[int, int]] = {
    torch.uint8: (0, 255), torch.int8: (-128, 127), torch.int16: (-32768, 32767), torch.int32: (0, 65535),
}  # fmt: skip  # what is held as int32 was uint16


def quantized_note(call: OnnxCall) -> str:
    return "quantized tensors are computed as floats, rounded as the file says; gradients pass through the rounding"


class Rounded(torch.autograd.Function):
    """Rounded to the even one of two equally near, cut off at both ends; the gradient as if it were only cut off."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, low: int, high: int) -> Tensor:
        whole = x.round()
        ctx.save_for_backward((whole >= low) & (whole <= high))
        return whole.clamp(low, high)

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor, None, None]:
        (inside,) = ctx.saved_tensors
        return grads[0] * inside, None, None


def along(call: OnnxCall, value: Tensor | None, x: Tensor, default: int = 1) -> Tensor | None:
    """Scale or zero point of x: one number, one for each place of ``axis``, or one a block of it."""
    if value is None or value.dim() == 0 or value.numel() == 1:
        return value if value is None else value.reshape(())
    if value.dim() == 1:
        axis = axis_of(call, x.dim(), default)
        return value.reshape([-1 if i == axis else 1 for i in range(x.dim())])
    block, axis = int(call.attr("block_size", 0)), axis_of(call, x.dim(), default)
    return value.repeat_interleave(block, axis).narrow(axis, 0, x.shape[axis]) if block else value


def range_of(call: OnnxCall, zero: Tensor | None) -> tuple[int, int]:
    """Of the type of the zero point, or of the attribute output_dtype; of 8 bits without sign where nothing says."""
    kind = zero.dtype if zero is not None else DTYPES.get(call.attr("output_dtype", 0), torch.uint8)
    return RANGES.get(kind, (0, 255))


def real(call: OnnxCall, q: Tensor, scale: Tensor, zero: Tensor | None, default: int = 1) -> Tensor:
    """What whole numbers stand for."""
    offset = along(call, zero, q, default)
    apart = q.to(scale.dtype) if offset is None else q.to(scale.dtype) - offset.to(scale.dtype)
    factor = along(call, scale, q, default)
    return apart if factor is None else apart * factor


def whole(call: OnnxCall, x: Tensor, scale: Tensor, zero: Tensor | None, default: int = 1) -> Tensor:
    """The whole numbers, as floats, that stand for x."""
    factor, offset = along(call, scale, x, default), along(call, zero, x, default)
    shifted = x if factor is None else x / factor
    low, high = range_of(call, zero)
    if offset is None:
        return Rounded.apply(shifted, low, high)
    return (Rounded.apply(shifted, -(2**31), 2**31) + offset.float()).clamp(low, high)


@onnx_op("QuantizeLinear", since=10, field=elementwise, note=quantized_note)
def quantize(call: OnnxCall, weights: Weights) -> Op:
    """y = x / scale, rounded, plus zero_point, cut off at the type's ends; a float. Gradient: g / scale."""
    return call.op_of(lambda x, scale, zero=None: whole(call, x, scale, zero), weights)


@onnx_op("DequantizeLinear", since=10, field=elementwise, note=quantized_note)
def dequantize(call: OnnxCall, weights: Weights) -> Op:
    """y = (x - zero_point) * scale; one scale, or one for each place of ``axis``. Gradient: g scale."""
    return call.op_of(lambda q, scale, zero=None: real(call, q, scale, zero), weights)


@onnx_op("DynamicQuantizeLinear", since=11, note=quantized_note, mixes=all_but_first)
def dynamic_quantize(call: OnnxCall, weights: Weights) -> Op:
    """y = x on a scale of 0 to 255 from its least to its largest value (0 included), the scale, the zero point.

    Gradient: autograd's, through the rounding.
    """

    def forward(x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        low, high = x.amin().clamp(max=0), x.amax().clamp(min=0)
        scale = (high - low) / 255
        zero = Rounded.apply(-low / scale, 0, 255)
        return (Rounded.apply(x / scale, -255, 255) + zero).clamp(0, 255), scale, zero

    return call.op_of(forward, weights)


Product = Callable[[Tensor, Tensor], Tensor]


def _requantized(call: OnnxCall, run: Product, q: list[Tensor | None]) -> Tensor:
    """q: a, its scale and zero point, b, likewise, then those of the result."""
    a, a_scale, a_zero, b, b_scale, b_zero, y_scale, y_zero = q[:8]
    left, right = real(call, a, a_scale, a_zero), real(call, b, b_scale, b_zero, 0)  # type: ignore[arg-type]
    return whole(call, run(left, right), y_scale, y_zero)  # type: ignore[arg-type]


@onnx_op("QLinearMatMul", since=10, kind=Kind.LINEAR, note=quantized_note,
         mixes=lambda call, place, shape: contracted(call, 0 if place == 0 else 1, shape) if shape else ())  # fmt: skip
def q_matmul(call: OnnxCall, weights: Weights) -> Op:
    """y = a b of what the whole numbers stand for, as whole numbers on y's scale. Gradient: through the rounding."""

    def forward(*q: Tensor | None) -> Tensor:
        a, a_scale, a_zero, b, b_scale, b_zero, y_scale, y_zero = q
        left, right = (
            real(call, x, s, z, x.dim() - n)  # type: ignore[union-attr, arg-type]
            for x, s, z, n in ((a, a_scale, a_zero, 2), (b, b_scale, b_zero, 1))
        )
        return whole(call, torch.matmul(left, right), y_scale, y_zero)  # type: ignore[arg-type]

    return call.op_of(forward, weights)


def q_conv_field(call: OnnxCall, edge: NodeEdge, window: Window) -> Window | None:
    return convolution_field(replace(call, inputs=(call.inputs[0], call.inputs[3])), edge, window)


@onnx_op("QLinearConv", since=10, kind=Kind.CONVOLUTION, field=q_conv_field, mixes=all_but_first, note=quantized_note)
def q_conv(call: OnnxCall, weights: Weights) -> Op:
    """y = the convolution of what the whole numbers stand for, as whole numbers on y's scale. Gradient: as Conv's."""

    def forward(*q: Tensor | None) -> Tensor:
        bias = q[8] if len(q) > 8 else None
        if bias is not None:
            bias = bias.float() * q[1] * q[4]  # type: ignore[operator]

        def run(x: Tensor, w: Tensor) -> Tensor:
            return padded_convolution(call, x, w, bias, call.attr("group", 1))

        return _requantized(call, run, list(q))

    return call.op_of(forward, weights)


def _apart(x: Tensor, zero: Tensor | None, axis: int) -> Tensor:
    if zero is None:
        return x.float()
    zero = zero.float()
    if zero.dim() == 1 and zero.numel() > 1:
        zero = zero.reshape([-1 if i == axis % x.dim() else 1 for i in range(x.dim())])
    return x.float() - zero


@onnx_op("MatMulInteger", since=10, kind=Kind.LINEAR, note=quantized_note,
         mixes=lambda call, place, shape: contracted(call, place, shape) if place < 2 else ())  # fmt: skip
def matmul_integer(call: OnnxCall, weights: Weights) -> Op:
    """y = (a - a's zero point)(b - b's zero point), whole numbers as floats. Gradient: g b^T, a^T g."""

    def forward(a: Tensor, b: Tensor, a_zero: Tensor | None = None, b_zero: Tensor | None = None) -> Tensor:
        return torch.matmul(_apart(a, a_zero, -2), _apart(b, b_zero, -1))

    return call.op_of(forward, weights)


@onnx_op("ConvInteger", since=10, kind=Kind.CONVOLUTION, field=convolution_field, mixes=all_but_first,
         note=quantized_note)  # fmt: skip
def conv_integer(call: OnnxCall, weights: Weights) -> Op:
    """y = the convolution of x - x's zero point with w - w's zero point, as floats. Gradient: as Conv's."""

    def forward(x: Tensor, w: Tensor, x_zero: Tensor | None = None, w_zero: Tensor | None = None) -> Tensor:
        return padded_convolution(call, _apart(x, x_zero, 1), _apart(w, w_zero, 0), None, call.attr("group", 1))

    return call.op_of(forward, weights)
