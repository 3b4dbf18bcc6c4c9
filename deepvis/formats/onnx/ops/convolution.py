"""Convolutions, and the transposed ones."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any

import torch.nn.functional as F
from torch import Tensor

from deepvis.formats.onnx.call import OnnxCall
from deepvis.formats.onnx.onnx_ops import all_but_first, onnx_op
from deepvis.formats.onnx.windows import SlidingWindows, torch_pads, windows_of
from deepvis.formats.open_arguments import Shape
from deepvis.network.convolution import convolution_op
from deepvis.network.field_rules import WHOLE_WINDOW, NodeEdge, Window, sliding, spread
from deepvis.network.kinds import Kind
from deepvis.network.op import Op, Ran, Weights

CONVOLVE: tuple[Callable[..., Tensor], ...] = (F.conv1d, F.conv2d, F.conv3d)
SPREAD: tuple[Callable[..., Tensor], ...] = (F.conv_transpose1d, F.conv_transpose2d, F.conv_transpose3d)


def kernel_windows(call: OnnxCall, shape: Shape | None) -> SlidingWindows:
    """shape: of the weights; the kernel's is what lies behind the first two axes."""
    kernel = call.ints("kernel_shape") or (list(shape[2:]) if shape is not None else [])
    if shape is not None and (len(shape) < 3 or list(shape[2:]) != kernel):
        raise call.fault(
            f"kernel_shape {kernel} with weights {list(shape)}", "weights (outputs, inputs, *kernel_shape)"
        )
    if not 1 <= len(kernel) <= 3:
        raise call.fault(f"a kernel of {len(kernel)} axes", "1 to 3")
    return windows_of(call, kernel)


def convolution_field(call: OnnxCall, edge: NodeEdge, window: Window) -> Window | None:
    shape = call.weight_shape(1)
    if edge.bottom or shape is None:  # a kernel that the network makes itself sees what it is of
        return WHOLE_WINDOW
    return sliding(window, kernel_windows(call, shape).field(edge.below[2:]))


@onnx_op("Conv", since=1, kind=Kind.CONVOLUTION, field=convolution_field, mixes=all_but_first)
def convolution(call: OnnxCall, weights: Weights) -> Op:
    """y[o] = b[o] + sum over the inputs i of its group, and the kernel's places, of w[o, i] x[i].

    Shapes: (N, C, H, W) -> (N, O, (H + pads - dilation (kernel - 1) - 1) // stride + 1, ...), 1 to 3 axes.
    Gradient: the transposed convolution of g with the same weights. auto_pad: to the bottom's size / stride.
    """
    group = call.attr("group", 1)
    if group < 1:
        raise call.fault(f"group {group}", "1 or more")
    if not call.is_weight(1, 2) or call.weight_shape(1) is None:
        return call.op_of(lambda x, w, b=None: padded_convolution(call, x, w, b, group), weights)
    w, bias = weights[call.inputs[1].place], call.weight(2, weights)
    windows = kernel_windows(call, tuple(w.shape))
    if windows.begin is not None and windows.begin == windows.end:
        return convolution_op(w, bias, windows.stride, windows.begin, windows.dilation, group)

    @lru_cache(maxsize=16)
    def made(begin: Sequence[int], end: Sequence[int]) -> Op:
        """With equal pads the convolution does them itself, else they are there before it."""
        pad = tuple(begin) if begin == end else (0,) * len(begin)
        op = convolution_op(w, bias, windows.stride, pad, windows.dilation, group)
        return op if begin == end else _after_padding(op, begin, end)

    def op_for(x: Tensor) -> Op:
        return made(*windows.pads(x.shape[2:]))

    def fast(x: Tensor) -> tuple[Tensor, None]:
        run: Any = op_for(x).fast
        return run(x)

    def backward(ran, grads):
        rule: Any = op_for(ran.bottoms[0]).backward
        return rule(ran, grads)

    return Op(lambda x: op_for(x).forward(x), fast=fast, backward=backward)


