"""Values joined, cut up and padded."""

from __future__ import annotations

from collections.abc import Collection

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from deepvis.formats.onnx.call import OnnxCall
from deepvis.formats.onnx.onnx_ops import along_axis, axis_of, onnx_op
from deepvis.formats.onnx.windows import torch_pads
from deepvis.formats.open_arguments import Bottom, Shape
from deepvis.network.field_axes import along, cut_up, joined
from deepvis.network.field_rules import WHOLE_WINDOW, NodeEdge, Window, shifted
from deepvis.network.kinds import Kind
from deepvis.network.op import Op, Weights


def concat_field(call: OnnxCall, edge: NodeEdge, window: Window) -> Window | None:
    joins_bottoms = all(isinstance(given, Bottom) for given in call.inputs)
    return joined(edge, window, axis_of(call, len(edge.below))) if joins_bottoms else WHOLE_WINDOW


def concat_kind(call: OnnxCall) -> Kind:
    return Kind.CONCAT if all(isinstance(given, Bottom) for given in call.inputs) else Kind.OTHER


@onnx_op("Concat", since=4, kind=concat_kind, field=concat_field, mixes=along_axis(1))
def concat(call: OnnxCall, weights: Weights) -> Op:
    """y = the inputs, one after the other along ``axis``. Gradient: the slices of g.

    What was written for one picture, as a class token, is repeated for each.
    """

    def forward(*values: Tensor) -> Tensor:
        axis = axis_of(call, values[0].dim())
        if not all(isinstance(given, Bottom) for given in call.inputs):
            rows = {i: max(v.shape[i] for v in values) for i in range(values[0].dim()) if i != axis}
            values = tuple(
                v.expand([v.shape[i] if i == axis or v.shape[i] != 1 else rows[i] for i in range(v.dim())])
                for v in values
            )
        return torch.cat(values, axis)

    if not all(isinstance(given, Bottom) for given in call.inputs):
        return call.op_of(forward, weights)

    def backward(ran, grads):
        axis = axis_of(call, ran.bottoms[0].dim())
        return grads[0].split([x.shape[axis] for x in ran.bottoms], axis)

    return call.op_of(forward, weights, backward=backward)


def split_field(call: OnnxCall, edge: NodeEdge, window: Window) -> Window | None:
    return cut_up(edge, window, axis_of(call, len(edge.below), 0)) if all(call.outputs) else WHOLE_WINDOW


@onnx_op("Split", since=2, field=split_field, arguments={"split": 1}, mixes=along_axis(0))
def split(call: OnnxCall, weights: Weights) -> Op:
    """y = x cut along ``axis`` in pieces of the sizes ``split``, or equal ones, of which the last may be smaller.

    Gradient: the pieces' gradients joined, zeros for those that nothing uses.
    """
    sizes, count = call.ints("split"), int(call.attr("num_outputs", 0)) or len(call.outputs)

    def forward(x: Tensor):
        axis = axis_of(call, x.dim(), 0)
        length = x.shape[axis]
        step = -(-length // count)
        wanted = [max(min(step, length - i * step), 0) for i in range(count)] if sizes is None else sizes
        return x.split(wanted, axis)

    return call.op_of(forward, weights)


# --- pads -----------------------------------------------------------------------------------------


def pads_by_axis(call: OnnxCall, rank: int) -> list[tuple[int, int]]:
    """(before, after) of each axis; negative ones cut off. Raises ModelError."""
    pads, axes = call.ints("pads") or [], call.ints("axes")
    axes = list(range(rank)) if axes is None else [axis % rank for axis in axes]
    if len(pads) != 2 * len(axes) or any(axis >= rank for axis in axes):
        raise call.fault(f"pads {pads} on {rank} axes", "two for each axis")
    found = [(0, 0)] * rank
    for axis, pair in zip(axes, zip(pads[: len(axes)], pads[len(axes) :], strict=True), strict=True):
        found[axis] = pair
    return found


def padded_axes(call: OnnxCall, place: int, shape: Shape) -> Collection[int]:
    return [axis for axis, pads in enumerate(pads_by_axis(call, len(shape))) if pads != (0, 0)] if place == 0 else ()


def pad_field(call: OnnxCall, edge: NodeEdge, window: Window) -> Window | None:
    if edge.bottom:
        return WHOLE_WINDOW
    pads = {axis: pair for axis, pair in enumerate(pads_by_axis(call, len(edge.below))) if pair != (0, 0)}
    is_constant = call.attr("mode", "constant") == "constant"
    return along(edge, window, {axis: shifted(-before) if is_constant else None for axis, (before, _) in pads.items()})


PAD_MODES = ("constant", "reflect", "edge", "wrap")


@onnx_op("Pad", since=2, field=pad_field, arguments={"pads": 1, "value": 2, "axes": 3}, mixes=padded_axes)
def pad(call: OnnxCall, weights: Weights) -> Op:
    """y = x with values added before and after each axis: one number, itself mirrored, its edge, its other end.

    Negative pads cut off. Gradient: g without the pads; what is repeated gets the sum.
    """
    mode = call.attr("mode", "constant")
    if mode not in PAD_MODES:
        raise call.fault(f"mode {mode!r}", f"one of {', '.join(PAD_MODES)}")

    def forward(x: Tensor) -> Tensor:
        pads = pads_by_axis(call, x.dim())
        if mode == "constant":
            begin, end = [b for b, _ in pads], [e for _, e in pads]
            number = call.number("value", 0.0) or 0.0
            return F.pad(x, torch_pads(begin, end), value=float(number) if x.is_floating_point() else int(number))
        for axis, (before, after) in enumerate(pads):
            if (before, after) != (0, 0):
                places = _padded_places(call, x.shape[axis], before, after, mode)
                x = x.index_select(axis, torch.from_numpy(places).to(x.device))
        return x

    return call.op_of(forward, weights)


def _padded_places(call: OnnxCall, size: int, begin: int, end: int, mode: str) -> np.ndarray:
    """Which place of an axis each place of the padded one shows."""
    if max(begin, end) > 1 << 24:
        raise call.fault(f"pads of {begin} and {end}", "at most some millions")
    places = np.pad(np.arange(size), (max(begin, 0), max(end, 0)), mode)  # type: ignore[call-overload]
    return places[max(-begin, 0) : len(places) - max(-end, 0)]
