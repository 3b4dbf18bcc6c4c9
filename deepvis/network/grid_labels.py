"""Where in the picture the numbers of a value lie: maps of tokens, channels last, windows, whatever the order of axes.

Convolutional maps are (N, C, H, W). Transformers hold tokens, (N, L, C), or (N, H, W, C), or cut these into windows.
Each number of such a value belongs to a cell of a grid, to a token beside the grid (a class token), or to neither.
``GridLabels`` holds that as labels, which go through reshapes and permutations like the numbers themselves:
nothing is guessed from sizes.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from math import prod

import numpy as np

Shape = tuple[int, ...]
Spans = tuple[tuple[int, int], ...]  # of each row (or column) of a grid: [first, past the last) of the grid below

UNKNOWN = 0  # label of a number that belongs to no cell and no token; cells are 1, 2, ..., tokens -1, -2, ...


@dataclass(frozen=True, eq=False)
class GridLabels:
    """What the numbers of a value with one picture belong to.

    grid: (h, w). labels: int32, as many axes as the value, each as long as the value's or 1 where all along it is
    alike; 1 + row * w + col of a cell, -1 - i of the i-th token beside the grid, 0 for unknown.
    is_attention: the last axis are tokens too, those that are looked at, in the same order as those who look.
    """

    grid: tuple[int, int]
    labels: np.ndarray
    is_attention: bool = False

    @property
    def has_grid(self) -> bool:
        return self.grid[0] * self.grid[1] > 1

    @property
    def is_maps(self) -> bool:
        """As convolutions have it: (N, C, H, W), row by row."""
        if self.is_attention or self.labels.ndim != 4 or not self.has_grid or self.labels.shape[:2] != (1, 1):
            return False
        return np.array_equal(self.labels.ravel(), 1 + np.arange(self.grid[0] * self.grid[1]))

    def same_as(self, other: GridLabels) -> bool:
        return self.grid == other.grid and np.array_equal(self.labels, other.labels)


ONE_PLACE = GridLabels((1, 1), np.ones((1, 1, 1, 1), np.int32))


def maps(height: int, width: int) -> GridLabels:
    """Those of a value (N, C, height, width)."""
    return GridLabels((height, width), 1 + np.arange(height * width, dtype=np.int32).reshape(1, 1, height, width))


def tokens(size: Shape, first: int) -> np.ndarray:
    """Labels for a parameter of that shape whose second axis from the end are tokens, the first number ``first``."""
    count = size[-2] if len(size) > 1 else 1
    labels = -1 - first - np.arange(count, dtype=np.int32)
    return labels.reshape(*(1,) * (len(size) - 2), count, 1) if len(size) > 1 else labels.reshape(1)


def full(labels: np.ndarray, shape: Shape) -> np.ndarray:
    """The labels of every single number."""
    return np.ascontiguousarray(np.broadcast_to(labels, shape))


def brief(labels: np.ndarray) -> np.ndarray:
    """The labels with each axis of 1 along which all are alike."""
    for axis in range(labels.ndim):
        first = labels.take([0], axis)
        if labels.shape[axis] > 1 and (labels == first).all():
            labels = first
    return labels


def renumbered(labels: np.ndarray, below: tuple[int, int]) -> tuple[GridLabels, tuple[Spans, Spans]] | None:
    """Labels of the grid ``below``, of which some rows and columns may be left, as places of a grid of their own.

    With the rows and columns of the grid below that each of the new ones is. None where what is left is no grid.
    """
    labels = brief(labels)
    cells = np.unique(labels[labels > 0]) - 1
    rows, cols = np.unique(cells // below[1]), np.unique(cells % below[1])
    if len(cells) != len(rows) * len(cols):
        return None
    grid = (len(rows), len(cols))
    new = np.zeros(below[0] * below[1] + 1, np.int32)
    new[cells + 1] = 1 + np.arange(len(cells))
    spans = tuple((int(r), int(r) + 1) for r in rows), tuple((int(c), int(c) + 1) for c in cols)
    return GridLabels(grid, np.where(labels > 0, new[np.maximum(labels, 0)], labels)), spans


def merged(places: GridLabels, axis: int) -> tuple[GridLabels, tuple[Spans, Spans]] | None:
    """What an operator leaves that mixes all along an axis: blocks of cells that lie along it become one cell.

    So patches that are cut out by reshapes are the cells of what a Linear makes of them. None where what is mixed is
    no block.
    """
    if places.labels.shape[axis] == 1:
        return places, _every(places.grid)
    labels = np.moveaxis(places.labels, axis, -1)
    if (labels <= 0).any():
        return None
    width = places.grid[1]
    rows, cols = (labels - 1) // width, (labels - 1) % width
    edges = [x.reshape(-1, labels.shape[-1]) for x in (rows, cols)]
    found = renumbered(np.moveaxis(labels.min(-1, keepdims=True), -1, axis), places.grid)
    if found is None or not found[0].has_grid:
        return None
    spans = []
    for place, lines in enumerate(edges):
        firsts = [first for first, _ in found[1][place]]
        ends = {int(first): int(last) + 1 for first, last in zip(lines.min(1), lines.max(1), strict=True)}
        if any(first not in ends for first in firsts):
            return None
        spans.append(tuple((first, ends[first]) for first in firsts))
    return found[0], (spans[0], spans[1])


def _every(grid: tuple[int, int]) -> tuple[Spans, Spans]:
    rows, cols = (tuple((i, i + 1) for i in range(size)) for size in grid)
    return rows, cols


def moved(labels: np.ndarray, placed: Sequence[GridLabels]) -> tuple[GridLabels, tuple[Spans, Spans]] | None:
    """What an operator that only moves numbers makes of labels.

    labels: those of all bottoms, gone through the operator. placed: the bottoms' places.
    None where the bottoms are of several grids, or what is left is no grid.
    """
    grids = {places.grid for places in placed if places.has_grid}
    if len(grids) > 1:
        return None
    grid = next(iter(grids), (0, 0))
    return renumbered(labels, grid)


def grid_axes(places: GridLabels) -> tuple[int, int] | None:
    """The axes of the rows and of the columns, where the labels are those of maps whose axes stand in another order."""
    axes = [axis for axis, size in enumerate(places.labels.shape) if size > 1]
    regular = 1 + np.arange(places.grid[0] * places.grid[1])
    if places.is_attention or len(axes) != 2 or not np.array_equal(places.labels.ravel(), regular):
        return None
    return axes[0], axes[1]


def enlarged(
    places: GridLabels, axes: tuple[int, int], labels: np.ndarray
) -> tuple[GridLabels, tuple[Spans, Spans]] | None:
    """What an operator leaves that puts a border around maps: a grid of its own, whose border sees what is nearest.

    axes: of rows and columns. labels: those of ``places`` gone through the operator, 0 in the border.
    """
    spans, shape = [], [1] * labels.ndim
    for axis in axes:
        found = labels.max(tuple(each for each in range(labels.ndim) if each != axis))
        known = np.flatnonzero(found > 0)
        if not len(known):
            return None
        lines = (found - 1) // places.grid[1] if axis == axes[0] else (found - 1) % places.grid[1]
        nearest = known[np.abs(np.arange(len(found))[:, None] - known).argmin(1)]
        spans.append(tuple((int(line), int(line) + 1) for line in lines[nearest]))
        shape[axis] = len(found)
    grid = (shape[axes[0]], shape[axes[1]])
    return GridLabels(grid, 1 + np.arange(grid[0] * grid[1], dtype=np.int32).reshape(shape)), (spans[0], spans[1])


@dataclass(frozen=True)
class BatchAxis:
    """Which axis of a value holds the pictures, and how many numbers there belong to one, as windows of it do."""

    axis: int = 0
    factor: int = 1

    def shape(self, one: Shape) -> Shape:
        """The shape of a value of one picture with the pictures' axis first, and what belongs to one picture second."""
        rest = (*one[: self.axis], *one[self.axis + 1 :])
        return (1, self.factor, *rest) if self.factor > 1 else (1, *rest)


