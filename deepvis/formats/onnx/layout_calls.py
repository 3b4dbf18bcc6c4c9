"""The calls of an ONNX file as the walk that follows places sees them: its words are those of aten.

``formats/torch/layouts.py`` follows where in the picture the numbers of each value lie. All that it asks of a call is
here: what it does, in aten's word for it; shapes for any number of pictures; the operator itself, run on labels.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import torch

from deepvis.formats.onnx.call import OnnxCall
from deepvis.formats.onnx.node_parts import NodeParts
from deepvis.formats.onnx.onnx_ops import axis_of, elementwise
from deepvis.formats.onnx.running import op_of
from deepvis.formats.onnx.values import Value
from deepvis.formats.open_arguments import Shape
from deepvis.formats.torch.call import Dims, Size
from deepvis.network.op import Weights

MOVES = {
    **{"Reshape": "reshape", "Transpose": "permute", "Flatten": "flatten", "Squeeze": "squeeze", "Expand": "expand"},
    **{"Unsqueeze": "unsqueeze", "Tile": "repeat", "Split": "split", "Slice": "slice", "Gather": "select"},
    **{"Concat": "cat", "Identity": "alias", "Dropout": "alias", "SpaceToDepth": "pixel_unshuffle"},
}
POINTWISE, LINEAR, BY_PLACE, OTHER = "add", "linear", "softmax", "other"


@dataclass(frozen=True, eq=False)
class LayoutCall:
    """One call. op: aten's word. settings: what aten calls the arguments that are asked for."""

    step: NodeParts
    op: str
    top_dims: tuple[Dims, ...]
    bottom_dims: tuple[Dims, ...]
    settings: Mapping[str, Any] = field(default_factory=dict)
    has_carrier: bool = False

    def __getitem__(self, name: str) -> Any:
        return self.settings[name]

    def forward(self, weights: Weights) -> Callable[..., Any]:
        """bottoms -> top or tuple of tops."""
        types = [value.dtype for value in self.step.bottoms]
        return op_of(self.step.row, self.step.call, types, self.step.batch, weights).forward


def layout_calls(steps: Sequence[NodeParts], file_batch: int) -> list[LayoutCall]:
    """Of each step; file_batch: how many pictures the first trial has."""
    return [_layout_call(step, file_batch) for step in steps]


def _layout_call(step: NodeParts, file_batch: int) -> LayoutCall:
    op, settings = _word(step)
    tops, bottoms = (tuple(_dims(value, file_batch) for value in values) for values in (step.tops, step.bottoms))
    return LayoutCall(step, op, tops, bottoms, settings)


def _dims(value: Value, file_batch: int) -> Dims:
    """The value's shape, open where it grows with the number of pictures."""
    shape = value.shapes[0]
    if value.axis is None:
        return shape
    factor = shape[value.axis] // file_batch
    open_size = Size(f"{factor} N", lambda count: factor * count)
    return (*shape[: value.axis], open_size, *shape[value.axis + 1 :])


def _word(step: NodeParts) -> tuple[str, dict[str, Any]]:
    """What aten would call it, and its arguments; OTHER where that does not matter."""
    call, shape = step.call, step.bottoms[0].shapes[0]
    if call.op in MOVES:
        return MOVES[call.op], {}
    if call.op == "MatMul" and len(step.bottoms) == 2:
        return "matmul", {}
    if call.op in ("MatMul", "Gemm"):
        return (LINEAR, {}) if _is_of_last_axis(call) else (OTHER, {})
    axes = _axes_mixed(step, call, shape)
    if axes is not None:
        return BY_PLACE, {"dim": axes}
    return (POINTWISE if step.row.field is elementwise else OTHER), {}


def _is_of_last_axis(call: OnnxCall) -> bool:
    """A matrix that is a weight times each vector along the last axis."""
    if call.op == "Gemm":
        return call.bottom_places == [0] and not call.attr("transA", 0)
    shape = call.weight_shape(1)
    return call.bottom_places == [0] and shape is not None and len(shape) == 2


def _axes_mixed(step: NodeParts, call: OnnxCall, shape: Shape) -> int | None:
    """The one axis along which it mixes, where its top has the same axes; None for others."""
    if call.op in ("Softmax", "LogSoftmax", "LpNormalization"):
        return axis_of(call, len(shape), -1) if call.opset >= 13 else None
    if call.op in ("LayerNormalization", "RMSNormalization"):
        axis = axis_of(call, len(shape), -1)
        return axis if axis == len(shape) - 1 else None
    if call.op in ("BatchNormalization", "LRN") and step.call.bottom_places == [0]:
        return 1
    if call.op.startswith("Reduce"):
        axes = call.ints("axes") or []
        return axes[0] % len(shape) if len(axes) == 1 and call.attr("keepdims", 1) else None
    return None


def names_of_tensors(tensors: Mapping[str, torch.Tensor]) -> dict[int, str]:
    """Address -> name of an initializer: tokens are named by it."""
    return {tensor.data_ptr(): name for name, tensor in tensors.items()}
