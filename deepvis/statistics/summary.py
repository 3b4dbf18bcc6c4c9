"""All that was measured, as statistics.json has it."""

from __future__ import annotations

from typing import Any

import numpy as np

from deepvis.models.model import Model
from deepvis.scan.images import ImageList
from deepvis.statistics.conclusion import NO_CONVOLUTION, claims, conclusion, holds
from deepvis.statistics.first_convolution import FirstConvolution
from deepvis.statistics.layer_spread import footnote_4, rectified_layers, spread
from deepvis.statistics.pixel_gradient import GradientJob
from deepvis.statistics.running_sums import RunningSums, no_gradient_sums
from deepvis.statistics.section_s1 import channel_shares, ends, filter_rows, rank_correlation, spectra
from deepvis.statistics.statistics_plan import VERSION, StatisticsPlan
from deepvis.statistics.unit_sums import (
    JointSums,
    UnitSums,
    correlations,
    mean_absolute_correlation,
    most_correlated,
)

PAIRS = 5  # of the most correlated units of a layer
FIGURES = 7  # that numbers are written with: float32 has no more


def summary(
    model: Model,
    plan: StatisticsPlan,
    images: ImageList,
    first: FirstConvolution | None,
    sums: RunningSums,
    job: GradientJob,
) -> dict[str, Any]:
    """The content of statistics.json."""
    by_name = {name: each for (name, _), each in zip(plan.layers, sums.units, strict=True)}
    layers = {name: layer_values(each, joint) for (name, each), joint in zip(by_name.items(), sums.joint, strict=True)}
    found = {
        "version": VERSION,
        "model": model.name,
        "network": plan.identity,
        "plan": plan.as_dict(),
        "images": {
            "folder": images.folder,
            "listed": plan.images,
            "used": plan.images - len(sums.skipped),
            "skipped": [{"path": each.path, "reason": each.reason} for each in sums.skipped],
            "cut": [{"path": each.path, "reason": each.reason} for each in sums.cut],
        },
        "layers": layers,
        "footnote_4": footnote_4(layers, first.activation if first else "", rectified_layers(model.graph)),
        "s1": section_values(model, first, by_name, sums, job),
    }
    rounded: dict[str, Any] = _rounded(found)
    return rounded


def layer_values(sums: UnitSums, joint: JointSums | None) -> dict[str, Any]:
    """Lists by unit, and what they come to."""
    return {
        "units": len(sums.mean),
        "photos": sums.photos,
        "rectified": sums.is_rectified,
        "dead_units": int(sums.dead.sum()),
        "spread": spread(sums),
        "correlation": _correlation(joint),
        "mean": sums.mean,
        "std": sums.std,
        "maximum": sums.maximum,
        "active": sums.share_active,
        "dead": sums.dead,
    }


def _correlation(joint: JointSums | None) -> dict[str, Any] | None:
    """None for a layer with too many units."""
    if joint is None:
        return None
    found = correlations(joint)
    pairs = [{"units": [a, b], "correlation": value} for a, b, value in most_correlated(found, PAIRS)]
    return {"mean_absolute": mean_absolute_correlation(found), "pairs": pairs}


def section_values(
    model: Model,
    first: FirstConvolution | None,
    by_name: dict[str, UnitSums],
    sums: RunningSums,
    job: GradientJob,
) -> dict[str, Any]:
    """The section S1; for a network without convolutions the spectra of its gradient alone."""
    gradient = sums.gradient or no_gradient_sums(len(job.layers), job.channels)
    found: dict[str, Any] = {"spectra": spectra(gradient, job.layers, first, model.preprocessor.size)}
    if first is None:
        return {**found, "holds": None, "conclusion": f"Of {model.name}: {NO_CONVOLUTION}."}
    rows = filter_rows(first, by_name.get(first.activation), channel_shares(gradient))
    found |= {
        "layer": first.layer,
        "activation": first.activation,
        "readers": list(first.readers),
        "kernel": list(first.filters.shape[2:]),
        "filters": rows,
        "pictures": _pictures(first.filters, model.preprocessor.channel_order),
        "ends": ends(rows),
        "rank_correlations": {
            "mean_by_frequency": rank_correlation(rows, "frequency", "mean"),
            "mean_by_frequency_by_amplitude": rank_correlation(rows, "frequency_by_amplitude", "mean"),
            "weight_by_frequency": rank_correlation(rows, "frequency", "weight"),
            "weight_by_mean": rank_correlation(rows, "mean", "weight"),
            "gradient_by_frequency": rank_correlation(rows, "frequency", "gradient"),
            "gradient_by_weight": rank_correlation(rows, "weight", "gradient"),
        },
    }
    found["claims"] = claims(found)
    found["holds"] = holds(found["claims"])
    found["conclusion"] = conclusion(model.name, found)
    return found


def _pictures(filters: np.ndarray, channel_order: str) -> list[Any]:
    """(K, C, h, w) -> K pictures (h, w, 3) of 0..255, gray at weight 0, for the plot of the filters."""
    colours = filters[:, :3] if filters.shape[1] in (3, 4) else filters.mean(axis=1, keepdims=True).repeat(3, axis=1)
    if channel_order == "BGR" and filters.shape[1] in (3, 4):
        colours = colours[:, ::-1]
    scale = np.abs(colours).max(axis=(1, 2, 3), keepdims=True)
    shown = 127.5 * (1 + colours / np.maximum(scale, np.finfo(float).tiny))
    pictures: list[Any] = np.rint(shown).astype(int).transpose(0, 2, 3, 1).tolist()
    return pictures


def _rounded(value: Any) -> Any:
    """For JSON: arrays as lists, numbers with FIGURES digits, None for what is not finite."""
    if isinstance(value, dict):
        return {name: _rounded(each) for name, each in value.items()}
    if isinstance(value, np.ndarray):
        return _rounded(value.tolist())
    if isinstance(value, list):
        return [_rounded(each) for each in value]
    if isinstance(value, float):
        return float(f"{value:.{FIGURES}g}") if np.isfinite(value) else None
    return value
