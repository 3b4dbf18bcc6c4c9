"""Rectifiers and other functions of one value.

Back modes look at the kind: max(x, 0) is a RELU however it is written, with a slope below 0 a LEAKY_RELU.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import torch
import torch.nn.functional as F
from torch import Tensor

from deepvis.formats.onnx.call import OnnxCall
from deepvis.formats.onnx.onnx_ops import elementwise, find_op, kind_of, of_first_input, onnx_op
from deepvis.network.back_modes import without_rule
from deepvis.network.kinds import Kind
from deepvis.network.op import SAME, Op, Weights, leaky_relu_back, relu_back


def other_than_relu(call: OnnxCall) -> str:
    """A note for activations that back modes with a rule for rectifiers have none for."""
    row = find_op(call.op, call.opset)
    kind = kind_of(row, call) if row is not None else Kind.OTHER
    modes = without_rule(kind)
    if not modes or kind not in (Kind.CAPPED_RELU, Kind.SIGMOID, Kind.ACTIVATION):
        return ""
    return f"{call.op} is no plain rectifier: {modes} pass it as the gradient does"


@onnx_op("Relu", since=6, kind=Kind.RELU, field=elementwise)
def relu(call: OnnxCall, weights: Weights) -> Op:
    """y = max(x, 0), element by element.

    Shapes: any -> the same. Gradient: g where y > 0, 0 elsewhere (at 0 too).
    """
    return call.op_of(torch.relu, weights, backward=relu_back, shapes=SAME)


@onnx_op("LeakyRelu", since=6, kind=Kind.LEAKY_RELU, field=elementwise)
def leaky_relu(call: OnnxCall, weights: Weights) -> Op:
    """y = x where x > 0, alpha x elsewhere; alpha is 0.01 by default. Gradient: g or alpha g."""
    alpha = call.attr("alpha", 0.01)
    return call.op_of(lambda x: F.leaky_relu(x, alpha), weights, backward=leaky_relu_back(alpha), shapes=SAME)


Function = Callable[[Tensor], Tensor]
UNBOUNDED = 3.4e38


def bounds_of(call: OnnxCall) -> tuple[float | None, float | None]:
    """Lowest and highest value of Clip; None where there is none."""
    low, high = call.number("min"), call.number("max")
    return (
        None if low is None or low <= -UNBOUNDED else low,
        None if high is None or high >= UNBOUNDED else high,
    )


def thresholded_kind(call: OnnxCall) -> Kind:
    return Kind.RELU if call.attr("alpha", 1.0) == 0 else Kind.ACTIVATION


def clip_kind(call: OnnxCall) -> Kind:
    low, high = bounds_of(call)
    if low != 0:
        return Kind.ACTIVATION if (low, high) != (None, None) else Kind.IDENTITY
    return Kind.RELU if high is None else Kind.CAPPED_RELU


@onnx_op("Clip", since=6, kind=clip_kind, field=elementwise, arguments={"min": 1, "max": 2}, note=other_than_relu)
def clip(call: OnnxCall, weights: Weights) -> Op:
    """y = min(max(x, min), max); either bound may be missing. Relu6 is one of these.

    Gradient: autograd's, g between the bounds and at them, 0 outside.
    """
    low, high = bounds_of(call)
    if low is None and high is None:
        return call.op_of(lambda x: x, weights)
    return call.op_of(lambda x: x.clamp(low, high), weights, shapes=SAME)


def prelu_kind(call: OnnxCall) -> Kind:
    """Slopes that the network makes itself are no rectifier's."""
    return Kind.LEAKY_RELU if call.is_weight(1) else Kind.ACTIVATION


@onnx_op("PRelu", since=7, kind=prelu_kind, field=of_first_input, note=other_than_relu)
def prelu(call: OnnxCall, weights: Weights) -> Op:
    """y = x where x > 0, slope x elsewhere; slope is repeated to x's shape. Gradient: autograd's, g or slope g."""
    return call.op_of(lambda x, slope: torch.where(x > 0, x, slope * x), weights)


