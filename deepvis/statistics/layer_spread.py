"""How the mean activations of a layer's units differ: footnote 4 of the paper.

It says of the layers above the first: "most channels on these layers have similar average activations, with most of
the variance across channels being dominated by a small number of channels with unusually small or unusually large
averages".
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

import numpy as np

from deepvis.network.graph import Graph
from deepvis.network.kinds import Kind
from deepvis.statistics.first_convolution import RECTIFIERS
from deepvis.statistics.unit_sums import UnitSums

FEW = 0.1  # of the units
FEW_OF_NORMAL = 0.44  # share of the variance that the tenth furthest from the mean has in a normal distribution
SIMILAR = 0.5  # of the middle value: between half more and half less
NOTHING_RECTIFIED = "Footnote 4 cannot be judged: no layer above the first is rectified."


def spread(sums: UnitSums) -> dict[str, Any]:
    """Of the units that are not dead; None where there are none, or all means are 0.

    mean, and percentiles of the units' means: low (10), middle (50), high (90). variation: their standard deviation
    over their mean, behind a rectifier. few: share of the variance between units that lies with the tenth of them
    furthest from the mean. similar: share of the units whose mean is within half of the middle value. shape:
    percentiles 25, 50, 75 of the units' own deviation over their mean: narrow where their distributions differ in scale
    alone.
    """
    alive = ~sums.dead & np.isfinite(sums.mean)
    means, std = sums.mean[alive], sums.std[alive]
    if not len(means) or not np.abs(means).max() > 0:
        names = ("mean", "low", "middle", "high", "variation", "few", "similar", "shape")
        return dict.fromkeys(names)
    low, middle, high = np.percentile(means, (10, 50, 90))
    apart = np.sort((means - means.mean()) ** 2)[::-1]
    few = max(1, round(len(means) * FEW))
    positive = means > 0
    shape = np.percentile(std[positive] / means[positive], (25, 50, 75)).tolist() if positive.any() else None
    return {
        "mean": float(means.mean()),
        "low": float(low),
        "middle": float(middle),
        "high": float(high),
        "variation": float(means.std() / means.mean()) if sums.is_rectified else None,
        "few": float(apart[:few].sum() / apart.sum()) if apart.sum() > 0 else None,
        "similar": float((np.abs(means - middle) <= SIMILAR * abs(middle)).mean()),
        "shape": shape,
    }


def rectified_layers(graph: Graph) -> frozenset[str]:
    """Layers whose values a rectifier makes, or that put such side by side.

    Poolings, normalizations and copies of rectified values say the same again, and a softmax is no rectifier.
    """
    values: set[int] = set()
    for node in graph.nodes:
        in_place = {graph.names[value] for value in node.tops} <= {graph.names[value] for value in node.bottoms}
        hands_on = node.kind is Kind.CONCAT or (node.kind is Kind.IDENTITY and in_place)  # dropout
        if node.kind in RECTIFIERS or (hands_on and values.issuperset(node.bottoms)):
            values.update(node.tops)
    return frozenset(name for name in graph.versions if graph.last(name) in values)


def footnote_4(layers: Mapping[str, Mapping[str, Any]], first: str, rectified: Collection[str]) -> dict[str, Any]:
    """Does the footnote hold in the rectified layers but ``first``? By the middle values of ``few`` and ``similar``.

    layers: name -> its values in statistics.json. rectified: ``rectified_layers``, of which those count that had no
    value below 0. It holds where most channels of a layer are similar and the tenth
    furthest away holds more of the variance than in a normal distribution.
    """
    above = [
        each["spread"] for name, each in layers.items() if name != first and name in rectified and each["rectified"]
    ]
    above = [each for each in above if each["few"] is not None]
    if not above:
        return {"layers": 0, "few": None, "similar": None, "holds": None, "conclusion": NOTHING_RECTIFIED}
    few, similar = (float(np.median([each[name] for each in above])) for name in ("few", "similar"))
    is_so = few > FEW_OF_NORMAL and similar > 0.5
    return {
        "layers": len(above),
        "few": few,
        "similar": similar,
        "holds": is_so,
        "conclusion": (
            f"Footnote 4 {'holds' if is_so else 'does not hold'} in the {len(above)} rectified layers above the first: "
            f"in the middle one {similar:.0%} of the channels have a mean within half of the middle channel's, and the "
            f"tenth of them furthest away holds {few:.0%} of the variance ({FEW_OF_NORMAL:.0%} in a normal "
            "distribution)."
        ),
    }
