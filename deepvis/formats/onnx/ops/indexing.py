"""Values picked out, and put in, by their places."""

from __future__ import annotations

from collections.abc import Collection
from math import prod

import torch
from torch import Tensor

from deepvis.formats.onnx.call import OnnxCall
from deepvis.formats.onnx.onnx_ops import along_axis, axis_of, everything, onnx_op
from deepvis.formats.open_arguments import Shape
from deepvis.network.field_axes import along
from deepvis.network.field_rules import WHOLE_WINDOW, NodeEdge, Window, image_axis
from deepvis.network.kinds import Kind
from deepvis.network.op import Op, Weights

Cut = tuple[int, int, int]  # first, how many, step


def cuts_of(call: OnnxCall, shape: Shape) -> dict[int, Cut]:
    """axis -> what is taken of it. Raises ModelError."""
    starts, ends = call.ints("starts") or [], call.ints("ends") or []
    rank = len(shape)
    axes, steps = call.ints("axes"), call.ints("steps")
    axes = list(range(len(starts))) if axes is None else axes
    steps = [1] * len(starts) if steps is None else steps
    fits = len(starts) == len(ends) == len(axes) == len(steps) and all(-rank <= a < rank for a in axes)
    if not fits or 0 in steps:
        raise call.fault(f"starts {starts}, ends {ends}, axes {axes}, steps {steps}", "one of each, steps other than 0")
    found = {}
    for start, end, axis, step in zip(starts, ends, axes, steps, strict=True):
        places = range(shape[axis])[slice(start, end, step)]
        found[axis % rank] = (places.start, len(places), step)
    return found


def sliced_axes(call: OnnxCall, place: int, shape: Shape) -> Collection[int]:
    return [axis for axis, cut in cuts_of(call, shape).items() if cut != (0, shape[axis], 1)]


def slice_field(call: OnnxCall, edge: NodeEdge, window: Window) -> Window | None:
    cuts = {axis: cut for axis, cut in cuts_of(call, edge.below).items() if cut != (0, edge.below[axis], 1)}
    return along(edge, window, {axis: _taken(first, step) for axis, (first, _, step) in cuts.items()})


def _taken(first: int, stride: int):
    def span(s: tuple[int, int]) -> tuple[int, int]:
        ends = (first + s[0] * stride, first + (s[1] - 1) * stride)
        return min(ends), max(ends) + 1

    return span


@onnx_op("Slice", since=1, field=slice_field, arguments={"starts": 1, "ends": 2, "axes": 3, "steps": 4},
         mixes=sliced_axes)  # fmt: skip
def slice_(call: OnnxCall, weights: Weights) -> Op:
    """y = of each of ``axes`` the places from start to end, every step-th; negative ones count from the end.

    Gradient: autograd's, g at those places, 0 elsewhere.
    """

    def forward(x: Tensor) -> Tensor:
        for axis, (first, count, step) in cuts_of(call, tuple(x.shape)).items():
            if step > 0:
                x = x[(slice(None),) * axis + (slice(first, first + count * step, step),)] if count else (
                    x.narrow(axis, 0, 0))  # fmt: skip
            else:
                x = x.index_select(axis, torch.arange(count, device=x.device) * step + first)
        return x

    return call.op_of(forward, weights)


def gathered(call: OnnxCall, place: int, shape: Shape) -> Collection[int]:
    return (axis_of(call, len(shape), 0),) if place == 0 else ()


def embedding_kind(call: OnnxCall) -> Kind:
    return Kind.EMBEDDING if len(call.weight_shape(0) or ()) == 2 else Kind.OTHER


def gather_field(call: OnnxCall, edge: NodeEdge, window: Window) -> Window | None:
    """The same place where a row of channels is picked; everything else may look everywhere."""
    rank = len(edge.below)
    is_of_channels = edge.bottom == 0 and call.is_weight(1) and rank == len(edge.above) >= 4
    return window if is_of_channels and image_axis(axis_of(call, rank, 0), edge.below) is None else WHOLE_WINDOW


@onnx_op("Gather", since=1, kind=embedding_kind, field=gather_field, mixes=gathered)
def gather(call: OnnxCall, weights: Weights) -> Op:
    """y = along ``axis`` (0) of x the places that the indices name; these may be of any shape, also one number.

    Gradient: autograd's, g added up at those places.
    """

    def forward(x: Tensor, index: Tensor) -> Tensor:
        axis = axis_of(call, x.dim(), 0)
        flat = index.reshape(-1).long()
        flat = torch.where(flat < 0, flat + x.shape[axis], flat)
        return x.index_select(axis, flat).reshape([*x.shape[:axis], *index.shape, *x.shape[axis + 1 :]])

    return call.op_of(forward, weights)


@onnx_op("GatherElements", since=11, mixes=along_axis(0))
def gather_elements(call: OnnxCall, weights: Weights) -> Op:
    """y[i, j] = x[index[i, j], j] for axis 0, likewise for others. Gradient: autograd's, g added up there."""

    def forward(x: Tensor, index: Tensor) -> Tensor:
        axis = axis_of(call, x.dim(), 0)
        return x.gather(axis, torch.where(index < 0, index + x.shape[axis], index).long())

    return call.op_of(forward, weights)


