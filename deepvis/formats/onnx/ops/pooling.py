"""Poolings: over windows and over whole maps."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import prod
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from deepvis.formats.onnx.call import OnnxCall
from deepvis.formats.onnx.onnx_ops import all_but_first, onnx_op
from deepvis.formats.onnx.windows import SlidingWindows, kernel_of, torch_pads, windows_of
from deepvis.network.field_rules import NodeEdge, Window, sliding
from deepvis.network.kinds import Kind
from deepvis.network.op import Op, Weights

MAX_POOL: tuple[Callable[..., Any], ...] = (F.max_pool1d, F.max_pool2d, F.max_pool3d)
AVERAGE_POOL: tuple[Callable[..., Any], ...] = (F.avg_pool1d, F.avg_pool2d, F.avg_pool3d)


def pool_windows(call: OnnxCall) -> SlidingWindows:
    kernel = kernel_of(call)
    if not 1 <= len(kernel) <= 3:
        raise call.fault(f"a kernel of {len(kernel)} axes", "1 to 3")
    return windows_of(call, kernel)


def pool_field(call: OnnxCall, edge: NodeEdge, window: Window) -> Window | None:
    return sliding(window, pool_windows(call).field(edge.below[2:]))


def pooled_sizes(call: OnnxCall, windows: SlidingWindows, sizes: Sequence[int]) -> list[int]:
    """How many windows there are along each axis; with ceil_mode none that begins behind the map and its first pad."""
    (begin, end), found = windows.pads(sizes), []
    for i, size in enumerate(sizes):
        stride, reach = windows.stride[i], windows.dilation[i] * (windows.kernel[i] - 1) + 1
        room = size + begin[i] + end[i] - reach
        if room < 0:
            raise call.fault(f"a map of {'x'.join(map(str, sizes))}", f"{reach} or more with its pads along each axis")
        count = (room + (stride - 1 if call.attr("ceil_mode", 0) else 0)) // stride + 1
        found.append(count - 1 if (count - 1) * stride >= size + begin[i] else count)
    return found


def needed_pads(
    call: OnnxCall, windows: SlidingWindows, sizes: Sequence[int]
) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """What must stand before and after the map so that all windows are whole; cut off where negative."""
    (begin, _), counts = windows.pads(sizes), pooled_sizes(call, windows, sizes)
    after = [
        (n - 1) * s + d * (k - 1) + 1 - size - b
        for n, s, d, k, size, b in zip(
            counts, windows.stride, windows.dilation, windows.kernel, sizes, begin, strict=True
        )
    ]
    return begin, tuple(after)


def is_torchs(call: OnnxCall, windows: SlidingWindows, sizes: Sequence[int]) -> bool:
    """True if PyTorch's own pooling places its windows likewise."""
    begin, end = windows.pads(sizes)
    return begin == end and all(2 * b <= k for b, k in zip(begin, windows.kernel, strict=True))


@onnx_op("MaxPool", since=1, kind=Kind.POOLING, field=pool_field, mixes=all_but_first)
def max_pool(call: OnnxCall, weights: Weights) -> Op:
    """y = the largest value of each window; what is padded is never the largest.

    Shapes: (N, C, H, W) -> (N, C, (H + pads - dilation (kernel - 1) - 1) // stride + 1, ...), up with ceil_mode.
    A second output is the places of the maxima. Gradient: g at the place of the maximum, of equal ones the first.
    """
    windows, ceil = pool_windows(call), bool(call.attr("ceil_mode", 0))
    parts = (windows.kernel, windows.stride, windows.begin or (0,) * len(windows.kernel), windows.dilation, ceil)
    if call.outputs[1:2] == (True,):
        return call.op_of(lambda x: _with_places(call, windows, x), weights)

    def forward(x: Tensor) -> Tensor:
        if not x.is_floating_point():
            return forward(x.float()).to(x.dtype)
        if windows.begin is not None and is_torchs(call, windows, x.shape[2:]):
            return MAX_POOL[len(windows.kernel) - 1](x, *parts)
        begin, after = needed_pads(call, windows, x.shape[2:])
        x = F.pad(x, torch_pads(begin, after), value=float("-inf"))
        return MAX_POOL[len(windows.kernel) - 1](x, windows.kernel, windows.stride, 0, windows.dilation)

    if len(windows.kernel) != 2 or windows.begin is None or not is_torchs(call, windows, (0, 0)):
        return call.op_of(forward, weights)

    def fast(x: Tensor) -> tuple[Tensor, Any]:
        return torch.ops.aten.max_pool2d_with_indices(x, *parts) if x.is_floating_point() else (forward(x), None)

    def backward(ran, grads):
        if ran.saved is None:
            return [None]
        return [torch.ops.aten.max_pool2d_with_indices_backward(grads[0], ran.bottoms[0], *parts, ran.saved)]

    return Op(forward, fast=fast, backward=backward)


def _with_places(call: OnnxCall, windows: SlidingWindows, x: Tensor) -> tuple[Tensor, Tensor]:
    """The maxima, and where each is in x as one row of numbers; storage_order 1: columns one after another."""
    sizes = x.shape[2:]
    begin, after = needed_pads(call, windows, sizes)
    places = torch.arange(prod(sizes), device=x.device).reshape(tuple(sizes))
    if call.attr("storage_order", 0):
        places = torch.arange(prod(sizes), device=x.device).reshape(tuple(reversed(sizes))).permute(
            *reversed(range(len(sizes))))  # fmt: skip
    pads = torch_pads(begin, after)
    wide, places = F.pad(x, pads, value=float("-inf")), F.pad(places, pads)
    y, index = MAX_POOL[len(sizes) - 1](wide, windows.kernel, windows.stride, 0, windows.dilation, return_indices=True)
    planes = torch.arange(x.shape[0] * x.shape[1], device=x.device).reshape(*x.shape[:2], *[1] * len(sizes))
    return y, places.reshape(-1)[index] + planes * prod(sizes)


