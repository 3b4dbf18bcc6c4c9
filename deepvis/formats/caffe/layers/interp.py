"""Interp: bilinear resizing."""

from __future__ import annotations

from collections.abc import Callable

from deepvis.formats.caffe.layer import check_image, check_size, fault, layer_type
from deepvis.formats.caffe.spec import LayerSpec
from deepvis.network.field_rules import NodeEdge, Span, Window, each, image_size
from deepvis.network.lazy import F, Tensor
from deepvis.network.op import Op, Weights


def interp_field(spec: LayerSpec, edge: NodeEdge, window: Window) -> Window | None:
    if edge.bottom == 1:
        return None
    p = spec.param

    def one(size: int, out: int) -> Callable[[Span], Span]:
        kept = size + p.pad_beg + p.pad_end
        scale = (kept - 1) / (out - 1) if out > 1 else 0.0
        return lambda s: (
            int(s[0] * scale) - p.pad_beg,
            min(int((s[1] - 1) * scale + 1 - 1e-6) + 1, kept) - p.pad_beg,
        )

    return each(window, *(one(n, o) for n, o in zip(image_size(edge.below), image_size(edge.above), strict=True)))


@layer_type("Interp", bottoms=(1, 2), field=interp_field)
def interp(spec: LayerSpec, weights: Weights) -> Op:
    """y = x resized bilinearly, corner pixel on corner pixel (align_corners).

    Shapes: (N, C, H, W) -> (N, C, H', W'). With H taken as H + pad_beg + pad_end (pads are 0 or negative: they
    cut): shrink_factor s gives (H - 1) / s + 1, zoom_factor z gives H + (H - 1) (z - 1), both together shrink
    first; height and width give themselves; a second bottom gives its own size. Gradient: each
    value's shares, summed.
    Source: DeepLab's and PSPNet's forks of Caffe, interp_layer.cpp.
    """
    p = spec.param
    if p.pad_beg > 0 or p.pad_end > 0:
        raise fault(spec, f"pad_beg {p.pad_beg}, pad_end {p.pad_end}", "0 or less: this layer only cuts")
    if min(p.shrink_factor, p.zoom_factor) < 1:
        raise fault(spec, f"shrink_factor {p.shrink_factor}, zoom_factor {p.zoom_factor}", "1 or more")

    def resized(size: int, own: int) -> int:
        if p.HasField("shrink_factor") or p.HasField("zoom_factor"):
            size = (size - 1) // p.shrink_factor + 1
            return size + (size - 1) * (p.zoom_factor - 1)
        return own

    def forward(x: Tensor, *like: Tensor) -> Tensor:
        check_image(spec, x.shape)
        if p.pad_beg or p.pad_end:
            x = F.pad(x, (p.pad_beg, p.pad_end) * 2)
        own = (int(like[0].shape[2]), int(like[0].shape[3])) if like else (p.height, p.width)
        height, width = (resized(n, o) for n, o in zip(x.shape[2:], own, strict=True))
        if min(height, width, *x.shape[2:]) < 1:
            raise fault(spec, f"{height} x {width}", "height and width, a factor, or a second bottom of the size")
        check_size(spec, (*x.shape[:2], height, width))
        return F.interpolate(x, (height, width), mode="bilinear", align_corners=True)

    return Op(forward)
