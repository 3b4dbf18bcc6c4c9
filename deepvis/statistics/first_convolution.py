"""Where a network's first convolution is, what rectifies it, and which convolutions read it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from deepvis.network.graph import Graph, Node
from deepvis.network.kinds import Kind

RECTIFIERS = frozenset((Kind.RELU, Kind.LEAKY_RELU, Kind.CAPPED_RELU, Kind.ACTIVATION))
# a pooling may lie before the rectifier, as in Caffe's CIFAR-10 networks
BEFORE_RECTIFIER = frozenset((Kind.POOLING, Kind.NORMALIZATION, Kind.SCALE, Kind.IDENTITY))
# what hands every channel on as it is, or scaled
CHANNEL_WISE = RECTIFIERS | BEFORE_RECTIFIER


@dataclass(frozen=True, eq=False)
class FirstConvolution:
    """layer: the convolution's value. activation: that behind its rectifier, the same where there is none.

    filters (K, C, h, w) float64. readers: the convolutions that mix its channels next, by name. weights (K,): mean
    absolute weight that they give each channel. squares (K,): sum of their squares. Both None where there is no reader.
    behind: the number of the last reader in the order of work.
    """

    layer: str
    activation: str
    filters: np.ndarray
    readers: tuple[str, ...]
    weights: np.ndarray | None
    squares: np.ndarray | None
    behind: int


def first_convolution(graph: Graph) -> FirstConvolution | None:
    """None for a network without a convolution of pictures."""
    node = next((each for each in graph.nodes if _is_convolution(each)), None)
    if node is None:
        return None
    filters = _array(node.weights[0])
    value = _rectified(graph, node.tops[0])
    readers = _readers(graph, value, len(filters))
    weights = squares = None
    if readers:
        parts = [_by_channel(_array(each.weights[0]), len(filters)) for each in readers]
        all_weights = np.concatenate(parts, axis=1)
        weights, squares = np.abs(all_weights).mean(axis=1), (all_weights**2).sum(axis=1)
    return FirstConvolution(
        layer=graph.names[node.tops[0]],
        activation=graph.names[value],
        filters=filters,
        readers=tuple(graph.names[each.tops[0]] for each in readers),
        weights=weights,
        squares=squares,
        behind=max((each.index for each in readers), default=node.index),
    )


def _is_convolution(node: Node) -> bool:
    return node.kind is Kind.CONVOLUTION and bool(node.weights) and len(node.weights[0].shape) == 4


def _array(weights: Any) -> np.ndarray:
    """Of numpy or of torch."""
    return np.asarray(weights.detach().cpu() if hasattr(weights, "detach") else weights, np.float64)


def _takers(graph: Graph, value: int) -> list[Node]:
    return [node for node in graph.nodes if value in node.bottoms and not node.is_view]


def _rectified(graph: Graph, start: int) -> int:
    """The value behind the rectifier of a convolution's value; the value itself where none follows."""
    value = start
    while True:
        takers = _takers(graph, value)
        gates = {top for node in takers if node.kind is Kind.SIGMOID for top in node.tops}
        gated = [node for node in takers if gates.intersection(node.bottoms)]  # x * sigmoid(x), written as two
        rectifiers = gated or [node for node in takers if node.kind in RECTIFIERS]
        if rectifiers:
            return rectifiers[0].tops[0]
        between = [node for node in takers if node.kind in BEFORE_RECTIFIER]
        if not between:
            return start
        value = between[0].tops[0]


def _readers(graph: Graph, value: int, channels: int) -> list[Node]:
    """The convolutions that mix the channels of ``value`` first, on every way; depth-wise ones are passed by."""
    found: dict[int, Node] = {}
    waiting, seen = [value], {value}
    while waiting:
        for node in _takers(graph, waiting.pop()):
            if _is_convolution(node) and not _is_depth_wise(node, channels):
                if channels % node.weights[0].shape[1] == 0:
                    found[node.index] = node
            elif node.kind in CHANNEL_WISE or _is_padding(node) or _is_convolution(node):
                waiting += [top for top in node.tops if top not in seen]
                seen.update(node.tops)
    return [found[index] for index in sorted(found)]


def _is_depth_wise(node: Node, channels: int) -> bool:
    return channels > 1 and tuple(node.weights[0].shape[:2]) == (channels, 1)


def _is_padding(node: Node) -> bool:
    return node.kind is Kind.OTHER and "pad" in node.type.lower()


def _by_channel(weights: np.ndarray, channels: int) -> np.ndarray:
    """(O, I / groups, h, w) -> (channels, n): the weights that each channel is multiplied by."""
    outputs, inputs = weights.shape[:2]
    groups = channels // inputs
    split = weights.reshape(groups, outputs // groups, inputs, -1).transpose(0, 2, 1, 3)
    return split.reshape(channels, -1)
