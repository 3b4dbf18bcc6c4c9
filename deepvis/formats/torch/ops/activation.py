"""Rectifiers and other functions of one value.

Back modes look at the kind: max(x, 0) is a RELU however it is written, with a slope below 0 a LEAKY_RELU.
"""

from __future__ import annotations

import torch

from deepvis.formats.torch.aten_ops import aten_op, elementwise, kind_of, random_note
from deepvis.formats.torch.call import AtenCall
from deepvis.formats.torch.ops.normalization import first_bottom
from deepvis.network.back_modes import without_rule
from deepvis.network.kinds import Kind
from deepvis.network.op import Op, Weights, relu_back


def other_than_relu(call: AtenCall) -> str:
    """A note for activations that back modes with a rule for rectifiers have none for."""
    kind = kind_of(call)
    modes = without_rule(kind)
    if not modes or kind not in (Kind.SIGMOID, Kind.ACTIVATION):
        return ""
    return f"{call.op} is no rectifier: {modes} pass it as the gradient does"


@aten_op("relu", kind=Kind.RELU, field=elementwise)
def relu(call: AtenCall, weights: Weights) -> Op:
    """y = max(x, 0), element by element: nn.ReLU, F.relu and x.relu_() alike.

    Shapes: any -> the same. Gradient: g where y > 0, 0 elsewhere (at 0 too).
    """
    return Op(call.forward(weights), backward=relu_back)


@aten_op("leaky_relu", kind=Kind.LEAKY_RELU, field=elementwise)
def leaky_relu(call: AtenCall, weights: Weights) -> Op:
    """y = x where x > 0, negative_slope x elsewhere. Gradient: g where x > 0, negative_slope g elsewhere."""
    slope = call["negative_slope"]
    return Op(
        call.forward(weights),
        backward=lambda ran, grads: [torch.ops.aten.leaky_relu_backward(grads[0], ran.bottoms[0], slope, False)],
    )


def rrelu_kind(call: AtenCall) -> Kind:
    return Kind.ACTIVATION if call["training"] else Kind.LEAKY_RELU


@aten_op("rrelu", kind=rrelu_kind, field=elementwise, note=lambda call: random_note(call) if call["training"] else "")
def rrelu(call: AtenCall, weights: Weights) -> None:
    """y = x where x > 0, (lower + upper) / 2 x elsewhere; in training a slope drawn at random between the two.

    Gradient: autograd's, g or the slope times g.
    """


def bounded_kind(call: AtenCall) -> Kind:
    """Of min(max(x, low), high), either of which may be left out; OTHER where a bound is no number."""
    low, high = (
        next((call[name] for name in names if name in call.arguments), None)
        for names in (("min", "min_val"), ("max", "max_val"))
    )
    if not all(isinstance(bound, (int, float, type(None))) for bound in (low, high)):
        return Kind.OTHER
    if low != 0:
        return Kind.ACTIVATION
    return Kind.RELU if high is None else Kind.CAPPED_RELU


@aten_op("hardtanh", "clamp", "clip", "clamp_min", "clamp_max", kind=bounded_kind, field=elementwise,
         note=other_than_relu)  # fmt: skip
def bounded(call: AtenCall, weights: Weights) -> None:
    """y = min(max(x, min), max), either bound may be missing; hardtanh calls them min_val and max_val.

    Gradient: autograd's, g between the bounds and 0 outside.
    """


@aten_op("relu6", kind=Kind.CAPPED_RELU, field=elementwise)
def relu6(call: AtenCall, weights: Weights) -> Op:
    """y = min(max(x, 0), 6). Gradient: g where 0 < x < 6, 0 elsewhere."""
    return Op(
        call.forward(weights),
        backward=lambda ran, grads: [torch.ops.aten.hardtanh_backward(grads[0], ran.bottoms[0], 0, 6)],
    )


def threshold_kind(call: AtenCall) -> Kind:
    return Kind.RELU if (call["threshold"], call["value"]) == (0, 0) else Kind.ACTIVATION


@aten_op("threshold", kind=threshold_kind, field=elementwise, note=other_than_relu)
def threshold(call: AtenCall, weights: Weights) -> None:
    """y = x where x > threshold, value elsewhere. Gradient: autograd's, g where x > threshold, 0 elsewhere."""


def prelu_kind(call: AtenCall) -> Kind:
    return Kind.LEAKY_RELU if call.is_weight("weight") else Kind.ACTIVATION


@aten_op("prelu", kind=prelu_kind, field=first_bottom, note=other_than_relu)
def prelu(call: AtenCall, weights: Weights) -> None:
    """y = x where x > 0, weight[c] x elsewhere: slopes that were learned. Gradient: autograd's, g or weight[c] g."""


@aten_op("sigmoid", kind=Kind.SIGMOID, field=elementwise, note=other_than_relu)
def sigmoid(call: AtenCall, weights: Weights) -> None:
    """y = 1 / (1 + exp(-x)). Gradient: autograd's, g y (1 - y)."""


@aten_op("silu", "hardswish", "hardsigmoid", kind=Kind.ACTIVATION, field=elementwise, note=other_than_relu)
def quick(call: AtenCall, weights: Weights) -> Op:
    """y = x sigmoid(x) (silu), x h(x) (hardswish) or h(x) (hardsigmoid), where h(x) = min(max(x / 6 + 1 / 2, 0), 1).

    Shapes: any -> the same. Gradient: g f'(x).
    """
    back = getattr(torch.ops.aten, f"{call.op}_backward")
    return Op(call.forward(weights), backward=lambda ran, grads: [back(grads[0], ran.bottoms[0])])


@aten_op("gelu", kind=Kind.ACTIVATION, field=elementwise, note=other_than_relu)
def gelu(call: AtenCall, weights: Weights) -> Op:
    """y = x Phi(x), Phi the normal distribution's, or with tanh what comes close to it. Gradient: g y'(x)."""
    how = call["approximate"]
    return Op(
        call.forward(weights),
        backward=lambda ran, grads: [torch.ops.aten.gelu_backward(grads[0], ran.bottoms[0], approximate=how)],
    )


@aten_op("tanh", "elu", "selu", "celu", "mish", "softplus", "log_sigmoid",
         kind=Kind.ACTIVATION, field=elementwise, note=other_than_relu)  # fmt: skip
def smooth(call: AtenCall, weights: Weights) -> None:
    """y = f(x), element by element: tanh, elu, log(1 + exp(x)) (softplus) and so on.

    Shapes: any -> the same. Gradient: autograd's, g f'(x).
    """
