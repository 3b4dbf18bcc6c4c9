"""Does what section S1 argues hold in a network? Each step by its figures, and one sentence."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from deepvis.statistics.section_s1 import CERTAIN

NO_CONVOLUTION = "it has no convolution of pictures, so section S1 says nothing about it"


def claims(s1: Mapping[str, Any]) -> dict[str, bool | None]:
    """Step of the argument -> does it hold? None where it could not be measured."""
    rank, spectra = s1["rank_correlations"], s1["spectra"]
    photos, gradient = spectra["photos"]["centroid"], spectra.get("gradient", {}).get("centroid")
    return {
        "means_fall_with_frequency": _is_sure(rank["mean_by_frequency"], -1),
        "weights_rise_with_frequency": _is_sure(rank["weight_by_frequency"], 1),
        "weights_fall_with_mean": _is_sure(rank["weight_by_mean"], -1),
        "gradient_rises_with_frequency": _is_sure(rank["gradient_by_frequency"], 1),
        "pixel_gradient_above_photos": None if None in (photos, gradient) else gradient > photos,
    }


def holds(found: Mapping[str, bool | None]) -> bool | None:
    """All steps hold; None where none fails but one could not be measured."""
    if False in found.values():
        return False
    return None if None in found.values() else True


def conclusion(name: str, s1: Mapping[str, Any]) -> str:
    """One sentence with the figures."""
    verdict = s1["holds"]
    words = {True: "holds", False: "does not hold", None: "cannot be judged"}[verdict]
    return f"Section S1's explanation {words} in {name}: {'; '.join(_steps(s1))}."


# step of the argument -> its rank correlation, and words for yes, for neither, and for the opposite
STEPS = {
    "means_fall_with_frequency": (
        "mean_by_frequency",
        "mean activations fall with frequency",
        "mean activations do not fall with frequency",
        "mean activations rise with frequency",
    ),
    "weights_rise_with_frequency": (
        "weight_by_frequency",
        "incoming weights rise with frequency",
        "incoming weights do not rise with frequency",
        "incoming weights fall with frequency",
    ),
    "weights_fall_with_mean": (
        "weight_by_mean",
        "they are smaller where the mean is larger",
        "they are not smaller where the mean is larger",
        "they are larger where the mean is larger",
    ),
    "gradient_rises_with_frequency": (
        "gradient_by_frequency",
        "more gradient arrives at high frequencies",
        "no more gradient arrives at high frequencies",
        "less gradient arrives at high frequencies",
    ),
}


def _steps(s1: Mapping[str, Any]) -> list[str]:
    ends, steps = s1["ends"], []
    for claim, (key, yes, neither, opposite) in STEPS.items():
        found = s1["rank_correlations"][key]
        holds_here = s1["claims"][claim]
        said = {True: yes, False: neither, None: f"{key.replace('_', ' ')} is not measured"}[holds_here]
        if holds_here is False and found["p"] < CERTAIN:
            said = opposite
        five = ""
        if key == "mean_by_frequency" and ends["count"]:
            low, high = ends["lowest"]["mean"], ends["highest"]["mean"]
            five = f"; the {ends['count']} lowest {low:.3g}, the {ends['count']} highest {high:.3g}"
        steps.append(f"{said} ({_figures(found)}{five})")
    return [*steps, *_pixels(s1)]


def _pixels(s1: Mapping[str, Any]) -> list[str]:
    photos, gradient = s1["spectra"]["photos"], s1["spectra"].get("gradient")
    if s1["claims"]["pixel_gradient_above_photos"] is None or gradient is None:
        return []
    return [
        f"the gradient at the pixels is centred at {gradient['centroid']:.3f} cycles a pixel "
        f"({photos['centroid']:.3f} in the photos)"
    ]


def _figures(found: Mapping[str, Any]) -> str:
    if found["r"] is None:
        return f"{found['n']} edge filters"
    p = "p < 0.001" if found["p"] < 0.001 else f"p {found['p']:.2g}"
    return f"rank correlation {found['r']:+.2f}, {p}, {found['n']} edge filters"


def _is_sure(found: Mapping[str, Any], sign: int) -> bool | None:
    if found["r"] is None:
        return None
    return bool(found["r"] * sign > 0 and found["p"] < CERTAIN)
