"""Where the numbers of values lie in the picture, followed operator by operator, whatever format the network is of.

What only moves numbers moves the labels of ``network/grid_labels.py`` alike, whatever it is: flatten and transpose,
rolls, strided slices. What mixes them keeps the places where it works place by place. A format says of each operator
which of these it is: ``LayoutCall``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import Enum, auto
from typing import Any

import numpy as np
import torch
from torch import Tensor

from deepvis.formats.open_arguments import Dims, Shape, resolved
from deepvis.network.graph import Node
from deepvis.network.grid_labels import (
    GridLabels,
    Spans,
    attended,
    attention,
    carried_over,
    enlarged,
    full,
    grid_axes,
    maps,
    merged,
    moved,
    together,
    tokens,
)
from deepvis.network.kinds import Kind
from deepvis.network.op import Weights


class OnPlaces(Enum):
    """What an operator does with the places of its bottoms' numbers."""

    RESHAPES = auto()  # the same numbers in the same order, in another shape
    REORDERS = auto()  # the same numbers in another order: axes exchanged, turned around
    MOVES = auto()  # the same numbers in other places: cut up, picked, repeated, or as they are
    JOINS = auto()  # several values, one after the other
    PADS = auto()  # windows are padded to a whole number of them, mostly by nothing
    ENLARGES = auto()  # a border is put around, whose places are places like all others
    MULTIPLIES = auto()  # matrices, of which two may be values
    MULTIPLIES_BY_WEIGHT = auto()  # along the last axis
    WORKS_BY_ELEMENT = auto()
    MIXES = auto()  # along the axes that are named, in a value that keeps its shape
    OTHER = auto()


MOVING = frozenset((OnPlaces.RESHAPES, OnPlaces.REORDERS, OnPlaces.MOVES, OnPlaces.JOINS))


@dataclass(frozen=True, eq=False)
class LayoutCall:
    """What of an operator's call places are followed by."""

    effect: OnPlaces
    top_dims: tuple[Dims, ...]
    bottom_dims: tuple[Dims, ...]
    forward: Callable[[Weights], Callable[..., Any]]  # weights -> what runs: bottoms -> top or tuple of tops
    axes: tuple[int, ...] = ()  # along which it MIXES
    has_carrier: bool = False  # the last bottom is there to give the number of pictures alone


@dataclass(frozen=True, eq=False)
class Followed:
    """What is known of one node.

    tops: places of each top, None where they are unknown. is_by_place: each place of a top sees only its own place of
    the bottoms, or the rows and columns ``spans`` of them.
    """

    tops: tuple[GridLabels | None, ...]
    is_by_place: bool = False
    spans: tuple[Spans, Spans] | None = None


_CONVOLUTIONS = (Kind.CONVOLUTION, Kind.TRANSPOSED_CONVOLUTION)


class Follower:
    """Follows places through nodes in their order of work. parameters: address of a tensor -> its name."""

    def __init__(self, parameters: Mapping[int, str]) -> None:
        self._parameters = parameters
        self.tokens: list[str] = []  # names of the tokens beside grids, as labels count them
        self._first: dict[int, int] = {}  # id of a parameter -> number of its first token

    def followed(self, node: Node, call: LayoutCall, bottoms: Sequence[GridLabels | None]) -> Followed:
        """bottoms: places of the node's bottoms, a carrier left out."""
        above = [resolved(dims, 1) for dims in call.top_dims]
        below = [resolved(dims, 1) for dims in call.bottom_dims][: len(bottoms)]
        unknown = Followed((None,) * len(above))
        # of maps padding makes a new grid
        is_padding = call.effect is OnPlaces.PADS and bottoms[0] is not None and not bottoms[0].is_maps
        if call.effect in MOVING or is_padding:
            return self._moved(node, call, bottoms) or unknown
        placed = [(p, shape) for p, shape in zip(bottoms, below, strict=True) if p is not None]
        if not placed:
            is_conv = node.kind in _CONVOLUTIONS and len(above[0]) == 4
            return Followed(_maps_of(above)) if is_conv else unknown  # a convolution makes maps, whatever it takes
        if call.effect is OnPlaces.ENLARGES and not placed[0][0].is_maps:
            return self._enlarged(node, call, bottoms) or unknown
        if call.effect is OnPlaces.MULTIPLIES and len(placed) == 2:
            found = _attending(placed[0][0], placed[1][0])
            if found is not None:
                return found
        first, shape = placed[0]
        if self._makes_maps(node, call, bottoms, above[0]):
            return Followed(_maps_of(above))
        if call.effect is OnPlaces.MULTIPLIES_BY_WEIGHT:
            return _linear(first, shape, above[0]) or unknown
        if call.effect is OnPlaces.WORKS_BY_ELEMENT:
            return _elementwise(placed, above[0]) or unknown
        same = next((p for p, size in placed if carried_over(p, size, above[0]) is not None), None)
        if same is None:
            return unknown
        tops = (same, *unknown.tops[1:])
        is_known = call.effect is OnPlaces.MIXES
        if not is_known or all(same.labels.shape[axis] == 1 for axis in call.axes):
            return Followed(tops, is_known)
        spans = together(same, call.axes)  # patches that are merged lie side by side along the channels
        return Followed(tops, spans is not None, spans)

    def _makes_maps(self, node: Node, call: LayoutCall, bottoms: Sequence[GridLabels | None], above: Shape) -> bool:
        """A convolution, a pooling, a resampling: of maps, as convolutions have them, others."""
        if len(above) != 4 or not bottoms or bottoms[0] is None or not bottoms[0].is_maps:
            return False
        is_other_grid = above[-2:] != bottoms[0].grid and call.effect is not OnPlaces.WORKS_BY_ELEMENT
        return node.kind in _CONVOLUTIONS or is_other_grid

    def _moved(self, node: Node, call: LayoutCall, bottoms: Sequence[GridLabels | None]) -> Followed | None:
        """The labels through the operator itself."""
        placed = [places for places in bottoms if places is not None]
        weights = [self._labels_of(weight) for weight in node.weights]
        has_tokens = any((w < 0).any() for w in weights if not w.is_floating_point())
        if not placed and not has_tokens:
            return None
        tops = _labels_above(call, weights, bottoms)
        is_attention = any(places.is_attention for places in placed)
        below = resolved(call.bottom_dims[0], 1)
        if tops is None or (is_attention and not _keeps_attention(call, below, [top.shape for top in tops])):
            return None
        found = [moved(top, placed) for top in tops]
        spans = next((each[1] for each in found if each is not None), None)
        attends = [None if f is None else GridLabels(f[0].grid, f[0].labels, is_attention) for f in found]
        return Followed(tuple(attends), True, spans)

    def _enlarged(self, node: Node, call: LayoutCall, bottoms: Sequence[GridLabels | None]) -> Followed | None:
        """A grid of its own, with the rows and columns of the border; these see the nearest ones of the grid below."""
        places = bottoms[0]
        axes = grid_axes(places) if places is not None else None
        tops = _labels_above(call, [self._labels_of(weight) for weight in node.weights], bottoms)
        if places is None or axes is None or tops is None:
            return None
        found = enlarged(places, axes, tops[0])
        return Followed((found[0],), True, found[1]) if found is not None else None

    def _labels_of(self, weight: Tensor) -> Tensor:
        """A parameter's numbers as tokens; what is no floating point number, an index, as it is."""
        if not weight.is_floating_point():
            return weight
        if id(weight) not in self._first:
            self._first[id(weight)] = len(self.tokens)
            count = weight.shape[-2] if weight.ndim > 1 else 1
            self.tokens += _token_names(self._parameters.get(weight.data_ptr(), ""), count)
        shape = tuple(weight.shape)
        return _tensor(full(tokens(shape, self._first[id(weight)]), shape))


