"""Footnote 4: how the means of a layer's units differ."""

from __future__ import annotations

import numpy as np
import pytest

from deepvis.statistics.layer_spread import FEW_OF_NORMAL, footnote_4, spread
from deepvis.statistics.unit_sums import UnitSums


def sums_of(mean: np.ndarray, maximum: np.ndarray | None = None, std: np.ndarray | None = None) -> UnitSums:
    """Of 10 photos with 1 place each."""
    count = len(mean)
    squares = 10 * (std if std is not None else np.ones(count)) ** 2
    maximum = mean + 1 if maximum is None else maximum
    return UnitSums(10, 10, mean, squares, maximum, np.zeros(count), np.full(count, 10))


def test_a_few_outliers_hold_the_variance() -> None:
    mean = np.ones(100)
    mean[:10] = 30
    found = spread(sums_of(mean))
    expected = 10 * (30 - 3.9) ** 2 / (10 * (30 - 3.9) ** 2 + 90 * 2.9**2)
    assert found["few"] == pytest.approx(expected) and found["similar"] == pytest.approx(0.9)
    assert found["middle"] == 1 and found["mean"] == pytest.approx(3.9)


def test_a_normal_distribution_is_what_it_is_compared_with() -> None:
    found = spread(sums_of(10 + np.random.default_rng(0).normal(size=20000)))
    assert found["few"] == pytest.approx(FEW_OF_NORMAL, abs=0.02)
    assert found["variation"] == pytest.approx(0.1, abs=0.005)


def test_distributions_that_differ_in_scale_alone_have_one_shape() -> None:
    mean = np.array([1.0, 2.0, 5.0, 9.0])
    assert spread(sums_of(mean, std=3 * mean))["shape"] == pytest.approx([3, 3, 3])


def test_dead_units_do_not_count() -> None:
    mean, maximum = np.array([0.0, 1.0, 3.0]), np.array([0.0, 5.0, 5.0])
    assert spread(sums_of(mean, maximum))["mean"] == 2
    assert spread(sums_of(np.zeros(2), np.zeros(2)))["mean"] is None


def test_the_footnote_is_judged_by_the_layers_above_the_first() -> None:
    few = np.ones(100)
    few[:10] = 30
    even = np.linspace(0, 2, 100)
    layers = {
        name: {"rectified": rectified, "spread": spread(sums_of(mean))}
        for name, mean, rectified in (("conv1", even, True), ("conv2", few, True), ("fc", even, False))
    }
    found = footnote_4(layers, "conv1", layers)
    assert found["holds"] is True and found["layers"] == 1 and "holds in the 1 rectified" in found["conclusion"]
    assert footnote_4(layers, "conv2", layers)["holds"] is False
    assert footnote_4({"conv1": layers["conv1"]}, "conv1", layers)["holds"] is None
