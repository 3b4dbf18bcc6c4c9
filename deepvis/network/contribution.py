"""What the units of a network's layers contribute to one unit: activation times diff.

The contribution of unit u of a layer to a target t is the sum, over the places of u's map, of u's activation times
the gradient of t's value by it. The value of t is the sum of its activations over its map; of a class behind a softmax
it is the score that the softmax takes (the probability's own gradient dies where it is near 1).

Completeness: where everything between a layer and t is linear, or piecewise linear (ReLU, max pooling), and has no
biases, the contributions of the layer's units sum to the value of t (Euler's theorem for functions that are
homogeneous of degree 1). With biases they sum to the value less what the biases above the layer contribute, each its
own gradient times itself. Other functions (LRN, sigmoid, softmax within) leave a rest of their own.

Through a chain t, u1, u2, ... the diff passes on through u1 alone, then u2 alone: d t / d u1 times d u1 / d u2 and so
on. What a layer below u1 contributes then sums, likewise, to the contribution of u1 itself.

Source: gradient times input, Shrikumar et al. 2016 (arXiv 1605.01713), section 2; taken at every layer, as in
conductance's and Grad-CAM's weighting (Selvaraju et al. 2017, equation 1) without the mean over places.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from deepvis.core.types import Unit
from deepvis.network.blobs import made_once, views_over
from deepvis.network.graph import Node
from deepvis.network.kinds import Kind
from deepvis.network.model_error import ModelError
from deepvis.network.passes import JoinedTape
from deepvis.network.tape import Tape


@dataclass(frozen=True, eq=False)
class ContributionWalk:
    """The walk back through a chain.

    value: of the target, as above. products: layer -> activation times diff, in the shape of its value, made when it
    is read. links: layer -> the place in the chain of the unit to which it contributes. Only layers on the way have
    both.
    """

    value: float
    products: Mapping[str, Tensor]
    links: Mapping[str, int]


def contributions(tape: Tape, chain: Sequence[Unit], to: str) -> ContributionWalk:
    """Walk back from the first unit of a chain through each other one alone, down to the input ``to``.

    All walks together visit no node twice: they are one walk's work. A unit of the chain that does not lie on the way
    ends it: nothing below contributes through it. Of several pictures the first counts.
    Raises ModelError for a unit that this pass has not.
    """
    tape = tape.first if isinstance(tape, JoinedTape) else tape
    graph = tape.graph
    start, seed = _target(tape, chain[0])
    value = float((seed * tape.value(start)).sum())
    found: dict[int, tuple[int, Tensor]] = {}  # value -> the place in the chain, the diff
    for place, after in enumerate((*chain[1:], None)):
        end = graph.first(to) if after is None else _start_of(tape, after)
        diffs = tape.walk_between(start, seed, end)
        found.update({each: (place, diff) for each, diff in diffs.items() if not (place and each == start)})
        if after is None or end not in diffs:
            break
        start, seed = end, diffs[end] * _mask(tape, after)
    return _named(tape, value, found)


def _named(tape: Tape, value: float, found: Mapping[int, tuple[int, Tensor]]) -> ContributionWalk:
    """By the names of the values that are shown, and of the views that show them."""
    graph = tape.graph
    shown = {graph.names[each]: each for each in sorted(found) if graph.last(graph.names[each]) == each}
    over = views_over(graph, found)
    views = {name: node for name, node in over.items() if name not in shown and node.kind is not Kind.SOFTMAX}

    def product(each: int) -> Tensor:
        return tape.value(each) * found[each][1]

    def read(name: str) -> Tensor:
        if name in shown:
            return _of_first(tape, product(shown[name]))
        return _viewed(tape, views[name], product(views[name].bottoms[0]))

    links = {name: found[each][0] for name, each in shown.items()}
    links |= {name: found[node.bottoms[0]][0] for name, node in views.items()}
    return ContributionWalk(value, made_once(links, read), links)


def _of_first(tape: Tape, value: Tensor) -> Tensor:
    """The rows of the first picture, where one pass takes several and the others only fill it."""
    batch = tape.graph.batch or 1
    return value[: len(value) // batch] if value.ndim > 1 and len(value) % batch == 0 else value


def _viewed(tape: Tape, node: Node, product: Tensor) -> Tensor:
    """Products as a view shows their value; of a mean the sum, so that nothing is lost."""
    share = tape.back_through(node, torch.ones_like(tape.blobs[tape.graph.names[node.tops[0]]])).max()
    return _of_first(tape, tape.shown_by(node, product)) / share


def _view(tape: Tape, layer: str) -> Node | None:
    """The view that shows a value by that name; None for a value of the network itself."""
    if layer not in tape.blobs:
        raise ModelError(f"this forward pass has no layer {layer!r}; run it up to that one or further")
    node = _maker(tape, layer)
    return node if node is not None and node.is_view else None


def _maker(tape: Tape, layer: str) -> Node | None:
    """The node that makes what is shown by that name; None for an input."""
    index = tape.graph.maker[tape.graph.last(layer)]
    return tape.graph.nodes[index] if index >= 0 else None


def _start_of(tape: Tape, unit: Unit) -> int:
    """The value of the network that a unit is part of."""
    node = _view(tape, unit.layer)
    return tape.graph.last(unit.layer) if node is None else node.bottoms[0]


def _mask(tape: Tape, unit: Unit) -> Tensor:
    """1 where the value holds the unit, 0 elsewhere."""
    node = _view(tape, unit.layer)
    mask = _ones(tape, tape.blobs[unit.layer], unit)
    return mask if node is None else (tape.back_through(node, mask) != 0).to(mask.dtype)


def _target(tape: Tape, unit: Unit) -> tuple[int, Tensor]:
    """The value at which the walk begins, and the gradient of the target there."""
    node, graph = _view(tape, unit.layer), tape.graph
    ones = _ones(tape, tape.blobs[unit.layer], unit)
    maker = _maker(tape, unit.layer)
    if node is None and maker is not None and _is_softmax_of_classes(tape, maker):
        return maker.bottoms[0], ones
    if node is None:
        return graph.last(unit.layer), ones
    return node.bottoms[0], ones if node.kind is Kind.SOFTMAX else tape.back_through(node, ones)


def _is_softmax_of_classes(tape: Tape, node: Node) -> bool:
    """True for the softmax of scores (N, C) or (N, C, 1, 1), not for one within an attention."""
    shape = tuple(tape.value(node.tops[0]).shape)
    is_scores = len(shape) >= 2 and all(size == 1 for size in shape[2:])
    return node.kind is Kind.SOFTMAX and is_scores and shape == tuple(tape.value(node.bottoms[0]).shape)


def _ones(tape: Tape, value: Tensor, unit: Unit) -> Tensor:
    """1 all over a unit's map of the first picture, 0 elsewhere, in the shape of the layer's value."""
    ones = torch.zeros_like(value)
    where = (slice(None), unit.channel) if value.ndim > 1 else (unit.channel,)[: value.ndim]
    _of_first(tape, ones)[where] = 1
    return ones