@onnx_op("Sigmoid", since=6, kind=Kind.SIGMOID, field=elementwise, note=other_than_relu)
def sigmoid(call: OnnxCall, weights: Weights) -> Op:
    """y = 1 / (1 + exp(-x)). Gradient: g y (1 - y)."""
    return call.op_of(
        torch.sigmoid,
        weights,
        backward=lambda ran, grads: [torch.ops.aten.sigmoid_backward(grads[0], ran.tops[0])],
        shapes=SAME,
    )


def _gelu(call: OnnxCall) -> Function:
    return partial(F.gelu, approximate=call.attr("approximate", "none"))


def _selu(call: OnnxCall) -> Function:
    alpha = call.attr("alpha", 1.6732632423543772)
    gamma = call.attr("gamma", 1.0507009873554805)
    return lambda x: gamma * torch.where(x > 0, x, alpha * torch.expm1(x.clamp(max=0)))


def _hard_sigmoid(call: OnnxCall) -> Function:
    alpha, beta = call.attr("alpha", 0.2), call.attr("beta", 0.5)
    return lambda x: (alpha * x + beta).clamp(0, 1)


def _shrink(call: OnnxCall) -> Function:
    bias, bound = call.attr("bias", 0.0), call.attr("lambd", 0.5)
    return lambda x: torch.where(x < -bound, x + bias, torch.where(x > bound, x - bias, torch.zeros_like(x)))


def _swish(default: float) -> Callable[[OnnxCall], Function]:
    return lambda call: lambda x: x * torch.sigmoid(call.attr("alpha", default) * x)


# (operator, since) -> the function of a call
SMOOTH: dict[tuple[str, int], Callable[[OnnxCall], Function]] = {
    ("Elu", 6): lambda call: partial(F.elu, alpha=call.attr("alpha", 1.0)),
    ("Celu", 12): lambda call: partial(F.celu, alpha=call.attr("alpha", 1.0)),
    ("Selu", 6): _selu,
    ("Gelu", 20): _gelu,
    ("Mish", 18): lambda call: F.mish,
    ("Swish", 24): _swish(1.0),
    ("HardSigmoid", 6): _hard_sigmoid,
    ("HardSwish", 14): lambda call: F.hardswish,
    ("ThresholdedRelu", 10): lambda call: partial(F.threshold, threshold=call.attr("alpha", 1.0), value=0.0),
    ("Shrink", 9): _shrink,
    ("Softplus", 1): lambda call: lambda x: torch.logaddexp(x, torch.zeros_like(x)),
    ("Softsign", 1): lambda call: F.softsign,
    ("Tanh", 6): lambda call: torch.tanh,
    ("com.microsoft.Gelu", 1): _gelu,
    ("com.microsoft.QuickGelu", 1): _swish(1.702),
}


def smooth(call: OnnxCall, weights: Weights) -> Op:
    """y = f(x), element by element: tanh, x Phi(x) (Gelu), x sigmoid(x) (Swish), log(1 + exp(x)) (Softplus) and so on.

    Shapes: any -> the same. Gradient: autograd's, g f'(x).
    """
    versions = [since for name, since in SMOOTH if name == call.op and since <= call.opset]
    return call.op_of(SMOOTH[call.op, max(versions)](call), weights, shapes=SAME)


for _name, _since in SMOOTH:
    _kind = thresholded_kind if _name == "ThresholdedRelu" else Kind.ACTIVATION
    onnx_op(_name, since=_since, kind=_kind, field=elementwise, note=other_than_relu)(smooth)


@onnx_op("Erf", since=9, field=elementwise)
def erf(call: OnnxCall, weights: Weights) -> Op:
    """y = 2 / sqrt(pi) * the integral of exp(-t^2) from 0 to x. Gradient: autograd's, g 2 / sqrt(pi) exp(-x^2)."""
    return call.op_of(torch.erf, weights, shapes=SAME)
