"""Sums, means, largest values and their places along axes."""

from __future__ import annotations

from collections.abc import Callable, Collection

import torch
from torch import Tensor

from deepvis.formats.onnx.call import OnnxCall
from deepvis.formats.onnx.onnx_ops import along_axis, axis_of, onnx_op
from deepvis.formats.open_arguments import Shape
from deepvis.network.field_axes import whole_along
from deepvis.network.field_rules import WHOLE_WINDOW, NodeEdge, Window
from deepvis.network.kinds import Kind
from deepvis.network.op import Op, Weights, without_gradient


def reduced_axes(call: OnnxCall, place: int, shape: Shape) -> Collection[int]:
    """Those of ``axes``; all where none are named, or none with noop_with_empty_axes."""
    axes = call.ints("axes")
    if not axes:
        return () if call.attr("noop_with_empty_axes", 0) else range(len(shape))
    for axis in axes:
        if not -len(shape) <= axis < len(shape):
            raise call.fault(f"axes {axes} on {len(shape)} axes", f"axes from {-len(shape)} to {len(shape) - 1}")
    return [axis % len(shape) for axis in axes]


def reduce_field(call: OnnxCall, edge: NodeEdge, window: Window) -> Window | None:
    """Everything along the axes that go. Where they do not stay, all: places have other axes then."""
    if not call.attr("keepdims", 1):
        return WHOLE_WINDOW
    return whole_along(reduced_axes(call, 0, edge.below), edge, window)


def reduce_kind(call: OnnxCall) -> Kind:
    """POOLING over places alone; a mean over channels has other units than its bottom."""
    axes = call.ints("axes") or []
    is_of_places = bool(axes) and (all(axis > 1 for axis in axes) or sorted(axes) in ([-2, -1], [-1, 2], [-2, 3]))
    return Kind.POOLING if is_of_places and call.op in ("ReduceMean", "ReduceMax") else Kind.OTHER


def _prod(x: Tensor, axes: list[int]) -> Tensor:
    for axis in axes:
        x = x.prod(axis, keepdim=True)
    return x


REDUCE: dict[str, Callable[[Tensor, list[int]], Tensor]] = {
    "ReduceMean": lambda x, axes: x.mean(axes, keepdim=True),
    "ReduceSum": lambda x, axes: x.sum(axes, keepdim=True),
    "ReduceMax": lambda x, axes: x.amax(axes, keepdim=True),
    "ReduceMin": lambda x, axes: x.amin(axes, keepdim=True),
    "ReduceProd": _prod,
    "ReduceL1": lambda x, axes: x.abs().sum(axes, keepdim=True),
    "ReduceL2": lambda x, axes: torch.linalg.vector_norm(x, 2, axes, keepdim=True),
    "ReduceLogSum": lambda x, axes: x.sum(axes, keepdim=True).log(),
    "ReduceLogSumExp": lambda x, axes: torch.logsumexp(x, axes, keepdim=True),
    "ReduceSumSquare": lambda x, axes: x.square().sum(axes, keepdim=True),
}


@onnx_op(*REDUCE, since=1, kind=reduce_kind, field=reduce_field, arguments={"axes": 1}, mixes=reduced_axes)
def reduce(call: OnnxCall, weights: Weights) -> Op:
    """y = sum, mean, largest, ... over the axes ``axes``, all where none are named; with keepdims they stay, of size 1.

    Gradient: autograd's: g, g / count, g at the largest shared between equal ones, ...
    """
    function, keep = REDUCE[call.op], call.attr("keepdims", 1)

    def forward(x: Tensor) -> Tensor:
        axes = list(reduced_axes(call, 0, tuple(x.shape)))
        if not axes and x.dim():
            return _of_each(call.op, x)
        wide = x if x.is_floating_point() or call.op not in ("ReduceMean", "ReduceL2") else x.double()
        y = function(wide, axes).to(x.dtype) if axes else _of_each(call.op, x)
        return y if keep or not axes else y.reshape([d for i, d in enumerate(x.shape) if i not in axes])

    return call.op_of(forward, weights)


def _of_each(op: str, x: Tensor) -> Tensor:
    """Over no axes: of each value by itself."""
    if op in ("ReduceL1", "ReduceL2"):
        return x.abs()
    if op == "ReduceLogSum":
        return x.log()
    return x.square() if op == "ReduceSumSquare" else x


@onnx_op("ArgMax", "ArgMin", since=1, mixes=along_axis(0))
def arg(call: OnnxCall, weights: Weights) -> Op:
    """y = the place of the largest or smallest value along ``axis``, of equal ones the first. Gradient: none."""
    keep, is_last = bool(call.attr("keepdims", 1)), call.attr("select_last_index", 0)

    def forward(x: Tensor) -> Tensor:
        axis = axis_of(call, x.dim(), 0)
        find = torch.argmax if call.op == "ArgMax" else torch.argmin
        if is_last:
            return x.shape[axis] - 1 - find(x.flip(axis), axis, keepdim=keep)
        return find(x, axis, keepdim=keep)

    return without_gradient(call.bind(forward, weights))


@onnx_op("TopK", since=1, arguments={"k": 1}, mixes=along_axis(-1))
def top_k(call: OnnxCall, weights: Weights) -> Op:
    """y = the k largest (or smallest) values along ``axis``, sorted, and their places. Gradient: at those."""
    k = int(call.number("k") or 0)
    is_largest = bool(call.attr("largest", 1))

    def forward(x: Tensor) -> tuple[Tensor, Tensor]:
        axis = axis_of(call, x.dim(), -1)
        values, places = torch.sort(x, stable=True, dim=axis, descending=is_largest)
        return values.narrow(axis, 0, k), places.narrow(axis, 0, k)

    return call.op_of(forward, weights)


def summed_axis(call: OnnxCall, place: int, shape: Shape) -> Collection[int]:
    return (int(call.number("axis") or 0) % max(len(shape), 1),)


@onnx_op("CumSum", since=11, arguments={"axis": 1}, mixes=summed_axis)
def cum_sum(call: OnnxCall, weights: Weights) -> Op:
    """y = the sum of all values up to each along ``axis``; exclusive: without itself. Gradient: autograd's."""
    axis, is_reverse, is_exclusive = int(call.number("axis") or 0), call.attr("reverse", 0), call.attr("exclusive", 0)

    def forward(x: Tensor) -> Tensor:
        x = x.flip(axis) if is_reverse else x
        y = x.cumsum(axis).to(x.dtype)
        y = y - x if is_exclusive else y
        return y.flip(axis) if is_reverse else y

    return call.op_of(forward, weights)
