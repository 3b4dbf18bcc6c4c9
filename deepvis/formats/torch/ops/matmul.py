"""Products of matrices, and attention."""

from __future__ import annotations

from deepvis.formats.open_arguments import Bottom
from deepvis.formats.torch.aten_ops import aten_op
from deepvis.formats.torch.call import AtenCall
from deepvis.network.field_axes import by_axis, window_of
from deepvis.network.field_rules import WHOLE, WHOLE_WINDOW, NodeEdge, Window
from deepvis.network.kinds import Kind
from deepvis.network.op import Weights


def _in_front(edge: NodeEdge, window: Window) -> list[tuple[int, int] | None]:
    """What is seen of the axes before the last two, along which there are several matrices."""
    count = len(edge.below) - 2
    above = by_axis(window, edge.above)[:-2]
    spans = above[len(above) - count :] if count else []
    sizes = edge.above[len(edge.above) - 2 - count : -2] if count else ()
    return [span if size == wide else WHOLE for span, size, wide in zip(spans, edge.below, sizes, strict=False)]


def product_field(call: AtenCall, edge: NodeEdge, window: Window) -> Window | None:
    """A row of the product is of one row of the left and of all of the right."""
    left = "self" if "self" in call.arguments else "batch1"
    right = next((name for name in ("mat2", "other", "batch2") if name in call.arguments), "")
    if min(len(edge.below), len(edge.above)) < 3 or len(edge.below) > len(edge.above):
        return WHOLE_WINDOW
    rows, columns = by_axis(window, edge.above)[-2:]
    here = Bottom(edge.bottom)
    if call[left] == here and call[right] != here:
        return window_of([*_in_front(edge, window), rows, WHOLE], edge.below)
    if call[right] == here and call[left] != here:
        return window_of([*_in_front(edge, window), WHOLE, columns], edge.below)
    return WHOLE_WINDOW


@aten_op("matmul", "bmm", field=product_field)
def matmul(call: AtenCall, weights: Weights) -> None:
    """y = a b: rows times columns, for each of the matrices along the axes in front.

    Gradient: autograd's, g b^T at a, a^T g at b.
    """


@aten_op("addmm", "mm", "baddbmm", "addbmm", kind=lambda call: Kind.LINEAR if _is_by_weights(call) else Kind.OTHER)
def matrices(call: AtenCall, weights: Weights) -> None:
    """y = beta c + alpha a b, of two matrices or of several. Gradient: autograd's, g b^T at a, a^T g at b."""


def _is_by_weights(call: AtenCall) -> bool:
    return call.op in ("mm", "addmm") and call.is_weight("mat2")


def attention_field(call: AtenCall, edge: NodeEdge, window: Window) -> Window | None:
    """A place asks with its own query, and looks at all keys and values."""
    if call["query"] == Bottom(edge.bottom) and Bottom(edge.bottom) not in (call["key"], call["value"]):
        rows = by_axis(window, edge.above)[-2]
        return window_of([*_in_front(edge, window), rows, WHOLE], edge.below)
    return window_of([*_in_front(edge, window), WHOLE, WHOLE], edge.below)


@aten_op("scaled_dot_product_attention", field=attention_field)
def attention(call: AtenCall, weights: Weights) -> None:
    """y = softmax(query key^T scale + mask) value: each query's mean of the values, weighted by how its keys fit.

    Shapes: (N, heads, L, D), (N, heads, S, D), (N, heads, S, E) -> (N, heads, L, E). Gradient: autograd's.
    """


@aten_op("einsum")
def einsum(call: AtenCall, weights: Weights) -> None:
    """y = the sum of products that ``equation`` says. Gradient: autograd's."""
