"""Section S1 of the paper, claim by claim: "Why are gradient optimized images dominated by high frequencies?"

It argues: filters of low frequency in conv1 have larger mean activations than those of high frequency (the five lowest
90, the five highest 5.4); so that both count, conv2 gives high frequencies larger weights; so the gradient hands more
down to them; so the gradient at the pixels is dominated by high frequencies.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from deepvis.statistics.first_convolution import FirstConvolution
from deepvis.statistics.frequencies import (
    FilterKind,
    centre_frequency,
    centroid,
    colour_share,
    filter_power,
    grey_planes,
    kinds_of,
    ring_areas,
    ring_frequencies,
    share_high,
)
from deepvis.statistics.running_sums import GradientSums
from deepvis.statistics.unit_sums import UnitSums

ENDS = 5  # filters at either end of the frequencies
LEAST = 5  # filters, of which a rank correlation is computed
CERTAIN = 0.05  # p, from which on a correlation counts


def filter_rows(
    first: FirstConvolution, sums: UnitSums | None, gradient: np.ndarray | None
) -> list[dict[str, float | int | str | None]]:
    """A row for each filter of the first convolution: its kind, frequency, mean activation, weight, gradient.

    gradient: (K,) share of the squared gradient that arrives at each. Values are None where they were not measured.
    """
    filters, count = first.filters, len(first.filters)
    dead = sums.dead if sums is not None else np.zeros(count, bool)
    planes, share = grey_planes(filters), colour_share(filters)
    frequency, by_amplitude = centre_frequency(planes), centre_frequency(planes, exponent=1)
    kinds = kinds_of(filters, dead)
    return [
        {
            "unit": unit,
            "kind": kinds[unit].value,
            "frequency": float(frequency[unit]),
            "frequency_by_amplitude": float(by_amplitude[unit]),
            "colour_share": float(share[unit]),
            "mean": None if sums is None else float(sums.mean[unit]),
            "weight": None if first.weights is None else float(first.weights[unit]),
            "gradient": None if gradient is None else float(np.sqrt(gradient[unit] * count)),
        }
        for unit in range(count)
    ]


def ends(rows: list[dict[str, Any]]) -> dict[str, Any]:
    """Mean activation of the edge filters of the lowest frequencies and of the highest, and of colour filters."""
    edges = sorted((row for row in of_kind(rows, FilterKind.EDGE) if row["mean"] is not None), key=_frequency)
    count = min(ENDS, len(edges) // 2)
    low, high = edges[:count], edges[len(edges) - count :]
    colours = [row["mean"] for row in of_kind(rows, FilterKind.COLOUR) if row["mean"] is not None]
    low_mean, high_mean = _mean([row["mean"] for row in low]), _mean([row["mean"] for row in high])
    return {
        "count": count,
        "lowest": {"units": [row["unit"] for row in low], "frequency": _mean(list(map(_frequency, low)))}
        | {"mean": low_mean},
        "highest": {"units": [row["unit"] for row in high], "frequency": _mean(list(map(_frequency, high)))}
        | {"mean": high_mean},
        "ratio": low_mean / high_mean if low_mean is not None and high_mean else None,
        "colour": {"count": len(colours), "mean": _mean(colours)},
    }


def rank_correlation(rows: list[dict[str, Any]], a: str, b: str) -> dict[str, Any]:
    """Spearman's over the edge filters, with its two-sided p and their number; None where they are too few or alike."""
    pairs = [(row[a], row[b]) for row in of_kind(rows, FilterKind.EDGE) if None not in (row[a], row[b])]
    nothing = {"r": None, "p": None, "n": len(pairs)}
    if len(pairs) < LEAST or any(len(set(column)) < 2 for column in zip(*pairs, strict=True)):
        return nothing
    from scipy.stats import spearmanr  # late: it takes a second to load

    found = spearmanr(*zip(*pairs, strict=True))
    return {"r": float(found.statistic), "p": float(found.pvalue), "n": len(pairs)}


def of_kind(rows: list[dict[str, Any]], kind: FilterKind) -> list[dict[str, Any]]:
    """The filters of a kind."""
    return [row for row in rows if row["kind"] == kind.value]


def spectra(
    sums: GradientSums, layers: tuple[str, ...], first: FirstConvolution | None, size: tuple[int, int]
) -> dict[str, Any]:
    """Where the power of photos and of the gradient at the pixels lies, and what conv1's filters alone would give.

    Radial averages are of the power at a ring's frequency, each divided by its own sum. ``predicted`` are spectra of
    noise that comes down through the filters: with the same gradient at every channel ("filters"), with one as strong
    as the readers' weights are ("weights"), and with the gradient measured at each channel ("gradient").
    """
    areas = ring_areas(*size)
    found: dict[str, Any] = {
        "frequencies": ring_frequencies().tolist(),
        "photos": {"count": sums.photos, **_spectrum(sums.photo_power, areas)},
        "noise": _spectrum(areas, areas),
        "layers": [
            {"layer": layer, "gradients": int(count), **_spectrum(power, areas)}
            for layer, count, power in zip(layers, sums.samples, sums.power, strict=True)
        ],
        "predicted": None,
        "follows": None,
    }
    measured = all_layers(sums.power, sums.samples)
    if first is None or not measured.sum() > 0:
        return found
    power = filter_power(first.filters, *size)
    strengths = {"filters": np.ones(len(power)), "weights": first.squares, "gradient": channel_shares(sums)}
    predicted = {
        name: _spectrum((power * strength[:, None]).sum(axis=0), areas)
        for name, strength in strengths.items()
        if strength is not None
    }
    found["predicted"] = predicted
    found["follows"] = {name: _alike(each["radial"], _radial(measured, areas)) for name, each in predicted.items()}
    found["gradient"] = _spectrum(measured, areas)
    return found


def all_layers(values: np.ndarray, samples: np.ndarray) -> np.ndarray:
    """(L, n) sums -> (n,): the mean over samples of each layer, then over layers that have any."""
    there = samples > 0
    if not there.any():
        return np.zeros(values.shape[1])
    mean: np.ndarray = (values[there] / samples[there, None]).mean(axis=0)
    return mean


def channel_shares(sums: GradientSums) -> np.ndarray | None:
    """(K,) share of the squared gradient that arrives at each filter of the first convolution; None where none does."""
    shares = all_layers(sums.channels, sums.samples)
    return shares if len(shares) and shares.sum() > 0 else None


def _radial(power: np.ndarray, areas: np.ndarray) -> np.ndarray:
    """Radial average of power by ring, as shares; 0 in rings without entries."""
    average = np.divide(power, areas, out=np.zeros(len(power)), where=areas > 0)
    return average / average.sum() if average.sum() > 0 else average


def _spectrum(power: np.ndarray, areas: np.ndarray) -> dict[str, Any]:
    if not power.sum() > 0:
        return {"centroid": None, "share_high": None, "radial": None}
    return {"centroid": centroid(power), "share_high": share_high(power), "radial": _radial(power, areas).tolist()}


def _alike(a: list[float] | None, b: np.ndarray) -> float | None:
    """Pearson's correlation of the logarithms of two radial averages."""
    if a is None:
        return None
    both = (np.array(a) > 0) & (b > 0)
    if both.sum() < LEAST:
        return None
    return float(np.corrcoef(np.log(np.array(a)[both]), np.log(b[both]))[0, 1])


def _frequency(row: dict[str, Any]) -> float:
    return float(row["frequency"])


def _mean(values: list[float]) -> float | None:
    return float(np.mean(values)) if values else None
