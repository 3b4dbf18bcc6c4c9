"""ROIPooling: maxima over a grid of bins in each region of interest."""

from __future__ import annotations

from math import ceil, floor

from deepvis.formats.caffe.layer import fault, layer_type
from deepvis.formats.caffe.spec import LayerSpec
from deepvis.network.lazy import Tensor, torch
from deepvis.network.op import Op, Weights


@layer_type("ROIPooling", bottoms=(2, 2))
def roi_pooling(spec: LayerSpec, weights: Weights) -> Op:
    """y[r, c, i, j] = the largest value of channel c in bin (i, j) of region r.

    Shapes: (N, C, H, W), regions (R, 5) of item, x1, y1, x2, y2 in image pixels -> (R, C, pooled_h, pooled_w). Corners
    are multiplied by spatial_scale and rounded (halves away from 0), both ends belong to the region; bins
    overlap where it does not divide; a bin outside of the image is 0. Gradient: to the places of the maxima,
    none to the regions.
    Source: Fast R-CNN's fork of Caffe (rbgirshick), roi_pooling_layer.cpp.
    """
    p = spec.param
    if p.pooled_h < 1 or p.pooled_w < 1:
        raise fault(spec, f"pooled_h {p.pooled_h}, pooled_w {p.pooled_w}", "both 1 or more")

    def bins(first: float, last: float, count: int, size: int) -> list[slice]:
        start, end = rounded(first * p.spatial_scale), rounded(last * p.spatial_scale)
        step = max(end - start + 1, 1) / count
        edges = [(floor(i * step) + start, ceil((i + 1) * step) + start) for i in range(count)]
        return [slice(min(max(a, 0), size), min(max(b, 0), size)) for a, b in edges]

    def one(x: Tensor, region: list[float]) -> Tensor:
        item, x1, y1, x2, y2 = region
        if not 0 <= item < x.shape[0]:
            raise fault(spec, f"a region of item {item:g}", f"an item from 0 to {x.shape[0] - 1}")
        planes = x[int(item)]
        nothing = planes.new_zeros(planes.shape[0])
        rows, columns = bins(y1, y2, p.pooled_h, x.shape[2]), bins(x1, x2, p.pooled_w, x.shape[3])
        values = [
            planes[:, r, c].flatten(1).max(1).values if r.start < r.stop and c.start < c.stop else nothing
            for r in rows
            for c in columns
        ]
        return torch.stack(values, 1).reshape(-1, p.pooled_h, p.pooled_w)

    def forward(x: Tensor, regions: Tensor) -> Tensor:
        if x.dim() != 4 or regions.numel() != regions.shape[0] * 5:
            raise fault(
                spec, f"bottoms of {list(x.shape)} and {list(regions.shape)}", "(N, C, H, W) and regions of (R, 5)"
            )
        if len(regions) == 0:
            return x.new_zeros(0, x.shape[1], p.pooled_h, p.pooled_w)
        return torch.stack([one(x, region) for region in regions.reshape(-1, 5).tolist()])

    return Op(forward, shapes=lambda x, regions: ((regions[0], x[1], p.pooled_h, p.pooled_w),))


def rounded(value: float) -> int:
    """C's round: halves go away from zero."""
    return floor(value + 0.5) if value >= 0 else -floor(-value + 0.5)
