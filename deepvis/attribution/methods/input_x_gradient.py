"""Input times gradient."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from deepvis.core.attributions import AttributionStep, UnitFunction, attribution


@attribution(
    "input_x_gradient",
    "Input x gradient",
    formula="sum_c x_c df/dx_c",
    words="each pixel times its gradient: to first order, what it adds to the unit's value beside the mean colour",
    source="Shrikumar et al. 2016, section 3.2",
)
def input_x_gradient(f: UnitFunction) -> Iterator[AttributionStep]:
    """x df/dx, added up over colours; (H, W). Of a linear network without biases its sum is f(x)."""
    yield AttributionStep(np.einsum("chw,chw->hw", f.x, f.gradient(f.x)))
