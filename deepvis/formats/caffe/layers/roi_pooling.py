"""ROIPooling: maxima over a grid of bins in each region of interest."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import ceil, floor, prod

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
        return cut_off([(floor(i * step) + start, ceil((i + 1) * step) + start) for i in range(count)], size)

    def one(x: Tensor, region: list[float]) -> Tensor:
        planes = item_of(spec, x, region)
        nothing = planes.new_zeros(planes.shape[0])
        _, x1, y1, x2, y2 = region
        rows, columns = bins(y1, y2, p.pooled_h, x.shape[2]), bins(x1, x2, p.pooled_w, x.shape[3])
        values = [
            planes[:, r, c].flatten(1).max(1).values if r.start < r.stop and c.start < c.stop else nothing
            for r in rows
            for c in columns
        ]
        return torch.stack(values, 1).reshape(-1, p.pooled_h, p.pooled_w)

    def shapes(x, regions):
        check_regions(spec, x, regions)
        return ((regions[0], x[1], p.pooled_h, p.pooled_w),)

    return Op(of_regions(shapes, one), shapes=shapes)


# --- what layers over regions share -------------------------------------------------------------


def check_regions(spec: LayerSpec, x: Sequence[int], regions: Sequence[int], channels: int | None = None) -> None:
    """Raise ModelError for bottoms of shapes that are no maps and no regions. channels: of the maps; None: any."""
    if len(x) != 4 or channels not in (None, x[1]) or not regions or prod(regions) != regions[0] * 5:
        maps = "(N, C, H, W)" if channels is None else f"(N, {channels}, H, W)"
        raise fault(spec, f"bottoms of {list(x)} and {list(regions)}", f"{maps} and regions of (R, 5)")


def item_of(spec: LayerSpec, x: Tensor, region: Sequence[float]) -> Tensor:
    """The maps (C, H, W) that the region is of. Raises ModelError."""
    if not 0 <= region[0] < x.shape[0]:
        raise fault(spec, f"a region of item {region[0]:g}", f"an item from 0 to {x.shape[0] - 1}")
    return x[int(region[0])]


def cut_off(edges: Sequence[tuple[int, int]], size: int) -> list[slice]:
    """Bins, without what lies outside of a map of that size."""
    return [slice(min(max(a, 0), size), min(max(b, 0), size)) for a, b in edges]


def of_regions(shapes: Callable, one: Callable[[Tensor, list[float]], Tensor]) -> Callable[[Tensor, Tensor], Tensor]:
    """(maps, regions) -> what ``one`` makes of each region, one after the other."""

    def forward(x: Tensor, regions: Tensor) -> Tensor:
        (top,) = shapes(x.shape, regions.shape)
        made = [one(x, region) for region in regions.reshape(-1, 5).tolist()]
        return torch.stack(made) if made else x.new_zeros(top)

    return forward


def rounded(value: float) -> int:
    """C's round: halves go away from zero."""
    return floor(value + 0.5) if value >= 0 else -floor(-value + 0.5)
