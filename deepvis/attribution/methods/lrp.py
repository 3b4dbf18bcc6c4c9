"""Layer-wise relevance propagation."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from deepvis.core.attributions import AttributionStep, UnitFunction, attribution


@attribution(
    "lrp",
    "LRP",
    formula="R_i = sum_j R_j x_i w_ij / sum_k x_k w_kj, layer by layer",
    words="the unit's value handed back from layer to layer, to each input in proportion to what it added",
    source="Bach et al. 2015, section 2.3; rules by layer: Kohlbrenner et al. 2020, section 3",
)
def lrp(f: UnitFunction) -> Iterator[AttributionStep]:
    """Epsilon in linear layers, z+ in convolutions, flat in the first layer; added up over colours, (H, W).

    The rules stand in ``network/relevance.py``. The sum is f(x) less what biases take; the note shows both.
    """
    values = np.einsum("chw->hw", f.relevance())
    yield AttributionStep(values, note=f"sum {values.sum():.3g}, f(x) {f.value(f.x):.3g}")
