"""The nearest units of a layer: those whose incoming weights point the same way.

The weights are those of the layer that makes the unit, found by walking back over what leaves channels alone
(rectifier, pooling, normalization). Batch normalization turns a unit's weights around where its factor is negative.
Of a concatenation each branch is compared within itself, of a convolution with groups each group: other units see
other channels. Of a sum the weights of all layers that are added count together.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from deepvis.network.graph import Graph, Node
from deepvis.network.kinds import Kind
from deepvis.network.lazy import torch

COUNT = 8  # units that are named
BLOCK = 512  # rows compared at a time
STEPS = 12  # of a walk back
_WEIGHTED = frozenset((Kind.CONVOLUTION, Kind.TRANSPOSED_CONVOLUTION, Kind.LINEAR))
_PASSED = frozenset(
    {
        *(Kind.RELU, Kind.LEAKY_RELU, Kind.CAPPED_RELU, Kind.ACTIVATION, Kind.SIGMOID, Kind.SOFTMAX, Kind.POOLING),
        *(Kind.NORMALIZATION, Kind.NORMALIZATION_DECONV_IGNORES, Kind.SCALE, Kind.IDENTITY, Kind.RESHAPE),
    }
)
Shapes = Mapping[str, Sequence[int]]


@dataclass(frozen=True, eq=False)
class Incoming:
    """The incoming weights of units that can be compared. units: their numbers; rows: (units, n) float32."""

    units: np.ndarray
    rows: np.ndarray
    made_by: str  # the layer that has the weights


@dataclass(frozen=True)
class Neighbour:
    """cosine: of the two units' incoming weights, -1..1."""

    channel: int
    cosine: float


def nearest_units(found: Sequence[Incoming], units: int, count: int = COUNT) -> list[tuple[Neighbour, ...]]:
    """For each unit of the layer the nearest ones, nearest first; () where its weights are all 0 or not known."""
    nearest: list[tuple[Neighbour, ...]] = [()] * units
    for each in found:
        norms = np.linalg.norm(each.rows, axis=1)
        alive = np.flatnonzero((norms > 0) & np.isfinite(norms))
        directions = each.rows[alive] / norms[alive, None]
        for start in range(0, len(alive), BLOCK):
            cosines = directions[start : start + BLOCK] @ directions.T
            own = np.arange(start, start + len(cosines))
            cosines[np.arange(len(cosines)), own] = -np.inf
            order = np.argsort(-cosines, axis=1, kind="stable")[:, : min(count, len(alive) - 1)]
            for row, best in zip(own, order, strict=True):
                nearest[each.units[alive[row]]] = tuple(
                    Neighbour(int(each.units[alive[i]]), float(np.clip(cosines[row - start, i], -1, 1))) for i in best
                )
    return nearest


def incoming_weights(graph: Graph, shapes: Shapes, layer: str, units: int) -> list[Incoming]:
    """Of the units of a layer; [] where no weights decide what its channels are. Reads the weights."""
    return _of_value(graph, shapes, graph.last(layer), units, inside_sum=False)


def _of_value(graph: Graph, shapes: Shapes, value: int, units: int, *, inside_sum: bool) -> list[Incoming]:
    factor = np.ones(units, np.float32)
    for _ in range(STEPS):
        if graph.maker[value] < 0:
            return []
        node = graph.nodes[graph.maker[value]]
        if node.kind in _WEIGHTED:
            found = _of_node(graph, shapes, node, units)
            return [replace(each, rows=each.rows * factor[each.units, None]) for each in found]
        if node.kind is Kind.CONCAT:
            return _of_branches(graph, shapes, node, units, factor)
        if node.kind is Kind.ADD and not inside_sum:
            return _of_sum(graph, shapes, node, units, factor)
        if node.kind not in _PASSED or not node.bottoms:
            return []
        if node.weights:
            own = _factor(node, units)
            if own is None:
                return []
            factor = factor * own
        value = node.bottoms[0]
    return []


