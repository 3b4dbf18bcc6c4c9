"""InnerProduct: the fully connected layer."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import Any

from deepvis.formats.caffe.layer import WeightRule, blob, canonical_axis, fault, layer_type
from deepvis.formats.caffe.spec import LayerSpec
from deepvis.network.batch_invariance import product, product_back
from deepvis.network.kinds import Kind
from deepvis.network.lazy import Tensor
from deepvis.network.op import Op, Weights


def has_bias(message: Any) -> int:
    """Weights, and a bias with bias_term."""
    return 1 + message.inner_product_param.bias_term


def weight_shapes(spec: LayerSpec, bottoms: Sequence[Sequence[int]]) -> list[tuple[int, ...]]:
    p, x = spec.param, bottoms[0]
    inputs = prod(x[canonical_axis(spec, p.axis, len(x)) :])
    weights = (inputs, p.num_output) if p.transpose else (p.num_output, inputs)
    return [weights] + [(p.num_output,)] * p.bias_term


@layer_type(
    "InnerProduct",
    kind=Kind.LINEAR,
    weights=WeightRule(has_bias, weight_shapes),
    outputs=lambda spec: int(spec.param.num_output),
)
def inner_product(spec: LayerSpec, weights: Weights) -> Op:
    """y[m] = W x[m] + b, where all axes from ``axis`` on are flattened into one vector.

    Shapes: (outer..., inner...) -> (outer..., num_output), with outer the axes before ``axis`` (1: the
    batch); weights (num_output, K), or (K, num_output) with ``transpose``; bias (num_output,). K = product
    of the inner axes.
    Caffe's surprises: the top has no spatial axes left, (N, num_output), also for a 4-d bottom; legacy
    files hold the weights as 1 x 1 x num_output x K. Gradient: g W.
    Source: Caffe's inner_product_layer.cpp.
    """
    p = spec.param
    if p.num_output < 1:
        raise fault(spec, f"num_output {p.num_output}", "at least 1")
    bias = blob(spec, weights, 1, (p.num_output,), "bias") if p.bias_term else None
    total = blob(spec, weights, 0, None, "weights").numel()
    length = total // p.num_output
    w = blob(spec, weights, 0, (length, p.num_output) if p.transpose else (p.num_output, length), "weights")
    if p.transpose:
        w = w.t()

    def outer(shape: Sequence[int]) -> tuple[int, ...]:
        """The axes before ``axis``."""
        axis = canonical_axis(spec, p.axis, len(shape))
        inner = prod(shape[axis:])
        if inner != length:
            found = "x".join(str(d) for d in shape)
            raise fault(spec, f"a bottom of {found}: {inner} values per vector", f"{length}, as its weights have")
        return tuple(shape[:axis])

    def forward(x: Tensor) -> Tensor:
        kept = outer(x.shape)
        return product(x.reshape(-1, length), w, bias).reshape(*kept, p.num_output)

    def backward(ran, grads):
        (x,) = ran.bottoms
        return [product_back(grads[0].reshape(-1, p.num_output), w).reshape(x.shape)]

    return Op(forward, backward=backward, shapes=lambda shape: ((*outer(shape), p.num_output),))
