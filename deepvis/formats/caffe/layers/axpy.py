"""Axpy: a scaled sum in one layer."""

from __future__ import annotations

from deepvis.formats.caffe.layer import elementwise, fault, layer_type
from deepvis.formats.caffe.spec import LayerSpec
from deepvis.network.kinds import Kind
from deepvis.network.lazy import Tensor
from deepvis.network.op import Op, Weights


@layer_type("Axpy", kind=Kind.ADD, bottoms=(3, 3), field=elementwise)
def axpy(spec: LayerSpec, weights: Weights) -> Op:
    """y = a * x + b, one factor a for each channel.

    Shapes: a (N, C) or (N, C, 1, 1), x and b (N, C, H, W) -> (N, C, H, W). Gradient: the sum of g x over each channel
    to a, a g to x, g to b.
    Source: the SENet fork of Caffe (hujie-frank/SENet), axpy_layer.cpp.
    """

    def forward(a: Tensor, x: Tensor, b: Tensor) -> Tensor:
        if x.shape != b.shape or x.dim() < 2 or a.numel() != x.shape[0] * x.shape[1]:
            raise fault(
                spec,
                f"bottoms of {[list(t.shape) for t in (a, x, b)]}",
                "a factor for each channel, then two of the same shape",
            )
        return a.reshape(*x.shape[:2], *(1,) * (x.dim() - 2)) * x + b

    return Op(forward)
