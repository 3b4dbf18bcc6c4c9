"""PSROIPooling: means over a grid of bins in each region, each bin from channels of its own."""

from __future__ import annotations

from math import ceil, floor

from deepvis.formats.caffe.layer import fault, layer_type
from deepvis.formats.caffe.layers.roi_pooling import check_regions, cut_off, item_of, of_regions, rounded
from deepvis.formats.caffe.spec import LayerSpec
from deepvis.network.lazy import Tensor, torch
from deepvis.network.op import Op, Weights

SMALLEST = 0.1  # side of a region in the map


@layer_type("PSROIPooling", bottoms=(2, 2))
def psroi_pooling(spec: LayerSpec, weights: Weights) -> Op:
    """y[r, c, i, j] = the mean of channel (c k + i) k + j over bin (i, j) of region r, with k = group_size.

    Shapes: (N, output_dim k^2, H, W), regions (R, 5) of item, x1, y1, x2, y2 in image pixels -> (R, output_dim, k, k).
    A region starts at round(x1) * spatial_scale and ends at (round(x2) + 1) * spatial_scale, is at least 0.1 wide, and
    is not rounded in the map; bins reach from the floor of their start to the ceiling of their end; those outside are
    0. Gradient: spread evenly over each bin; none to the regions.
    Source: R-FCN's fork of Caffe (daijifeng001/caffe-rfcn), psroi_pooling_layer.cu; Dai et al. 2016.
    """
    p = spec.param
    group, outputs, scale = p.group_size, p.output_dim, p.spatial_scale
    if group < 1 or outputs < 1:
        raise fault(spec, f"output_dim {outputs}, group_size {group}", "both 1 or more")

    def bins(first: float, last: float, size: int) -> list[slice]:
        start, end = rounded(first) * scale, (rounded(last) + 1) * scale
        step = max(end - start, SMALLEST) / group
        return cut_off([(floor(i * step + start), ceil((i + 1) * step + start)) for i in range(group)], size)

    def one(x: Tensor, region: list[float]) -> Tensor:
        maps = item_of(spec, x, region).unflatten(0, (outputs, group, group))
        nothing = maps.new_zeros(outputs)
        _, x1, y1, x2, y2 = region
        rows, columns = bins(y1, y2, x.shape[2]), bins(x1, x2, x.shape[3])
        means = [
            maps[:, i, j, r, c].flatten(1).mean(1) if r.start < r.stop and c.start < c.stop else nothing
            for i, r in enumerate(rows)
            for j, c in enumerate(columns)
        ]
        return torch.stack(means, 1).reshape(outputs, group, group)

    def shapes(x, regions):
        check_regions(spec, x, regions, outputs * group**2)
        return ((regions[0], outputs, group, group),)

    return Op(of_regions(shapes, one), shapes=shapes)
