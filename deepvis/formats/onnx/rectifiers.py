"""Rectifiers that a file writes with other operators: Where(x > 0, x, 0), Max(x, 0), x * Cast(x > 0), Max(x, slope x).

Deconv and guided backprop have rules for rectifiers, however they are written. Each is exchanged here for the one
operator that does the same, as formats/torch/rectifiers.py does for modules (at exactly 0 the gradient may be another).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from torch import Tensor

from deepvis.formats.onnx.node_parts import NodeParts
from deepvis.formats.onnx.onnx_ops import find_op
from deepvis.formats.onnx.values import Value
from deepvis.formats.open_arguments import Bottom, Weight

Input = Value | Tensor | None  # what an operator takes: a value that a step made, or a constant
Found = tuple[Value, float]  # of what, and the slope below 0


def with_plain_rectifiers(steps: Sequence[NodeParts]) -> list[NodeParts]:
    """The same steps, in which rectifiers are Relu or LeakyRelu; what was needed for them alone stays."""
    makers = {top.place: step for step in steps for top in step.tops}
    return [_plain(step, makers) for step in steps]


def _plain(step: NodeParts, makers: Mapping[int, NodeParts]) -> NodeParts:
    found, top = _found(step, makers), step.tops[0]
    if found is None or found[0].shapes != top.shapes or found[0].dtype is not top.dtype:
        return step
    x, slope = found
    op = "LeakyRelu" if slope else "Relu"
    row = find_op(op, max(step.call.opset, 7))
    if row is None:
        return step
    attributes = {"alpha": slope} if slope else {}
    call = replace(step.call, op=op, attributes=attributes, arguments={}, inputs=(Bottom(0),))
    return replace(step, row=row, call=call, bottoms=(x,), weights=(), batch=None)


def _found(step: NodeParts, makers: Mapping[int, NodeParts]) -> Found | None:
    given = _inputs(step)
    if step.call.op == "Where" and len(given) == 3:
        sign = _sign(given[0], makers)
        if sign is None:
            return None
        above, below = given[1:] if sign[1] else given[:0:-1]
        slope = _slope(below, sign[0], makers) if above is sign[0] else None
        return None if slope is None else (sign[0], slope)
    if step.call.op not in ("Max", "Mul") or len(given) != 2:
        return None
    for x, other in (given, given[::-1]):
        if not isinstance(x, Value):
            continue
        if step.call.op == "Mul":
            sign = _sign(_source(other, makers), makers)
            if sign is not None and sign[0] is x and sign[1]:
                return x, 0.0
        elif (slope := _slope(other, x, makers)) is not None and 0 <= slope < 1:
            return x, slope
    return None


def _inputs(step: NodeParts) -> list[Input]:
    found: list[Input] = []
    for given in step.call.inputs:
        if isinstance(given, Bottom):
            found.append(step.bottoms[given.place])
        else:
            found.append(step.weights[given.place] if isinstance(given, Weight) else None)
    return found


def _sign(mask: Input, makers: Mapping[int, NodeParts]) -> tuple[Value, bool] | None:
    """(x, is it x > 0) of a mask that tells x's sign; None for any other."""
    step = makers.get(mask.place) if isinstance(mask, Value) else None
    if step is None:
        return None
    given, op = _inputs(step), step.call.op
    if op == "Not":
        sign = _sign(given[0], makers)
        return None if sign is None else (sign[0], not sign[1])
    if op not in ("Greater", "GreaterOrEqual", "Less", "LessOrEqual"):
        return None
    x, bound = given
    is_above = op.startswith("Greater")
    if isinstance(x, Value) and _is_zero(bound):
        return x, is_above
    return (bound, not is_above) if isinstance(bound, Value) and _is_zero(x) else None


def _slope(value: Input, x: Value, makers: Mapping[int, NodeParts]) -> float | None:
    """The number by which ``value`` is x multiplied, 0 where it is 0."""
    if _is_zero(value):
        return 0.0
    step = makers.get(value.place) if isinstance(value, Value) else None
    if step is None or step.call.op != "Mul" or len(step.bottoms) != 1 or step.bottoms[0] is not x:
        return None
    return float(step.weights[0]) if len(step.weights) == 1 and step.weights[0].numel() == 1 else None


def _is_zero(value: Input) -> bool:
    return isinstance(value, Tensor) and value.numel() > 0 and not bool(value.any())


def _source(value: Input, makers: Mapping[int, NodeParts]) -> Input:
    """What was converted."""
    while isinstance(value, Value) and value.place in makers and makers[value.place].call.op == "Cast":
        value = makers[value.place].bottoms[0]
    return value
