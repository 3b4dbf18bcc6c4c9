"""SPP: pooling over 1, 2 x 2, 4 x 4, ... bins, whatever the bottom's size."""

from __future__ import annotations

from deepvis.formats.caffe.layer import check_image, fault, layer_type, option
from deepvis.formats.caffe.layers.pooling import average_pool, max_pool, place, stochastic_pool
from deepvis.formats.caffe.spec import LayerSpec
from deepvis.network.lazy import Tensor, torch
from deepvis.network.op import Op, Weights

HIGHEST_PYRAMID = 16


@layer_type("SPP")
def spp(spec: LayerSpec, weights: Weights) -> Op:
    """y = for each level l below pyramid_height: the bottom pooled into 2^l x 2^l bins; flattened, one after the other.

    Shapes: (N, C, H, W) -> (N, C * (1 + 4 + 16 + ...)); with pyramid_height 1 (N, C, 1, 1). On level l the kernel
    and stride are ceil(H / 2^l), the pad half of what that is too much, rounded up; likewise W.
    Caffe's surprises: on some sizes a level has fewer bins than 2^l, because a last window in the pad is
    dropped; a level whose pad reaches its kernel is an error. Gradient: that of the poolings, summed.
    Source: Caffe's spp_layer.cpp; He et al. 2014.
    """
    height, method = spec.param.pyramid_height, option(spec, "pool")
    if not 1 <= height <= HIGHEST_PYRAMID:
        raise fault(spec, f"pyramid_height {height}", f"from 1 to {HIGHEST_PYRAMID}")

    def level(x: Tensor, bins: int) -> Tensor:
        height, width = x.shape[2:]
        kernel = (-(-height // bins), -(-width // bins))
        pad = ((kernel[0] * bins - height + 1) // 2, (kernel[1] * bins - width + 1) // 2)
        grid = place(spec, kernel, kernel, pad, (height, width))
        if method == "MAX":
            return max_pool(x, grid)[0]
        return average_pool(x, grid) if method == "AVE" else stochastic_pool(x, grid)

    def forward(x: Tensor) -> Tensor:
        check_image(spec, x.shape)
        levels = [level(x, 2**i) for i in range(height)]
        return levels[0] if height == 1 else torch.cat([y.flatten(1) for y in levels], 1)

    return Op(forward)
