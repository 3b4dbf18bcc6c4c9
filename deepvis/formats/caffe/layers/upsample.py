"""Upsample: maxima put back where a pooling found them, or every value repeated."""

from __future__ import annotations

from collections.abc import Sequence

from deepvis.formats.caffe.layer import check_image, check_size, fault, layer_type
from deepvis.formats.caffe.spec import LayerSpec
from deepvis.network.field_rules import WHOLE_WINDOW, NodeEdge, Window, each
from deepvis.network.lazy import F, Tensor
from deepvis.network.op import Op, Weights

SAME = (
    "one of the same shape: upsample_h and upsample_w fix the size of the picture (SegNet's 360x480); give it with "
    "--input-size HxW"
)


def upsample_field(spec: LayerSpec, edge: NodeEdge, window: Window) -> Window | None:
    if len(edge.bottoms) == 2:  # where a maximum goes depends on the mask
        return None if edge.bottom == 1 else WHOLE_WINDOW
    rows, columns = _factors(spec)
    return each(
        window, lambda s: (s[0] // rows, (s[1] - 1) // rows + 1), lambda s: (s[0] // columns, (s[1] - 1) // columns + 1)
    )


def _factors(spec: LayerSpec) -> tuple[int, int]:
    """(down, across)"""
    p = spec.param
    if p.HasField("scale_h") != p.HasField("scale_w") or (p.HasField("scale") and p.HasField("scale_h")):
        raise fault(spec, "scale_h without scale_w, or beside scale", "scale alone, or both scale_h and scale_w")
    factors = (p.scale_h, p.scale_w) if p.HasField("scale_h") else (p.scale, p.scale)
    if min(factors) < 1:
        raise fault(spec, f"scale {factors}", "1 or more")
    return factors


@layer_type("Upsample", bottoms=(1, 2), field=upsample_field)
def upsample(spec: LayerSpec, weights: Weights) -> Op:
    """y[mask[i]] = x[i], 0 elsewhere, plane by plane; without a mask every value ``scale`` times down and across.

    Shapes: (N, C, h, w), mask of the same -> (N, C, upsample_h, upsample_w), or (h * scale - pad_out_h, likewise w);
    without a mask (N, C, h * scale, w * scale). The mask is the second top of a MAX pooling: places in its plane.
    Gradient: the g at the places of the mask; nothing to the mask; without one the sum over the copies.
    Caffe's surprises: where windows overlap and two have one maximum, the last in order counts; pad_out takes 1 away
    and needs a scale of 2.
    Source: SegNet's fork (alexgkendall/caffe-segnet), upsample_layer.cpp; without a mask YOLO v3's forks.
    """
    p, has_mask = spec.param, len(spec.bottoms) == 2
    if p.HasField("upsample_h") != p.HasField("upsample_w"):
        raise fault(spec, "one of upsample_h and upsample_w", "both, or neither")

    def size(shape: Sequence[int]) -> tuple[int, int]:
        check_image(spec, shape)
        if p.HasField("upsample_h"):
            return p.upsample_h, p.upsample_w
        rows, columns = _factors(spec)
        found = shape[2] * rows - p.pad_out_h, shape[3] * columns - p.pad_out_w
        check_size(spec, (*shape[:2], *found))
        return found

    def shapes(shape: Sequence[int], *mask: Sequence[int]):
        if mask and tuple(mask[0]) != tuple(shape):
            raise fault(spec, f"a mask of {list(mask[0])} for a bottom of {list(shape)}", SAME)
        return ((*shape[:2], *size(shape)),)

    def places(x: Tensor, mask: Tensor) -> Tensor:
        shapes(x.shape, mask.shape)
        height, width = size(x.shape)
        found = mask.flatten(2).long()
        if found.numel() and not 0 <= int(found.min()) <= int(found.max()) < height * width:
            raise fault(
                spec,
                f"a mask with places from {int(found.min())} to {int(found.max())} for {height} x {width}",
                "places inside; upsample_h and upsample_w must be the size of what was pooled",
            )
        return found

    def with_mask(x: Tensor, mask: Tensor) -> Tensor:
        height, width = size(x.shape)
        flat = x.new_zeros(*x.shape[:2], height * width)
        return flat.scatter(2, places(x, mask), x.flatten(2)).reshape(*x.shape[:2], height, width)

    def repeated(x: Tensor) -> Tensor:
        return F.interpolate(x, size(x.shape), mode="nearest")

    return Op(with_mask if has_mask else repeated, shapes=shapes)
