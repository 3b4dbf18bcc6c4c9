"""Running sums against NumPy over all values at once."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from deepvis.statistics.batch_sums import MOST_PLACES, joint_sums, maps_of, step_of, unit_sums, unusable_rows
from deepvis.statistics.unit_sums import (
    add_joint,
    add_units,
    correlations,
    mean_absolute_correlation,
    most_correlated,
    no_joint_sums,
    no_unit_sums,
)


@pytest.fixture
def values() -> np.ndarray:
    """(30 photos, 5 units, 4, 6), behind a rectifier; unit 2 is dead, unit 4 is twice unit 3."""
    found = np.maximum(np.random.default_rng(1).normal(0.3, 1.0, (30, 5, 4, 6)), 0).astype(np.float32)
    found[:, 2] = 0
    found[:, 4] = 2 * found[:, 3]
    return found


def test_the_sums_of_batches_are_those_of_all_values(values) -> None:
    total = no_unit_sums(5)
    for batch in np.split(values, [7, 8, 20]):
        total = add_units(total, unit_sums(torch.from_numpy(batch)))
    columns = values.astype(np.float64).transpose(1, 0, 2, 3).reshape(5, -1)
    assert (total.photos, total.observations) == (30, 720)
    np.testing.assert_allclose(total.mean, columns.mean(1), rtol=1e-6)
    np.testing.assert_allclose(total.std, columns.std(1), rtol=1e-6)
    np.testing.assert_array_equal(total.maximum, columns.max(1))
    np.testing.assert_array_equal(total.share_active, (values.max((2, 3)) > 0).mean(0))
    assert total.is_rectified
    assert total.dead.tolist() == [False, False, True, False, False]


def test_a_large_mean_loses_no_digits_of_the_deviation() -> None:
    values = (1e4 + np.random.default_rng(0).normal(0, 0.5, (40, 1, 8, 8))).astype(np.float32)
    total = no_unit_sums(1)
    for batch in np.split(values, 5):
        total = add_units(total, unit_sums(torch.from_numpy(batch)))
    assert total.std[0] == pytest.approx(values.astype(np.float64).std(), rel=1e-4)


def test_no_unit_is_dead_where_values_go_below_0(values) -> None:
    values[3, 0, 0, 0] = -1e-3
    total = unit_sums(torch.from_numpy(values))
    assert not total.is_rectified and not total.dead.any()


def test_nothing_added_changes_nothing(values) -> None:
    total = unit_sums(torch.from_numpy(values))
    for both in (add_units(total, no_unit_sums(5)), add_units(no_unit_sums(5), total)):
        np.testing.assert_array_equal(both.mean, total.mean)
        np.testing.assert_array_equal(both.squares, total.squares)
    assert add_units(no_unit_sums(5), no_unit_sums(5)).photos == 0


def test_correlations_are_numpys(values) -> None:
    total = no_joint_sums(5)
    for batch in np.split(values, [11, 19]):
        total = add_joint(total, joint_sums(torch.from_numpy(batch)))
    found = correlations(total)
    rows = values.astype(np.float64).transpose(1, 0, 2, 3).reshape(5, -1)
    alive = [0, 1, 3, 4]
    np.testing.assert_allclose(found[np.ix_(alive, alive)], np.corrcoef(rows[alive]), atol=1e-5)
    assert np.isnan(found[2]).all(), "a dead unit varies with none"
    assert most_correlated(found, 1) == [(3, 4, pytest.approx(1.0, abs=1e-6))]
    expected = np.abs(np.corrcoef(rows[alive])[np.triu_indices(4, 1)]).mean()
    assert mean_absolute_correlation(found) == pytest.approx(expected, abs=1e-5)


def test_units_that_never_vary_have_no_correlation() -> None:
    found = correlations(joint_sums(torch.zeros(3, 4, 2, 2)))
    assert mean_absolute_correlation(found) is None and most_correlated(found, 5) == []


def test_large_maps_enter_the_correlations_by_a_grid() -> None:
    assert step_of(32, 32) == 1 and step_of(112, 112) == 4 and step_of(1, 5000) == 5
    maps = torch.rand(2, 3, 50, 60)
    step = step_of(50, 60)
    sums = joint_sums(maps)
    assert sums.observations == 2 * -(-50 // step) * -(-60 // step) <= 2 * MOST_PLACES
    rows = maps[:, :, ::step, ::step].transpose(0, 1).flatten(1).double()
    np.testing.assert_allclose(correlations(sums), np.corrcoef(rows.numpy()), atol=1e-5)


def test_values_of_any_shape_are_maps() -> None:
    assert maps_of(torch.zeros(2, 7)).shape == (2, 7, 1, 1)
    assert maps_of(torch.zeros(2, 7, 5)).shape == (2, 7, 5, 1)
    assert maps_of(torch.zeros(2, 7, 5, 4, 3)).shape == (2, 7, 20, 3)


def test_rows_that_are_not_finite_are_found() -> None:
    maps = torch.ones(4, 2, 3, 3)
    maps[1, 0, 2, 2], maps[3, 1, 0, 0] = float("nan"), float("-inf")
    assert unusable_rows(maps, [0, 1, 2, 3]) == [1, 3]
    assert unusable_rows(maps, [0, 2]) == []
