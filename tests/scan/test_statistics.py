"""The sums and bins that make merging exact."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from deepvis.scan.statistics import BINS, EDGES, bin_of, exact_sums, mean_and_std

floats = st.floats(-1e5, 1e5, width=32)


def test_edges_rise_and_are_as_many_as_bins_and_one() -> None:
    assert len(EDGES) == BINS + 1
    assert (np.diff(EDGES) > 0).all()


@given(st.lists(floats, min_size=1, max_size=50))
def test_a_value_lies_between_the_edges_of_its_bin(values: list[float]) -> None:
    array = np.array(values, np.float32)
    bins = bin_of(array)
    inside = np.clip(array.astype(np.float64), EDGES[0], EDGES[-1])
    assert ((EDGES[bins] <= inside) & (inside <= EDGES[bins + 1])).all()


def test_zero_has_the_middle_bin_and_both_zeros_are_one() -> None:
    assert bin_of(np.array([0.0, -0.0, 1e-9, -1e-9], np.float32)).tolist() == [BINS // 2] * 4


@given(st.lists(floats, min_size=1, max_size=60), st.randoms())
def test_sums_do_not_depend_on_order_or_grouping(values: list[float], random) -> None:
    array = np.array(values, np.float32)[None]
    shuffled = array[0].tolist()
    random.shuffle(shuffled)
    cut = random.randrange(len(values) + 1)
    parts = [np.array(part, np.float32)[None] for part in (shuffled[:cut], shuffled[cut:])]
    assert (exact_sums(array) == exact_sums(parts[0]) + exact_sums(parts[1])).all()


@given(st.lists(floats, min_size=1, max_size=60))
def test_mean_and_deviation_agree_with_numpy(values: list[float]) -> None:
    array = np.array(values, np.float32)[None]
    mean, std = mean_and_std(exact_sums(array), len(values))
    assert mean[0] == pytest.approx(array.astype(np.float64).mean(), rel=1e-9, abs=1e-9)
    assert std[0] == pytest.approx(array.astype(np.float64).std(), rel=1e-4, abs=1e-3 * (1 + abs(mean[0])))


def test_no_images_give_zeros() -> None:
    mean, std = mean_and_std(np.zeros((3, 4), np.int64), 0)
    assert mean.tolist() == std.tolist() == [0, 0, 0]
