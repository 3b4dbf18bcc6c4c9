"""Networks whose numbers for a picture depend on the others of its batch: batch norm by the batch, x - x.mean(0).

Found by running the graph, whatever file it came from: the first picture beside two different others, the last one in
a batch and alone. Such a network takes one picture at a time, so that all numbers are those of the picture.
"""

from __future__ import annotations

import logging
import warnings
from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

from deepvis.network.graph import Graph
from deepvis.network.net import GraphNet
from deepvis.network.op import COMPLAINTS

log = logging.getLogger(__name__)
ALONE = (
    "a picture's numbers depend on the others of its batch (as batch norm without running statistics makes them): "
    "one picture at a time goes through"
)
TOGETHER = "a picture's numbers depend on the {} others that go through with it, and fewer the module does not take"
FAILS = "several pictures do not go through together ({}): one at a time goes through"
ROUNDING = 1e-6  # of the largest value: batches of one size are computed in the same order
TOLERANCE = 1e-4  # of the largest value: batches of other sizes are not


def unmixed(graph: Graph, picture: str, inputs: Mapping[str, Tensor] | None = None) -> Graph:
    """The graph, for one picture at a time where pictures of a batch change each other's numbers; a note says so.

    So too where several do not go through together and one does. picture: the input that takes it. inputs: of each
    input the values for ``Graph.batch`` pictures, or for two where any number goes through; None: pictures drawn at
    random, zeros for other inputs. Where so many pictures at a time alone go through, there is the note alone.
    """
    size = graph.batch or 2
    if size == 1:
        return graph
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        net, given = GraphNet(graph), inputs or _drawn(graph, picture, size)
        try:
            if not _mixes(net, size, picture, given):
                return graph
        except COMPLAINTS as error:
            if graph.batch is None and _runs(net, _last(given, size)):
                return graph.one_at_a_time(FAILS.format(error))
            log.info("%s: not known whether pictures of a batch change each other's numbers: %s", graph.name, error)
            return graph
    return graph.one_at_a_time(ALONE) if graph.batch is None else graph.noted(TOGETHER.format(size - 1))


def _drawn(graph: Graph, picture: str, count: int) -> dict[str, Tensor]:
    pictures = torch.rand(count, *graph.inputs[picture][1:], generator=torch.Generator().manual_seed(0))
    return {name: pictures if name == picture else torch.zeros(shape) for name, shape in graph.inputs.items()}


def _last(inputs: Mapping[str, Tensor], size: int) -> dict[str, Tensor]:
    """The inputs of the last picture alone."""
    return {name: x[-1:] if x.dim() and len(x) == size else x for name, x in inputs.items()}


def _runs(net: GraphNet, inputs: Mapping[str, Tensor]) -> bool:
    try:
        net.forward(inputs, keep=_ends(net.graph))
    except COMPLAINTS:
        return False
    return True


def _mixes(net: GraphNet, size: int, picture: str, inputs: Mapping[str, Tensor]) -> bool:
    graph, pictures, ends = net.graph, inputs[picture], _ends(net.graph)
    beside = {**inputs, picture: torch.cat([pictures[:1], 1 - 3 * pictures[1:].flip(-1)])}

    def values(given: Mapping[str, Tensor]) -> dict[str, Tensor]:
        blobs = net.forward(given, keep=ends).blobs
        return {name: blobs[name] for name in ends if name in blobs}

    with_one, with_another = values(inputs), values(beside)
    if graph.batch is None:
        alone = values(_last(inputs, size))
        shapes = {name: value.shape for name, value in alone.items()}
    else:
        alone, shapes = {}, {name: torch.Size((1, *value.shape[1:])) for name, value in with_one.items()}
    found = {
        name
        for name, value in with_one.items()
        if apart(_own(with_another[name], shapes[name]), _own(value, shapes[name])) > ROUNDING
        or (name in alone and apart(_own(value, shapes[name], -1), _own(alone[name], shapes[name])) > TOLERANCE)
    }
    return bool(found) and bool(found - _random(with_one, values(inputs)))


def _ends(graph: Graph) -> set[str]:
    """The values that are returned, or that no other follows from."""
    taken = {graph.names[value] for node in graph.nodes for value in node.bottoms}
    made = [name for node in graph.nodes for name in graph.tops_of(node)]
    return {name for name in (*graph.outputs, *(each for each in made if each not in taken)) if name in graph}


def _own(value: Tensor, alone: torch.Size, place: int = 0) -> Tensor:
    """The part of the picture at that place, along the axis that is 1 for a picture alone; without one all of it.

    Where several pictures lie in one axis behind each other, nothing: which numbers are whose is not known.
    """
    axes = [axis for axis, d in enumerate(alone) if value.dim() == len(alone) and value.shape[axis] != d]
    if not axes:
        return value
    return value.narrow(axes[0], place, 1) if len(axes) == 1 and alone[axes[0]] == 1 else value.new_zeros(())


def _random(once: dict[str, Tensor], again: dict[str, Tensor]) -> set[str]:
    """What is another at each pass: drawn at random, no matter of the batch."""
    return {name for name, value in once.items() if apart(again[name], value) > 0}


def apart(found: Tensor, expected: Any) -> float:
    """The largest difference, as a share of the largest value; infinite where shapes or NaN differ."""
    if not isinstance(expected, Tensor) or found.shape != expected.shape:
        return float("inf")
    if expected.is_complex():
        found, expected = torch.view_as_real(found), torch.view_as_real(expected)
    found, expected = found.detach().double(), expected.detach().double()
    if not expected.numel() or torch.equal(found, expected):
        return 0.0
    if not torch.equal(found.isfinite(), expected.isfinite()):
        return float("inf")
    difference = (found - expected).nan_to_num(0).abs().max()
    return float(difference / expected.nan_to_num(0, 0, 0).abs().max().clamp(min=1e-12))
