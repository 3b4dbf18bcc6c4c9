"""Nodes that show a value as maps: they are no part of the network, and run when their top is read.

A unit of such a map is a unit like any other: a seed at it goes back through its node to the value, so that every
back mode, the optimizer, the scan and the crops work on tokens as on convolutional maps.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from math import prod

import numpy as np

from deepvis.network.grid_labels import MapView
from deepvis.network.lazy import Tensor, torch
from deepvis.network.op import Op, Weights, same_back

RAW = " [as computed]"  # ends the name of a value whose plain name shows it as maps
MAPS = " [maps]"  # end the names of the nodes that show values
MODULE = " [module]"
OUTPUT = "output"  # the type of nodes that show a value by the name under which the network returns it
TOKEN = re.compile(r"^(.*) \[(.* token.*|token.*)\]$")  # "blocks.3 [class token]": a token beside the grid, of a value


def places_first(x: Tensor, view: MapView) -> Tensor:
    """(N, C, L) of a value: all channels, all places in the order in which they lie."""
    batch = view.batch
    x = x.movedim(batch.axis, 0) if batch.axis else x
    x = x.reshape(-1, batch.factor, *x.shape[1:]) if batch.factor > 1 else x
    y = x.permute(0, *view.channels, *view.axes)
    return y.reshape(x.shape[0], prod(y.shape[1 : 1 + len(view.channels)]), -1)


def order_of(view: MapView) -> tuple[np.ndarray, ...]:
    """The weights of a node of maps: where the places lie; none where they follow each other row by row."""
    return () if view.first is not None else (np.asarray(view.places, np.int64),)


def maps_op(view: MapView, weights: Weights) -> Op:
    """y[n, c, row, col] = the number of channel c at that place. Shapes: any -> (N, C, h, w). Gradient: autograd's."""

    def forward(x: Tensor) -> Tensor:
        return _picked(places_first(x, view), view, weights)

    def shapes(below: Sequence[int]) -> Sequence[Sequence[int]]:
        pictures = below[view.batch.axis] // view.batch.factor
        numbers = prod(below) // max(pictures, 1) // (prod(view.grid) + len(view.tokens))
        return [(pictures, numbers, *view.grid)]

    return Op(forward, shapes=shapes)


def token_op(view: MapView, position: int, weights: Weights) -> Op:
    """y[n, c] = the number of channel c of the token at that position. Shapes: any -> (N, C). Gradient: autograd's."""
    return Op(lambda x: places_first(x, view)[:, :, position])


def attention_op(view: MapView, query: int | None, weights: Weights) -> Op:
    """y[n, head, row, col] = how much the token at ``query`` looks at that place; None: the mean over all that look.

    Shapes: (N, heads, L, L) -> (N, heads, h, w); of windows (8 N, heads, L, L), (N, 8, heads, L, L) too. Gradient:
    autograd's.
    """

    def forward(x: Tensor) -> Tensor:
        looked_at = x.mean(-2) if query is None else x.select(-2, query)
        return _picked(places_first(looked_at, view), view, weights)

    def shapes(below: Sequence[int]) -> Sequence[Sequence[int]]:
        pictures = below[view.batch.axis] // view.batch.factor
        heads = prod(below[:-1]) // max(pictures, 1) // (prod(view.grid) + len(view.tokens))
        return [(pictures, heads, *view.grid)]

    return Op(forward, shapes=shapes)


def _picked(y: Tensor, view: MapView, weights: Weights) -> Tensor:
    first, count = view.first, view.grid[0] * view.grid[1]
    y = y[:, :, first : first + count] if first is not None else y.index_select(2, weights[0])
    return y.reshape(*y.shape[:2], *view.grid)


def softmax_op(weights: Weights) -> Op:
    """y = softmax of x over the classes. Shapes: (N, C) -> the same. Gradient: autograd's."""
    return Op(lambda x: torch.softmax(x, 1))


def same_op(weights: Weights) -> Op:
    """y = x: the value by another name. Gradient: g."""
    return Op(lambda x: x, backward=same_back)
