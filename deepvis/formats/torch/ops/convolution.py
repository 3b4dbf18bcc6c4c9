"""Convolution over one to three axes."""

from __future__ import annotations

import torch

from deepvis.formats.torch.aten_ops import aten_op
from deepvis.formats.torch.call import Call, Weight
from deepvis.network.field import WHOLE_WINDOW, Step, Window, sliding
from deepvis.network.kinds import Kind
from deepvis.network.op import Op, Weights


def convolution_field(call: Call, step: Step, seen: Window) -> Window | None:
    weight = call["weight"]
    if step.bottom > 0 or not isinstance(weight, Weight):  # a kernel that the network makes itself sees what it is of
        return WHOLE_WINDOW
    kernel = weight.shape[2:]
    stride, padding, dilation = (per_axis(call, name, len(kernel)) for name in ("stride", "padding", "dilation"))
    return sliding(seen, list(zip(kernel, stride, padding, dilation, strict=True)))


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
    w = call.weight("weight", weights)
    axes = w.dim() - 2
    stride, padding, dilation = (per_axis(call, name, axes) for name in ("stride", "padding", "dilation"))
    groups = call["groups"]

    def backward(ran, grads):
        return torch.ops.aten.convolution_backward(
            grads[0], ran.bottoms[0], w, None, stride, padding, dilation, False, [0] * axes, groups,
            (True, False, False),
        )[:1]  # fmt: skip

    return Op(call.forward(weights), backward=backward)
