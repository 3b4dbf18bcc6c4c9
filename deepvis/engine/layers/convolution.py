"""Convolution over any number of spatial axes, and its depthwise namesakes."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod

import torch
from torch import Tensor
from torch.nn import functional as F

from deepvis.engine.layers._windows import convolved, per_axis
from deepvis.engine.op import LAYERS, Op, Weights, blob, fault
from deepvis.model.graph import LayerSpec

_CONV = {1: F.conv1d, 2: F.conv2d, 3: F.conv3d}


@dataclass(frozen=True)
class Window:
    """Kernel, stride, pad, dilation, one value per spatial axis, and the channel groups."""

    kernel: tuple[int, ...]
    stride: tuple[int, ...]
    pad: tuple[int, ...]
    dilation: tuple[int, ...]
    group: int


def read_window(spec: LayerSpec, axes: int) -> Window:
    """The window of a Convolution, Deconvolution or Im2col layer over ``axes`` spatial axes."""
    p = spec.param
    if p.group < 1 or p.num_output % p.group:
        raise fault(spec, f"group {p.group} with num_output {p.num_output}", "groups that divide num_output")
    return Window(
        per_axis(spec, "kernel_size", None, axes, least=1),
        per_axis(spec, "stride", 1, axes, least=1),
        per_axis(spec, "pad", 0, axes, least=0),
        per_axis(spec, "dilation", 1, axes, least=1),
        p.group,
    )


def spatial_axes(spec: LayerSpec, dims: int) -> tuple[int, int]:
    """(channel axis, number of spatial axes) of a bottom with ``dims`` dimensions."""
    axis = spec.param.axis + (dims if spec.param.axis < 0 else 0)
    if not 0 <= axis < dims:
        raise fault(spec, f"axis {spec.param.axis} on a bottom of {dims} dimensions", "the bottom's channel axis")
    return axis, dims - axis - 1


def bias_of(spec: LayerSpec, weights: Weights) -> Tensor | None:
    p = spec.param
    return blob(spec, weights, 1, (p.num_output,), "bias") if p.bias_term else None


@LAYERS.add("Convolution", "DepthwiseConvolution", "ConvolutionDepthwise")
def convolution(spec: LayerSpec, weights: Weights) -> Op:
    """y[n, o, i] = b[o] + sum over c, k of w[o, c, k] x[n, group(o) C/G + c, i stride + k dilation - pad].

    Shapes: (N, C, spatial...) -> (N, num_output, (spatial + 2 pad - (dilation (kernel - 1) + 1)) // stride + 1);
    weights (num_output, C / group, kernel...), bias (num_output,). Several bottoms: one top each, same weights.
    Caffe's surprises: it correlates (the kernel is not flipped); the size is rounded down, where pooling
    rounds up; ``axis`` names the channel axis, all before it are batch; any number of spatial axes, none
    included; one kernel_size, stride, pad, dilation serves all axes. DepthwiseConvolution of the common forks
    is a convolution whose group is the number of channels.
    Source: Caffe's base_conv_layer.cpp, conv_layer.cpp.
    """
    p = spec.param
    if p.num_output < 1:
        raise fault(spec, f"num_output {p.num_output}", "at least 1")
    bias = bias_of(spec, weights)

    def arranged(x: Tensor) -> tuple[Window, Tensor]:
        """The window over x's spatial axes, and the weights in the shape that x asks for."""
        axis, axes = spatial_axes(spec, x.dim())
        window = read_window(spec, axes)
        channels = x.shape[axis]
        if channels % window.group:
            raise fault(spec, f"a bottom of {channels} channels", f"a multiple of its {window.group} groups")
        for size, k, s, pad, d in zip(
            x.shape[axis + 1 :], window.kernel, window.stride, window.pad, window.dilation, strict=True
        ):
            if convolved(size, k, s, pad, d) < 1:
                raise fault(spec, f"a bottom of {_by(x.shape)}", f"{d * (k - 1) + 1 - 2 * pad} or more along each side")
        shape = (p.num_output, channels // window.group, *window.kernel)
        return window, blob(spec, weights, 0, shape, "weights")

    known: dict[tuple[int, ...], tuple[Window, Tensor]] = {}

    def lookup(x: Tensor) -> tuple[Window, Tensor]:
        key = tuple(x.shape[1:])
        if key not in known:
            if len(known) > 8:
                known.clear()
            known[key] = arranged(x)
        return known[key]

    def one(x: Tensor) -> Tensor:
        window, w = lookup(x)
        if p.axis == 1 and len(window.kernel) in _CONV:
            return _CONV[len(window.kernel)](x, w, bias, window.stride, window.pad, window.dilation, window.group)
        return _any_dims(x, w, bias, window)

    def forward(*bottoms: Tensor):
        return tuple(one(x) for x in bottoms)

    def backward(ran, grads):
        return [None if g is None else one_back(x, g) for x, g in zip(ran.bottoms, grads, strict=True)]

    def one_back(x: Tensor, grad: Tensor) -> Tensor:
        window, w = lookup(x)
        if p.axis == 1 and len(window.kernel) in _CONV:
            zeros = (0,) * len(window.kernel)
            return torch.ops.aten.convolution_backward(
                grad, x, w, None, window.stride, window.pad, window.dilation, False, zeros, window.group,
                (True, False, False),
            )[0]  # fmt: skip
        with torch.enable_grad():
            leaf = x.detach().requires_grad_()
            return torch.autograd.grad(_any_dims(leaf, w, None, window), leaf, grad)[0]

    return Op(forward, backward=backward)


def _any_dims(x: Tensor, w: Tensor, bias: Tensor | None, window: Window) -> Tensor:
    """Convolution over any number of spatial axes (0 and more than 3 included): a sum over the kernel's places."""
    axes = len(window.kernel)
    batch, inner = x.shape[: x.dim() - axes - 1], x.shape[x.dim() - axes - 1 :]
    x = x.reshape(prod(batch), *inner)
    if axes in _CONV:
        y = _CONV[axes](x, w, bias, window.stride, window.pad, window.dilation, window.group)
        return y.reshape(*batch, *y.shape[1:])
    x = F.pad(x, [v for pad in reversed(window.pad) for v in (pad, pad)]) if axes else x
    sizes = [
        convolved(n, k, s, 0, d)
        for n, k, s, d in zip(x.shape[2:], window.kernel, window.stride, window.dilation, strict=True)
    ]
    groups = window.group
    w = w.reshape(groups, w.shape[0] // groups, w.shape[1], *window.kernel)
    y: Tensor | int = 0
    for place in torch.cartesian_prod(*[torch.arange(k) for k in window.kernel]).reshape(-1, axes) if axes else [()]:
        place = tuple(int(v) for v in place)
        cut = [
            slice(k * d, k * d + s * (n - 1) + 1, s)
            for k, d, s, n in zip(place, window.dilation, window.stride, sizes, strict=True)
        ]
        part = x[(slice(None), slice(None), *cut)].unflatten(1, (groups, -1))
        y = y + torch.einsum("ngc...,goc->ngo...", part, w[(..., *place)])
    y = y.flatten(1, 2)
    if bias is not None:
        y = y + bias.reshape(-1, *[1] * axes)
    return y.reshape(*batch, *y.shape[1:])


def _by(shape) -> str:
    return "x".join(str(d) for d in shape)
