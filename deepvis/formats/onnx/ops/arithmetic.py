"""Sums, products and other functions of two or more values, and of one without a learned number in them."""

from __future__ import annotations

from collections.abc import Callable
from functools import reduce
from typing import Any

import torch
from torch import Tensor

from deepvis.formats.onnx.call import Initializer, OnnxCall
from deepvis.formats.onnx.onnx_ops import elementwise, onnx_op
from deepvis.network.kinds import Kind
from deepvis.network.op import SAME, Op, Weights


def joins_or_scales(call: OnnxCall) -> Kind:
    """ADD of values that nodes made; SCALE of one with a weight."""
    return Kind.ADD if len(call.bottom_places) > 1 else Kind.SCALE


def divide(a: Tensor, b: Tensor) -> Tensor:
    """Whole numbers are cut off towards 0, as in C."""
    return a / b if a.is_floating_point() else torch.div(a, b, rounding_mode="trunc")


BINARY: dict[str, Callable[[Tensor, Tensor], Tensor]] = {"Sub": torch.sub, "Mul": torch.mul, "Div": divide}


@onnx_op(*BINARY, since=7, kind=joins_or_scales, field=elementwise)
def binary(call: OnnxCall, weights: Weights) -> Op:
    """y = a - b, a * b, a / b, element by element; axes of size 1 are repeated, missing ones added in front.

    Gradient: autograd's, which sums over what was repeated.
    """
    return call.op_of(BINARY[call.op], weights, shapes=call.repeated(weights))


@onnx_op("Add", since=7, kind=joins_or_scales, field=elementwise)
@onnx_op("Sum", since=6, kind=joins_or_scales, field=elementwise)
def add(call: OnnxCall, weights: Weights) -> Op:
    """y = the sum of all inputs, element by element; axes of size 1 are repeated, missing ones added in front.

    Gradient: g for each, summed over what was repeated.
    """

    def forward(*values: Tensor) -> Tensor:
        return reduce(torch.add, values)

    def backward(ran, grads):
        return [grads[0].sum_to_size(x.shape) for x in ran.bottoms]

    return call.op_of(forward, weights, backward=backward, shapes=call.repeated(weights))


def largest_kind(call: OnnxCall) -> Kind:
    """max(x, 0) is a rectifier."""
    weights = [given for given in call.inputs if isinstance(given, Initializer)]
    is_rectifier = len(call.inputs) == 2 and len(weights) == 1 and weights[0].values is not None
    if is_rectifier and call.op == "Max" and not any(weights[0].values or (1,)):
        return Kind.RELU
    return joins_or_scales(call)


MANY: dict[str, Callable[..., Tensor]] = {
    "Max": lambda *values: reduce(torch.maximum, values),
    "Min": lambda *values: reduce(torch.minimum, values),
    "Mean": lambda *values: reduce(torch.add, values) / len(values),
}


@onnx_op(*MANY, since=6, kind=largest_kind, field=elementwise)
def many(call: OnnxCall, weights: Weights) -> Op:
    """y = the largest, the smallest or the mean of all inputs, element by element, axes of size 1 repeated.

    max(x, 0) is a rectifier. Gradient: autograd's: of the largest to it, between equal ones shared.
    """
    return call.op_of(MANY[call.op], weights)


@onnx_op("Pow", since=7, field=elementwise)
def power(call: OnnxCall, weights: Weights) -> Op:
    """y = a ** b, element by element, in a's type. Gradient: autograd's, g b a ** (b - 1) for a."""
    return call.op_of(lambda a, b: torch.pow(a, b).to(a.dtype), weights)


@onnx_op("Mod", since=10, field=elementwise)
def mod(call: OnnxCall, weights: Weights) -> Op:
    """y = a - b floor(a / b), with the sign of b; with fmod=1 of a. Gradient: autograd's, g for a."""
    return call.op_of(torch.fmod if call.attr("fmod", 0) else torch.remainder, weights)


@onnx_op("Where", since=9, kind=joins_or_scales, field=elementwise)
def where(call: OnnxCall, weights: Weights) -> Op:
    """y = x where the condition holds, else the other, element by element, axes of size 1 repeated.

    Gradient: autograd's, g for the one that was taken.
    """
    return call.op_of(torch.where, weights)


NAMES = "Abs Acos Acosh Asin Asinh Atan Atanh Ceil Cos Cosh Exp Floor Log Neg Reciprocal Round Sign Sin Sinh Sqrt Tan"
UNARY: dict[str, Callable[[Tensor], Tensor]] = {name: getattr(torch, name.lower()) for name in NAMES.split(" ")}


@onnx_op(*UNARY, since=6, field=elementwise)
def unary(call: OnnxCall, weights: Weights) -> Op:
    """y = f(x), element by element. Round goes to the even one of two that are equally near.

    Gradient: autograd's, g f'(x); of Ceil, Floor, Round and Sign 0.
    """
    return call.op_of(UNARY[call.op], weights, shapes=SAME)


# --- truth values and bits: no gradient -----------------------------------------------------------


def _shift(call: OnnxCall) -> Callable[[Tensor, Tensor], Tensor]:
    is_left = call.attr("direction", "LEFT") == "LEFT"
    return lambda a, b: a << b if is_left else a >> b


def _is_inf(call: OnnxCall) -> Callable[[Tensor], Tensor]:
    positive, negative = call.attr("detect_positive", 1), call.attr("detect_negative", 1)
    return lambda x: torch.isinf(x) & ((bool(positive) & (x > 0)) | (bool(negative) & (x < 0)))


TRUTH: dict[str, Callable[[OnnxCall], Callable[..., Tensor]]] = {
    "And": lambda call: torch.logical_and,
    "Or": lambda call: torch.logical_or,
    "Xor": lambda call: torch.logical_xor,
    "Not": lambda call: torch.logical_not,
    "Equal": lambda call: torch.eq,
    "Greater": lambda call: torch.gt,
    "GreaterOrEqual": lambda call: torch.ge,
    "Less": lambda call: torch.lt,
    "LessOrEqual": lambda call: torch.le,
    "IsNaN": lambda call: torch.isnan,
    "IsInf": _is_inf,
    "BitShift": _shift,
    "BitwiseAnd": lambda call: torch.bitwise_and,
    "BitwiseOr": lambda call: torch.bitwise_or,
    "BitwiseXor": lambda call: torch.bitwise_xor,
    "BitwiseNot": lambda call: torch.bitwise_not,
}


@onnx_op(*TRUTH, since=1, field=elementwise)
def truth(call: OnnxCall, weights: Weights) -> Op:
    """y = whether it is so, or the bits, element by element; axes of size 1 are repeated. Gradient: none."""
    forward: Any = call.bind(TRUTH[call.op](call), weights)
    return Op(forward, backward=lambda ran, grads: [None] * len(ran.bottoms))
