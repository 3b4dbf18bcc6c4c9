"""What is known of an ONNX operator: one row of ONNX_OPS, written in the operator's own file in ``ops/``.

To add one, write one file there with::

    @onnx_op("Relu", since=6, kind=Kind.RELU, field=elementwise)
    def relu(call: OnnxCall, weights: Weights) -> Op: ...

The function reads attributes and arguments once and returns what runs. ``since`` is the operator set from which on it
means this, as in ONNX's own tables; a row holds until the next one of the same name. An operator without a row cannot
run: it is named, and what does not depend on it is shown.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field

from deepvis.core.registry import Registry
from deepvis.formats.onnx.call import OnnxCall
from deepvis.formats.open_arguments import Shape
from deepvis.network.field_rules import WHOLE_WINDOW, FieldRule, NodeEdge, Window, same_place
from deepvis.network.kinds import Kind
from deepvis.network.op import Op, Weights

Builder = Callable[[OnnxCall, Weights], Op]
CallField = Callable[[OnnxCall, NodeEdge, Window], "Window | None"]
Mixes = Callable[[OnnxCall, int, Shape], Collection[int]]
# (arguments, shape of the first bottom, axis of the batch in it, factor) -> the arguments for factor times the pictures
Rebatch = Callable[[OnnxCall, Shape, int, int], "dict[str, list[int]]"]


def nothing(call: OnnxCall, place: int, shape: Shape) -> Collection[int]:
    """Element by element: no places see each other."""
    return ()


def all_but_first(call: OnnxCall, place: int, shape: Shape) -> Collection[int]:
    """Along all axes but the first."""
    return range(1, len(shape))


def everything(call: OnnxCall, place: int, shape: Shape) -> Collection[int]:
    return range(len(shape))


@dataclass(frozen=True, eq=False)
class OnnxOp:
    """All that is known of an operator from one version on.

    arguments: name -> place of an input that must be known before the operator runs. mixes: (call, place of an input,
    its shape) -> the axes along which places see each other, or are moved: pictures must not lie along these.
    """

    build: Builder
    since: int
    kind: Kind | Callable[[OnnxCall], Kind] = Kind.OTHER
    arguments: Mapping[str, int] = field(default_factory=dict)
    mixes: Mixes = nothing
    rebatch: Rebatch | None = None
    note: Callable[[OnnxCall], str] | None = None  # a sentence for the user, "" where there is nothing to say
    field: CallField | None = None  # None: it may look everywhere


ONNX_OPS: Registry[OnnxOp] = Registry("ONNX operator")
_versions: dict[str, list[int]] = {}


def onnx_op(*names: str, since: int, **facts: object) -> Callable[[Builder], Builder]:
    """Enter a builder under names of operators; facts: the other fields of OnnxOp. Raises ValueError for duplicates."""

    def enter(build: Builder) -> Builder:
        for name in names:
            ONNX_OPS.put(f"{name}-{since}", OnnxOp(build, since, **facts))  # type: ignore[arg-type]
            _versions.setdefault(name, []).append(since)
        return build

    return enter


def find_op(name: str, opset: int) -> OnnxOp | None:
    """The row of an operator in that operator set; None where there is none."""
    versions = [since for since in _versions.get(name, ()) if since <= opset]
    return ONNX_OPS[f"{name}-{max(versions)}"] if versions else None


def kind_of(row: OnnxOp, call: OnnxCall) -> Kind:
    return row.kind if isinstance(row.kind, Kind) else row.kind(call)


def field_of(row: OnnxOp, call: OnnxCall) -> FieldRule:
    """The node's rule for the receptive field."""
    rule = row.field
    if rule is None:
        return lambda edge, window: WHOLE_WINDOW
    return lambda edge, window: rule(call, edge, window)


def elementwise(call: OnnxCall, edge: NodeEdge, window: Window) -> Window | None:
    """The field rule of operators that work element by element, axes of size 1 repeated."""
    return same_place(edge, window)


def of_first_input(call: OnnxCall, edge: NodeEdge, window: Window) -> Window | None:
    """The same place of the first input; others that the network makes itself are of whatever they are of."""
    return WHOLE_WINDOW if edge.bottom else same_place(edge, window)


def axis_of(call: OnnxCall, rank: int, default: int = 1, name: str = "axis") -> int:
    """An attribute that names an axis, counted from the front. Raises ModelError."""
    axis = int(call.attr(name, default))
    if not -rank <= axis < max(rank, 1):
        raise call.fault(f"{name} {axis} on {rank} axes", f"an axis from {-rank} to {rank - 1}")
    return axis % rank if rank else 0


def along_axis(default: int = 1) -> Mixes:
    """Along the attribute ``axis``."""
    return lambda call, place, shape: (axis_of(call, len(shape), default),)
