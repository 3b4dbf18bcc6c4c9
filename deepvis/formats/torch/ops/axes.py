"""Axes exchanged, added, taken away, repeated; values cut up along an axis."""

from __future__ import annotations

from collections.abc import Sequence

from deepvis.formats.open_arguments import Weight
from deepvis.formats.torch.aten_ops import aten_op, broadcasting
from deepvis.formats.torch.call import AtenCall
from deepvis.network.field_axes import along, by_axis, moved, reshaped, window_of
from deepvis.network.field_rules import WHOLE, WHOLE_WINDOW, NodeEdge, Span, Window
from deepvis.network.kinds import Kind
from deepvis.network.op import Op, Weights, reshaped_back


def _order(call: AtenCall) -> list[int]:
    """axis of the top -> axis of the bottom."""
    count = len(call.bottom_dims[0])
    order = list(range(count))
    if call.op == "permute":
        return [axis % count for axis in call["dims"]]
    first, second = (-2, -1) if call.op in ("mT", "adjoint") else (0, 1) if call.op == "t" else (
        call.arguments.get("dim0", 0), call.arguments.get("dim1", 0),
    )  # fmt: skip
    if order:
        order[first], order[second] = order[second], order[first]
    return order


def permuted_field(call: AtenCall, edge: NodeEdge, window: Window) -> Window | None:
    order = _order(call)
    return moved(edge, window, [order.index(axis) for axis in range(len(order))])


@aten_op("permute", "transpose", "t", kind=Kind.RESHAPE, field=permuted_field)
def permute(call: AtenCall, weights: Weights) -> Op:
    """y = x with its axes in another order. Gradient: g with its axes in x's order."""
    order = _order(call)
    back = [order.index(axis) for axis in range(len(order))]
    return Op(call.forward(weights), backward=lambda ran, grads: [grads[0].permute(back)])


def _dims(call: AtenCall, axes: int) -> list[int]:
    """The argument ``dim``, as axes from the front."""
    dim = call.arguments.get("dim")
    given: Sequence[int] = dim if isinstance(dim, (list, tuple)) else [] if dim is None else [dim]
    return [each % axes for each in given]


def unsqueezed_field(call: AtenCall, edge: NodeEdge, window: Window) -> Window | None:
    (added,) = _dims(call, len(edge.above))
    return moved(edge, window, [axis for axis in range(len(edge.above)) if axis != added])


@aten_op("unsqueeze", kind=Kind.RESHAPE, field=unsqueezed_field)
def unsqueeze(call: AtenCall, weights: Weights) -> Op:
    """y = x with an axis of size 1 more. Gradient: g without it."""
    return Op(call.forward(weights), backward=reshaped_back)


def squeezed_field(call: AtenCall, edge: NodeEdge, window: Window) -> Window | None:
    wanted = _dims(call, len(edge.below)) or range(len(edge.below))
    gone = [axis for axis in wanted if edge.below[axis] == 1]
    if len(edge.below) - len(gone) != len(edge.above):  # of axes that other pictures have with another size
        return reshaped(edge, window)
    kept = [axis for axis in range(len(edge.below)) if axis not in gone]
    return moved(edge, window, [None if axis in gone else kept.index(axis) for axis in range(len(edge.below))])


@aten_op("squeeze", kind=Kind.RESHAPE, field=squeezed_field)
def squeeze(call: AtenCall, weights: Weights) -> Op | None:
    """y = x without axes of size 1: those named, or all but the batch. Gradient: g in x's shape.

    One picture loses no axis that several keep: the batch stays an axis however many there are.
    """
    top = call.top_dims[0]

    def forward(*bottoms):
        batch = call.batch_of([x.shape for x in bottoms])
        return bottoms[0].reshape([size if isinstance(size, int) else size.of(batch) for size in top])

    fits = all(isinstance(size, int) for size in top[1:]) and call.arguments.get("dim") is None
    return Op(forward if fits else call.forward(weights), backward=reshaped_back)


@aten_op("expand", kind=Kind.RESHAPE, field=broadcasting)
def expand(call: AtenCall, weights: Weights) -> None:
    """y = x, repeated along axes of size 1. Gradient: autograd's, g summed over what was repeated."""


def sliced_field(call: AtenCall, edge: NodeEdge, window: Window) -> Window | None:
    (axis,) = _dims(call, len(edge.below))
    size, stride = edge.below[axis], call["step"] if "step" in call.arguments else 1
    start = call["start"] or 0
    if not isinstance(start, int) or not isinstance(stride, int):
        return along(edge, window, {axis: None})
    first = min(max(start + size if start < 0 else start, 0), size)
    return along(edge, window, {axis: lambda s: (first + s[0] * stride, first + (s[1] - 1) * stride + 1)})


@aten_op("slice", kind=Kind.RESHAPE, field=sliced_field)
def slice_(call: AtenCall, weights: Weights) -> None:
    """y = each step-th value from start to end along ``dim``. Gradient: autograd's, g there and 0 elsewhere."""


