"""Batch normalization with what was learned."""

from __future__ import annotations

from deepvis.formats.torch.aten_ops import aten_op
from deepvis.formats.torch.call import Call
from deepvis.network.field_rules import WHOLE_WINDOW, Step, Window, same_place
from deepvis.network.kinds import Kind
from deepvis.network.op import Op, Weights


def first_bottom(call: Call, step: Step, seen: Window) -> Window:
    """The same place of the map; where the network makes mean or scale itself, they are of whatever they are of."""
    return WHOLE_WINDOW if step.bottom else same_place(step, seen)


@aten_op("_native_batch_norm_legit_no_training", kind=Kind.NORMALIZATION, field=first_bottom)
def batch_norm(call: Call, weights: Weights) -> Op | None:
    """y = (x - running_mean[c]) / sqrt(running_var[c] + eps) * weight[c] + bias[c], channel by channel.

    Shapes: (N, C, ...) -> the same. Gradient: g weight[c] / sqrt(running_var[c] + eps). The running statistics count
    whatever the module's mode was: it is exported in evaluation mode. weight and bias may be missing.
    """
    if not call.is_weight("weight", "bias", "running_mean", "running_var") or call.outputs != (0,):
        return None
    scale = call.weight_if_any("weight", weights)
    factor = (call.weight("running_var", weights) + call["eps"]).rsqrt()
    factor = factor if scale is None else factor * scale

    def backward(ran, grads):
        return [grads[0] * factor.reshape(-1, *(1,) * (grads[0].dim() - 2))]

    return Op(call.forward(weights), backward=backward)
