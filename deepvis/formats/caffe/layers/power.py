"""Power, Exp and Log: powers, exponentials and logarithms of a shifted and scaled value."""

from __future__ import annotations

from math import log as ln

from deepvis.formats.caffe.layer import elementwise, fault, layer_type
from deepvis.formats.caffe.spec import LayerSpec
from deepvis.network.kinds import Kind
from deepvis.network.lazy import Tensor, torch
from deepvis.network.op import SAME, Op, Weights


@layer_type("Power", kind=Kind.ACTIVATION, field=elementwise)
def power(spec: LayerSpec, weights: Weights) -> Op:
    """y = (shift + scale * x) ** power, element by element.

    Shapes: any -> the same. Gradient: g * power * scale * (shift + scale * x) ** (power - 1).
    Caffe's surprises: where power * scale is 0 the top is the constant shift ** power (1 for power 0, even of
    0) and the gradient 0; a negative base with a fractional power is not a number; in place its backward pass
    writes over g and ends with a square that has nothing to do with it; here it does not.
    Source: Caffe's power_layer.cpp; defaults 1, 1, 0.
    """
    p = spec.param
    exponent, scale, shift = p.power, p.scale, p.shift
    slope = exponent * scale
    if slope == 0:
        value = 1.0 if exponent == 0 else float(torch.tensor(shift) ** exponent)
        return Op(
            lambda x: torch.full_like(x, value),
            backward=lambda ran, grads: [torch.zeros_like(grads[0])],
            shapes=SAME,
        )

    def inner(x: Tensor) -> Tensor:
        x = x * scale if scale != 1 else x
        return x + shift if shift != 0 else x

    def forward(x: Tensor) -> Tensor:
        if exponent == 1:
            return inner(x)
        return inner(x) ** exponent

    def backward(ran, grads):
        if exponent == 1:
            return [grads[0] * scale]
        return [grads[0] * (slope * inner(ran.bottoms[0]) ** (exponent - 1))]

    return Op(forward, backward=backward, shapes=SAME)


def _log_of_base(spec: LayerSpec) -> float:
    """Natural logarithm of the base; Caffe's base -1 means e."""
    base = spec.param.base
    if base == -1:
        return 1.0
    if base <= 0:
        raise fault(spec, f"base {base:g}", "a positive base, or -1 for e")
    return ln(base)


@layer_type("Exp", kind=Kind.ACTIVATION, field=elementwise)
def exp(spec: LayerSpec, weights: Weights) -> Op:
    """y = base ** (shift + scale * x), element by element.

    Shapes: any -> the same. Gradient: g * y * scale * ln(base).
    Caffe's surprises: base -1 (the default) means e.
    Source: Caffe's exp_layer.cpp; defaults -1, 1, 0.
    """
    log_base, scale, shift = _log_of_base(spec), spec.param.scale, spec.param.shift
    inner, outer = log_base * scale, float(torch.tensor(log_base * shift).exp())

    def forward(x: Tensor) -> Tensor:
        y = torch.exp(x * inner)
        return y if outer == 1 else y * outer

    return Op(forward, backward=lambda ran, grads: [grads[0] * ran.tops[0] * inner], shapes=SAME)


@layer_type("Log", kind=Kind.ACTIVATION, field=elementwise)
def log(spec: LayerSpec, weights: Weights) -> Op:
    """y = log of (shift + scale * x) to the base, element by element.

    Shapes: any -> the same. Gradient: g * scale / ((shift + scale * x) ln(base)).
    Caffe's surprises: base -1 (the default) means e; base 1 is refused.
    Source: Caffe's log_layer.cpp; defaults -1, 1, 0.
    """
    log_base, scale, shift = _log_of_base(spec), spec.param.scale, spec.param.shift
    if log_base == 0:
        raise fault(spec, "base 1", "another positive base, or -1 for e")

    def backward(ran, grads):
        return [grads[0] * (scale / log_base) / (ran.bottoms[0] * scale + shift)]

    return Op(lambda x: torch.log(x * scale + shift) / log_base, backward=backward, shapes=SAME)
