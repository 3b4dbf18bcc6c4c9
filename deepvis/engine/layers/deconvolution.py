"""Deconvolution: the transposed convolution."""

from __future__ import annotations

from math import prod

from torch import Tensor
from torch.nn import functional as F

from deepvis.engine.layers._windows import deconvolved
from deepvis.engine.layers.convolution import Window, bias_of, read_window, spatial_axes
from deepvis.engine.op import LAYERS, Op, Weights, blob, check_size, fault
from deepvis.model.graph import LayerSpec

_DECONV = {1: F.conv_transpose1d, 2: F.conv_transpose2d, 3: F.conv_transpose3d}


@LAYERS.add("Deconvolution")
def deconvolution(spec: LayerSpec, weights: Weights) -> Op:
    """y[n, o, i stride + k dilation - pad] += w[c, o, k] x[n, c, i], over all c of o's group, i and k; plus b[o].

    Shapes: (N, C, spatial...) -> (N, num_output, stride (spatial - 1) + dilation (kernel - 1) + 1 - 2 pad);
    weights (C, num_output / group, kernel...), bias (num_output,). Several bottoms: one top each.
    Gradient: the convolution of g with the same weights.
    Caffe's surprises: the pad is taken away from the output; ``axis`` names the channel axis, all before it
    are batch.
    Source: Caffe's deconv_layer.cpp.
    """
    p = spec.param
    if p.num_output < 1:
        raise fault(spec, f"num_output {p.num_output}", "at least 1")
    bias = bias_of(spec, weights)

    def arranged(x: Tensor) -> tuple[Window, Tensor]:
        axis, axes = spatial_axes(spec, x.dim())
        if axes not in _DECONV:
            raise fault(spec, f"{axes} spatial axes", "1, 2 or 3")
        window = read_window(spec, axes)
        channels = x.shape[axis]
        if channels % window.group:
            raise fault(spec, f"a bottom of {channels} channels", f"a multiple of its {window.group} groups")
        sizes = [
            deconvolved(n, k, s, pad, d)
            for n, k, s, pad, d in zip(
                x.shape[axis + 1 :], window.kernel, window.stride, window.pad, window.dilation, strict=True
            )
        ]
        if any(n < 1 for n in sizes):
            raise fault(spec, f"a top of {sizes}", "sizes of 1 or more: a smaller pad")
        check_size(spec, (*x.shape[:axis], p.num_output, *sizes))
        return window, blob(spec, weights, 0, (channels, p.num_output // window.group, *window.kernel), "weights")

    def one(x: Tensor) -> Tensor:
        window, w = arranged(x)
        batch = x.shape[: x.dim() - len(window.kernel) - 1]
        y = _DECONV[len(window.kernel)](
            x.reshape(prod(batch), *x.shape[len(batch) :]),
            w,
            bias,
            window.stride,
            window.pad,
            0,
            window.group,
            window.dilation,
        )
        return y.reshape(*batch, *y.shape[1:])

    return Op(lambda *bottoms: tuple(one(x) for x in bottoms))
