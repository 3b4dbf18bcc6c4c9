"""The fully connected layer."""

from __future__ import annotations

from deepvis.formats.torch.aten_ops import aten_op
from deepvis.formats.torch.call import AtenCall
from deepvis.network.batch_invariance import linear_op
from deepvis.network.field_axes import along
from deepvis.network.field_rules import WHOLE_WINDOW, NodeEdge, Window
from deepvis.network.kinds import Kind
from deepvis.network.op import Op, Weights


def linear_field(call: AtenCall, edge: NodeEdge, window: Window) -> Window | None:
    if edge.bottom or len(edge.below) != len(edge.above):
        return WHOLE_WINDOW
    return along(edge, window, {len(edge.below) - 1: None}) if len(edge.below) > 2 else WHOLE_WINDOW


@aten_op("linear", kind=Kind.LINEAR, field=linear_field)
def linear(call: AtenCall, weights: Weights) -> Op | None:
    """y = x W^T + b, along the last axis.

    Shapes: (..., K) -> (..., O); W (O, K), b (O,). Gradient: g W.
    """
    if not call.is_weight("weight", "bias"):
        return None
    return linear_op(call.weight("weight", weights), call.weight_if_any("bias", weights))
