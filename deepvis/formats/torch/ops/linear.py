"""The fully connected layer."""

from __future__ import annotations

from deepvis.formats.torch.aten_ops import aten_op
from deepvis.formats.torch.call import Call
from deepvis.network.batch_invariance import product, product_back
from deepvis.network.kinds import Kind
from deepvis.network.op import Op, Weights


@aten_op("linear", kind=Kind.LINEAR)
def linear(call: Call, weights: Weights) -> Op | None:
    """y = x W^T + b, along the last axis.

    Shapes: (..., K) -> (..., O); W (O, K), b (O,). Gradient: g W.
    """
    if not call.is_weight("weight", "bias"):
        return None
    w, bias = call.weight("weight", weights), call.weight_if_any("bias", weights)
    outputs, inputs = w.shape

    def forward(x):
        return product(x.reshape(-1, inputs), w, bias).reshape(*x.shape[:-1], outputs)

    def backward(ran, grads):
        return [product_back(grads[0].reshape(-1, outputs), w).reshape(ran.bottoms[0].shape)]

    return Op(forward, backward=backward)
