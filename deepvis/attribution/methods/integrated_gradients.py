"""Integrated gradients: input times gradient, averaged on the way from a baseline to the input."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from deepvis.core.attributions import AttributionStep, UnitFunction, attribution

STEPS = 64  # a power of 2: the order below then ends at evenly spaced midpoints


@attribution(
    "integrated_gradients",
    "Integrated gradients",
    formula="sum_c x_c mean_a(df/dx_c at a x), a from 0 to 1",
    words="each pixel times its gradient, averaged on the way from the mean colour to the picture",
    source="Sundararajan et al. 2017, section 3, equation 1; baseline 0 in the network's own input",
    counts="steps",
)
def integrated_gradients(f: UnitFunction) -> Iterator[AttributionStep]:
    """x times the mean of df/dx at a x over a in 0..1, added up over colours; (H, W).

    The midpoint rule with ``STEPS`` points, taken in van der Corput's order, so that every mean on the way is one over
    points that lie about evenly. Completeness: the sum is f(x) - f(0), but for the rule's error, which the note shows.
    """
    change = f.value(f.x) - f.value(np.zeros_like(f.x))
    total = np.zeros(f.x.shape)
    for done, place in enumerate(scattered(STEPS), 1):
        total += f.gradient(np.float32((place + 0.5) / STEPS) * f.x)
        values = np.einsum("chw,chw->hw", f.x, total / done).astype(np.float32)
        yield AttributionStep(values, done, STEPS, f"sum {values.sum():.3g}, f(x) - f(0) {change:.3g}")


def scattered(count: int) -> list[int]:
    """0 .. count - 1, each as far from those before it as can be: bits reversed. count: a power of 2."""
    bits = count.bit_length() - 1
    return [int(format(place, f"0{bits}b")[::-1], 2) if bits else 0 for place in range(count)]
