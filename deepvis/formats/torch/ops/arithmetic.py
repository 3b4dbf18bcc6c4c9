"""Sums of two values, or of one and a number."""

from __future__ import annotations

from deepvis.formats.torch.aten_ops import aten_op, elementwise
from deepvis.formats.torch.call import Bottom, Call
from deepvis.network.kinds import Kind
from deepvis.network.op import Weights


def joins_or_scales(call: Call) -> Kind:
    """ADD of two values that nodes made; SCALE of one with a number or a weight."""
    both = isinstance(call["self"], Bottom) and isinstance(call["other"], Bottom)
    return Kind.ADD if both else Kind.SCALE


@aten_op("add", kind=joins_or_scales, field=elementwise)
def add(call: Call, weights: Weights) -> None:
    """y = self + alpha * other, element by element; of the two the smaller is repeated along axes of 1.

    Gradient: autograd's, which sums over what was repeated.
    """
