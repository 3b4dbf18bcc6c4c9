"""Reduction and ArgMax: many values made into few."""

from __future__ import annotations

from deepvis.formats.caffe.layer import canonical_axis, fault, layer_type, option
from deepvis.formats.caffe.spec import LayerSpec
from deepvis.network.lazy import Tensor, torch
from deepvis.network.op import Op, Weights, without_gradient


@layer_type("Reduction")
def reduction(spec: LayerSpec, weights: Weights) -> Op:
    """y = coeff * the sum of x (SUM), |x| (ASUM) or x^2 (SUMSQ), or the mean (MEAN), over all axes from ``axis`` (0).

    Shapes: (outer..., inner...) -> (outer...), no axis at all for axis 0.
    Gradient: coeff g spread out, times sign(x) (ASUM), 2 x (SUMSQ), 1 / count (MEAN).
    Caffe's surprises: it always reduces to the last axis; ASUM's gradient at 0 is 0.
    Source: Caffe's reduction_layer.cpp.
    """
    operation, coeff = option(spec, "operation"), spec.param.coeff

    def forward(x: Tensor) -> Tensor:
        axis = canonical_axis(spec, spec.param.axis, x.dim())
        rows = x.reshape(*x.shape[:axis], -1)
        if operation == "MEAN":
            return coeff * rows.mean(-1)
        if operation == "ASUM":
            rows = rows.abs()
        elif operation == "SUMSQ":
            rows = rows.square()
        return coeff * rows.sum(-1)

    return Op(forward)


@layer_type("ArgMax")
def argmax(spec: LayerSpec, weights: Weights) -> Op:
    """y = indices of the top_k (1) largest values, largest first, as floats; with out_max_val the values.

    Shapes: without ``axis`` each item is flattened: (N, ...) -> (N, 1, top_k), with out_max_val (N, 2, top_k):
    indices, then values; padded with axes of 1 to the bottom's number of axes. With ``axis`` its size becomes top_k,
    and out_max_val gives the values alone.
    Caffe's surprises: of equal values the one with the larger index comes first; no gradient.
    Source: Caffe's argmax_layer.cpp.
    """
    p = spec.param
    top_k, has_axis = p.top_k, p.HasField("axis")

    def largest(x: Tensor, axis: int) -> tuple[Tensor, Tensor]:
        size = x.shape[axis]
        if not 1 <= top_k <= size:
            raise fault(spec, f"top_k {top_k} of {size} values", f"from 1 to {size}")
        values, places = x.flip(axis).sort(dim=axis, descending=True, stable=True)
        return values.narrow(axis, 0, top_k), (size - 1 - places.narrow(axis, 0, top_k)).to(x.dtype)

    def forward(x: Tensor) -> Tensor:
        if has_axis:
            values, indices = largest(x, canonical_axis(spec, p.axis, x.dim()))
            return (values if p.out_max_val else indices).contiguous()
        values, indices = largest(x.reshape(x.shape[0], -1), 1)
        rows = torch.stack([indices, values], 1) if p.out_max_val else indices[:, None]
        return rows.reshape(*rows.shape, *(1,) * (x.dim() - 3))

    return without_gradient(forward)
