"""The argument of section S1 on filters and spectra for which it is planted, or not."""

from __future__ import annotations

import numpy as np
import pytest

from deepvis.statistics.conclusion import claims, conclusion, holds
from deepvis.statistics.first_convolution import FirstConvolution
from deepvis.statistics.frequencies import RINGS, filter_power, ring_areas
from deepvis.statistics.running_sums import GradientSums
from deepvis.statistics.section_s1 import ends, filter_rows, rank_correlation, spectra
from deepvis.statistics.unit_sums import UnitSums
from tests.statistics.test_frequencies import gabor

FREQUENCIES = np.linspace(0.12, 0.4, 20)
SIZE = (64, 64)


def planted(*, follows: bool) -> dict:
    """A section S1 of 20 Gabor filters and a colour blob: mean 1 / f; weights that rise with f, or do not."""
    filters = [np.stack([gabor(11, each)] * 3) for each in FREQUENCIES]
    filters.append(np.stack([gabor(11, 0.01), -gabor(11, 0.01), 0 * gabor(11, 0.01)]))
    mean = np.append(1 / FREQUENCIES, 4.5)
    weights = np.append(FREQUENCIES if follows else np.random.default_rng(3).permutation(FREQUENCIES), 0.3)
    first = FirstConvolution("conv1", "relu1", np.stack(filters), ("conv2",), weights, weights**2, 3)
    count = len(mean)
    sums = UnitSums(9, 9, mean, np.ones(count), mean + 1, np.zeros(count), np.full(count, 9))
    channels = weights**2 / (weights**2).sum()
    rows = filter_rows(first, sums, channels)
    power = (filter_power(first.filters, *SIZE) * channels[:, None]).sum(0)
    photo = np.exp(-np.arange(RINGS) / 3.0)
    gradient = GradientSums(
        4, 4 * photo / photo.sum(), np.array([6]), 6 * power[None] / power.sum(), 6 * channels[None]
    )
    found = {
        "ends": ends(rows),
        "spectra": spectra(gradient, ("conv5",), first, SIZE),
        "rank_correlations": {
            f"{a}_by_{b}": rank_correlation(rows, b, a)
            for a, b in (("mean", "frequency"), ("weight", "frequency"), ("weight", "mean"), ("gradient", "frequency"))
        },
    }
    found["claims"] = claims(found)
    found["holds"] = holds(found["claims"])
    return found


def test_where_it_is_planted_it_holds() -> None:
    s1 = planted(follows=True)
    assert all(s1["claims"].values()) and s1["holds"] is True
    assert s1["rank_correlations"]["mean_by_frequency"]["r"] == pytest.approx(-1)
    said = conclusion("net", s1)
    assert (
        said.startswith("Section S1's explanation holds in net: mean activations fall with frequency")
        and "\n" not in said
    )
    low, high = (1 / FREQUENCIES[:5]).mean(), (1 / FREQUENCIES[-5:]).mean()
    assert f"the 5 lowest {low:.3g}, the 5 highest {high:.3g}" in said
    assert s1["ends"]["ratio"] == pytest.approx(low / high)
    assert s1["ends"]["colour"] == {"count": 1, "mean": 4.5}
    assert s1["ends"]["lowest"]["units"] == [0, 1, 2, 3, 4]


def test_where_weights_do_not_follow_it_does_not_hold() -> None:
    s1 = planted(follows=False)
    assert s1["claims"]["means_fall_with_frequency"] and not s1["claims"]["weights_rise_with_frequency"]
    assert s1["holds"] is False
    said = conclusion("net", s1)
    assert "does not hold in net: mean activations fall" in said and "incoming weights do not rise" in said


def test_the_opposite_is_said() -> None:
    s1 = planted(follows=True)
    s1["rank_correlations"]["weight_by_frequency"] = {"r": -0.6, "p": 0.001, "n": 20}
    s1["claims"] = claims(s1)
    s1["holds"] = holds(s1["claims"])
    assert "incoming weights fall with frequency (rank correlation -0.60, p 0.001" in conclusion("net", s1)


def test_a_gradient_that_comes_down_through_the_filters_is_predicted_by_them() -> None:
    found = planted(follows=True)["spectra"]
    assert found["follows"]["gradient"] == pytest.approx(1) and found["follows"]["weights"] == pytest.approx(1)
    assert found["predicted"]["gradient"]["centroid"] == pytest.approx(found["gradient"]["centroid"])
    assert found["predicted"]["filters"]["centroid"] < found["gradient"]["centroid"], "larger weights at high ones"
    assert found["photos"]["centroid"] < found["gradient"]["centroid"]
    assert found["noise"]["radial"] == pytest.approx(np.full(RINGS, 1 / (ring_areas(*SIZE) > 0).sum()), abs=1e-9)


def test_too_few_filters_are_no_verdict() -> None:
    rows = [
        {"unit": n, "kind": "edge", "frequency": 0.1 * n, "mean": 1.0 + n, "weight": None, "gradient": None}
        for n in range(3)
    ]
    assert rank_correlation(rows, "frequency", "mean") == {"r": None, "p": None, "n": 3}
    assert ends(rows)["count"] == 1
    assert ends([])["ratio"] is None
    assert holds({"a": True, "b": None}) is None and holds({"a": False, "b": None}) is False


def test_silent_filters_at_the_high_end_have_no_ratio() -> None:
    rows = [{"unit": n, "kind": "edge", "frequency": 0.1 * n, "mean": 1.0 if n < 5 else 0.0} for n in range(10)]
    assert ends(rows)["highest"]["mean"] == 0 and ends(rows)["ratio"] is None
