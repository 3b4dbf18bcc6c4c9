"""What ONNX's operators do with the places of numbers in the picture: the words of ``formats/layouts.py`` for them."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from deepvis.formats.layouts import LayoutCall, OnPlaces
from deepvis.formats.onnx.call import OnnxCall
from deepvis.formats.onnx.node_parts import NodeParts
from deepvis.formats.onnx.onnx_ops import axis_of, elementwise
from deepvis.formats.onnx.running import op_of
from deepvis.formats.onnx.values import Value
from deepvis.formats.open_arguments import Dims, Shape, Size
from deepvis.network.op import Weights

_NAMES = {
    OnPlaces.RESHAPES: "Reshape Unsqueeze",
    OnPlaces.REORDERS: "Transpose",
    OnPlaces.MOVES: "Flatten Squeeze Expand Tile Split Slice Gather Identity Dropout SpaceToDepth",
    OnPlaces.JOINS: "Concat",
}
MOVES = {name: effect for effect, names in _NAMES.items() for name in names.split(" ")}


def layout_call(step: NodeParts, file_batch: int) -> LayoutCall:
    """file_batch: how many pictures the first trial has."""
    effect, axes = _effect(step)
    tops, bottoms = (tuple(_dims(value, file_batch) for value in values) for values in (step.tops, step.bottoms))
    return LayoutCall(effect, tops, bottoms, partial(_forward, step), axes)


def _forward(step: NodeParts, weights: Weights) -> Callable[..., Any]:
    return op_of(step.row, step.call, [value.dtype for value in step.bottoms], step.batch, weights).forward


def _dims(value: Value, file_batch: int) -> Dims:
    """The value's shape, open where it grows with the number of pictures."""
    shape = value.shapes[0]
    if value.axis is None:
        return shape
    factor = shape[value.axis] // file_batch
    open_size = Size(f"{factor} N", lambda count: factor * count)
    return (*shape[: value.axis], open_size, *shape[value.axis + 1 :])


def _effect(step: NodeParts) -> tuple[OnPlaces, tuple[int, ...]]:
    """The effect, and the axes along which it mixes."""
    call, shape = step.call, step.bottoms[0].shapes[0]
    if call.op in MOVES:
        return MOVES[call.op], ()
    if call.op == "Pad":
        return OnPlaces.ENLARGES, ()
    if call.op == "MatMul" and len(step.bottoms) == 2:
        return OnPlaces.MULTIPLIES, ()
    if call.op in ("MatMul", "Gemm"):
        return (OnPlaces.MULTIPLIES_BY_WEIGHT if _is_of_last_axis(call) else OnPlaces.OTHER), ()
    axis = _axis_mixed(call, shape)
    if axis is not None:
        return OnPlaces.MIXES, (axis,)
    return (OnPlaces.WORKS_BY_ELEMENT if step.row.field is elementwise else OnPlaces.OTHER), ()


def _is_of_last_axis(call: OnnxCall) -> bool:
    """A matrix that is a weight times each vector along the last axis."""
    if call.op == "Gemm":
        return call.bottom_places == [0] and not call.attr("transA", 0)
    shape = call.weight_shape(1)
    return call.bottom_places == [0] and shape is not None and len(shape) == 2


def _axis_mixed(call: OnnxCall, shape: Shape) -> int | None:
    """The one axis along which it mixes, where its top has the same axes; None for others."""
    if call.op in ("Softmax", "LogSoftmax", "LpNormalization"):
        return axis_of(call, len(shape), -1) if call.opset >= 13 else None
    if call.op in ("LayerNormalization", "RMSNormalization"):
        axis = axis_of(call, len(shape), -1)
        return axis if axis == len(shape) - 1 else None
    if call.op in ("BatchNormalization", "LRN") and call.bottom_places == [0]:
        return 1
    if call.op.startswith("Reduce"):
        axes = call.ints("axes") or []
        return axes[0] % len(shape) if len(axes) == 1 and call.attr("keepdims", 1) else None
    return None
