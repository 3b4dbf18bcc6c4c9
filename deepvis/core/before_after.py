"""Values without and with what is done to units, compared: the units that change most, and the classes."""

from __future__ import annotations

import numpy as np


def largest_changes(change: np.ndarray) -> np.ndarray:
    """(C,): of each unit the change of the largest magnitude anywhere in its map. change: (C, ...), after - before."""
    flat = np.nan_to_num(change).reshape(len(change), -1)
    high, low = flat.max(axis=1), flat.min(axis=1)
    largest: np.ndarray = np.where(-low > high, low, high)
    return largest


def by_magnitude(changes: np.ndarray) -> list[int]:
    """The units that change at all, those that change most first. changes: (C,)."""
    return [int(unit) for unit in np.argsort(-np.abs(changes), kind="stable") if changes[unit]]


def changed_classes(before: np.ndarray, after: np.ndarray, count: int) -> list[tuple[int, float, float]]:
    """(class, before, after) of those that are the most probable before or after, by what they are after.

    before, after: (C, ...); where the probabilities are maps, their largest values count.
    """
    was, now = (each.reshape(len(each), -1).max(axis=1) for each in (before, after))
    best = np.argsort(-np.nan_to_num(np.maximum(was, now)), kind="stable")[:count]
    best = best[np.argsort(-np.nan_to_num(now[best]), kind="stable")]
    return [(int(unit), float(was[unit]), float(now[unit])) for unit in best]