@dataclass(frozen=True)
class MapView:
    """How maps are made of a value: the axes of the channels, those of the places, and the order of the places.

    The axes are those of the value with the pictures' axis first (``BatchAxis``). places: of (row, col), one after the
    other, the position along the axes of the places taken together. tokens: (which token, its position) for those
    beside the grid.
    """

    batch: BatchAxis
    channels: tuple[int, ...]
    axes: tuple[int, ...]
    grid: tuple[int, int]
    places: tuple[int, ...]
    tokens: tuple[tuple[int, int], ...] = ()

    @property
    def first(self) -> int | None:
        """Where the places begin if they follow each other row by row; None where they lie in another order."""
        start = self.places[0]
        return start if self.places == tuple(range(start, start + len(self.places))) else None


def batch_of(one: Shape, two: Shape) -> BatchAxis | None:
    """Where the pictures are, from the shapes of one picture and of two; None where they are nowhere by themselves."""
    grown = [axis for axis, (a, b) in enumerate(zip(one, two, strict=True)) if b != a]
    if not grown:
        return BatchAxis() if one[:1] == (1,) else None
    return BatchAxis(grown[0], one[grown[0]]) if len(grown) == 1 and two[grown[0]] == 2 * one[grown[0]] else None


def vector_view(shape: Shape, batch: BatchAxis) -> MapView | None:
    """Of a value (N, 1, 1, C) where channels stand last: (N, C, 1, 1); None of other shapes."""
    is_vector = len(shape) == 4 and batch == BatchAxis() and shape[1:3] == (1, 1) and shape[3] > 1
    return MapView(batch, (3,), (1, 2), (1, 1), (0,)) if is_vector else None


