"""Crop and CropCenter: a window cut out of a blob."""

from __future__ import annotations

from collections.abc import Sequence

from deepvis.formats.caffe.layer import canonical_axis, fault, layer_type
from deepvis.formats.caffe.spec import LayerSpec
from deepvis.network.field_rules import NodeEdge, Window, each, last_two, shifted
from deepvis.network.lazy import Tensor, torch
from deepvis.network.op import Op, Weights


def _cut(spec: LayerSpec, x: Tensor, starts: Sequence[int], sizes: Sequence[int]) -> Tensor:
    """A contiguous copy of x[start : start + size] along each axis."""
    for axis, (start, size) in enumerate(zip(starts, sizes, strict=True)):
        if start < 0 or start + size > x.shape[axis]:
            raise fault(
                spec, f"{size} from {start} on along axis {axis} of {list(x.shape)}", "a window inside the bottom"
            )
        x = x.narrow(axis, start, size)
    return x.contiguous()


def _paste(grad: Tensor, shape: Sequence[int], starts: Sequence[int]) -> Tensor:
    whole = torch.zeros(shape, dtype=grad.dtype, device=grad.device)
    whole[tuple(slice(s, s + n) for s, n in zip(starts, grad.shape, strict=True))] = grad
    return whole


def crop_starts(spec: LayerSpec, dims: int) -> list[int]:
    """Where a Crop layer's window starts along each axis of a bottom with ``dims`` axes."""
    axis = canonical_axis(spec, spec.param.axis, dims)
    offsets = [int(v) for v in spec.param.offset]
    if len(offsets) > 1 and len(offsets) != dims - axis:
        raise fault(spec, f"{len(offsets)} offsets", f"none, 1 or {dims - axis}, one for each axis from {axis} on")
    if len(offsets) <= 1:
        offsets = (offsets or [0]) * (dims - axis)
    return [0] * axis + offsets


def crop_field(spec: LayerSpec, edge: NodeEdge, window: Window) -> Window | None:
    if edge.bottom == 1:
        return None  # only its size counts
    return each(window, *(shifted(v) for v in last_two(crop_starts(spec, len(edge.below)), 0)))


@layer_type("Crop", bottoms=(2, 2), field=crop_field)
def crop(spec: LayerSpec, weights: Weights) -> Op:
    """y = the first bottom cut to the second's size along the axes from ``axis`` (2) on, starting at ``offset`` (0).

    Shapes: axes before ``axis`` stay, the others take the second bottom's sizes. Gradient: g at the window's
    place and zeros around it; nothing to the second bottom.
    Caffe's surprises: one offset serves all cropped axes; the window starts at the offset, not at the centre.
    Source: Caffe's crop_layer.cpp.
    """

    def forward(x: Tensor, like: Tensor) -> Tensor:
        if like.dim() < x.dim():
            raise fault(spec, f"bottoms of {x.dim()} and {like.dim()} axes", "a second of as many axes")
        starts = crop_starts(spec, x.dim())
        axis = canonical_axis(spec, spec.param.axis, x.dim())
        return _cut(spec, x, starts, [*x.shape[:axis], *like.shape[axis : x.dim()]])

    def backward(ran, grads):
        x = ran.bottoms[0]
        return [_paste(grads[0], x.shape, crop_starts(spec, x.dim())), None]

    return Op(forward, backward=backward)


def cropcenter_field(spec: LayerSpec, edge: NodeEdge, window: Window) -> Window | None:
    borders = [(below - above) // 2 for below, above in zip(edge.below, edge.above, strict=True)]
    return each(window, *(shifted(v) for v in last_two(borders, 0)))


@layer_type("CropCenter", field=cropcenter_field)
def crop_center(spec: LayerSpec, weights: Weights) -> Op:
    """y = the bottom without its border: crop_size values less at both sides of each axis.

    Shapes: (..., n, ...) -> (..., n - 2 crop_size, ...); one value for each axis, or for the last ones if there are
    fewer; a single value is for the last two. Gradient: g in the middle and zeros around it.
    Source: the waifu2x fork of Caffe (nagadomi, lltcggie), crop_center_layer.
    """
    sizes = [int(v) for v in spec.param.crop_size]

    def starts_of(x: Tensor) -> list[int]:
        given = sizes * 2 if len(sizes) == 1 else sizes
        if not given or len(given) > x.dim():
            raise fault(spec, f"{len(sizes)} values of crop_size on {x.dim()} axes", "1 value, or up to one per axis")
        return [0] * (x.dim() - len(given)) + given

    def forward(x: Tensor) -> Tensor:
        starts = starts_of(x)
        kept = [n - 2 * s for n, s in zip(x.shape, starts, strict=True)]
        if min(kept) < 1:
            raise fault(spec, f"crop_size {sizes} on a bottom of {list(x.shape)}", "something left in the middle")
        return _cut(spec, x, starts, kept)

    return Op(forward, backward=lambda ran, grads: [_paste(grads[0], ran.bottoms[0].shape, starts_of(ran.bottoms[0]))])