def _after_padding(op: Op, begin: Sequence[int], end: Sequence[int]) -> Op:
    pads = torch_pads(begin, end)
    run: Any = op.fast
    rule: Any = op.backward

    def backward(ran, grads):
        (found,) = rule(Ran((F.pad(ran.bottoms[0], pads),), ran.tops), grads)
        return [F.pad(found, [-pad for pad in pads])]

    return Op(lambda x: op.forward(F.pad(x, pads)), fast=lambda x: run(F.pad(x, pads)), backward=backward)


def padded_convolution(call: OnnxCall, x: Tensor, w: Tensor, bias: Tensor | None, group: int) -> Tensor:
    """With any pads, by PyTorch's own convolution."""
    windows = kernel_windows(call, tuple(w.shape))
    begin, end = windows.pads(x.shape[2:])
    x = F.pad(x, torch_pads(begin, end)) if any((*begin, *end)) else x
    return CONVOLVE[len(windows.kernel) - 1](x, w, bias, windows.stride, 0, windows.dilation, group)


def transposed_field(call: OnnxCall, edge: NodeEdge, window: Window) -> Window | None:
    shape = call.weight_shape(1)
    if edge.bottom or shape is None:
        return WHOLE_WINDOW
    windows = kernel_windows(call, shape)
    begin, _, _ = transposed_pads(call, windows, edge.below[2:])
    pairs = zip(windows.kernel, windows.stride, begin, windows.dilation, strict=True)
    return sliding(window, list(pairs), spread)


def transposed_pads(
    call: OnnxCall, windows: SlidingWindows, sizes: Sequence[int]
) -> tuple[list[int], list[int], list[int]]:
    """(cut off before, cut off after, added after) along each axis."""
    axes = len(sizes)
    added = call.ints("output_padding") or [0] * axes
    wanted = call.ints("output_shape")
    if wanted is None and windows.begin is not None and windows.end is not None:
        return list(windows.begin), list(windows.end), added
    wanted = [n * s for n, s in zip(sizes, windows.stride, strict=True)] if wanted is None else wanted[-axes:]
    begin, end = [], []
    for i, (size, want) in enumerate(zip(sizes, wanted, strict=True)):
        reach = windows.dilation[i] * (windows.kernel[i] - 1) + 1
        total = windows.stride[i] * (size - 1) + added[i] + reach - want
        if total < 0:  # larger than what is spread: zeros behind it
            added, total = [*added[:i], added[i] - total, *added[i + 1 :]], 0
        first = total // 2 if call.attr("auto_pad") == "SAME_UPPER" else total - total // 2
        begin.append(first)
        end.append(total - first)
    return begin, end, added


@onnx_op("ConvTranspose", since=1, kind=Kind.TRANSPOSED_CONVOLUTION, field=transposed_field, mixes=all_but_first)
def transposed_convolution(call: OnnxCall, weights: Weights) -> Op:
    """y[o, i stride + k dilation - pad] = b[o] + sum over c of its group, and i and k, of w[c, o, k] x[c, i].

    Shapes: (N, C, H, W) -> (N, O, (H - 1) stride - pads + dilation (kernel - 1) + output_padding + 1, ...).
    Gradient: autograd's, the convolution of g with the same weights.
    """
    group = call.attr("group", 1)

    def forward(x: Tensor, w: Tensor, bias: Tensor | None = None) -> Tensor:
        windows = kernel_windows(call, tuple(w.shape))
        axes = len(windows.kernel)
        begin, end, added = transposed_pads(call, windows, x.shape[2:])
        how = SPREAD[axes - 1]
        if begin == end and min(begin) >= 0 and all(a < max(s, d) for a, s, d in zip(
            added, windows.stride, windows.dilation, strict=True)):  # fmt: skip
            return how(x, w, bias, windows.stride, begin, added, group, windows.dilation)
        y = how(x, w, None, windows.stride, 0, 0, group, windows.dilation)
        y = F.pad(y, torch_pads([-b for b in begin], [a - e for a, e in zip(added, end, strict=True)]))
        return y if bias is None else y + bias.reshape(-1, *[1] * axes)

    return call.op_of(forward, weights)
