"""Convolution over one to three axes, and its transpose."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from deepvis.formats.torch.aten_ops import aten_op
from deepvis.formats.torch.call import Call, Weight
from deepvis.network.field_rules import WHOLE_WINDOW, Step, Window, sliding, spread
from deepvis.network.kinds import Kind
from deepvis.network.op import Gradients, Op, Ran, Weights
from deepvis.network.packed import Packed, PackedBack, can_pack, channels_last

Parts = tuple[tuple[int, ...], tuple[int, ...], tuple[int, ...], int]  # stride, padding, dilation, groups


def convolution_field(call: Call, step: Step, seen: Window) -> Window | None:
    windows = map_windows(call, step)
    return WHOLE_WINDOW if windows is None else sliding(seen, windows)


def transposed_field(call: Call, step: Step, seen: Window) -> Window | None:
    windows = map_windows(call, step)
    return WHOLE_WINDOW if windows is None else sliding(seen, windows, spread)


def map_windows(call: Call, step: Step) -> list[tuple[int, int, int, int]] | None:
    """(kernel, stride, padding, dilation) of each axis of the map; None where the place tells nothing."""
    weight = call["weight"]
    if step.bottom > 0 or not isinstance(weight, Weight):  # a kernel that the network makes itself sees what it is of
        return None
    kernel = weight.shape[2:]
    stride, padding, dilation = (per_axis(call, name, len(kernel)) for name in ("stride", "padding", "dilation"))
    return list(zip(kernel, stride, padding, dilation, strict=True))


def per_axis(call: Call, name: str, axes: int) -> list[int]:
    """The argument, one number for each axis of the map."""
    value = call[name]
    if value == "valid":
        return [0] * axes
    if value == "same":  # with an odd sum the longer pad is behind
        dilation = per_axis(call, "dilation", axes)
        return [d * (k - 1) // 2 for d, k in zip(dilation, call["weight"].shape[2:], strict=True)]
    return list(value) * axes if len(value) == 1 else list(value)


@aten_op("conv1d", "conv2d", "conv3d", kind=Kind.CONVOLUTION, field=convolution_field)
def convolution(call: Call, weights: Weights) -> Op | None:
    """y[o] = b[o] + sum over the inputs i of its group, and the kernel's places, of w[o, i] x[i].

    Shapes: (N, C, H, W) -> (N, O, (H + 2 padding - dilation (kernel - 1) - 1) // stride + 1, ...).
    Gradient: the transposed convolution of g. padding "same" pads with zeros to the bottom's size.
    """
    if isinstance(call["padding"], str) or not call.is_weight("weight", "bias"):
        return None
    made = _Convolution(call, weights)
    return Op(call.forward(weights), fast=made.fast, backward=made.backward, with_affine=made.with_affine)


@aten_op("conv_transpose1d", "conv_transpose2d", "conv_transpose3d", kind=Kind.TRANSPOSED_CONVOLUTION,
         field=transposed_field)  # fmt: skip
def transposed_convolution(call: Call, weights: Weights) -> None:
    """y[o, i stride + k dilation - padding] = b[o] + sum over c of its group, and i and k, of w[c, o, k] x[c, i].

    Shapes: (N, C, H, W) -> (N, O, (H - 1) stride - 2 padding + dilation (kernel - 1) + output_padding + 1, ...).
    Gradient: autograd's, the convolution of g with the same weights.
    """


_PLAIN = {1: torch.nn.functional.conv1d, 2: torch.nn.functional.conv2d, 3: torch.nn.functional.conv3d}


class _Fast:
    """A convolution with its weights laid out at the first pass, where that is quicker; else ``forward``."""

    def __init__(self, w: Tensor, bias: Tensor | None, parts: Parts, forward: Callable[..., Any], relu: bool = False):
        self.w, self.bias, self.parts, self.forward, self.relu = w, bias, parts, forward, relu
        self.packed: Packed | None = None

    def __call__(self, x: Tensor) -> tuple[Tensor, None]:
        if not can_pack(self.w, x.shape) or x.dtype != torch.float32:
            return self.forward(x), None
        packed = self.packed
        if packed is None:  # threads may make it twice: the last one stays
            packed = self.packed = Packed(self.w, *self.parts, x.shape)
        return packed(x, self.bias, relu=self.relu), None


class _Convolution:
    """A convolution; on a CPU that of images with its weights laid out once, which is quicker.

    PyTorch's own takes another way for one image than for several: the last bits would depend on the batch.
    """

    def __init__(self, call: Call, weights: Weights) -> None:
        self.w, self.bias = call.weight("weight", weights), call.weight_if_any("bias", weights)
        self.forward = call.forward(weights)
        axes = self.w.dim() - 2
        stride, pad, dilation = (tuple(per_axis(call, name, axes)) for name in ("stride", "padding", "dilation"))
        self.parts = (stride, pad, dilation, call["groups"])
        self.quick = _Fast(self.w, self.bias, self.parts, self.forward)
        self.packed_back: PackedBack | None = None

    def with_affine(self, factor: Tensor | None, shift: Tensor | None, relu: bool) -> Op:
        """The convolution with a batch normalization, a rectifier or both in it: one pass over memory for all."""
        w, bias = self.w, self.bias
        if factor is not None and shift is not None:
            w = w * factor.reshape(-1, *(1,) * (w.dim() - 1))
            bias = shift if bias is None else bias * factor + shift
        plain = _PLAIN[w.dim() - 2]
        stride, pad, dilation, groups = self.parts

        def forward(x: Tensor) -> Tensor:
            y = plain(x, w, bias, stride, pad, dilation, groups)
            return y.relu() if relu else y

        return Op(forward, fast=_Fast(w, bias, self.parts, forward, relu))

    def fast(self, x: Tensor) -> tuple[Tensor, None]:
        return self.quick(x)

    def backward(self, ran: Ran, grads: Gradients) -> list[Tensor]:
        (x,), (grad,) = ran.bottoms, grads
        if can_pack(self.w, x.shape) and grad.dtype == torch.float32:
            back = self.packed_back
            if back is None and PackedBack.suits(self.w, *self.parts):
                back = self.packed_back = PackedBack(self.w, *self.parts, grad.shape)
            if back is not None:
                return [back(grad, x.shape)]
            grad = channels_last(grad)
        stride, pad, dilation, groups = self.parts
        zeros = [0] * len(stride)
        return torch.ops.aten.convolution_backward(
            grad, x, self.w, None, stride, pad, dilation, False, zeros, groups, (True, False, False)
        )[:1]