@onnx_op("AveragePool", since=7, kind=Kind.POOLING, field=pool_field, mixes=all_but_first)
def average_pool(call: OnnxCall, weights: Weights) -> Op:
    """y = the mean of each window; the pads count as zeros with count_include_pad, else not at all.

    Shapes: as MaxPool. Gradient: autograd's, g spread evenly.
    """
    windows, include = pool_windows(call), bool(call.attr("count_include_pad", 0))
    ceil = bool(call.attr("ceil_mode", 0))
    axes = len(windows.kernel)
    pool = AVERAGE_POOL[axes - 1]

    def forward(x: Tensor) -> Tensor:
        if windows.begin is not None and set(windows.dilation) == {1} and is_torchs(call, windows, x.shape[2:]):
            return pool(x, windows.kernel, windows.stride, windows.begin, ceil, include)
        begin, after = needed_pads(call, windows, x.shape[2:])
        ones = x.new_ones(1, 1, *x.shape[2:])
        if include:
            ones = F.pad(ones, torch_pads(*windows.pads(x.shape[2:])), value=1.0)
            end = [a - e for a, e in zip(after, windows.pads(x.shape[2:])[1], strict=True)]
            counts = _sums(windows, F.pad(ones, torch_pads((0,) * axes, end)))
        else:
            counts = _sums(windows, F.pad(ones, torch_pads(begin, after)))
        return _sums(windows, F.pad(x, torch_pads(begin, after))) / counts

    return call.op_of(forward, weights)


def _sums(windows: SlidingWindows, x: Tensor) -> Tensor:
    """Of each window of a map that is padded already."""
    if set(windows.dilation) == {1}:
        return AVERAGE_POOL[len(windows.kernel) - 1](x, windows.kernel, windows.stride, 0) * prod(windows.kernel)
    for axis, (k, s, d) in enumerate(zip(windows.kernel, windows.stride, windows.dilation, strict=True), 2):
        count = (x.shape[axis] - d * (k - 1) - 1) // s + 1
        pieces = [x.narrow(axis, i * d, s * (count - 1) + 1) for i in range(k)]
        total = sum(pieces[1:], pieces[0])
        x = total.index_select(axis, torch.arange(count, device=x.device) * s)
    return x


@onnx_op("LpPool", since=2, kind=Kind.POOLING, field=pool_field, mixes=all_but_first)
def lp_pool(call: OnnxCall, weights: Weights) -> Op:
    """y = (sum of |x|^p of each window) ^ (1 / p). Shapes: as MaxPool. Gradient: autograd's."""
    windows, p = pool_windows(call), call.attr("p", 2)

    def forward(x: Tensor) -> Tensor:
        wide = F.pad(x.abs() ** p, torch_pads(*needed_pads(call, windows, x.shape[2:])))
        return _sums(windows, wide) ** (1 / p)

    return call.op_of(forward, weights)


@onnx_op("GlobalAveragePool", since=1, kind=Kind.POOLING, mixes=all_but_first)
def global_average(call: OnnxCall, weights: Weights) -> Op:
    """y = the mean of each map. Shapes: (N, C, H, W) -> (N, C, 1, 1). Gradient: g / (H W) everywhere."""
    return call.op_of(lambda x: x.mean(tuple(range(2, x.dim())), keepdim=True), weights)


@onnx_op("GlobalMaxPool", since=1, kind=Kind.POOLING, mixes=all_but_first)
def global_max(call: OnnxCall, weights: Weights) -> Op:
    """y = the largest value of each map. Shapes: (N, C, H, W) -> (N, C, 1, 1).

    Gradient: autograd's, g at the maximum, shared between equal ones.
    """
    return call.op_of(lambda x: x.amax(tuple(range(2, x.dim())), keepdim=True), weights)


@onnx_op("GlobalLpPool", since=2, kind=Kind.POOLING, mixes=all_but_first)
def global_lp(call: OnnxCall, weights: Weights) -> Op:
    """y = (sum of |x|^p of each map) ^ (1 / p). Shapes: (N, C, H, W) -> (N, C, 1, 1). Gradient: autograd's."""
    p = call.attr("p", 2)
    return call.op_of(lambda x: (x.abs() ** p).sum(tuple(range(2, x.dim())), keepdim=True) ** (1 / p), weights)


@onnx_op("MaxUnpool", since=9, arguments={"output_shape": 2}, mixes=all_but_first)
def max_unpool(call: OnnxCall, weights: Weights) -> Op:
    """y = zeros, with each value at the place that MaxPool says it came from. Gradient: g at those places."""
    windows, wanted = pool_windows(call), call.ints("output_shape")

    def forward(x: Tensor, index: Tensor) -> Tensor:
        begin, end = windows.pads(x.shape[2:])
        sizes = [
            (n - 1) * s + k - b - e
            for n, s, k, b, e in zip(x.shape[2:], windows.stride, windows.kernel, begin, end, strict=True)
        ]
        y = x.new_zeros(x.shape[0] * x.shape[1] * prod(sizes)).scatter(0, index.reshape(-1), x.reshape(-1))
        y = y.reshape(*x.shape[:2], *sizes)
        if wanted is None:
            return y
        return F.pad(y, torch_pads([0] * len(sizes), [w - n for w, n in zip(wanted[2:], sizes, strict=True)]))

    return call.op_of(forward, weights)
