"""The tracker against a slow one that follows the definition."""

from __future__ import annotations

import dataclasses
from functools import reduce

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deepvis.scan.statistics import BINS, bin_of
from deepvis.scan.tracker import NO_IMAGE, Peaks, TopActivations, TrackedLayer, Tracker, empty, merge

LAYERS = (TrackedLayer("conv", 3, 4, 5), TrackedLayer("fc", 2, 1, 1))


def peaks_for(values: np.ndarray, places: np.ndarray) -> dict:
    """(n, 5) arrays over all units -> what a forward pass gives."""
    return {"conv": Peaks(values[:, :3], places[:, :3]), "fc": Peaks(values[:, 3:], 0 * places[:, 3:])}


def tracked(values, places, order, batches, top=3, block=4) -> TopActivations:
    tracker = Tracker(LAYERS, top, block=block)
    for batch in np.array_split(np.asarray(order), batches):
        if len(batch):
            back = values[batch][::-1], places[batch][::-1]  # any rows of the batch
            tracker.add(batch.tolist(), list(range(len(batch)))[::-1], peaks_for(*back))
    return tracker.result()


def slow(values: np.ndarray, places: np.ndarray, top: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Sort each unit's images by falling value, then rising index, in plain Python."""
    n, units = values.shape
    out = np.full((units, top), -np.inf, np.float32), np.full((units, top), NO_IMAGE), np.zeros((units, top))
    for unit in range(units):
        best = sorted(range(n), key=lambda i: (-values[i, unit], i))[:top]
        for k, i in enumerate(best):
            out[0][unit, k], out[1][unit, k] = values[i, unit], i
            out[2][unit, k] = places[i, unit] if unit < 3 else 0
    return out


def same(a: TopActivations, b: TopActivations) -> bool:
    return a.seen == b.seen and all(
        getattr(a, f.name).tobytes() == getattr(b, f.name).tobytes()
        for f in dataclasses.fields(TopActivations)
        if isinstance(getattr(a, f.name), np.ndarray)
    )


cases = st.tuples(st.integers(1, 23), st.integers(0, 2**31), st.integers(1, 5), st.integers(1, 6))


@settings(max_examples=60, deadline=None)
@given(cases)
def test_agrees_with_the_slow_tracker_whatever_batches_and_blocks(case) -> None:
    n, seed, batches, block = case
    rng = np.random.default_rng(seed)
    values = rng.integers(-3, 4, (n, 5)).astype(np.float32)  # many ties
    places = rng.integers(0, 20, (n, 5)).astype(np.int32)
    got = tracked(values, places, range(n), batches, block=block)
    for found, wanted in zip((got.values, got.images, got.places), slow(values, places, 3), strict=True):
        assert (found == wanted).all()
    assert same(got, tracked(values, places, range(n), 1))
    assert got.seen == n
    assert got.active.tolist() == (values > 0).sum(axis=0).tolist()
    assert got.histogram.sum(axis=1).tolist() == [n] * 5
    assert got.histogram[1].tolist() == np.bincount(bin_of(values[:, 1].copy()), minlength=BINS).tolist()


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**31), st.integers(1, 5), st.randoms())
def test_merging_is_associative_and_commutative_to_the_last_bit(seed, parts, random) -> None:
    rng = np.random.default_rng(seed)
    values = rng.normal(size=(17, 5)).round(1).astype(np.float32)
    places = rng.integers(0, 20, (17, 5)).astype(np.int32)
    whole = tracked(values, places, range(17), 3)
    pieces = [tracked(values, places, part, 1) for part in np.array_split(np.arange(17), parts)]
    random.shuffle(pieces)
    assert same(whole, reduce(merge, pieces))
    assert same(whole, reduce(lambda a, b: merge(b, a), reversed(pieces)))
    while len(pieces) > 1:  # any tree
        a, b = pieces.pop(random.randrange(len(pieces))), pieces.pop(random.randrange(len(pieces)))
        pieces.append(merge(a, b))
    assert same(whole, pieces[0])


def test_limits_leave_out_what_cannot_count() -> None:
    rng = np.random.default_rng(0)
    all_values = rng.normal(size=(400, 5)).astype(np.float32)
    tracker, asked = Tracker(LAYERS, 3, block=8), 0
    for first in range(0, 400, 8):
        values = all_values[first : first + 8]
        limits = np.concatenate([tracker.limits()["conv"], tracker.limits()["fc"]])
        places = np.where(values > limits, np.int32([1, 1, 1, 0, 0]), np.int32(0))
        asked += int((values > limits).sum())
        tracker.add(range(first, first + 8), range(8), peaks_for(values, places))
    assert asked < 0.2 * 400 * 5
    assert same(tracker.result(), tracked(all_values, np.ones((400, 5), np.int32) * [1, 1, 1, 0, 0], range(400), 1))


def test_indices_must_rise() -> None:
    tracker = Tracker(LAYERS, 3)
    peaks = peaks_for(np.zeros((2, 5), np.float32), np.zeros((2, 5), np.int32))
    tracker.add([4], [0], peaks)
    for indices in ([4], [3], [5, 5], [7, 6]):
        with pytest.raises(ValueError, match="must rise"):
            tracker.add(indices, range(len(indices)), peaks)


def test_nothing_seen_is_the_neutral_element() -> None:
    rng = np.random.default_rng(1)
    some = tracked(rng.normal(size=(4, 5)).astype(np.float32), np.zeros((4, 5), np.int32), range(4), 1)
    assert same(merge(empty(LAYERS, 3), some), some)


def test_both_zeros_are_equal() -> None:
    values = np.array([[-0.0] * 5, [0.0] * 5], np.float32)
    got = tracked(values, np.zeros((2, 5), np.int32), range(2), 1)
    assert got.images[0].tolist() == [0, 1, NO_IMAGE]


def test_other_layers_are_not_merged() -> None:
    with pytest.raises(ValueError, match="cannot merge maxima of 2 layers, top 3, with 1 layers, top 3"):
        merge(empty(LAYERS, 3), empty(LAYERS[:1], 3))


def test_standing_and_inactivity() -> None:
    values = np.array([[0, 1, 2, -1, 5], [0, 3, 0, -1, 5]], np.float32)
    got = tracked(values, np.zeros((2, 5), np.int32), range(2), 1)
    standing = got.standing("conv", 1)
    assert (standing.images, standing.mean, standing.std, standing.active) == (2, 2.0, 1.0, 1.0)
    assert sum(standing.counts) == 2 and len(standing.edges) == len(standing.counts) + 1
    assert standing.edges[0] <= 1 < standing.edges[1] and standing.edges[-2] <= 3 < standing.edges[-1]
    share, dead = got.inactivity("conv")
    assert (share, dead) == (pytest.approx(0.5), 1)
    with pytest.raises(KeyError, match="no layer 'pool' was scanned; there are conv, fc"):
        got.standing("pool", 0)
