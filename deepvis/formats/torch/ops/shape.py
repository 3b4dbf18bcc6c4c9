"""The same values joined, in another shape, or as they are."""

from __future__ import annotations

import torch

from deepvis.formats.open_arguments import Bottom, Size, Weight
from deepvis.formats.torch.aten_ops import aten_op, elementwise
from deepvis.formats.torch.call import AtenCall
from deepvis.network.field_axes import along, reshaped
from deepvis.network.field_rules import WHOLE_WINDOW, NodeEdge, Window
from deepvis.network.kinds import Kind
from deepvis.network.op import Op, Weights, reshaped_back, same_back


def _joins_bottoms(call: AtenCall) -> bool:
    """All that is joined are values that nodes made: no class token among them."""
    return all(isinstance(each, Bottom) for each in call["tensors"])


def cat_field(call: AtenCall, edge: NodeEdge, window: Window) -> Window | None:
    """The place in its piece; where pieces are weights, their sizes count too."""
    axis = call["dim"] % len(edge.below)
    begin = 0
    for each in call["tensors"]:
        if each == Bottom(edge.bottom):
            break
        begin += each.shape[axis] if isinstance(each, Weight) else edge.bottoms[each.place][axis]
    size = edge.below[axis]
    return along(edge, window, {axis: lambda s: (max(s[0] - begin, 0), min(s[1] - begin, size))})


@aten_op("cat", kind=Kind.CONCAT, field=cat_field)
def cat(call: AtenCall, weights: Weights) -> Op | None:
    """y = the tensors, one after the other along ``dim``. Gradient: the slices of g."""
    if not _joins_bottoms(call):
        return None
    dim = call["dim"]

    def backward(ran, grads):
        return grads[0].split([x.shape[dim] for x in ran.bottoms], dim)

    return Op(lambda *bottoms: torch.cat(bottoms, dim), backward=backward)


def reshaped_field(call: AtenCall, edge: NodeEdge, window: Window) -> Window | None:
    return reshaped(edge, window) if "size" in call.arguments or "shape" in call.arguments else WHOLE_WINDOW


@aten_op("view", "_unsafe_view", kind=Kind.RESHAPE, field=reshaped_field)
def view(call: AtenCall, weights: Weights) -> Op | None:
    """y = the same values in the shape ``size``: flatten, reshape, unflatten and view alike. Gradient: g in x's shape.

    Copies where the bottom lies in another order in memory than when it was exported, as a channels-last map does:
    a view could not be had then.
    """
    if "size" not in call.arguments:  # the same bytes as another type of numbers
        return None
    size = call["size"]

    def forward(*bottoms):
        batch = call.batch_of([x.shape for x in bottoms])
        return bottoms[0].reshape([d.of(batch) if isinstance(d, Size) else d for d in size])

    return Op(forward, backward=reshaped_back)


def _dropout_note(call: AtenCall) -> str:
    return f"{call.name} drops values at random even in evaluation (training=True); here nothing is dropped"


@aten_op("native_dropout", kind=Kind.IDENTITY, field=elementwise, note=_dropout_note)
def native_dropout(call: AtenCall, weights: Weights) -> Op | None:
    """y = x. Left in a module in evaluation mode by F.dropout without training=self.training. Gradient: g."""
    return None if call.outputs != (0,) else identity(call, weights)


@aten_op("clone", "alias", kind=Kind.IDENTITY, field=elementwise)
def identity(call: AtenCall, weights: Weights) -> Op:
    """y = x: what is left of dropout in evaluation mode, of contiguous() and of nn.Identity. Gradient: g."""
    return Op(lambda x: x, backward=same_back)


@aten_op("copy", kind=Kind.RESHAPE)
def copy(call: AtenCall, weights: Weights) -> Op:
    """y = src, repeated to the shape of self and as numbers of its type: what is left of writing into a view.

    Gradient: of src alone, autograd's; the operator itself has none.
    """

    def forward(*bottoms):
        target, source = (
            bottoms[each.place] if isinstance(each, Bottom) else weights[each.place]
            for each in (call["self"], call["src"])
        )
        return source.to(target.dtype).expand(target.shape)

    return Op(forward)