def _factor(node: Node, units: int) -> np.ndarray | None:
    """By what a batch normalization or scale multiplies each channel; None where it does something else."""
    affine = node.make([torch.as_tensor(each) for each in node.weights]).affine
    if affine is None and node.type == "BatchNorm":  # Caffe's divides, by what is above 0; a Scale follows
        return np.ones(units, np.float32)
    given = affine[0] if affine is not None else node.weights[0] if node.kind is Kind.SCALE else None
    factor = None if given is None else np.asarray(_as_array(given), np.float32)
    return factor.reshape(units) if factor is not None and factor.size == units else None


def _of_branches(graph: Graph, shapes: Shapes, node: Node, units: int, factor: np.ndarray) -> list[Incoming]:
    counts = [_channels(shapes.get(graph.names[value], ())) for value in node.bottoms]
    if sum(counts) != units:
        return []
    found, first = [], 0
    for value, count in zip(node.bottoms, counts, strict=True):
        for each in _of_value(graph, shapes, value, count, inside_sum=False):
            numbers = each.units + first
            found.append(Incoming(numbers, each.rows * factor[numbers, None], each.made_by))
        first += count
    return found


def _of_sum(graph: Graph, shapes: Shapes, node: Node, units: int, factor: np.ndarray) -> list[Incoming]:
    """Of those that are added the ones that weights make: all as one long row a unit."""
    parts = [_of_value(graph, shapes, value, units, inside_sum=True) for value in node.bottoms]
    whole = [each[0] for each in parts if len(each) == 1 and len(each[0].units) == units]
    if not whole:
        return []
    rows = np.concatenate([each.rows for each in whole], axis=1) * factor[:, None]
    return [Incoming(np.arange(units), rows, " + ".join(each.made_by for each in whole))]


def _of_node(graph: Graph, shapes: Shapes, node: Node, units: int) -> list[Incoming]:
    given = next((each for each in node.weights if len(each.shape) > 1), None)
    if given is None:
        return []
    weights = np.asarray(_as_array(given), np.float32)
    if node.kind is Kind.LINEAR:
        rows = _linear_rows(node, weights, units)
        return [] if rows is None else [Incoming(np.arange(units), rows, node.name)]
    if node.kind is Kind.TRANSPOSED_CONVOLUTION:
        weights = weights.swapaxes(0, 1) if weights.shape[1] == units else weights
    if weights.shape[0] != units:
        return []
    rows = weights.reshape(units, -1)
    below = _channels(shapes.get(graph.names[node.bottoms[0]], ()))
    groups = below // weights.shape[1] if node.kind is Kind.CONVOLUTION and weights.shape[1] else 1
    if groups <= 1 or groups >= units or units % groups:  # a depthwise one's kernels are compared as they are
        return [Incoming(np.arange(units), rows, node.name)]
    size = units // groups
    return [
        Incoming(np.arange(first, first + size), rows[first : first + size], node.name)
        for first in range(0, units, size)
    ]


def _linear_rows(node: Node, weights: np.ndarray, units: int) -> np.ndarray | None:
    """(units, n): formats have it the other way round too; where a square does not tell, the layer is asked."""
    weights = weights.reshape(weights.shape[-2], weights.shape[-1])
    outputs = [weights.shape[0] == units, weights.shape[1] == units]
    if not any(outputs):
        return None
    if all(outputs):
        step = torch.zeros(1, units)
        op, before = node.make([torch.as_tensor(each) for each in node.weights]), step.clone()
        step[0, 0] = 1.0
        try:
            column = (op.forward(step) - op.forward(before)).reshape(-1).numpy()
        except (RuntimeError, TypeError, ValueError, IndexError):
            return None
        difference = [np.abs(column - each).max() for each in (weights[:, 0], weights[0])]
        return weights if difference[0] <= difference[1] else weights.T
    return weights if outputs[0] else weights.T


def _channels(shape: Sequence[int]) -> int:
    return int(shape[1]) if len(shape) > 1 else 0


def _as_array(weights: Any) -> np.ndarray:
    return weights.detach().float().numpy() if hasattr(weights, "detach") else np.asarray(weights)
