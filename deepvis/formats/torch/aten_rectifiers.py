"""Rectifiers that a program writes with other operators (``formats/rectifiers.py``) as relu and leaky_relu."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, fx

from deepvis.formats.rectifiers import Formula, RectifierFinder, Word
from deepvis.formats.torch.call import packet_name

_HANDED_ON = ("_to_copy", "clone", "alias", "detach", "expand", "lift_fresh_copy", "contiguous")
# operator -> its word, and how many arguments it must have: max(x) of all values and where(mask) have the same names
_WORDS: Mapping[str, tuple[Word, int]] = {
    **dict.fromkeys(("maximum", "max"), (Word.MAXIMUM, 2)),
    "where": (Word.WHERE, 3),
    **dict.fromkeys(("masked_fill", "index_put"), (Word.FILL, 3)),
    "mul": (Word.PRODUCT, 2),
    **dict.fromkeys(("gt", "ge"), (Word.ABOVE, 2)),
    **dict.fromkeys(("lt", "le"), (Word.BELOW, 2)),
    **dict.fromkeys(("logical_not", "bitwise_not"), (Word.NOT, 1)),
    **dict.fromkeys(_HANDED_ON, (Word.SAME, 1)),
}
_ZEROS = ("zeros", "zeros_like", "new_zeros")
_FULL = ("full", "full_like", "new_full", "scalar_tensor")


def with_plain_rectifiers(graph: fx.Graph, held: Mapping[fx.Node, Tensor]) -> None:
    """Exchange them in an exported graph; what was needed for them alone goes. held: weights and constants."""
    finder = RectifierFinder(_formula, lambda value: _number(value, held))
    changed = False
    for node in list(graph.nodes):
        found = finder.found(node)
        if found is None or not _fits(node, found[0]):
            continue
        x, slope = found
        node.target = torch.ops.aten.leaky_relu.default if slope else torch.ops.aten.relu.default
        node.args, node.kwargs, changed = (x, slope) if slope else (x,), {}, True
    if changed:
        graph.eliminate_dead_code()


def _formula(value: Any) -> Formula | None:
    word, count = _WORDS.get(_name(value), (None, 0))
    if word is None or len(value.args) < count:
        return None
    inputs = list(value.args[:count])
    if word is Word.FILL and isinstance(inputs[1], (list, tuple)) and len(inputs[1]) == 1:  # of index_put
        inputs[1] = inputs[1][0]
    return Formula(word, inputs)


def _number(value: Any, held: Mapping[fx.Node, Tensor]) -> float | None:
    """Of a plain number, and of a tensor that follows from no picture."""
    if isinstance(value, (int, float)):
        return float(value)
    if isinstance(value, fx.Node) and value in held:
        return 0.0 if held[value].numel() > 0 and not bool(held[value].any()) else float("nan")
    name = _name(value)
    if name in _ZEROS:
        return 0.0
    if name in _FULL:
        return next((float(each) for each in reversed(value.args) if isinstance(each, (int, float))), None)
    return _number(value.args[0], held) if name in _HANDED_ON else None


def _fits(node: fx.Node, x: Any) -> bool:
    """The rectifier gives what the operators gave: the same shape and type."""
    made, taken = node.meta.get("val"), x.meta.get("val") if isinstance(x, fx.Node) else None
    if not isinstance(made, Tensor) or not isinstance(taken, Tensor):
        return False
    return made.dtype == taken.dtype and str(tuple(made.shape)) == str(tuple(taken.shape))


def _name(node: Any) -> str:
    """Of an operator of aten; "" for all else."""
    is_operator = isinstance(node, fx.Node) and isinstance(node.target, torch._ops.OpOverload)
    return packet_name(node.target) if is_operator else ""
