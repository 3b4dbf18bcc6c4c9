"""Convolution over any number of spatial axes, and its depthwise namesakes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import prod
from typing import Any, NamedTuple

from deepvis.formats.caffe.layer import MANY, WeightRule, blob, canonical_axis, fault, layer_type
from deepvis.formats.caffe.layers._windows import convolved, kernel_places, per_axis
from deepvis.formats.caffe.spec import LayerSpec
from deepvis.network.convolution import convolution_op
from deepvis.network.field_rules import NodeEdge, Window, sliding
from deepvis.network.kinds import Kind
from deepvis.network.lazy import F, Tensor, torch
from deepvis.network.op import Op, Ran, Weights, pull_back, run

CONVOLVES = (1, 2, 3)  # numbers of axes that PyTorch convolves over
MOST_SHAPES = 8  # bottoms of so many shapes are remembered


@dataclass(frozen=True)
class Sliding:
    """Kernel, stride, pad, dilation, one value per spatial axis, and the channel groups."""

    kernel: tuple[int, ...]
    stride: tuple[int, ...]
    pad: tuple[int, ...]
    dilation: tuple[int, ...]
    group: int


def read_window(spec: LayerSpec, axes: int, group: int | None = None) -> Sliding:
    """The window of a Convolution, Deconvolution or Im2col layer over ``axes`` spatial axes."""
    p = spec.param
    group = p.group if group is None else group
    if group < 1 or p.num_output % group:
        raise fault(spec, f"group {group} with num_output {p.num_output}", "groups that divide num_output")
    return Sliding(
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


def num_output(spec: LayerSpec) -> int:
    """The channels of its tops."""
    return int(spec.param.num_output)


def has_bias(message: Any) -> int:
    """Weights, and a bias with bias_term."""
    return 1 + message.convolution_param.bias_term


def kernel_shapes(spec: LayerSpec, bottoms: Sequence[Sequence[int]]) -> list[tuple[int, ...]]:
    """Of the weights, and of the bias; those of a Deconvolution have the bottom's channels first."""
    p, x = spec.param, bottoms[0]
    axis = canonical_axis(spec, p.axis, len(x))
    channels, axes = x[axis], len(x) - axis - 1
    group = p.group if spec.type in ("Convolution", "Deconvolution") else channels
    if group < 1 or channels % group or p.num_output % group:
        raise fault(spec, f"{channels} channels and {p.num_output} outputs in {group} groups", "whole groups")
    kernel = per_axis(spec, "kernel_size", None, axes, least=1)
    ends = (channels, p.num_output) if spec.type == "Deconvolution" else (p.num_output, channels)
    return [(ends[0], ends[1] // group, *kernel)] + [(p.num_output,)] * p.bias_term


def map_windows(spec: LayerSpec, edge: NodeEdge) -> list[tuple[int, int, int, int]]:
    """(kernel, stride, pad, dilation) of each axis of the map."""
    dims = len(edge.below)
    axes = dims - canonical_axis(spec, spec.param.axis, dims) - 1
    fields = (("kernel_size", None, 1), ("stride", 1, 1), ("pad", 0, 0), ("dilation", 1, 1))
    values = (per_axis(spec, name, default, axes, least=least) for name, default, least in fields)
    return list(zip(*values, strict=True))


def convolution_field(spec: LayerSpec, edge: NodeEdge, window: Window) -> Window | None:
    return sliding(window, map_windows(spec, edge))


KERNELS = WeightRule(has_bias, kernel_shapes)


@layer_type(
    "Convolution",
    "DepthwiseConvolution",
    "ConvolutionDepthwise",
    kind=Kind.CONVOLUTION,
    bottoms=(1, MANY),
    tops=(1, MANY),
    fewer_tops=0,
    weights=KERNELS,
    field=convolution_field,
    outputs=num_output,
)
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
    """What a convolution layer does with a bottom of one shape: what runs, and the shape of the top."""

    op: Op
    top: tuple[int, ...]


class _Convolution:
    """One convolution layer: its weights, and what has been worked out for the bottoms' shapes so far."""

    def __init__(self, spec: LayerSpec, weights: Weights) -> None:
        self.spec, self.weights, self.bias = spec, weights, bias_of(spec, weights)
        self.ops: dict[Sliding, Op] = {}
        self.arrangements: dict[tuple[int, ...], Arrangement] = {}

    def arranged(self, shape: Sequence[int]) -> Arrangement:
        """How the layer works on a bottom of that shape."""
        key = tuple(shape)
        found = self.arrangements.get(key)  # other threads may clear the table at any time: the local value counts
        if found is None:
            found = self._arrange(key)
            if len(self.arrangements) >= MOST_SHAPES:
                self.arrangements.clear()
            self.arrangements[key] = found
        return found

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
        op = self.ops.get(window) or self.ops.setdefault(window, self._op(w, window))
        return Arrangement(op, (*shape[:axis], p.num_output, *tops))

    def _op(self, w: Tensor, window: Sliding) -> Op:
        if self.spec.param.axis == 1 and len(window.kernel) in CONVOLVES:
            return convolution_op(w, self.bias, window.stride, window.pad, window.dilation, window.group)
        return Op(lambda x: _any_dims(x, w, self.bias, window))

    def shapes(self, *bottoms: Sequence[int]) -> list[tuple[int, ...]]:
        return [self.arranged(shape).top for shape in bottoms]

    def forward(self, *bottoms: Tensor):
        return tuple(self.arranged(x.shape).op.forward(x) for x in bottoms)

    def fast(self, *bottoms: Tensor):
        return tuple(run(self.arranged(x.shape).op, (x,)).tops[0] for x in bottoms), None

    def fast_relu(self, *bottoms: Tensor):
        ops = [self.arranged(x.shape).op for x in bottoms]
        tops = [run(op.with_relu or op, (x,)).tops[0] for op, x in zip(ops, bottoms, strict=True)]
        return tuple(y if op.with_relu else y.relu_() for op, y in zip(ops, tops, strict=True)), None

    def backward(self, ran, grads):
        runs = zip(ran.bottoms, ran.tops, grads, strict=True)
        return [
            None if g is None else pull_back(self.arranged(x.shape).op, Ran((x,), (y,)), [g])[0] for x, y, g in runs
        ]


def _any_dims(x: Tensor, w: Tensor, bias: Tensor | None, window: Sliding) -> Tensor:
    """Convolution over any number of spatial axes (0 and more than 3 included): a sum over the kernel's places."""
    axes = len(window.kernel)
    batch, inner = x.shape[: x.dim() - axes - 1], x.shape[x.dim() - axes - 1 :]
    x = x.reshape(prod(batch), *inner)
    if axes in CONVOLVES:
        convolve = (F.conv1d, F.conv2d, F.conv3d)[axes - 1]
        y = convolve(x, w, bias, window.stride, window.pad, window.dilation, window.group)
        return y.reshape(*batch, *y.shape[1:])
    x = F.pad(x, [v for pad in reversed(window.pad) for v in (pad, pad)]) if axes else x
    sizes = [
        convolved(n, k, s, 0, d)
        for n, k, s, d in zip(x.shape[2:], window.kernel, window.stride, window.dilation, strict=True)
    ]
    groups = window.group
    w = w.reshape(groups, w.shape[0] // groups, w.shape[1], *window.kernel)
    total: Any = 0
    for place, cut in kernel_places(window.kernel, window.stride, window.dilation, sizes):
        whole: Any = (slice(None), slice(None), *cut)
        here: Any = (..., *place)
        part = x[whole].unflatten(1, (groups, -1))
        total = total + torch.einsum("ngc...,goc->ngo...", part, w[here])
    y = total.flatten(1, 2)
    if bias is not None:
        y = y + bias.reshape(-1, *[1] * axes)
    return y.reshape(*batch, *y.shape[1:])


def _by(shape: Sequence[int]) -> str:
    return "x".join(str(d) for d in shape)
