"""Im2col: the windows of a convolution, laid out as channels."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

from deepvis.formats.caffe.layer import check_size, fault, layer_type
from deepvis.formats.caffe.layers._windows import convolved, kernel_places
from deepvis.formats.caffe.layers.convolution import Sliding, convolution_field, read_window, spatial_axes
from deepvis.formats.caffe.spec import LayerSpec
from deepvis.network.lazy import F, Tensor, torch
from deepvis.network.op import Op, Weights


@layer_type("Im2col", field=convolution_field)
def im2col(spec: LayerSpec, weights: Weights) -> Op:
    """y[n, c * K + k, i] = x[n, c, i stride + k dilation - pad], k over the K places of the kernel, row-major.

    Shapes: (N, C, spatial...) -> (N, C * K, spatial sizes of a convolution...). Zeros in the pad.
    Gradient: col2im, the sum over all places that each value was copied to.
    Caffe's surprises: any number of spatial axes, set by convolution_param's ``axis`` and force_nd_im2col, which
    changes nothing here.
    Source: Caffe's im2col_layer.cpp.
    """

    def arranged(shape: Sequence[int]) -> tuple[int, Sliding, list[int]]:
        """(channel axis, window, how many places it takes along each spatial axis)"""
        axis, axes = spatial_axes(spec, len(shape))
        window = read_window(spec, axes)
        parts = zip(shape[axis + 1 :], window.kernel, window.stride, window.pad, window.dilation, strict=True)
        out = [convolved(n, k, s, p, d) for n, k, s, p, d in parts]
        if any(n < 1 for n in out):
            raise fault(spec, f"a bottom of {list(shape)}", f"room for a kernel of {list(window.kernel)}")
        check_size(spec, (*shape[: axis + 1], *window.kernel, *out))
        return axis, window, out

    def forward(x: Tensor) -> Tensor:
        axis, window, out = arranged(x.shape)
        batch, channels = x.shape[:axis], x.shape[axis]
        wide = F.pad(x, [v for pad in reversed(window.pad) for v in (pad, pad)])
        before = (slice(None),) * (axis + 1)
        places = kernel_places(window.kernel, window.stride, window.dilation, out)
        copies = [wide[before + cut] for _, cut in places]
        return torch.stack(copies, axis + 1).reshape(*batch, channels * prod(window.kernel), *out)

    return Op(forward)
