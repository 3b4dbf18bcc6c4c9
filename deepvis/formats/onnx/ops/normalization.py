"""Normalizations: with running statistics, over maps, over channels."""

from __future__ import annotations

from collections.abc import Collection

import torch
import torch.nn.functional as F
from torch import Tensor

from deepvis.formats.onnx.call import OnnxCall
from deepvis.formats.onnx.onnx_ops import all_but_first, along_axis, axis_of, of_first_input, onnx_op
from deepvis.formats.open_arguments import Shape
from deepvis.network.field_axes import whole_along
from deepvis.network.field_rules import WHOLE_WINDOW, NodeEdge, Window
from deepvis.network.kinds import Kind
from deepvis.network.op import SAME, Op, Weights
from deepvis.network.response_normalization import across_channels

NORMALIZATION = Kind.NORMALIZATION


@onnx_op("BatchNormalization", since=7, kind=NORMALIZATION, field=of_first_input, mixes=all_but_first)
def batch_norm(call: OnnxCall, weights: Weights) -> Op:
    """y = (x - mean[c]) / sqrt(variance[c] + epsilon) * scale[c] + shift[c], channel by channel.

    Shapes: (N, C, ...) -> the same. Gradient: g scale[c] / sqrt(variance[c] + epsilon). Statistics of training are not
    taken: of a batch of pictures they would be of all together.
    """
    if call.attr("training_mode", 0) or not call.attr("spatial", 1):
        found = "training_mode 1" if call.attr("training_mode", 0) else "spatial 0"
        raise call.not_here(found, "statistics for each channel; export the network in evaluation mode")
    epsilon = call.attr("epsilon", 1e-5)

    def forward(x: Tensor, scale: Tensor, shift: Tensor, mean: Tensor, variance: Tensor) -> Tensor:
        return F.batch_norm(x, mean, variance, scale, shift, False, 0.0, epsilon)

    def of_values(x: Tensor, *each: Tensor) -> Tensor:
        """PyTorch's own gives statistics no gradient."""
        scale, shift, mean, variance = (v.reshape(-1, *(1,) * (x.dim() - 2)) for v in each)
        return (x - mean) * (variance + epsilon).rsqrt() * scale + shift

    if not call.is_weight(1, 2, 3, 4):
        return call.op_of(of_values, weights)
    scale, shift, mean, variance = (weights[call.inputs[place].place] for place in (1, 2, 3, 4))
    factor = (variance + epsilon).rsqrt() * scale

    def backward(ran, grads):
        return [grads[0] * factor.reshape(-1, *(1,) * (grads[0].dim() - 2))]

    affine = (factor, shift - mean * factor)
    return call.op_of(forward, weights, backward=backward, shapes=SAME, affine=affine)


@onnx_op("InstanceNormalization", since=6, kind=NORMALIZATION, mixes=all_but_first)
def instance_norm(call: OnnxCall, weights: Weights) -> Op:
    """y = (x - mean of its map) / sqrt(variance of its map + epsilon) * scale[c] + shift[c]. Gradient: autograd's."""
    epsilon = call.attr("epsilon", 1e-5)
    return call.op_of(lambda x, scale, shift: F.instance_norm(x, weight=scale, bias=shift, eps=epsilon), weights)


def last_axes(call: OnnxCall, place: int, shape: Shape) -> Collection[int]:
    return range(axis_of(call, len(shape), -1), len(shape)) if place == 0 else range(len(shape))


def layer_field(call: OnnxCall, edge: NodeEdge, window: Window) -> Window | None:
    """Everything along the axes that are normalized."""
    if edge.bottom:
        return WHOLE_WINDOW
    return whole_along(last_axes(call, 0, edge.below), edge, window)


