"""A list kept nearly sorted by few moves, so that tiles which are looked at stay where they are. Pure.

Where a unit moves, those between its old and its new place are not all pushed by one: the displaced unit takes the
farthest place that still fits its strength, the one displaced there does the same, until the free place is reached.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

CLEARLY = 1.5  # as a factor: a unit moves only past one than which it is by so much stronger, or weaker
MOST_MOVES = 8  # units that move at a time, those farthest from their place first
ALL_ANEW = 0.5  # the share of units out of place from which all are sorted anew: another scene


def rearranged(channels: Sequence[int], strengths: np.ndarray) -> tuple[int, ...]:
    """The channels with the units moved that stand clearly wrong. strengths: (C,) of all channels, >= 0.

    Once it gives back what it was given, no unit stands before one that is clearly stronger.
    """
    places = np.asarray(channels, int)
    if len(places) < 2:
        return tuple(channels)
    wrong = _stand_wrong(strengths[places])
    if not wrong.any():
        return tuple(channels)
    best = places[np.argsort(-strengths[places], kind="stable")]
    if wrong.mean() > ALL_ANEW and _mostly_far(places, best):
        return tuple(best.tolist())
    rank = np.empty(len(strengths), int)
    rank[best] = np.arange(len(best))
    distance = np.where(wrong, np.abs(rank[places] - np.arange(len(places))), 0)
    for channel in places[np.argsort(-distance, kind="stable")[:MOST_MOVES]].tolist():
        at = int(np.flatnonzero(places == channel)[0])
        if _stand_wrong(strengths[places])[at]:
            _move(places, strengths, at, int(rank[channel]))
    return tuple(places.tolist())


def _stand_wrong(in_order: np.ndarray) -> np.ndarray:
    """(n,) bool: a clearly weaker one stands before this one, or a clearly stronger one behind it."""
    weakest_before = np.minimum.accumulate(np.concatenate([[np.inf], in_order[:-1]]))
    strongest_behind = np.maximum.accumulate(np.concatenate([[-np.inf], in_order[:0:-1]]))[::-1]
    return (in_order > weakest_before * CLEARLY) | (strongest_behind > in_order * CLEARLY)


def _mostly_far(places: np.ndarray, best: np.ndarray) -> bool:
    """True if most units stand more than a tenth of the list from where they belong."""
    rank = {channel: i for i, channel in enumerate(best.tolist())}
    distance = np.abs(np.array([rank[channel] for channel in places.tolist()]) - np.arange(len(places)))
    return bool((distance > len(places) / 10).mean() > ALL_ANEW)


def _move(places: np.ndarray, strengths: np.ndarray, at: int, to: int) -> None:
    """Move the unit at one place to another, in place; those displaced fill the gap in as few steps as fit."""
    mover = places[at]
    forward = to < at  # the displaced ones go back
    while at != to:
        displaced = places[to]
        places[to] = mover
        mover = displaced
        to = _farthest(places, strengths, mover, to, at) if forward else _foremost(places, strengths, mover, to, at)
    places[to] = mover


def _farthest(places: np.ndarray, strengths: np.ndarray, mover: int, start: int, end: int) -> int:
    """The last place in start + 1 .. end before which no unit is clearly weaker than the mover."""
    passed = np.minimum.accumulate(strengths[places[start + 1 : end]]) * CLEARLY >= strengths[mover]
    return start + 1 + int(passed.argmin() if not passed.all() else len(passed))


def _foremost(places: np.ndarray, strengths: np.ndarray, mover: int, start: int, end: int) -> int:
    """The first place in end .. start - 1 behind which no unit is clearly stronger than the mover."""
    passed = np.maximum.accumulate(strengths[places[end + 1 : start]][::-1]) <= strengths[mover] * CLEARLY
    return start - 1 - int(passed.argmin() if not passed.all() else len(passed))
