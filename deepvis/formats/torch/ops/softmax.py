"""Softmax."""

from __future__ import annotations

from functools import partial

from deepvis.formats.torch.aten_ops import aten_op
from deepvis.formats.torch.call import AtenCall
from deepvis.network.field_axes import along
from deepvis.network.field_rules import NodeEdge, Window
from deepvis.network.kinds import Kind
from deepvis.network.op import Op, Weights, softmax_back


def softmax_field(call: AtenCall, edge: NodeEdge, window: Window) -> Window | None:
    return along(edge, window, {call["dim"] % len(edge.below): None})


@aten_op("softmax", "_softmax", kind=Kind.SOFTMAX, field=softmax_field)
def softmax(call: AtenCall, weights: Weights) -> Op:
    """y = exp(x) / sum of exp(x), along ``dim``.

    Shapes: any -> the same. Gradient: y (g - sum of g y).
    """
    return Op(call.forward(weights), backward=partial(softmax_back, axes=call["dim"]))


@aten_op("log_softmax", "_log_softmax", field=softmax_field)
def log_softmax(call: AtenCall, weights: Weights) -> None:
    """y = x - log(sum of exp(x)), along ``dim``. Gradient: autograd's, g - exp(y) sum of g."""
