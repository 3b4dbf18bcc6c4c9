"""Convolution over any number of spatial axes, and its depthwise namesakes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import product
from math import prod
from typing import Any, NamedTuple

import torch
from torch import Tensor
from torch.nn import functional as F

from deepvis.formats.caffe.layers._windows import convolved, per_axis
from deepvis.formats.caffe.spec import LayerSpec
from deepvis.network.op import LAYERS, Op, Weights, blob, fault
from deepvis.network.packed import Packed, PackedBack, can_pack, channels_last

_CONV = {1: F.conv1d, 2: F.conv2d, 3: F.conv3d}
MOST_SHAPES = 8  # bottoms of so many shapes are remembered


@dataclass(frozen=True)
class Window:
    """Kernel, stride, pad, dilation, one value per spatial axis, and the channel groups."""

    kernel: tuple[int, ...]
    stride: tuple[int, ...]
    pad: tuple[int, ...]
    dilation: tuple[int, ...]
    group: int


def read_window(spec: LayerSpec, axes: int, group: int | None = None) -> Window:
    """The window of a Convolution, Deconvolution or Im2col layer over ``axes`` spatial axes."""
    p = spec.param
    group = p.group if group is None else group
    if group < 1 or p.num_output % group:
        raise fault(spec, f"group {group} with num_output {p.num_output}", "groups that divide num_output")
    return Window(
        per_axis(spec, "kernel_size", None, axes, least=1),
        per_axis(spec, "stride", 1, axes, least=1),
        per_axis(spec, "pad", 0, axes, least=0),
        per_axis(spec, "dilation", 1, axes, least=1),
        group,
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
    Gradient: the transposed convolution of g with the same weights.
    Caffe's surprises: it correlates (the kernel is not flipped); the size is rounded down, where pooling
    rounds up; ``axis`` names the channel axis, all before it are batch; any number of spatial axes, none
    included; one kernel_size, stride, pad, dilation serves all axes. DepthwiseConvolution of the common forks
    is a convolution whose group is the number of channels.
    Source: Caffe's base_conv_layer.cpp, conv_layer.cpp.
    """
    if spec.param.num_output < 1:
        raise fault(spec, f"num_output {spec.param.num_output}", "at least 1")
    layer = _Convolution(spec, weights)
    op = Op(layer.forward, fast=layer.fast, backward=layer.backward, shapes=layer.shapes)
    return replace(op, with_relu=replace(op, fast=layer.fast_relu))


class Arrangement(NamedTuple):
    """What a convolution layer does with a bottom of one shape.

    weights: in the shape that the bottom asks for. top: its shape. can_be_packed: see ``packed.py``.
    """

    window: Window
    weights: Tensor
    top: tuple[int, ...]
    can_be_packed: bool


