"""How a unit is projected back: each mode is a table of the layer types that differ from the true gradient.

A rule takes the layer's first bottom x, its first top y and the gradient at the top,
all of one shape, and returns what goes to the bottom. To add a mode, add one row.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from deepvis.core.registry import Registry
from deepvis.network.kinds import Kind
from deepvis.network.lazy import Tensor

Rule = Callable[[Tensor, Tensor, Tensor], Tensor]
BACK_MODES: Registry[Mapping[Kind, Rule]] = Registry("back mode")


def rectify(x: Tensor, y: Tensor, grad: Tensor) -> Tensor:
    """Zeiler & Fergus 2014, section 2.1: the gradient itself is rectified, whatever the forward value was."""
    return grad.clamp(min=0)


def rectify_both(x: Tensor, y: Tensor, grad: Tensor) -> Tensor:
    """Springenberg et al. 2015, figure 1: the gradient passes where it and the forward value are positive."""
    return grad.clamp(min=0) * (y > 0)


def pass_through(x: Tensor, y: Tensor, grad: Tensor) -> Tensor:
    """The layer is ignored on the way back (LRN with deconv_ignore in the toolbox's fork of Caffe)."""
    return grad


BACK_MODES.put("gradient", {})
BACK_MODES.put(
    "deconv",
    {Kind.RELU: rectify, Kind.LEAKY_RELU: rectify, Kind.NORMALIZATION_DECONV_IGNORES: pass_through},
)
BACK_MODES.put("guided", {Kind.RELU: rectify_both, Kind.LEAKY_RELU: rectify_both})
