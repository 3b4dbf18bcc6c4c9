"""Running sums over photos: mean, deviation, maximum of each unit, and how the units of a layer vary together.

Two runs of observations are joined by their means and squared deviations, which loses no digits where a mean is large
beside its deviation. Source: Chan, Golub, LeVeque 1979, "Updating formulae and a pairwise algorithm".
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, eq=False)
class UnitSums:
    """Of U units over ``photos`` photos; an observation is one place of a map in one photo.

    mean (U,) float64. squares (U,) float64: sum of the squared deviations from it. maximum, minimum (U,) float64.
    active (U,) int64: photos in which the unit is above 0 somewhere.
    """

    photos: int
    observations: int
    mean: np.ndarray
    squares: np.ndarray
    maximum: np.ndarray
    minimum: np.ndarray
    active: np.ndarray

    @property
    def std(self) -> np.ndarray:
        """(U,) standard deviation over all observations; zeros for none."""
        return np.sqrt(self.squares / max(self.observations, 1))

    @property
    def share_active(self) -> np.ndarray:
        """(U,) share of the photos in which the unit is above 0 somewhere."""
        return self.active / max(self.photos, 1)

    @property
    def is_rectified(self) -> bool:
        """Was no value of the layer below 0 in any photo? Then it lies behind a rectifier."""
        return self.photos > 0 and bool((self.minimum >= 0).all())

    @property
    def dead(self) -> np.ndarray:
        """(U,) bool: behind a rectifier and never above 0. Before a rectifier no unit counts as dead."""
        return (self.maximum <= 0) & self.is_rectified


@dataclass(frozen=True, eq=False)
class JointSums:
    """How U units vary together. mean (U,); products (U, U) float64: sums of the products of two units' deviations."""

    observations: int
    mean: np.ndarray
    products: np.ndarray


def no_unit_sums(units: int) -> UnitSums:
    """Of no photo."""
    zeros = np.zeros(units)
    return UnitSums(0, 0, zeros, zeros, np.full(units, -np.inf), np.full(units, np.inf), np.zeros(units, np.int64))


def no_joint_sums(units: int) -> JointSums:
    """Of no observation."""
    return JointSums(0, np.zeros(units), np.zeros((units, units)))


def add_units(a: UnitSums, b: UnitSums) -> UnitSums:
    """Both together. The last bits depend on the order, so callers keep to that of the photos."""
    total = a.observations + b.observations
    if not total:
        return a
    mean, shift = _joined(a.mean, b.mean, b.observations / total)
    squares = a.squares + b.squares + shift * shift * (a.observations * b.observations / total)
    return UnitSums(
        a.photos + b.photos,
        total,
        mean,
        squares,
        np.maximum(a.maximum, b.maximum),
        np.minimum(a.minimum, b.minimum),
        a.active + b.active,
    )


def add_joint(a: JointSums, b: JointSums) -> JointSums:
    """Both together, in the order of the photos."""
    total = a.observations + b.observations
    if not total:
        return a
    mean, shift = _joined(a.mean, b.mean, b.observations / total)
    between = np.outer(shift, shift) * (a.observations * b.observations / total)
    return JointSums(total, mean, a.products + b.products + between)


def _joined(a: np.ndarray, b: np.ndarray, share: float) -> tuple[np.ndarray, np.ndarray]:
    """(mean of both, difference of the two means). share: of b in the observations."""
    shift = b - a
    return a + shift * share, shift


def correlations(sums: JointSums) -> np.ndarray:
    """(U, U) float64: Pearson's correlation of every two units; NaN for those that never vary."""
    deviation = np.sqrt(np.diag(sums.products))
    with np.errstate(divide="ignore", invalid="ignore"):
        found = sums.products / np.outer(deviation, deviation)
    return np.clip(found, -1.0, 1.0)


def mean_absolute_correlation(found: np.ndarray) -> float | None:
    """Over every two different units that vary; None where there are no two."""
    values = _pairs(found)[2]
    return float(np.abs(values).mean()) if len(values) else None


def most_correlated(found: np.ndarray, count: int) -> list[tuple[int, int, float]]:
    """(unit, another, their correlation), the largest absolute value first; of equals the earlier units."""
    first, second, values = _pairs(found)
    order = np.argsort(-np.abs(values), kind="stable")[:count]
    return [(int(first[i]), int(second[i]), float(values[i])) for i in order]


def _pairs(found: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(unit, later unit, correlation) of all pairs that have one."""
    first, second = np.triu_indices(len(found), 1)
    values = found[first, second]
    usable = np.isfinite(values)
    return first[usable], second[usable], values[usable]