@onnx_op("LayerNormalization", since=17, kind=NORMALIZATION, field=layer_field, mixes=last_axes)
@onnx_op("RMSNormalization", since=23, kind=NORMALIZATION, field=layer_field, mixes=last_axes)
def layer_norm(call: OnnxCall, weights: Weights) -> Op:
    """y = (x - mean) / sqrt(variance + epsilon) * scale + shift, over the axes from ``axis`` (the last) on.

    RMSNormalization takes no mean away. Further outputs are the mean and 1 / sqrt(...). Gradient: autograd's.
    """
    epsilon, is_rms = call.attr("epsilon", 1e-5), call.op == "RMSNormalization"
    wants_more = any(call.outputs[1:])

    def forward(x: Tensor, scale: Tensor, shift: Tensor | None = None):
        axes = list(range(axis_of(call, x.dim(), -1), x.dim()))
        wanted = x.shape[axes[0] :]
        if not is_rms and not wants_more and scale.shape == wanted and (shift is None or shift.shape == wanted):
            return F.layer_norm(x, wanted, scale, shift, epsilon)
        mean = x.new_zeros(()) if is_rms else x.mean(axes, keepdim=True)
        inverse = ((x - mean).square().mean(axes, keepdim=True) + epsilon).rsqrt()
        y = (x - mean) * inverse * scale
        y = y if shift is None else y + shift
        return (y, mean, inverse)[: len(call.outputs)] if wants_more else y

    return call.op_of(forward, weights)


@onnx_op("GroupNormalization", since=18, kind=NORMALIZATION, mixes=all_but_first)
def group_norm(call: OnnxCall, weights: Weights) -> Op:
    """y = (x - mean) / sqrt(variance + epsilon) * scale + shift, over groups of channels.

    scale and shift: one number a group up to opset 20, one a channel from 21 on. Gradient: autograd's.
    """
    groups, epsilon = call.attr("num_groups", 1), call.attr("epsilon", 1e-5)

    def forward(x: Tensor, scale: Tensor, shift: Tensor) -> Tensor:
        if groups < 1 or x.shape[1] % groups:
            raise call.fault(f"num_groups {groups} on {x.shape[1]} channels", "groups that divide them")
        if call.opset < 21:
            scale, shift = (v.repeat_interleave(x.shape[1] // groups) for v in (scale, shift))
        return F.group_norm(x, groups, scale, shift, epsilon)

    return call.op_of(forward, weights)


@onnx_op("LRN", since=1, kind=NORMALIZATION, field=of_first_input, mixes=all_but_first)
def lrn(call: OnnxCall, weights: Weights) -> Op:
    """y = x * s ** -beta, s = bias + alpha / size * (sum of x^2 over size channels around each).

    Shapes: (N, C, ...) -> the same. Gradient: g s^-beta - 2 alpha beta / size * x * (window sum of g y / s).
    """
    size = call.attr("size", 0)
    if size < 1:
        raise call.fault(f"size {size}", "1 or more channels")
    return across_channels(size, call.attr("alpha", 1e-4), call.attr("beta", 0.75), call.attr("bias", 1.0))


def one_axis_field(call: OnnxCall, edge: NodeEdge, window: Window) -> Window | None:
    return whole_along((axis_of(call, len(edge.below), -1),), edge, window)


@onnx_op("LpNormalization", since=1, kind=NORMALIZATION, field=one_axis_field, mixes=along_axis(-1))
def lp_norm(call: OnnxCall, weights: Weights) -> Op:
    """y = x / the p-norm along ``axis``; 0 where that is 0. Gradient: autograd's."""
    p = call.attr("p", 2)

    def forward(x: Tensor) -> Tensor:
        norm = torch.linalg.vector_norm(x, p, axis_of(call, x.dim(), -1), keepdim=True)
        return torch.where(norm == 0, torch.zeros_like(x), x / torch.where(norm == 0, torch.ones_like(norm), norm))

    return call.op_of(forward, weights)


def mvn_axes(call: OnnxCall, place: int, shape: Shape) -> Collection[int]:
    return [axis % len(shape) for axis in call.attr("axes", [0, 2, 3])]


@onnx_op("MeanVarianceNormalization", since=9, kind=NORMALIZATION, mixes=mvn_axes)
def mvn(call: OnnxCall, weights: Weights) -> Op:
    """y = (x - mean) / (standard deviation + 1e-9) over ``axes``, by default batch and places. Gradient: autograd's."""
    axes = call.attr("axes", [0, 2, 3])

    def forward(x: Tensor) -> Tensor:
        apart = x - x.mean(axes, keepdim=True)
        return apart / (apart.square().mean(axes, keepdim=True).sqrt() + 1e-9)

    return call.op_of(forward, weights)
