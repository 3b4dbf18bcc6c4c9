"""Rectifiers that a file writes with other operators (``formats/rectifiers.py``) as Relu and LeakyRelu."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from torch import Tensor

from deepvis.formats.onnx.node_parts import NodeParts
from deepvis.formats.onnx.onnx_ops import find_op
from deepvis.formats.onnx.values import Value
from deepvis.formats.open_arguments import Bottom, Weight
from deepvis.formats.rectifiers import Formula, RectifierFinder, Word

# operator -> its word, and how many inputs it has then
_WORDS = {
    "Max": (Word.MAXIMUM, 2),
    "Where": (Word.WHERE, 3),
    "Mul": (Word.PRODUCT, 2),
    **dict.fromkeys(("Greater", "GreaterOrEqual"), (Word.ABOVE, 2)),
    **dict.fromkeys(("Less", "LessOrEqual"), (Word.BELOW, 2)),
    "Not": (Word.NOT, 1),
    "Cast": (Word.SAME, 1),
}


def with_plain_rectifiers(steps: Sequence[NodeParts]) -> list[NodeParts]:
    """The same steps, in which rectifiers are Relu or LeakyRelu; what was needed for them alone stays."""
    makers = {top.place: step for step in steps for top in step.tops}

    def made_by(value: Any) -> Formula | None:
        return _formula(makers[value.place]) if isinstance(value, Value) and value.place in makers else None

    finder = RectifierFinder(made_by, _number)
    return [_plain(step, finder.found(step.tops[0])) for step in steps]


def _plain(step: NodeParts, found: tuple[Any, float] | None) -> NodeParts:
    top = step.tops[0]
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


def _formula(step: NodeParts) -> Formula | None:
    """Inputs: the Value that a step made, a constant's Tensor, None where one is left out."""
    word, count = _WORDS.get(step.call.op, (None, 0))
    given = step.call.inputs
    if word is None or len(given) != count:
        return None
    held = [step.weights[each.place] if isinstance(each, Weight) else None for each in given]
    pairs = zip(given, held, strict=True)
    return Formula(word, [step.bottoms[each.place] if isinstance(each, Bottom) else tensor for each, tensor in pairs])


def _number(value: Any) -> float | None:
    if not isinstance(value, Tensor):
        return None
    if value.numel() == 1:
        return float(value)
    return 0.0 if value.numel() and not bool(value.any()) else float("nan")
