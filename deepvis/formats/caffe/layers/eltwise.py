"""Eltwise: sum, product or maximum of blobs of one shape."""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce
from operator import add as add_two
from operator import mul

from deepvis.formats.caffe.layer import MANY, elementwise, fault, layer_type, option
from deepvis.formats.caffe.spec import LayerSpec
from deepvis.network.kinds import Kind
from deepvis.network.lazy import Tensor, torch
from deepvis.network.op import Op, Weights


@layer_type("Eltwise", kind=Kind.ADD, bottoms=(2, MANY), field=elementwise)
def eltwise(spec: LayerSpec, weights: Weights) -> Op:
    """SUM: y = sum of coeff[i] x[i] (coeff 1 by default); PROD: y = product; MAX: y = maximum; element by element.

    Shapes: all bottoms the same. Gradient: SUM coeff[i] g; PROD g times the product of the others;
    MAX g where x[i] was the maximum.
    Caffe's surprises: coeff is one per bottom and for SUM only: PROD refuses it, MAX ignores it; of equal
    maxima the gradient goes to one alone: the last where the first two tie (the first wins by a strict >), any
    later bottom must be strictly greater; stable_prod_grad: false divides the top by the bottom, which is not
    a number where that is 0 (here the product of the others is always taken).
    Source: Caffe's eltwise_layer.cpp.
    """
    operation, coeff = option(spec, "operation"), list(spec.param.coeff)
    if coeff and operation == "PROD":
        raise fault(spec, "coeff with operation PROD", "coeff for SUM only")
    if coeff and len(coeff) != len(spec.bottoms):
        raise fault(spec, f"{len(coeff)} coeff", f"one for each of {len(spec.bottoms)} bottoms")

    def shapes(*bottoms: Sequence[int]):
        for shape in bottoms[1:]:
            if tuple(shape) != tuple(bottoms[0]):
                raise fault(spec, f"bottoms of {list(bottoms[0])} and {list(shape)}", "bottoms of the same shape")
        return (bottoms[0],)

    def checked(bottoms: tuple[Tensor, ...]) -> Sequence[Tensor]:
        shapes(*(x.shape for x in bottoms))
        return bottoms

    def add(*bottoms: Tensor) -> Tensor:
        scales = coeff or [1] * len(bottoms)
        return reduce(add_two, [x if c == 1 else c * x for c, x in zip(scales, checked(bottoms), strict=True)])

    def multiply(*bottoms: Tensor) -> Tensor:
        return reduce(mul, checked(bottoms))

    def greatest(*bottoms: Tensor) -> Tensor:
        return reduce(torch.maximum, checked(bottoms))

    def winner(bottoms: tuple[Tensor, ...]) -> Tensor:
        """Index of the bottom that Caffe's mask names, element by element."""
        mask = (bottoms[1] >= bottoms[0]).long()
        y = torch.maximum(bottoms[0], bottoms[1])
        for i, x in enumerate(bottoms[2:], start=2):
            mask = torch.where(x > y, i, mask)
            y = torch.maximum(y, x)
        return mask

    def add_back(ran, grads):
        scales = coeff or [1] * len(ran.bottoms)
        return [grads[0] if c == 1 else c * grads[0] for c in scales]

    def greatest_back(ran, grads):
        if len(ran.bottoms) == 1:
            return grads
        mask = winner(ran.bottoms)
        return [grads[0] * (mask == i) for i in range(len(ran.bottoms))]

    if operation == "SUM":
        return Op(add, backward=add_back, shapes=shapes)
    if operation == "PROD":
        return Op(multiply, shapes=shapes)
    return Op(greatest, backward=greatest_back, shapes=shapes)
