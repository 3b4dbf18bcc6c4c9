"""Convolution over one to three axes, and its transpose."""

from __future__ import annotations

from deepvis.formats.open_arguments import Weight
from deepvis.formats.torch.aten_ops import aten_op
from deepvis.formats.torch.call import AtenCall
from deepvis.network.convolution import convolution_op
from deepvis.network.field_rules import WHOLE_WINDOW, NodeEdge, Window, sliding, spread
from deepvis.network.kinds import Kind
from deepvis.network.op import Op, Weights


def convolution_field(call: AtenCall, edge: NodeEdge, window: Window) -> Window | None:
    windows = map_windows(call, edge)
    return WHOLE_WINDOW if windows is None else sliding(window, windows)


def transposed_field(call: AtenCall, edge: NodeEdge, window: Window) -> Window | None:
    windows = map_windows(call, edge)
    return WHOLE_WINDOW if windows is None else sliding(window, windows, spread)


def map_windows(call: AtenCall, edge: NodeEdge) -> list[tuple[int, int, int, int]] | None:
    """(kernel, stride, padding, dilation) of each axis of the map; None where they are not known."""
    weight = call["weight"]
    if edge.bottom > 0 or not isinstance(weight, Weight):  # a kernel that the network makes itself sees what it is of
        return None
    kernel = weight.shape[2:]
    stride, padding, dilation = (per_axis(call, name, len(kernel)) for name in ("stride", "padding", "dilation"))
    return list(zip(kernel, stride, padding, dilation, strict=True))


def per_axis(call: AtenCall, name: str, axes: int) -> list[int]:
    """The argument, one number for each axis of the map."""
    value = call[name]
    if value == "valid":
        return [0] * axes
    if value == "same":  # with an odd sum the longer pad is behind
        dilation = per_axis(call, "dilation", axes)
        return [d * (k - 1) // 2 for d, k in zip(dilation, call["weight"].shape[2:], strict=True)]
    return list(value) * axes if len(value) == 1 else list(value)


@aten_op("conv1d", "conv2d", "conv3d", kind=Kind.CONVOLUTION, field=convolution_field)
def convolution(call: AtenCall, weights: Weights) -> Op | None:
    """y[o] = b[o] + sum over the inputs i of its group, and the kernel's places, of w[o, i] x[i].

    Shapes: (N, C, H, W) -> (N, O, (H + 2 padding - dilation (kernel - 1) - 1) // stride + 1, ...).
    Gradient: the transposed convolution of g. padding "same" pads with zeros to the bottom's size.
    """
    if isinstance(call["padding"], str) or not call.is_weight("weight", "bias"):
        return None
    w, bias = call.weight("weight", weights), call.weight_if_any("bias", weights)
    stride, pad, dilation = (tuple(per_axis(call, name, w.dim() - 2)) for name in ("stride", "padding", "dilation"))
    return convolution_op(w, bias, stride, pad, dilation, call["groups"])


@aten_op("conv_transpose1d", "conv_transpose2d", "conv_transpose3d", kind=Kind.TRANSPOSED_CONVOLUTION,
         field=transposed_field)  # fmt: skip
def transposed_convolution(call: AtenCall, weights: Weights) -> None:
    """y[o, i stride + k dilation - padding] = b[o] + sum over c of its group, and i and k, of w[c, o, k] x[c, i].

    Shapes: (N, C, H, W) -> (N, O, (H - 1) stride - 2 padding + dilation (kernel - 1) + output_padding + 1, ...).
    Gradient: autograd's, the convolution of g with the same weights.
    """
