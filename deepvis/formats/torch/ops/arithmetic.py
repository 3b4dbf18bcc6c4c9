"""Arithmetic of two values, or of one and a number, with broadcasting; plain functions of one value."""

from __future__ import annotations

import torch
from torch import Tensor

from deepvis.formats.open_arguments import Bottom
from deepvis.formats.torch.aten_ops import aten_op, broadcasting, elementwise
from deepvis.formats.torch.call import AtenCall
from deepvis.network.kinds import Kind
from deepvis.network.op import Op, Weights


def joins_or_scales(call: AtenCall) -> Kind:
    """ADD of two values that nodes made; SCALE of one with a number or a weight."""
    both = isinstance(call["self"], Bottom) and isinstance(call["other"], Bottom)
    return Kind.ADD if both else Kind.SCALE


def _summed(grad: Tensor, like: Tensor) -> Tensor:
    """The gradient at a value that was repeated to the shape of ``grad``."""
    return grad if grad.shape == like.shape else grad.sum_to_size(like.shape)


def _both_float(call: AtenCall) -> bool:
    """All bottoms are floating point numbers of the top's own type: nothing is converted on the way."""
    return len({*call.bottom_types, torch.float32}) == 1


@aten_op("add", kind=joins_or_scales, field=broadcasting)
def add(call: AtenCall, weights: Weights) -> Op | None:
    """y = self + alpha * other, element by element; of the two the smaller is repeated along axes of 1.

    Gradient: g at self, alpha g at other, each summed over what was repeated.
    """
    if not _both_float(call):
        return None
    alpha = call["alpha"]

    def backward(ran, grads):
        factors = [alpha if call["other"] == Bottom(place) else 1 for place in range(len(ran.bottoms))]
        pairs = zip(ran.bottoms, factors, strict=True)
        return [_summed(grads[0] if factor == 1 else grads[0] * factor, x) for x, factor in pairs]

    return None if call["self"] == call["other"] else Op(call.forward(weights), backward=backward)


@aten_op("sub", "rsub", kind=joins_or_scales, field=broadcasting)
def sub(call: AtenCall, weights: Weights) -> None:
    """y = self - alpha * other; rsub: other - alpha * self. Gradient: autograd's, g and -alpha g."""


@aten_op("mul", kind=joins_or_scales, field=broadcasting)
def mul(call: AtenCall, weights: Weights) -> Op | None:
    """y = self * other, element by element; of the two the smaller is repeated along axes of 1.

    Gradient: g other at self, g self at other, each summed over what was repeated.
    """
    if len(call.bottom_dims) != 2 + call.has_carrier or not _both_float(call) or call["self"] == call["other"]:
        return None

    def backward(ran, grads):
        a, b = ran.bottoms[:2]
        return [_summed(grads[0] * b, a), _summed(grads[0] * a, b)]

    return Op(call.forward(weights), backward=backward)


@aten_op("div", "maximum", "minimum", kind=joins_or_scales, field=broadcasting)
def two_values(call: AtenCall, weights: Weights) -> None:
    """y = self / other, the larger or the smaller of the two. Gradient: autograd's.

    max(x, 0) written with maximum is a relu by the time it comes here (``rectifiers.py``).
    """


@aten_op("pow", "atan2", "addcmul", "addcdiv", "lerp", field=broadcasting)
def more_values(call: AtenCall, weights: Weights) -> None:
    """y = self ** exponent, atan2(self, other), self + value a b, self + value a / b, self + weight (end - self).

    Element by element, with broadcasting. Gradient: autograd's.
    """


@aten_op("neg", "abs", "exp", "log", "log1p", "sqrt", "rsqrt", "reciprocal", "square", "sin", "cos", "erf", "sign",
         "floor", "round", "expm1", field=elementwise)  # fmt: skip
def of_one_value(call: AtenCall, weights: Weights) -> None:
    """y = f(x), element by element: -x, |x|, exp(x), log(x), 1 / x, ... Gradient: autograd's, g f'(x)."""


@aten_op("where", "masked_fill", field=broadcasting)
def where(call: AtenCall, weights: Weights) -> None:
    """y = self where a condition holds, other (or value) elsewhere. Gradient: autograd's, g where the value was taken.

    Rectifiers written with it are relu by the time they come here (``rectifiers.py``).
    """


@aten_op("gt", "ge", "lt", "le", "eq", "ne", "logical_and", "logical_or", "logical_not",
         "bitwise_not", "isnan", "isfinite", field=broadcasting)  # fmt: skip
def compared(call: AtenCall, weights: Weights) -> None:
    """y = true or false, element by element. Gradient: none passes."""


@aten_op("_to_copy", kind=Kind.IDENTITY, field=elementwise)
def converted(call: AtenCall, weights: Weights) -> None:
    """y = x as numbers of another type, or elsewhere in memory. Gradient: autograd's, g as x's type."""


@aten_op("zeros_like", "ones_like", "full_like", "empty_like", "new_zeros", "new_ones", "new_full", "detach",
         field=lambda call, edge, window: None if call.op != "detach" else window)  # fmt: skip
def no_gradient(call: AtenCall, weights: Weights) -> None:
    """y = constants of x's shape, of which nothing is seen; detach: x. Gradient: none passes."""