def view_of(places: GridLabels, shape: Shape, batch: BatchAxis) -> MapView | None:
    """How maps are made of a value of that shape, one picture; None where its places are not known.

    Each cell must be there once, in whatever order.
    """
    if places.is_attention:  # of those that are looked at, whoever looks
        looked_at = np.swapaxes(places.labels, -2, -1)[..., 0, :]
        return view_of(GridLabels(places.grid, looked_at), (*shape[:-2], shape[-1]), batch)
    labels = np.moveaxis(full(places.labels, shape), batch.axis, 0).reshape(batch.shape(shape))
    labels, shape = brief(labels), labels.shape
    size = labels.shape
    axes = tuple(axis for axis in range(1, len(size)) if size[axis] > 1)
    if not places.has_grid or not axes:
        return None
    order = labels.ravel()
    if (order == UNKNOWN).any():
        return None
    place = {int(label): position for position, label in enumerate(order)}
    if len(place) != len(order):
        return None
    cells = [place[cell] for cell in range(1, places.grid[0] * places.grid[1] + 1)]
    channels = tuple(axis for axis in range(1, len(shape)) if axis not in axes)
    beside = sorted((-1 - label, position) for label, position in place.items() if label < 0)
    return MapView(batch, channels, axes, places.grid, tuple(cells), tuple(beside))


def carried_over(places: GridLabels, shape: Shape, above: Shape) -> GridLabels | None:
    """Those of a top of another last axis, or of the same shape; None where places lie along the last axis."""
    if len(shape) != len(above) or shape[:-1] != above[:-1]:
        return None
    if shape[-1] != above[-1] and (places.labels.shape[-1] > 1 or places.is_attention):
        return None
    return places


def attention(queries: GridLabels, keys: GridLabels) -> GridLabels | None:
    """Of queries (N, heads, L, d) times keys (N, heads, d, L): who looks at whom, where both are the same tokens.

    Within windows: the axes before the last two may hold them.
    """
    q, k = queries.labels, keys.labels
    fits = q.ndim == k.ndim > 3 and q.shape[-1] == 1 and k.shape[-2] == 1 and queries.grid == keys.grid
    if not fits or queries.is_attention or keys.is_attention or q.shape[:-2] != k.shape[:-2]:
        return None
    return replace(queries, is_attention=True) if np.array_equal(q.ravel(), k.ravel()) else None


def attended(places: GridLabels) -> tuple[Spans, Spans] | None:
    """Of each row, and each column, of the grid: those of all places that its places look at; None: of all.

    places: of who looks at whom. All along the last axis but one look at each other: the tokens of a window.
    """
    return together(places, [places.labels.ndim - 2])


def together(places: GridLabels, axes: Sequence[int]) -> tuple[Spans, Spans] | None:
    """Of each row, and each column, of the grid: those that lie along these axes with one of its places; None: all."""
    height, width = places.grid
    count = prod(places.labels.shape[axis] for axis in axes)
    groups = np.moveaxis(places.labels, axes, range(-len(axes), 0)).reshape(-1, count)
    if len(groups) == 1 or (groups < 0).any():
        return None
    spans = []
    lines: tuple[tuple[Callable[[np.ndarray], np.ndarray], int], ...]
    lines = ((lambda cells: cells // width, height), (lambda cells: cells % width, width))
    for place_of, size in lines:
        firsts, ends = np.full(size, size), np.zeros(size, int)
        for group in groups:  # without what was padded
            each = place_of(group[group > 0] - 1)
            if not len(each):
                continue
            firsts[each] = np.minimum(firsts[each], each.min())
            ends[each] = np.maximum(ends[each], each.max() + 1)
        spans.append(tuple(zip(firsts.tolist(), ends.tolist(), strict=True)))
    return spans[0], spans[1]
