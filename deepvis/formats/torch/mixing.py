"""Networks whose numbers for a picture depend on the others of its batch: batch norm by the batch, x - x.mean(0).

Found by running the graph: the first picture beside two different others, the last one in a batch and alone. Such a
network takes one picture at a time, so that all numbers are those of the picture.
"""

from __future__ import annotations

import logging

import torch
from torch import Tensor

from deepvis.formats.torch.eager import TOLERANCE, apart, inputs_of
from deepvis.formats.torch.export import NOTHING, Others, capturing
from deepvis.network.graph import Graph
from deepvis.network.model_error import ModelError
from deepvis.network.net import GraphNet

log = logging.getLogger(__name__)
ALONE = (
    "a picture's numbers depend on the others of its batch (as batch norm without running statistics makes them): "
    "one picture at a time goes through"
)
TOGETHER = "a picture's numbers depend on the {} others that go through with it, and fewer the module does not take"
ROUNDING = 1e-6  # of the largest value: batches of one size are computed in the same order


def unmixed(graph: Graph, others: Others = NOTHING, picture: str = "") -> Graph:
    """The graph, for one picture at a time where pictures of a batch change each other's numbers; a note says so.

    others, picture: see ``export.example``. Where so many pictures at a time alone go through, there is the note alone.
    """
    size = graph.batch or 2
    if size == 1:
        return graph
    with capturing():
        try:
            if not _mixes(GraphNet(graph), size, others, picture):
                return graph
        except (ModelError, RuntimeError, ValueError, TypeError) as error:
            log.info("%s: not known whether pictures of a batch change each other's numbers: %s", graph.name, error)
            return graph
    return graph.one_at_a_time(ALONE) if graph.batch is None else graph.noted(TOGETHER.format(size - 1))


def _mixes(net: GraphNet, size: int, others: Others, picture: str) -> bool:
    graph = net.graph
    first = picture or next(iter(graph.inputs))
    inputs = inputs_of(graph, size, others, picture)
    pictures = inputs[first]
    beside = {**inputs, first: torch.cat([pictures[:1], 1 - 3 * pictures[1:].flip(-1)])}

    def values(given: dict[str, Tensor]) -> dict[str, Tensor]:
        blobs = net.forward(given, keep=ends).blobs
        return {name: blobs[name] for name in ends if name in blobs}

    ends = _ends(graph)
    with_one, with_another = values(inputs), values(beside)
    if graph.batch is None:
        alone = values({name: x[-1:] if x.dim() and len(x) == size else x for name, x in inputs.items()})
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