def _indexed(call: OnnxCall, shape: torch.Size, index: Tensor) -> tuple[Tensor, ...]:
    """One tensor of places for each of the first axes."""
    places = index.long().unbind(-1)
    return tuple(torch.where(p < 0, p + n, p) for p, n in zip(places, shape, strict=False))


@onnx_op("GatherND", since=11, mixes=everything)
def gather_nd(call: OnnxCall, weights: Weights) -> Op:
    """y[i] = x[index[i]]: the last axis of the indices names places along x's first axes. Gradient: autograd's."""
    alike = call.attr("batch_dims", 0)

    def picked(x: Tensor, index: Tensor) -> Tensor:
        rows = index.reshape(-1, index.shape[-1])
        return x[_indexed(call, x.shape, rows)].reshape([*index.shape[:-1], *x.shape[index.shape[-1] :]])

    def forward(x: Tensor, index: Tensor) -> Tensor:
        if not alike:
            return picked(x, index)
        rows = x.reshape(prod(x.shape[:alike]), *x.shape[alike:])
        which = index.reshape(prod(index.shape[:alike]), *index.shape[alike:])
        made = torch.stack([picked(r, w) for r, w in zip(rows, which, strict=True)])
        return made.reshape(*x.shape[:alike], *made.shape[1:])

    return call.op_of(forward, weights)


REDUCTIONS = {"add": "sum", "mul": "prod", "max": "amax", "min": "amin"}


@onnx_op("Scatter", since=9, mixes=everything)
@onnx_op("ScatterElements", since=11, mixes=everything)
def scatter_elements(call: OnnxCall, weights: Weights) -> Op:
    """y = x, with y[index[i, j], j] = updates[i, j] for axis 0, likewise for others; or added, multiplied, ....

    Gradient: autograd's: g where nothing was written, for the updates g at their places.
    """
    how = call.attr("reduction", "none")

    def forward(x: Tensor, index: Tensor, updates: Tensor) -> Tensor:
        axis = axis_of(call, x.dim(), 0)
        index = torch.where(index < 0, index + x.shape[axis], index).long()
        if how == "none":
            return x.scatter(axis, index, updates)
        return x.scatter_reduce(axis, index, updates, REDUCTIONS[how])

    return call.op_of(forward, weights)


@onnx_op("ScatterND", since=11, mixes=everything)
def scatter_nd(call: OnnxCall, weights: Weights) -> Op:
    """y = x, with y[index[i]] = updates[i]; or added, multiplied, .... Gradient: autograd's, as for ScatterElements."""
    how = call.attr("reduction", "none")

    def forward(x: Tensor, index: Tensor, updates: Tensor) -> Tensor:
        places = _indexed(call, x.shape, index)
        if how in ("none", "add"):
            return x.index_put(places, updates, accumulate=how == "add")
        strides = [prod(x.shape[i + 1 : len(places)]) for i in range(len(places))]
        rows = sum((p * s for p, s in zip(places, strides, strict=True)), torch.zeros_like(places[0])).reshape(-1)
        inner = x.shape[len(places) :]
        flat = x.reshape(-1, prod(inner))
        wide = rows[:, None].expand(-1, flat.shape[1])
        return flat.scatter_reduce(0, wide, updates.reshape(-1, flat.shape[1]), REDUCTIONS[how]).reshape(x.shape)

    return call.op_of(forward, weights)


@onnx_op("ReverseSequence", since=10, mixes=everything)
def reverse_sequence(call: OnnxCall, weights: Weights) -> Op:
    """y = x with the first lengths[b] places along time_axis turned around, for each b. Gradient: autograd's."""
    batch, time = call.attr("batch_axis", 1), call.attr("time_axis", 0)

    def forward(x: Tensor, lengths: Tensor) -> Tensor:
        moved = x.movedim((batch, time), (0, 1))
        steps = torch.arange(moved.shape[1], device=x.device).expand(moved.shape[0], -1)
        ends = lengths.reshape(-1, 1).to(steps)
        places = torch.where(steps < ends, ends - 1 - steps, steps)
        rows = torch.arange(moved.shape[0], device=x.device)[:, None]
        return moved[rows, places].movedim((0, 1), (batch, time))

    return call.op_of(forward, weights)


@onnx_op("OneHot", since=9, arguments={"depth": 1})
def one_hot(call: OnnxCall, weights: Weights) -> Op:
    """y = values[1] at the place that the index names along a new ``axis`` of size depth, values[0] elsewhere.

    Gradient: none.
    """
    depth = int(call.number("depth") or 0)

    def forward(index: Tensor, values: Tensor) -> Tensor:
        axis = axis_of(call, index.dim() + 1, -1)
        wanted = torch.where(index < 0, index + depth, index).unsqueeze(axis)
        places = torch.arange(depth, device=index.device).reshape([-1 if i == axis else 1 for i in range(wanted.dim())])
        return torch.where(wanted == places, values[1], values[0])

    return call.op_of(forward, weights)
