"""The rectifier."""

from __future__ import annotations

import torch

from deepvis.formats.torch.aten_ops import aten_op, elementwise
from deepvis.formats.torch.call import Call
from deepvis.network.kinds import Kind
from deepvis.network.op import Op, Weights


@aten_op("relu", kind=Kind.RELU, field=elementwise)
def relu(call: Call, weights: Weights) -> Op:
    """y = max(x, 0), element by element: nn.ReLU, F.relu and x.relu_() alike.

    Shapes: any -> the same. Gradient: g where y > 0, 0 elsewhere (at 0 too).
    """
    return Op(
        call.forward(weights),
        backward=lambda ran, grads: [torch.ops.aten.threshold_backward(grads[0], ran.tops[0], 0)],
    )
