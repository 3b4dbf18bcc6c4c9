"""Batch normalization with what was learned; layer, group and instance norm, whose statistics are the picture's own."""

from __future__ import annotations

import torch

from deepvis.formats.torch.aten_ops import aten_op
from deepvis.formats.torch.call import AtenCall
from deepvis.network.field_axes import along
from deepvis.network.field_rules import WHOLE_WINDOW, NodeEdge, Window, same_place
from deepvis.network.kinds import Kind
from deepvis.network.op import Op, Weights, by_autograd


def first_bottom(call: AtenCall, edge: NodeEdge, window: Window) -> Window:
    """The same place of the map; where the network makes mean or scale itself, they are of whatever they are of."""
    return WHOLE_WINDOW if edge.bottom else same_place(edge, window)


@aten_op("_native_batch_norm_legit_no_training", kind=Kind.NORMALIZATION, field=first_bottom)
def batch_norm(call: AtenCall, weights: Weights) -> Op | None:
    """y = (x - running_mean[c]) / sqrt(running_var[c] + eps) * weight[c] + bias[c], channel by channel.

    Shapes: (N, C, ...) -> the same. Gradient: g weight[c] / sqrt(running_var[c] + eps). The running statistics count
    whatever the module's mode was: it is exported in evaluation mode. weight and bias may be missing.
    """
    if not call.is_weight("weight", "bias", "running_mean", "running_var") or call.outputs != (0,):
        return None
    scale = call.weight_if_any("weight", weights)
    factor = (call.weight("running_var", weights) + call["eps"]).rsqrt()
    factor = factor if scale is None else factor * scale

    def backward(ran, grads):
        return [grads[0] * factor.reshape(-1, *(1,) * (grads[0].dim() - 2))]

    bias, mean = call.weight_if_any("bias", weights), call.weight("running_mean", weights)
    shift = -mean * factor if bias is None else bias - mean * factor
    return Op(call.forward(weights), backward=backward, affine=(factor, shift))


def layer_norm_field(call: AtenCall, edge: NodeEdge, window: Window) -> Window | None:
    """All along the axes that are normalized together."""
    axes = len(edge.below)
    count = len(call["normalized_shape"])
    return WHOLE_WINDOW if edge.bottom else along(edge, window, dict.fromkeys(range(axes - count, axes)))


@aten_op("layer_norm", kind=Kind.NORMALIZATION, field=layer_norm_field)
def layer_norm(call: AtenCall, weights: Weights) -> Op | None:
    """y = (x - mean) / sqrt(variance + eps) * weight + bias; mean and variance over the last axes, normalized_shape.

    Gradient: that of the whole formula: mean and variance are the picture's own.
    """
    if not call.is_weight("weight", "bias"):
        return None
    shape, eps = call["normalized_shape"], call["eps"]
    weight, bias = call.weight_if_any("weight", weights), call.weight_if_any("bias", weights)

    def fast(x):
        y, mean, deviation = torch.native_layer_norm(x, shape, weight, bias, eps)
        return y, (mean, deviation)

    def backward(ran, grads):
        (x,), mask = ran.bottoms[:1], [True, False, False]
        return torch.ops.aten.native_layer_norm_backward(grads[0], x, shape, *ran.saved, weight, bias, mask)[:1]

    return Op(call.forward(weights), fast=fast, backward=backward)


@aten_op("rms_norm", kind=Kind.NORMALIZATION, field=layer_norm_field)
def rms_norm(call: AtenCall, weights: Weights) -> None:
    """y = x / sqrt(mean of x^2 + eps) * weight, over the last axes, normalized_shape. Gradient: autograd's."""


@aten_op("group_norm", "instance_norm", kind=Kind.NORMALIZATION)
def map_norm(call: AtenCall, weights: Weights) -> Op:
    """y = (x - mean) / sqrt(variance + eps) * weight[c] + bias[c]; mean and variance over the map's places.

    Of each channel by itself (instance), or of the channels of a group together. A unit sees the whole map.
    Gradient: autograd's: mean and variance are the picture's own. Of contiguous tensors: with a channels-last gradient
    of one picture torch 2.13 gives wrong numbers for instance norm.
    """
    forward = call.forward(weights)
    plain = Op(lambda *bottoms: forward(*(x.contiguous() for x in bottoms)))

    def backward(ran, grads):
        return by_autograd(plain, ran, [grads[0].contiguous()])

    return Op(plain.forward, backward=backward)