class _Convolution:
    """One convolution layer: its weights, and what has been worked out for the bottoms' shapes so far."""

    def __init__(self, spec: LayerSpec, weights: Weights) -> None:
        self.spec, self.weights, self.axis = spec, weights, spec.param.axis
        self.bias = bias_of(spec, weights)
        self.known: dict[tuple[int, ...], Arrangement] = {}
        self.packed: Packed | None = None
        self.packed_back: PackedBack | None = None

    def arranged(self, shape: Sequence[int]) -> Arrangement:
        """How the layer works on a bottom of that shape."""
        key = tuple(shape)
        if key not in self.known:
            if len(self.known) >= MOST_SHAPES:
                self.known.clear()
            self.known[key] = self._arrange(key)
        return self.known[key]

    def _arrange(self, shape: tuple[int, ...]) -> Arrangement:
        spec, p = self.spec, self.spec.param
        axis, axes = spatial_axes(spec, len(shape))
        channels, sizes = shape[axis], shape[axis + 1 :]
        window = read_window(spec, axes, None if spec.type == "Convolution" else channels)
        if channels % window.group:
            raise fault(spec, f"a bottom of {channels} channels", f"a multiple of its {window.group} groups")
        tops = []
        for size, k, s, pad, d in zip(sizes, window.kernel, window.stride, window.pad, window.dilation, strict=True):
            tops.append(convolved(size, k, s, pad, d))
            if tops[-1] < 1:
                least = d * (k - 1) + 1 - 2 * pad
                raise fault(spec, f"a bottom of {_by(shape)}", f"{least} or more along each side for its kernel")
        w = blob(spec, self.weights, 0, (p.num_output, channels // window.group, *window.kernel), "weights")
        return Arrangement(window, w, (*shape[:axis], p.num_output, *tops), axis == 1 and can_pack(w, shape))

    def shapes(self, *bottoms: Sequence[int]) -> list[tuple[int, ...]]:
        return [self.arranged(shape).top for shape in bottoms]

    def forward(self, *bottoms: Tensor):
        return tuple(self._one(x) for x in bottoms)

    def fast(self, *bottoms: Tensor):
        return tuple(self._one(x, packed=True) for x in bottoms), None

    def fast_relu(self, *bottoms: Tensor):
        return tuple(self._one(x, packed=True, relu=True) for x in bottoms), None

    def _one(self, x: Tensor, *, packed: bool = False, relu: bool = False) -> Tensor:
        window, w, _, can_be_packed = self.arranged(x.shape)
        if packed and can_be_packed and x.dtype == torch.float32:
            if self.packed is None:
                self.packed = Packed(w, window.stride, window.pad, window.dilation, window.group, x.shape)
            return self.packed(x, self.bias, relu=relu)
        if self.axis == 1 and len(window.kernel) in _CONV:
            convolve = _CONV[len(window.kernel)]
            y = convolve(x, w, self.bias, window.stride, window.pad, window.dilation, window.group)
        else:
            y = _any_dims(x, w, self.bias, window)
        return y.relu_() if relu else y

    def backward(self, ran, grads):
        return [None if g is None else self._one_back(x, g) for x, g in zip(ran.bottoms, grads, strict=True)]

    def _one_back(self, x: Tensor, grad: Tensor) -> Tensor:
        window, w, _, can_be_packed = self.arranged(x.shape)
        if self.axis != 1 or len(window.kernel) not in _CONV:
            with torch.enable_grad():
                leaf = x.detach().requires_grad_()
                return torch.autograd.grad(_any_dims(leaf, w, None, window), leaf, grad)[0]
        if can_be_packed and grad.dtype == torch.float32:
            parts = (window.stride, window.pad, window.dilation, window.group)
            if self.packed_back is None and PackedBack.suits(w, *parts):
                self.packed_back = PackedBack(w, *parts, grad.shape)
            if self.packed_back is not None:
                return self.packed_back(grad, x.shape)
            grad = channels_last(grad)
        zeros = (0,) * len(window.kernel)
        return torch.ops.aten.convolution_backward(
            grad, x, w, None, window.stride, window.pad, window.dilation, False, zeros, window.group,
            (True, False, False),
        )[0]  # fmt: skip


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
    total: Any = 0
    for place in product(*(range(k) for k in window.kernel)):
        cut = [
            slice(k * d, k * d + s * (n - 1) + 1, s)
            for k, d, s, n in zip(place, window.dilation, window.stride, sizes, strict=True)
        ]
        whole: list[Any] = [slice(None), slice(None), *cut]
        here: Any = (..., *place)
        part = x[tuple(whole)].unflatten(1, (groups, -1))
        total = total + torch.einsum("ngc...,goc->ngo...", part, w[here])
    y = total.flatten(1, 2)
    if bias is not None:
        y = y + bias.reshape(-1, *[1] * axes)
    return y.reshape(*batch, *y.shape[1:])


def _by(shape: Sequence[int]) -> str:
    return "x".join(str(d) for d in shape)
