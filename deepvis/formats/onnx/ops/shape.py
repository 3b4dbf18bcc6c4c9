"""The same values in another shape, in another order of axes, or as they are."""

from __future__ import annotations

from collections.abc import Collection
from math import prod

import torch
from torch import Tensor

from deepvis.formats.onnx.call import OnnxCall
from deepvis.formats.onnx.onnx_ops import all_but_first, axis_of, elementwise, everything, onnx_op
from deepvis.formats.open_arguments import Shape
from deepvis.network.field_rules import WHOLE_WINDOW, NodeEdge, Window, image_size
from deepvis.network.kinds import Kind
from deepvis.network.op import SAME, Op, Weights, reshaped_back, same_back, without_gradient


def resolved(call: OnnxCall, shape: Shape, wanted: list[int]) -> list[int]:
    """The shape asked for, with 0 (as it is) and -1 (what is left) worked out. Raises ModelError."""
    keeps = not call.attr("allowzero", 0)
    found = [shape[i] if d == 0 and keeps and i < len(shape) else d for i, d in enumerate(wanted)]
    if found.count(-1) == 1:
        others = -prod(found)
        found = [(prod(shape) // others if others else 0) if d == -1 else d for d in found]
    if any(d < 0 for d in found) or prod(found) != prod(shape):
        raise call.fault(f"{list(shape)} to be made {wanted}", "a shape of as many values")
    return found


def rebatch_reshape(call: OnnxCall, shape: Shape, axis: int, factor: int) -> dict[str, list[int]]:
    """Pictures lie one after another along ``axis``: they then do along the axis that begins where it does."""
    found = resolved(call, shape, call.ints("shape") or [])
    place = next((i for i in range(len(found)) if prod(found[:i]) == prod(shape[:axis])), None)
    if place is None:
        raise call.fault("pictures whose values would be mixed", "an axis for the pictures")
    found[place] *= factor
    return {"shape": found}


def reshape_field(call: OnnxCall, edge: NodeEdge, window: Window) -> Window:
    """The same place where the map stays as it is."""
    is_map = len(edge.below) >= 4 and len(edge.above) >= 4 and image_size(edge.below) == image_size(edge.above)
    is_same = is_map and prod(edge.below[:-2]) == prod(edge.above[:-2])
    return window if is_same else WHOLE_WINDOW


@onnx_op("Reshape", since=5, kind=Kind.RESHAPE, field=reshape_field, arguments={"shape": 1}, rebatch=rebatch_reshape)
def reshape(call: OnnxCall, weights: Weights) -> Op:
    """y = the same values in the shape that is asked for; 0: as it is, -1: what is left. Gradient: g in x's shape."""
    wanted = call.ints("shape") or []
    return call.op_of(lambda x: x.reshape(resolved(call, tuple(x.shape), wanted)), weights, backward=reshaped_back)


def flat_axes(call: OnnxCall, place: int, shape: Shape) -> Collection[int]:
    """All but the first axis of each of the two that are made."""
    axis = axis_of(call, len(shape) + 1, 1) if call.attr("axis", 1) >= 0 else call.attr("axis") + len(shape)
    return [i for i in range(len(shape)) if i not in (0, axis)] if axis else range(len(shape))


@onnx_op("Flatten", since=1, kind=Kind.RESHAPE, mixes=flat_axes)
def flatten(call: OnnxCall, weights: Weights) -> Op:
    """y = the values as a matrix: the axes before ``axis`` (1) are its rows. Gradient: g in x's shape."""

    def forward(x: Tensor) -> Tensor:
        axis = call.attr("axis", 1)
        axis = axis + x.dim() if axis < 0 else axis
        if not 0 <= axis <= x.dim():
            raise call.fault(f"axis {call.attr('axis', 1)} on {x.dim()} axes", "one of them")
        return x.reshape(prod(x.shape[:axis]), prod(x.shape[axis:]))

    return call.op_of(forward, weights, backward=reshaped_back)


def permutation(call: OnnxCall, rank: int) -> list[int]:
    order = call.ints("perm")
    order = list(range(rank))[::-1] if order is None else order
    if sorted(order) != list(range(rank)):
        raise call.fault(f"perm {order} on {rank} axes", "each axis once")
    return order


def transpose_field(call: OnnxCall, edge: NodeEdge, window: Window) -> Window:
    """The same place where the map's axes stay, the other way around where they are exchanged."""
    rank = len(edge.below)
    order = permutation(call, rank)
    if rank < 4:
        return WHOLE_WINDOW
    if order[-2:] == [rank - 2, rank - 1]:
        return window
    return (window[1], window[0]) if order[-2:] == [rank - 1, rank - 2] else WHOLE_WINDOW


@onnx_op("Transpose", since=1, kind=Kind.RESHAPE, field=transpose_field)
def transpose(call: OnnxCall, weights: Weights) -> Op:
    """y = x with its axes in the order ``perm``, by default turned around. Gradient: g with the axes put back."""
    return call.op_of(lambda x: x.permute(permutation(call, x.dim())), weights)


def squeezed(call: OnnxCall, place: int, shape: Shape) -> Collection[int]:
    axes = call.ints("axes")
    return [i for i, d in enumerate(shape) if d == 1] if axes is None else [axis % len(shape) for axis in axes]


@onnx_op("Squeeze", since=1, kind=Kind.RESHAPE, arguments={"axes": 1}, mixes=squeezed)
def squeeze(call: OnnxCall, weights: Weights) -> Op:
    """y = x without the axes ``axes``, all of size 1 where none are named. Gradient: g in x's shape."""

    def forward(x: Tensor) -> Tensor:
        gone = set(squeezed(call, 0, tuple(x.shape)))
        if any(x.shape[axis] != 1 for axis in gone):
            raise call.fault(f"axes {sorted(gone)} of {list(x.shape)}", "axes of size 1")
        return x.reshape([d for i, d in enumerate(x.shape) if i not in gone])

    return call.op_of(forward, weights, backward=reshaped_back)


@onnx_op("Unsqueeze", since=1, kind=Kind.RESHAPE, arguments={"axes": 1})
def unsqueeze(call: OnnxCall, weights: Weights) -> Op:
    """y = x with axes of size 1 at the places ``axes`` of the result. Gradient: g in x's shape."""
    axes = call.ints("axes") or []

    def forward(x: Tensor) -> Tensor:
        rank = x.dim() + len(axes)
        places = {axis % rank for axis in axes if -rank <= axis < rank}
        if len(places) != len(axes):
            raise call.fault(f"axes {axes} of a result with {rank} axes", "each once")
        sizes = iter(x.shape)
        return x.reshape([1 if i in places else next(sizes) for i in range(rank)])

    return call.op_of(forward, weights, backward=reshaped_back)


@onnx_op("Expand", since=8, kind=Kind.RESHAPE, field=elementwise, arguments={"shape": 1})
def expand(call: OnnxCall, weights: Weights) -> Op:
    """y = x repeated along axes of size 1, to the shape asked for. Gradient: g summed over what was repeated."""
    wanted = call.ints("shape") or []
    return call.op_of(lambda x: x.expand(torch.broadcast_shapes(x.shape, wanted)), weights)


def tiled(call: OnnxCall, place: int, shape: Shape) -> Collection[int]:
    return [i for i, n in enumerate(call.ints("repeats") or []) if n != 1]


@onnx_op("Tile", since=6, kind=Kind.RESHAPE, arguments={"repeats": 1}, mixes=tiled)
def tile(call: OnnxCall, weights: Weights) -> Op:
    """y = x, ``repeats`` times along each axis. Gradient: autograd's, g summed over the copies."""
    repeats = call.ints("repeats") or []
    return call.op_of(lambda x: x.repeat(repeats) if repeats else x, weights)


@onnx_op("Identity", since=1, kind=Kind.IDENTITY, field=elementwise)
def identity(call: OnnxCall, weights: Weights) -> Op:
    """y = x. Gradient: g."""
    return call.op_of(lambda x: x, weights, backward=same_back, shapes=SAME)


@onnx_op("Dropout", since=7, kind=Kind.IDENTITY, field=elementwise, arguments={"ratio": 1, "training_mode": 2},
         note=lambda call: dropout_note(call))  # fmt: skip
def dropout(call: OnnxCall, weights: Weights) -> Op:
    """y = x, and a mask of ones: nothing is dropped. Gradient: g."""
    if call.outputs[1:2] == (True,):
        return call.op_of(lambda x: (x, torch.ones_like(x, dtype=torch.bool)), weights)
    return identity(call, weights)


def dropout_note(call: OnnxCall) -> str:
    if not call.number("training_mode"):
        return ""
    return f"{call.name} drops values at random (training_mode); here nothing is dropped"


BLOCKS = {"DCR": (0, 3, 4, 1, 5, 2), "CRD": (0, 1, 4, 2, 5, 3)}


def block_field(call: OnnxCall, edge: NodeEdge, window: Window) -> Window | None:
    """Of DepthToSpace the place that was spread, of SpaceToDepth the places that were gathered."""
    size = int(call.attr("blocksize", 1))
    if call.op == "SpaceToDepth":
        rows, columns = ((s[0] * size, s[1] * size) if s is not None else None for s in window)
    else:
        rows, columns = ((s[0] // size, (s[1] - 1) // size + 1) if s is not None else None for s in window)
    return rows, columns


@onnx_op("DepthToSpace", "SpaceToDepth", since=1, kind=Kind.RESHAPE, field=block_field, mixes=all_but_first)
def blocks(call: OnnxCall, weights: Weights) -> Op:
    """y = channels dealt out to blocks of places, or blocks of places gathered as channels. Gradient: autograd's.

    Shapes: (N, C b b, H, W) -> (N, C, H b, W b), and the other way around; mode DCR or CRD says how channels are dealt.
    """
    size, mode = int(call.attr("blocksize", 0)), call.attr("mode", "DCR")
    if size < 1 or mode not in BLOCKS:
        raise call.fault(f"blocksize {size}, mode {mode!r}", "a size of 1 or more, DCR or CRD")

    def spread(x: Tensor) -> Tensor:
        n, c, h, w = x.shape
        cut = (n, size, size, c // size**2, h, w) if mode == "DCR" else (n, c // size**2, size, size, h, w)
        return x.reshape(cut).permute(BLOCKS[mode]).reshape(n, c // size**2, h * size, w * size)

    def gathered(x: Tensor) -> Tensor:
        n, c, h, w = x.shape
        cut = x.reshape(n, c, h // size, size, w // size, size)
        order = (0, 3, 5, 1, 2, 4) if mode == "DCR" else (0, 1, 3, 5, 2, 4)
        return cut.permute(order).reshape(n, c * size**2, h // size, w // size)

    return call.op_of(spread if call.op == "DepthToSpace" else gathered, weights)


# --- shapes themselves ----------------------------------------------------------------------------


@onnx_op("Shape", since=1)
def shape_of(call: OnnxCall, weights: Weights) -> Op:
    """y = the sizes of x's axes, from ``start`` to ``end``. Known as soon as the picture's size is. Gradient: none."""
    start, end = call.attr("start", 0), call.attr("end")
    return without_gradient(lambda x: torch.tensor(list(x.shape)[slice(start, end)], dtype=torch.int64))


@onnx_op("Size", since=1)
def size_of(call: OnnxCall, weights: Weights) -> Op:
    """y = how many values x has. Gradient: none."""
    return without_gradient(lambda x: torch.tensor(x.numel(), dtype=torch.int64))


@onnx_op("Trilu", since=14, arguments={"k": 1}, mixes=lambda call, place, shape: everything(call, place, shape[-2:]))
def trilu(call: OnnxCall, weights: Weights) -> Op:
    """y = x above the k-th diagonal (upper) or below it, 0 elsewhere. Gradient: g there."""
    k, is_upper = int(call.number("k") or 0), call.attr("upper", 1)
    return call.op_of(lambda x: x.triu(k) if is_upper else x.tril(k), weights)
