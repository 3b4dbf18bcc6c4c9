"""The best images of every unit, kept in arrays over all units of all layers at once.

Of each image and unit only the highest place of the unit's map counts, so an image is at
most once among a unit's best. Order: higher value first, of equal values the earlier
image. That order is total, so what is kept depends on nothing but the images: not on
batches, workers, or the order in which parts are merged.
Source: the toolbox's find_maxes/max_tracker.py, there with a Python loop over channels.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

import numpy as np

from deepvis.core.types import UnitStanding
from deepvis.scan.statistics import BINS, EDGES, bin_of, exact_sums, mean_and_std

NO_IMAGE = -1


@dataclass(frozen=True)
class TrackedLayer:
    """A blob whose units are tracked; a vector has height and width 1."""

    name: str
    channels: int
    height: int
    width: int


def tracked_layers(rows: Any) -> tuple[TrackedLayer, ...]:
    """Layers from JSON. Raises what CONTENT_ERRORS names, ValueError for sizes that none has."""
    layers = tuple(TrackedLayer(**row) for row in rows)
    for layer in layers:
        sizes = (layer.channels, layer.height, layer.width)
        if not isinstance(layer.name, str) or not all(type(size) is int and 1 <= size < 2**31 for size in sizes):
            raise ValueError(f"a layer {layer.name!r} of {' x '.join(map(str, sizes))} values")
    return layers


@dataclass(frozen=True, eq=False)
class TopActivations:
    """What ``seen`` images have shown of U units (those of ``layers``, one after the other).

    values (U, K) float32, falling, -inf where fewer than K images were seen; images (U, K)
    int64, index in the list, NO_IMAGE likewise; places (U, K) int32, row * width + col in the map.
    active (U,) int64: images in which the unit's maximum is above 0. sums (U, 4) int64 and
    histogram (U, BINS) uint32: of the maxima, see ``statistics``.
    """

    layers: tuple[TrackedLayer, ...]
    seen: int
    values: np.ndarray
    images: np.ndarray
    places: np.ndarray
    active: np.ndarray
    sums: np.ndarray
    histogram: np.ndarray

    @property
    def top(self) -> int:
        return self.values.shape[1]

    def units_of(self, layer: str) -> slice:
        """Where the layer's units lie in the arrays. Raises KeyError naming the layers."""
        start = 0
        for tracked in self.layers:
            if tracked.name == layer:
                return slice(start, start + tracked.channels)
            start += tracked.channels
        raise KeyError(f"no layer {layer!r} was scanned; there are {', '.join(x.name for x in self.layers)}")

    def layer(self, name: str) -> TrackedLayer:
        self.units_of(name)
        return next(tracked for tracked in self.layers if tracked.name == name)

    def best(self, layer: str, channel: int) -> list[tuple[float, int, int, int]]:
        """(value, image, row, col) of a unit's images, best first; fewer than ``top`` where fewer were seen."""
        unit, width = self.units_of(layer).start + channel, self.layer(layer).width
        found = zip(self.values[unit].tolist(), self.images[unit].tolist(), self.places[unit].tolist(), strict=True)
        return [(value, image, *divmod(place, width)) for value, image, place in found if image != NO_IMAGE]

    def standing(self, layer: str, channel: int) -> UnitStanding:
        """Where the unit's activations lie in the collection; the histogram without its empty ends."""
        unit = self.units_of(layer).start + channel
        mean, std = mean_and_std(self.sums[unit : unit + 1], self.seen)
        counts = self.histogram[unit]
        filled = np.flatnonzero(counts)
        low, high = (int(filled[0]), int(filled[-1]) + 1) if len(filled) else (0, 0)
        return UnitStanding(
            images=self.seen,
            mean=float(mean[0]),
            std=float(std[0]),
            active=float(self.active[unit]) / max(self.seen, 1),
            edges=tuple(map(float, EDGES[low : high + 1])) if high else (),
            counts=tuple(map(int, counts[low:high])),
        )

    def inactivity(self, layer: str) -> tuple[float, int]:
        """(mean share of the images in which a unit of the layer is silent, units silent in all of them)."""
        active = self.active[self.units_of(layer)]
        return 1.0 - float(active.mean()) / max(self.seen, 1), int((active == 0).sum())


def empty(layers: Sequence[TrackedLayer], top: int) -> TopActivations:
    """The tables before the first image."""
    units = sum(layer.channels for layer in layers)
    return TopActivations(
        tuple(layers),
        0,
        np.full((units, top), -np.inf, np.float32),
        np.full((units, top), NO_IMAGE, np.int64),
        np.zeros((units, top), np.int32),
        np.zeros(units, np.int64),
        np.zeros((units, 4), np.int64),
        np.zeros((units, BINS), np.uint32),
    )


def merge(a: TopActivations, b: TopActivations) -> TopActivations:
    """The tables of the images of both; associative and commutative to the last bit.

    Raises ValueError where the two tracked other layers or another number of images per unit.
    """
    if a.layers != b.layers or a.top != b.top:
        raise ValueError(
            f"cannot merge maxima of {len(a.layers)} layers, top {a.top}, with {len(b.layers)} layers, top {b.top}"
        )
    pairs = (a.values, b.values), (a.images, b.images), (a.places, b.places)
    values, images, places = (np.concatenate(pair, axis=1) for pair in pairs)
    order = np.lexsort((images, -values), axis=1)[:, : a.top]
    values, images, places = (np.take_along_axis(x, order, axis=1) for x in (values, images, places))
    counts = a.active + b.active, a.sums + b.sums, a.histogram + b.histogram
    return TopActivations(a.layers, a.seen + b.seen, values, images, places, *counts)


