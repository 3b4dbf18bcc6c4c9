"""Maps made larger or smaller: interpolation, pixel shuffle, padding."""

from __future__ import annotations

from collections.abc import Callable
from math import floor

from deepvis.formats.torch.aten_ops import aten_op
from deepvis.formats.torch.call import AtenCall
from deepvis.network.field_axes import along
from deepvis.network.field_rules import WHOLE_WINDOW, NodeEdge, Span, Window
from deepvis.network.kinds import Kind
from deepvis.network.op import Weights

REACH = {"nearest": (0, 0), "linear": (0, 1), "cubic": (1, 2)}  # before and after the place that a value is read at


def interpolated_field(call: AtenCall, edge: NodeEdge, window: Window) -> Window | None:
    method = next((name for name in REACH if name in call.op), "")
    if call.op.endswith("_aa") or not method:
        return WHOLE_WINDOW
    axes = len(edge.below) - 2
    factors = call.arguments.get("scale_factors") or [None] * axes
    aligned = bool(call.arguments.get("align_corners"))
    changes = {}
    for axis, factor in zip(range(2, axes + 2), factors, strict=True):
        below, above = edge.below[axis], edge.above[axis]
        ratio = (below - 1) / max(above - 1, 1) if aligned else 1 / factor if factor else below / above
        shift = 0.0 if aligned or call.op.startswith("upsample_nearest") else 0.5
        changes[axis] = _read_at(ratio, shift, REACH[method], below)
    return along(edge, window, changes)


def _read_at(ratio: float, shift: float, reach: tuple[int, int], size: int) -> Callable[[Span], Span]:
    """What a span of the top is made of: each place is read at (place + shift) ratio - shift; rounding is allowed for.

    Places outside of the map are those at its edge.
    """

    def change(span: Span) -> Span:
        first, last = ((place + shift) * ratio - shift for place in (span[0], span[1] - 1))
        begin, end = floor(first - 1e-4) - reach[0], floor(last + 1e-4) + reach[1] + 1
        return min(max(begin, 0), size - 1), max(min(end, size), 1)

    return change


@aten_op("upsample_nearest1d", "upsample_nearest2d", "upsample_nearest3d", "_upsample_nearest_exact2d",
         "upsample_linear1d", "upsample_bilinear2d", "upsample_trilinear3d", "upsample_bicubic2d",
         "_upsample_bilinear2d_aa", "_upsample_bicubic2d_aa", kind=Kind.POOLING, field=interpolated_field)  # fmt: skip
def interpolate(call: AtenCall, weights: Weights) -> None:
    """y = x read at places between its own: the nearest value, or a mean of 2 or 4 along each axis (bilinear, bicubic).

    Gradient: autograd's, g handed to the values that were read.
    """


def shuffled_field(call: AtenCall, edge: NodeEdge, window: Window) -> Window | None:
    if call.op == "pixel_shuffle":
        factor = call["upscale_factor"]
        return along(edge, window, dict.fromkeys((-2, -1), lambda s: (s[0] // factor, -(-s[1] // factor))))
    factor = call["downscale_factor"]
    return along(edge, window, dict.fromkeys((-2, -1), lambda s: (s[0] * factor, s[1] * factor)))


@aten_op("pixel_shuffle", "pixel_unshuffle", kind=Kind.OTHER, field=shuffled_field)
def pixel_shuffle(call: AtenCall, weights: Weights) -> None:
    """y = r r channels dealt out to r x r places each, or the other way round. Gradient: autograd's, g dealt back."""


def padded_field(call: AtenCall, edge: NodeEdge, window: Window) -> Window | None:
    pads, mode = call["pad"], call.arguments.get("mode", "constant")
    if not all(isinstance(pad, int) for pad in pads):
        return WHOLE_WINDOW
    changes = {}
    for number in range(len(pads) // 2):
        axis = len(edge.below) - 1 - number
        changes[axis] = _unpadded(pads[2 * number], edge.below[axis], mode)
    return along(edge, window, changes)


def _unpadded(before: int, size: int, mode: str) -> Callable[[Span], Span]:
    """The places that a span of the padded axis shows; constants show none."""

    def constant(span: Span) -> Span:
        return max(span[0] - before, 0), min(span[1] - before, size)

    def mirrored(span: Span) -> Span:
        shown = [_shown(place - before, size, mode) for place in range(*span)]
        return min(shown), max(shown) + 1

    return constant if mode == "constant" else mirrored


def _shown(place: int, size: int, mode: str) -> int:
    if mode == "circular":
        return place % size
    if mode == "reflect":
        place = abs(place)
        return place if place < size else 2 * (size - 1) - place
    return min(max(place, 0), size - 1)


@aten_op("pad", "constant_pad_nd", kind=Kind.IDENTITY, field=padded_field)
def pad(call: AtenCall, weights: Weights) -> None:
    """y = x with more places at its edges: constants, or x mirrored, continued (replicate) or in a circle.

    Gradient: autograd's, g where x is shown.
    """