def selected_field(call: AtenCall, edge: NodeEdge, window: Window) -> Window | None:
    (axis,) = _dims(call, len(edge.below))
    spans = by_axis(window, edge.above)
    index = call["index"]
    place = (index % edge.below[axis], index % edge.below[axis] + 1) if isinstance(index, int) else WHOLE
    return window_of([*spans[:axis], place, *spans[axis:]], edge.below)


@aten_op("select", kind=Kind.RESHAPE, field=selected_field)
def select(call: AtenCall, weights: Weights) -> None:
    """y = the value at ``index`` along ``dim``, which goes. Gradient: autograd's, g there and 0 elsewhere."""


def piece_field(call: AtenCall, edge: NodeEdge, window: Window) -> Window | None:
    """Of pieces along an axis: where they begin follows from the sizes, of all pieces, used or not."""
    (axis,) = _dims(call, len(edge.below))
    place = (call.outputs or (0,))[edge.top]
    if call.op == "unbind":
        spans = by_axis(window, edge.above)
        return window_of([*spans[:axis], (place, place + 1), *spans[axis:]], edge.below)
    sizes = call.arguments.get("split_sizes", call.arguments.get("split_size"))
    if not isinstance(sizes, (int, list)):
        return along(edge, window, {axis: None})
    begin = sizes * place if isinstance(sizes, int) else sum(sizes[:place])
    return along(edge, window, {axis: lambda s: (s[0] + begin, s[1] + begin)})


@aten_op("split", "split_with_sizes", "unbind", kind=Kind.RESHAPE, field=piece_field)
def split(call: AtenCall, weights: Weights) -> None:
    """y = pieces of x along ``dim``; unbind: of size 1, without that axis. Gradient: autograd's, the g joined."""


def stacked_field(call: AtenCall, edge: NodeEdge, window: Window) -> Window | None:
    (axis,) = _dims(call, len(edge.above))
    return moved(edge, window, [each for each in range(len(edge.above)) if each != axis])


@aten_op("stack", kind=Kind.RESHAPE, field=stacked_field)
def stack(call: AtenCall, weights: Weights) -> None:
    """y = the tensors side by side along a new axis. Gradient: autograd's, the g cut up."""


def turned_field(call: AtenCall, edge: NodeEdge, window: Window) -> Window | None:
    changes = {}
    for axis in [each % len(edge.below) for each in call["dims"]]:
        size = edge.below[axis]
        changes[axis] = (lambda s, size=size: (size - s[1], size - s[0])) if call.op == "flip" else None
    return along(edge, window, changes) if call["dims"] else WHOLE_WINDOW


@aten_op("flip", "roll", kind=Kind.OTHER, field=turned_field)
def turned(call: AtenCall, weights: Weights) -> None:
    """y = x turned around, or shifted in a circle, along ``dims``. Gradient: autograd's, g turned back."""


def tiled_field(call: AtenCall, edge: NodeEdge, window: Window) -> Window | None:
    """Repeated axes are seen whole where they are wider than one place."""
    missing = len(edge.above) - len(edge.below)
    above = by_axis(window, edge.above)[missing:]
    pairs = zip(above, edge.below, edge.above[missing:], strict=True)
    spans: list[Span | None] = [span if size == wide else WHOLE for span, size, wide in pairs]
    return window_of(spans, edge.below)


@aten_op("repeat", "tile", "repeat_interleave", field=tiled_field)
def tile(call: AtenCall, weights: Weights) -> None:
    """y = x several times along axes. Gradient: autograd's, g summed over the copies."""


@aten_op("channel_shuffle", kind=Kind.OTHER, field=lambda call, edge, window: window)
def channel_shuffle(call: AtenCall, weights: Weights) -> None:
    """y = the channels of x, dealt out anew: channel j of group i becomes channel i of group j.

    Gradient: autograd's.
    """


def picked_field(call: AtenCall, edge: NodeEdge, window: Window) -> Window | None:
    """Picked along one axis by a weight: the others stay."""
    if edge.bottom or not call.is_weight("index") or len(edge.below) != len(edge.above):
        return WHOLE_WINDOW
    return along(edge, window, dict.fromkeys(_dims(call, len(edge.below))))


@aten_op("index_select", field=picked_field)
def index_select(call: AtenCall, weights: Weights) -> None:
    """y = the values at ``index`` along ``dim``. Gradient: autograd's, g summed at each index."""


def indexed_field(call: AtenCall, edge: NodeEdge, window: Window) -> Window | None:
    indices = call["indices"]
    picked = [axis for axis, index in enumerate(indices) if index is not None]
    is_plain = all(isinstance(indices[axis], Weight) for axis in picked) and len(picked) == 1
    if edge.bottom or not is_plain or len(edge.below) != len(edge.above):
        return WHOLE_WINDOW
    return along(edge, window, {picked[0]: None})


@aten_op("index", field=indexed_field)
def index(call: AtenCall, weights: Weights) -> None:
    """y = x at the indices, axis by axis, None: all of the axis. Gradient: autograd's, g summed at each index."""
