"""Rectifiers that are written with other operators: ``torch.maximum(x, 0)``, ``torch.where(x > 0, x, 0)`` and so on.

Deconv and guided backprop have rules for rectifiers, however their author wrote them. Each is exchanged here for the
one operator that does the same (at exactly 0 the gradient may be another).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import Tensor, fx

from deepvis.formats.torch.call import packet_name

Held = Mapping[fx.Node, Tensor]  # placeholders of weights and constants
_ABOVE, _BELOW = frozenset(("gt", "ge")), frozenset(("lt", "le"))
_HANDED_ON = frozenset(("_to_copy", "clone", "alias", "detach", "expand", "lift_fresh_copy", "contiguous"))
_ZEROS = frozenset(("zeros", "zeros_like", "new_zeros"))
_FULL = frozenset(("full", "full_like", "new_full", "scalar_tensor"))


def with_plain_rectifiers(graph: fx.Graph, held: Held) -> None:
    """Exchange them in an exported graph; what was needed for them alone goes."""
    changed = False
    for node in list(graph.nodes):
        arguments, find = _FORMS.get(_name(node), (0, None))
        # max(x) of all values and where(mask) have the same names
        found = find(node, held) if find is not None and len(node.args) >= arguments else None
        if found is None or not _fits(node, found[0]):
            continue
        x, slope = found
        node.target = torch.ops.aten.leaky_relu.default if slope else torch.ops.aten.relu.default
        node.args, node.kwargs, changed = (x, slope) if slope else (x,), {}, True
    if changed:
        graph.eliminate_dead_code()


Found = tuple[fx.Node, float]  # of what, and the slope below 0


def _maximum(node: fx.Node, held: Held) -> Found | None:
    """max(x, 0), max(x, slope x)."""
    for x, other in (node.args[:2], node.args[1::-1]):
        if isinstance(x, fx.Node) and _is_zero(other, held):
            return x, 0.0
        if isinstance(x, fx.Node) and (slope := _slope(other, x, held)) is not None and 0 < slope < 1:
            return x, slope
    return None


def _where(node: fx.Node, held: Held) -> Found | None:
    """where(x > 0, x, 0), where(x < 0, slope x, x)."""
    sign = _sign(node.args[0], held)
    if sign is None:
        return None
    x, is_positive = sign
    above, below = node.args[1:3] if is_positive else node.args[2:0:-1]
    return _of_sides(x, above, below, held)


def _masked_fill(node: fx.Node, held: Held) -> Found | None:
    """x.masked_fill(x < 0, 0), x[x < 0] = 0."""
    x, mask, value = node.args[:3]
    mask = mask[0] if isinstance(mask, (list, tuple)) and len(mask) == 1 else mask
    sign = _sign(mask, held)
    if sign is None or sign[1] or _source(sign[0]) is not _source(x):
        return None
    return (sign[0], 0.0) if _is_zero(value, held) else None


def _product(node: fx.Node, held: Held) -> Found | None:
    """x * (x > 0)."""
    for x, mask in (node.args[:2], node.args[1::-1]):
        sign = _sign(_source(mask), held)
        if sign is not None and sign[1] and sign[0] is x:
            return x, 0.0
    return None


# operator -> how many arguments it must have, and what finds a rectifier in it
_FORMS: Mapping[str, tuple[int, Callable[[fx.Node, Held], Found | None]]] = {
    **dict.fromkeys(("maximum", "max"), (2, _maximum)),
    "where": (3, _where),
    **dict.fromkeys(("masked_fill", "index_put"), (3, _masked_fill)),
    "mul": (2, _product),
}


def _of_sides(x: fx.Node, above: Any, below: Any, held: Held) -> Found | None:
    if above is not x:
        return None
    if _is_zero(below, held):
        return x, 0.0
    slope = _slope(below, x, held)
    return None if slope is None else (x, slope)


def _sign(mask: Any, held: Held) -> tuple[fx.Node, bool] | None:
    """(x, is it x > 0) of a mask that tells x's sign; None for any other."""
    if _name(mask) in _ABOVE | _BELOW and len(mask.args) == 2:
        x, bound = mask.args
        is_above = _name(mask) in _ABOVE
        if isinstance(x, fx.Node) and _is_zero(bound, held):
            return x, is_above
        if isinstance(bound, fx.Node) and _is_zero(x, held):
            return bound, not is_above
    if _name(mask) in ("logical_not", "bitwise_not"):
        sign = _sign(mask.args[0], held)
        return None if sign is None else (sign[0], not sign[1])
    return None


def _slope(value: Any, x: fx.Node, held: Held) -> float | None:
    """The number by which ``value`` is x multiplied."""
    if _name(value) != "mul" or len(value.args) < 2:
        return None
    for one, other in (value.args[:2], value.args[1::-1]):
        if one is x and isinstance(other, (int, float)):
            return float(other)
    return None


def _is_zero(value: Any, held: Held) -> bool:
    """A 0, or a tensor of nothing but zeros that follows from no picture."""
    if isinstance(value, (int, float)):
        return value == 0
    if not isinstance(value, fx.Node):
        return False
    if value in held:
        return held[value].numel() > 0 and not bool(held[value].any())
    name = _name(value)
    if name in _ZEROS:
        return True
    if name in _FULL:
        return next((arg == 0 for arg in reversed(value.args) if isinstance(arg, (int, float))), False)
    return name in _HANDED_ON and _is_zero(value.args[0], held)


def _source(value: Any) -> Any:
    """What was copied or converted."""
    while _name(value) in _HANDED_ON:
        value = value.args[0]
    return value


def _fits(node: fx.Node, x: fx.Node) -> bool:
    """The rectifier gives what the operators gave: the same shape and type."""
    made, taken = node.meta.get("val"), x.meta.get("val")
    if not isinstance(made, Tensor) or not isinstance(taken, Tensor):
        return False
    return made.dtype == taken.dtype and str(tuple(made.shape)) == str(tuple(taken.shape))


def _name(node: Any) -> str:
    """Of an operator of aten; "" for all else."""
    is_operator = isinstance(node, fx.Node) and isinstance(node.target, torch._ops.OpOverload)
    return packet_name(node.target) if is_operator else ""
