"""The table of back modes. To add one, write its rules and one row: this file is all.

Keys, help, panes, settings, the crops of the top 9 and every backend read the table. Rules work on torch tensors and
on numpy arrays: no torch is imported here.
"""

from __future__ import annotations

from typing import Any

from deepvis.core.back_modes import BACK_MODES, DECONV, GRADIENT, add_back_mode
from deepvis.network.kinds import Kind

__all__ = ["BACK_MODES", "without_rule"]  # filled, once this module is imported


def rectify(x: Any, y: Any, grad: Any) -> Any:
    """Zeiler & Fergus 2014, section 2.1: the gradient itself is rectified, whatever the forward value was."""
    return grad.clip(min=0)


def rectify_both(x: Any, y: Any, grad: Any) -> Any:
    """Springenberg et al. 2015, figure 1: the gradient passes where it and the forward value are positive."""
    return grad.clip(min=0) * (y > 0)


def rectify_between(x: Any, y: Any, grad: Any) -> Any:
    """As ``rectify_both``, for rectifiers with a cap: where the cap is reached (y is not x) nothing passes either."""
    return grad.clip(min=0) * ((y > 0) & (y == x))


def pass_through(x: Any, y: Any, grad: Any) -> Any:
    """The layer is ignored on the way back (LRN with deconv_ignore in the toolbox's fork of Caffe)."""
    return grad


add_back_mode(
    GRADIENT,
    "gradient",
    {},
    "Simonyan et al. 2014, section 3",
    "Gradient: how the unit's value would change with each pixel, the derivative itself",
)
add_back_mode(
    DECONV,
    "deconv",
    {
        **{kind: rectify for kind in (Kind.RELU, Kind.LEAKY_RELU, Kind.CAPPED_RELU)},
        Kind.NORMALIZATION_DECONV_IGNORES: pass_through,
    },
    "Zeiler & Fergus 2014, section 2.1",
    "Deconv: what excites the unit, projected back with only what is above 0 passing each ReLU",
)
add_back_mode(
    "guided",
    "guided backprop",
    {Kind.RELU: rectify_both, Kind.LEAKY_RELU: rectify_both, Kind.CAPPED_RELU: rectify_between},
    "Springenberg et al. 2015, section 3.4 and figure 1",
    "Guided backprop: the gradient, passing a ReLU only where it and the activation are above 0; the sharpest",
)


def without_rule(kind: Kind) -> str:
    """The titles of the modes that have a rule for rectifiers and none for the kind: "deconv and guided backprop"."""
    modes = [BACK_MODES[name] for name in BACK_MODES]
    return " and ".join(mode.title for mode in modes if Kind.RELU in mode.rules and kind not in mode.rules)
