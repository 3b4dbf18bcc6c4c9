"""What is known of an aten operator: one row of ATEN_OPS, written in the operator's own file in ``ops/``.

To add one, write one file there with::

    @aten_op("relu", kind=Kind.RELU, field=elementwise)
    def relu(call: AtenCall, weights: Weights) -> Op | None: ...

The function reads the arguments once and returns what runs, with a rule for the way back that is quicker or better
than autograd's; None where autograd does for these arguments. An operator without a row runs all the same, as
``Kind.OTHER``: autograd differentiates it, and it may look everywhere.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch

from deepvis.core.registry import Registry
from deepvis.formats.torch.call import AtenCall
from deepvis.network.field_axes import broadcast
from deepvis.network.field_rules import WHOLE_WINDOW, FieldRule, NodeEdge, Window, same_place
from deepvis.network.kinds import Kind
from deepvis.network.op import Op, Weights

Builder = Callable[[AtenCall, Weights], "Op | None"]
CallField = Callable[[AtenCall, NodeEdge, Window], "Window | None"]


@dataclass(frozen=True, eq=False)
class AtenOp:
    """All that is known of an operator."""

    build: Builder
    kind: Kind | Callable[[AtenCall], Kind] = Kind.OTHER
    field: CallField | None = None  # None: it may look everywhere
    note: Callable[[AtenCall], str] | None = None  # a sentence for the user, "" where there is nothing to say


ATEN_OPS: Registry[AtenOp] = Registry("aten operator")


def aten_op(
    *names: str,
    kind: Kind | Callable[[AtenCall], Kind] = Kind.OTHER,
    field: CallField | None = None,
    note: Callable[[AtenCall], str] | None = None,
) -> Callable[[Builder], Builder]:
    """Enter a builder under the names of operators, without "aten." and without overloads."""

    def enter(build: Builder) -> Builder:
        for name in names:
            ATEN_OPS.put(name, AtenOp(build, kind, field, note))
        return build

    return enter


def elementwise(call: AtenCall, edge: NodeEdge, window: Window) -> Window | None:
    """The field rule of operators that work element by element."""
    return same_place(edge, window)


def broadcasting(call: AtenCall, edge: NodeEdge, window: Window) -> Window | None:
    """The field rule of operators that work element by element on values of shapes that need not be the same."""
    return broadcast(edge, window)


def build(call: AtenCall, weights: Weights) -> Op:
    """What runs: the operator's own op, or the operator itself with autograd's gradient."""
    row = ATEN_OPS.get(call.op)
    op = row.build(call, weights) if row is not None else None
    return call.completed(op or Op(call.forward(weights)), weights)


def kind_of(call: AtenCall) -> Kind:
    row = ATEN_OPS.get(call.op)
    if row is None:
        return Kind.OTHER
    return row.kind if isinstance(row.kind, Kind) else row.kind(call)


def field_of(call: AtenCall) -> FieldRule:
    """The node's rule for the receptive field."""
    row = ATEN_OPS.get(call.op)
    rule = row.field if row is not None else None

    def field(edge: NodeEdge, window: Window) -> Window | None:
        if call.has_carrier and edge.bottom == len(edge.bottoms) - 1:
            return None
        return WHOLE_WINDOW if rule is None else rule(call, edge, window)

    return field


def note_of(call: AtenCall) -> str:
    """The operator's own sentence, or that it draws at random; "" where there is nothing to say."""
    row = ATEN_OPS.get(call.op)
    return random_note(call) if row is None or row.note is None else row.note(call)


def random_note(call: AtenCall) -> str:
    """A note for operators that torch marks as random."""
    if torch.Tag.nondeterministic_seeded not in call.target.tags:
        return ""
    return f"{call.name} ({call.op}) draws numbers at random in evaluation too: each pass of a picture gives others"
