"""Resize, and Upsample before it."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Sequence
from functools import lru_cache

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from deepvis.formats.onnx.call import OnnxCall
from deepvis.formats.onnx.onnx_ops import onnx_op
from deepvis.formats.onnx.taps import How, Taps, taps_of
from deepvis.formats.open_arguments import Shape
from deepvis.network.field_axes import along
from deepvis.network.field_rules import NodeEdge, Window
from deepvis.network.kinds import Kind
from deepvis.network.op import Op, Weights


def how_of(call: OnnxCall) -> How:
    old = call.op == "Upsample" or call.opset < 11
    mode = call.attr("mode", "nearest")
    mode = {"bilinear": "linear", "trilinear": "linear"}.get(mode, mode)
    how = How(
        mode,
        "asymmetric" if old else call.attr("coordinate_transformation_mode", "half_pixel"),
        "floor" if old else call.attr("nearest_mode", "round_prefer_floor"),
        call.attr("cubic_coeff_a", -0.75),
        bool(call.attr("exclude_outside", 0)),
        bool(call.attr("antialias", 0)),
    )
    if how.mode not in ("nearest", "linear", "cubic"):
        raise call.fault(f"mode {mode!r}", "nearest, linear or cubic")
    return how


Targets = dict[int, tuple[int, float]]  # axis -> (its new size, its scale)


def targets(call: OnnxCall, shape: Shape) -> Targets:
    """The axes that change. Raises ModelError."""
    rank = len(shape)
    axes = call.ints("axes")
    axes = list(range(rank)) if axes is None else [axis % rank for axis in axes]
    sizes, scales = call.ints("sizes"), call.floats("scales")
    if sizes:
        if len(sizes) != len(axes):
            raise call.fault(f"sizes {sizes} for axes {axes}", "one for each axis")
        found = {axis: (size, size / shape[axis]) for axis, size in zip(axes, sizes, strict=True)}
        policy = call.attr("keep_aspect_ratio_policy", "stretch")
        if policy != "stretch":
            pick = min if policy == "not_larger" else max
            scale = pick(scale for _, scale in found.values())
            found = {axis: (math.floor(scale * shape[axis] + 0.5), scale) for axis in axes}
    else:
        if not scales or len(scales) != len(axes) or not all(s > 0 and math.isfinite(s) for s in scales):
            raise call.fault(f"scales {scales} for axes {axes}", "sizes, or a scale above 0 for each axis")
        # in float32, as the runtimes: 30 places times 0.7 are 21
        found = {a: (int(np.float32(shape[a]) * np.float32(s)), s) for a, s in zip(axes, scales, strict=True)}
    if any(size < 1 or size > 1 << 24 for size, _ in found.values()):
        raise call.fault(f"sizes {[size for size, _ in found.values()]}", "sizes of 1 or more")
    is_crop = call.attr("coordinate_transformation_mode") == "tf_crop_and_resize"
    return {axis: pair for axis, pair in found.items() if is_crop or pair != (shape[axis], 1.0)}


def roi_of(call: OnnxCall, rank: int) -> dict[int, tuple[float, float]]:
    roi = call.floats("roi") or []
    axes = call.ints("axes")
    axes = list(range(rank)) if axes is None else [axis % rank for axis in axes]
    count = len(axes)
    return {a: (roi[i], roi[count + i]) for i, a in enumerate(axes)} if len(roi) == 2 * count else {}


def resized_axes(call: OnnxCall, place: int, shape: Shape) -> Collection[int]:
    return targets(call, shape)


def rebatch_resize(call: OnnxCall, shape: Shape, axis: int, factor: int) -> dict[str, list[int]]:
    """The sizes name how many pictures there are."""
    sizes, axes = call.ints("sizes"), call.ints("axes")
    axes = list(range(len(shape))) if axes is None else [a % len(shape) for a in axes]
    if not sizes or axis not in axes:
        return {}
    return {"sizes": [size * factor if a == axis else size for size, a in zip(sizes, axes, strict=True)]}


def resize_field(call: OnnxCall, edge: NodeEdge, window: Window) -> Window | None:
    how, wanted = how_of(call), targets(call, edge.below)
    taps = {axis: taps_of(how, edge.below[axis], size, scale) for axis, (size, scale) in wanted.items()}
    return along(edge, window, {axis: _read(each) for axis, each in taps.items()})


def _read(taps: Taps) -> Callable[[tuple[int, int]], tuple[int, int]]:
    def span(s: tuple[int, int]) -> tuple[int, int]:
        rows = slice(min(max(s[0], 0), len(taps.places) - 1), max(min(s[1], len(taps.places)), 1))
        return int(taps.places[rows].min()), int(taps.places[rows].max()) + 1

    return span


INPUTS = {"roi": 1, "scales": 2, "sizes": 3}


@onnx_op("Upsample", since=7, kind=Kind.OTHER, field=resize_field, arguments={"scales": 1}, mixes=resized_axes)
@onnx_op("Resize", since=10, kind=Kind.OTHER, field=resize_field, arguments={"scales": 1}, mixes=resized_axes)
@onnx_op("Resize", since=11, kind=Kind.OTHER, field=resize_field, arguments=INPUTS, mixes=resized_axes,
         rebatch=rebatch_resize)  # fmt: skip
def resize(call: OnnxCall, weights: Weights) -> Op:
    """y = x at other sizes, axis by axis: of each place of y the nearest, two (linear) or four (cubic) places of x.

    sizes or scales say how large; coordinate_transformation_mode where y's places lie on x. Gradient: the shares of g.
    """
    how, outside = how_of(call), call.attr("extrapolation_value", 0.0)

    @lru_cache(maxsize=16)
    def taps(axis: int, size: int, result: int, scale: float, roi: tuple[float, float]) -> Taps:
        return taps_of(how, size, result, scale, roi)

    def forward(x: Tensor) -> Tensor:
        wanted = targets(call, tuple(x.shape))
        plain = plain_sizes(how, tuple(x.shape), wanted)
        if plain is not None and x.is_floating_point():
            if how.mode == "nearest":
                return F.interpolate(x, plain, mode="nearest")
            return F.interpolate(x, plain, mode="bilinear", align_corners=how.coordinates == "align_corners")
        kind, roi = x.dtype, roi_of(call, x.dim())
        x = x if x.is_floating_point() or how.mode == "nearest" else x.float()
        for axis, (result, scale) in wanted.items():
            x = read_axis(x, axis, taps(axis, x.shape[axis], result, scale, roi.get(axis, (0.0, 1.0))), outside)
        return x.to(kind)

    return call.op_of(forward, weights)


def plain_sizes(how: How, shape: Shape, wanted: Targets) -> Sequence[int] | None:
    """The sizes of a map where PyTorch's own, quicker, gives the same; None elsewhere."""
    if len(shape) != 4 or not set(wanted) <= {2, 3} or how.antialias or how.mode == "cubic":
        return None
    sizes = [wanted.get(axis, (shape[axis], 1.0))[0] for axis in (2, 3)]
    spans = [shape[axis] * wanted.get(axis, (0, 1.0))[1] for axis in (2, 3)]
    if any(abs(size - span) > 1e-9 for size, span in zip(sizes, spans, strict=True)):
        return None
    if how.mode == "nearest":
        is_whole = all(size % shape[axis] == 0 for axis, size in zip((2, 3), sizes, strict=True))
        is_rounded = how.coordinates == "half_pixel" and how.nearest.startswith("round")
        is_plain = is_rounded or (how.coordinates, how.nearest) == ("asymmetric", "floor")
        return sizes if is_whole and is_plain else None
    return sizes if how.coordinates in ("half_pixel", "align_corners") else None


def read_axis(x: Tensor, axis: int, taps: Taps, outside: float) -> Tensor:
    places = torch.from_numpy(taps.places).to(x.device)
    if taps.count == 1:
        y = x.index_select(axis, places[:, 0])
    else:
        shape = [-1 if i == axis else 1 for i in range(x.dim())]
        shares = torch.from_numpy(taps.shares).to(x.device, x.dtype)
        pieces = [x.index_select(axis, places[:, i]) * shares[:, i].reshape(shape) for i in range(taps.count)]
        y = sum(pieces[1:], pieces[0])
    if not taps.outside.any():
        return y
    mask = torch.from_numpy(taps.outside).to(x.device).reshape([-1 if i == axis else 1 for i in range(x.dim())])
    return torch.where(mask, torch.full_like(y, outside), y)
