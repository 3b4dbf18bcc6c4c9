"""Deconvolution: the transposed convolution."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import Any

from deepvis.formats.caffe.layer import MANY, blob, check_size, fault, layer_type
from deepvis.formats.caffe.layers._windows import deconvolved, kernel_places
from deepvis.formats.caffe.layers.convolution import (
    CONVOLVES,
    KERNELS,
    Sliding,
    bias_of,
    map_windows,
    num_output,
    read_window,
    spatial_axes,
)
from deepvis.formats.caffe.spec import LayerSpec
from deepvis.network.field_rules import NodeEdge, Window, sliding, spread
from deepvis.network.kinds import Kind
from deepvis.network.lazy import F, Tensor, torch
from deepvis.network.op import Op, Weights


def deconvolution_field(spec: LayerSpec, edge: NodeEdge, window: Window) -> Window | None:
    return sliding(window, map_windows(spec, edge), spread)


@layer_type(
    "Deconvolution",
    kind=Kind.TRANSPOSED_CONVOLUTION,
    bottoms=(1, MANY),
    tops=(1, MANY),
    fewer_tops=0,
    weights=KERNELS,
    field=deconvolution_field,
    outputs=num_output,
)
def deconvolution(spec: LayerSpec, weights: Weights) -> Op:
    """y[n, o, i stride + k dilation - pad] += w[c, o, k] x[n, c, i], over all c of o's group, i and k; plus b[o].

    Shapes: (N, C, spatial...) -> (N, num_output, stride (spatial - 1) + dilation (kernel - 1) + 1 - 2 pad);
    weights (C, num_output / group, kernel...), bias (num_output,). Several bottoms: one top each.
    Gradient: the convolution of g with the same weights.
    Caffe's surprises: the pad is taken away from the output; ``axis`` names the channel axis, all before it
    are batch; any number of spatial axes, none included.
    Source: Caffe's deconv_layer.cpp.
    """
    p = spec.param
    if p.num_output < 1:
        raise fault(spec, f"num_output {p.num_output}", "at least 1")
    bias = bias_of(spec, weights)

    def arranged(shape: Sequence[int]) -> tuple[Sliding, Tensor, tuple[int, ...]]:
        """(window, weights, shape of the top)"""
        axis, axes = spatial_axes(spec, len(shape))
        window = read_window(spec, axes)
        channels = shape[axis]
        if channels % window.group:
            raise fault(spec, f"a bottom of {channels} channels", f"a multiple of its {window.group} groups")
        sizes = [
            deconvolved(n, k, s, pad, d)
            for n, k, s, pad, d in zip(
                shape[axis + 1 :], window.kernel, window.stride, window.pad, window.dilation, strict=True
            )
        ]
        if any(n < 1 for n in sizes):
            raise fault(spec, f"a top of {sizes}", "sizes of 1 or more: a smaller pad")
        top = (*shape[:axis], p.num_output, *sizes)
        check_size(spec, top)
        w = blob(spec, weights, 0, (channels, p.num_output // window.group, *window.kernel), "weights")
        return window, w, top

    def one(x: Tensor) -> Tensor:
        window, w, _ = arranged(x.shape)
        axes = len(window.kernel)
        batch = x.shape[: x.dim() - axes - 1]
        x = x.reshape(prod(batch), *x.shape[len(batch) :])
        if axes in CONVOLVES:
            spread_out = (F.conv_transpose1d, F.conv_transpose2d, F.conv_transpose3d)[axes - 1]
            y = spread_out(x, w, bias, window.stride, window.pad, 0, window.group, window.dilation)
        else:
            y = _any_dims(x, w, bias, window)
        return y.reshape(*batch, *y.shape[1:])

    return Op(
        lambda *bottoms: tuple(one(x) for x in bottoms),
        shapes=lambda *shapes: [arranged(shape)[2] for shape in shapes],
    )


def _any_dims(x: Tensor, w: Tensor, bias: Tensor | None, window: Sliding) -> Tensor:
    """Deconvolution over any number of spatial axes (0 and more than 3 included): a sum over the kernel's places."""
    axes, groups = len(window.kernel), window.group
    whole = [
        deconvolved(n, k, s, 0, d)
        for n, k, s, d in zip(x.shape[2:], window.kernel, window.stride, window.dilation, strict=True)
    ]
    w = w.reshape(groups, w.shape[0] // groups, w.shape[1], *window.kernel)
    y = x.new_zeros(x.shape[0], groups, w.shape[2], *whole)
    x = x.unflatten(1, (groups, -1))
    for place, reached in kernel_places(window.kernel, window.stride, window.dilation, x.shape[3:]):
        here: Any = (..., *place)
        there: Any = (..., *reached)
        y[there] += torch.einsum("ngc...,gco->ngo...", x, w[here])
    kept: Any = (..., *(slice(pad, n - pad) for pad, n in zip(window.pad, whole, strict=True)))
    y = y[kept].flatten(1, 2)
    return y if bias is None else y + bias.reshape(-1, *[1] * axes)