@dataclass(frozen=True, eq=False)
class Peaks:
    """Of N images and C units. values: (N, C) float32, each map's highest value.

    An image that does not come by the layer has -inf in all of them.
    places: (N, C) int32, row * width + col of the maximum, of equals the first; 0 where the value is not above the
    unit's limit.
    """

    values: np.ndarray
    places: np.ndarray


def usable(peaks: Mapping[str, Peaks], images: int) -> np.ndarray:
    """(N,) bool: the images that come by a layer at least, and whose numbers are finite in all that they come by."""
    fine, comes_by = np.ones(images, bool), np.zeros(images, bool)
    for layer in peaks.values():
        left_out = np.isneginf(layer.values).all(axis=1)
        fine &= left_out | np.isfinite(layer.values).all(axis=1)
        comes_by |= ~left_out
    return fine & comes_by


class Tracker:
    """Takes the peaks of images, batch after batch, in the list's order; sorts after every ``block`` of them.

    Memory is fixed: the arrays of TopActivations and a block of peaks. Not safe for several threads;
    give each its own and merge. earlier: what to go on with, its arrays are this tracker's from now on; its images
    come before those that are added.
    """

    def __init__(
        self, layers: Sequence[TrackedLayer], top: int, *, block: int = 32, earlier: TopActivations | None = None
    ) -> None:
        self._so_far = earlier or empty(layers, top)  # its arrays are this tracker's own, written in place
        units = len(self._so_far.active)
        self._values = np.empty((units, block), np.float32)
        self._places = np.zeros((units, block), np.int32)
        self._indices = np.empty(block, np.int64)
        self._filled = 0
        self._last = NO_IMAGE

    def limits(self) -> dict[str, np.ndarray]:
        """Layer -> (C,) float32: only an image above it may be among the unit's best, and its place is asked for."""
        lowest, units_of = self._so_far.values[:, -1], self._so_far.units_of
        return {layer.name: lowest[units_of(layer.name)].copy() for layer in self._so_far.layers}

    def add(self, indices: Sequence[int], rows: Sequence[int], peaks: Mapping[str, Peaks]) -> None:
        """Take n images.

        indices: their places in the list, rising from call to call. rows: their rows in the batch. peaks: layer
        -> the batch's peaks, for every tracked layer, ``usable`` in those rows, found with ``limits`` of now or before.
        Raises ValueError for indices that do not rise.
        """
        done, block = 0, len(self._indices)
        while done < len(indices):
            take = min(len(indices) - done, block - self._filled)
            self._gather(indices[done : done + take], np.asarray(rows[done : done + take]), peaks)
            done += take
            if self._filled == block:
                self._flush()

    def _gather(self, indices: Sequence[int], rows: np.ndarray, peaks: Mapping[str, Peaks]) -> None:
        """Put images into the block, which has room for them."""
        if indices[0] <= self._last or any(a >= b for a, b in pairwise(indices)):
            raise ValueError(f"images {list(indices)} after image {self._last}: their indices must rise")
        here, start = slice(self._filled, self._filled + len(rows)), 0
        self._indices[here], self._last = indices, indices[-1]
        for layer in self._so_far.layers:
            units, found = slice(start, start + layer.channels), peaks[layer.name]
            self._values[units, here] = found.values[rows].T + np.float32(0)  # -0.0 becomes 0.0: equal in every bit
            self._places[units, here] = found.places[rows].T
            start += layer.channels
        self._filled += len(rows)

    def result(self) -> TopActivations:
        """The tables so far; not to be used on once more images are added."""
        self._flush()
        return self._so_far

    def _flush(self) -> None:
        """Sort the block into the tables, and count it."""
        n, so_far = self._filled, self._so_far
        if n == 0:
            return
        values = np.ascontiguousarray(self._values[:, :n])
        self._keep_best(values)
        values[np.isneginf(values)] = 0  # a unit that an image does not come by is silent for it
        so_far.active[:] += (values > 0).sum(axis=1)
        so_far.sums[:] += exact_sums(values)
        units = np.arange(len(values), dtype=np.int64)[:, None]
        np.add.at(so_far.histogram.reshape(-1), (bin_of(values) + units * BINS).ravel(), np.uint32(1))
        self._so_far = replace(so_far, seen=so_far.seen + n)
        self._filled = 0

    def _keep_best(self, values: np.ndarray) -> None:
        """Update the rows whose best change: there an image of the block is above the last one."""
        so_far, top = self._so_far, self._so_far.top
        rows = np.flatnonzero(values.max(axis=1) > so_far.values[:, -1])
        pairs = (
            (so_far.values, values[rows]),
            (so_far.images, np.broadcast_to(self._indices[: values.shape[1]], (len(rows), values.shape[1]))),
            (so_far.places, self._places[rows, : values.shape[1]]),
        )
        wide = [np.concatenate([table[rows], block], axis=1) for table, block in pairs]
        best = best_columns(wide[0], top)  # columns stand in the order of the images, the earlier ones first
        for (table, _), both in zip(pairs, wide, strict=True):
            table[rows] = np.take_along_axis(both, best, axis=1)


def best_columns(values: np.ndarray, top: int) -> np.ndarray:
    """(n, m) float32 -> (n, top): the columns of each row's highest values, best first, of equals the first.

    The bits of a float32 read as an integer rise with it, if those of negative ones are turned over. With the
    column below them as a tie-break the keys are all different, so one partition of integers finds the best.
    """
    bits = values.view(np.int32)
    rising = np.where(bits < 0, bits ^ 0x7FFFFFFF, bits).astype(np.int64)
    columns = values.shape[1]
    keys = (rising << 32) + np.arange(columns - 1, -1, -1)
    best = np.sort(np.partition(keys, columns - top, axis=1)[:, columns - top :], axis=1)[:, ::-1]
    return columns - 1 - (best & 0xFFFFFFFF)