def _maps_of(above: Sequence[Shape]) -> tuple[GridLabels | None, ...]:
    return tuple(maps(*size[-2:]) if size[-2] * size[-1] > 1 else None for size in above)


def _labels_above(
    call: LayoutCall, weights: Sequence[Tensor], bottoms: Sequence[GridLabels | None]
) -> list[np.ndarray] | None:
    """The bottoms' labels gone through the operator, 0 where a bottom has none; None where it takes no whole numbers.

    weights: as labels too. A carrier of the number of pictures may be left out of the bottoms.
    """
    shapes = [resolved(dims, 1) for dims in call.bottom_dims]
    pairs = zip((*bottoms, *(None,) * (len(shapes) - len(bottoms))), shapes, strict=True)
    labels = [torch.zeros(s, dtype=torch.int32) if p is None else _tensor(full(p.labels, s)) for p, s in pairs]
    try:
        made = call.forward(weights)(*labels)
    except (RuntimeError, IndexError, TypeError):  # an operator that takes no whole numbers: nothing is known
        return None
    return [top.numpy() for top in ([made] if isinstance(made, Tensor) else made)]


def _tensor(labels: np.ndarray) -> Tensor:
    return torch.from_numpy(labels.astype(np.int32))


def _token_names(parameter: str, count: int) -> list[str]:
    """What the tokens of a parameter are called: "class token", "register token 1", ..."""
    word = parameter.rpartition(".")[2].lower()
    titles = {"cls": "class token", "class": "class token", "reg": "register token", "dist": "distillation token"}
    name = next((title for part, title in titles.items() if part in word), f"token {word}" if word else "token")
    return [name] if count == 1 else [f"{name} {number}" for number in range(1, count + 1)]


def _attending(first: GridLabels, second: GridLabels) -> Followed | None:
    """Queries times keys, or who looks at whom times what is there: a place sees all that it looks at."""
    found = attention(first, second)
    if found is None:
        is_taken_up = first.is_attention and not second.is_attention and first.same_as(second)
        if not is_taken_up:
            return None
        found = replace(first, is_attention=False)
    spans = attended(first)
    return Followed((found,), spans is not None, spans)


def _keeps_attention(call: LayoutCall, below: Shape, tops: Sequence[Shape]) -> bool:
    """Who looks at whom are the last two axes still, in their order."""
    if tops == [below]:
        return call.effect is not OnPlaces.REORDERS
    return call.effect is OnPlaces.RESHAPES and all(top[-2:] == below[-2:] for top in tops)


def _linear(places: GridLabels, shape: Shape, above: Shape) -> Followed | None:
    """Along the last axis: all else is place by place."""
    found = merged(places, len(shape) - 1)
    if found is None or places.is_attention:
        return None
    return Followed((found[0],), True, found[1])


def _elementwise(placed: Sequence[tuple[GridLabels, Shape]], above: Shape) -> Followed | None:
    """Of several: the places of one that has the top's shape; by place where all others have the same or none."""
    same = next((p for p, shape in placed if shape == above), None)
    if same is None:
        return None
    others = [p for p, shape in placed if p is not same]
    agree = all(p.same_as(same) for p in others)
    return Followed((same,), agree)
