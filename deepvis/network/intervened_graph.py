"""A network with units switched off, clamped or scaled: its graph with a node more for each value that is changed.

The node stands right behind the value's maker and makes a value of the same name, as an operation in place does; all
nodes that took the value take the new one. Of a blob that layers in place wrote several times (Caffe's conv1 before
and after its ReLU) the last value is meant, the one that is shown. Back modes, contributions and attributions go
through the node as through any other: y = 0, n or k x, so the gradient is 0, 0 or k g. A unit of maps that a view
shows (tokens) is changed in the value that it is a view of.

A pass with interventions begins with the tape of the pass without them, and runs only the nodes that depend on what
is changed (``GraphNet.rerun``): all other values are the very same tensors.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import NamedTuple

import torch
from torch import Tensor

from deepvis.core.interventions import Intervention, InterventionKind
from deepvis.network.field_rules import same_place
from deepvis.network.graph import Graph, Node
from deepvis.network.kinds import Kind
from deepvis.network.model_error import ModelError
from deepvis.network.net import GraphNet
from deepvis.network.op import SAME, Gradients, Op, Ran, Weights
from deepvis.network.passes import JoinedTape
from deepvis.network.tape import Tape

TYPE = "what if"  # of the nodes


class Change(NamedTuple):
    """One intervention on a value. where: bool, the places of the unit, of a shape that broadcasts to the value's."""

    where: Tensor
    intervention: Intervention


def intervened_net(net: GraphNet, tape: Tape, interventions: Sequence[Intervention]) -> GraphNet:
    """The network with the interventions, sharing weights and all that is made ready with ``net``.

    tape: any pass of ``net`` up to the layers of the units: where a view's units lie in a value is found from it.
    Raises ModelError for a layer or unit that is not there, and for a view that nothing follows.
    """
    tape = tape.first if isinstance(tape, JoinedTape) else tape
    changes: dict[int, list[Change]] = {}
    for each in interventions:
        value, where = _place_of(net.graph, tape, each)
        changes.setdefault(value, []).append(Change(where, each))
    within = {
        node.index: changes
        for node in net.graph.nodes
        if not changes.keys().isdisjoint(node.tops) and net.op_of(node).with_changes is not None
    }
    graph, new_index = _with_changes(net.graph, changes, within)
    return net.sharing(graph, {old: new for old, new in new_index.items() if old not in within})


def _place_of(graph: Graph, tape: Tape, intervention: Intervention) -> tuple[int, Tensor]:
    """The value that a unit is part of, and its places there."""
    layer, channel = intervention.unit.layer, intervention.unit.channel
    value = graph.last(layer)
    if layer not in tape.blobs:
        raise ModelError(f"this forward pass has no layer {layer!r}; run it up to that one or further")
    blob = tape.blobs[layer]
    count = blob.shape[1] if blob.ndim > 1 else blob.numel()
    if not 0 <= channel < count:
        raise ModelError(f"layer {layer} has the channels 0 to {count - 1}, there is no channel {channel}")
    node = graph.nodes[graph.maker[value]] if graph.maker[value] >= 0 else None
    if node is None or not node.is_view:
        numbers = torch.arange(count, device=blob.device)
        shape = (1, count, *(1,) * (blob.ndim - 2)) if blob.ndim > 1 else blob.shape
        return value, (numbers == channel).reshape(shape)
    if node.kind is Kind.SOFTMAX:
        raise ModelError(
            f"nothing follows {layer}, which only shows {graph.names[node.bottoms[0]]} as probabilities; change a unit "
            "of an earlier layer"
        )
    ones = torch.zeros_like(blob)
    ones[:, channel] = 1
    return node.bottoms[0], tape.back_through(node, ones) != 0


def _with_changes(
    graph: Graph, changes: Mapping[int, Sequence[Change]], within: Collection[int]
) -> tuple[Graph, dict[int, int]]:
    """The graph with a node for each value that is changed, and old index of a node -> new one.

    within: nodes that are many operations, and take in the changes of their tops themselves.
    """
    names, grids = list(graph.names), dict(graph.grids)
    nodes: list[Node] = []
    newer: dict[int, int] = {}  # value -> the one in its place
    new_index: dict[int, int] = {}

    def put(value: int) -> None:
        newer[value] = len(names)
        names.append(graph.names[value])
        if value in grids:
            grids[newer[value]] = grids[value]
        nodes.append(_node(len(nodes), f"{graph.names[value]} ({TYPE})", value, newer[value], changes[value]))

    for value in sorted(set(changes).intersection(graph.input_values.values())):
        put(value)
    for node in graph.nodes:
        new_index[node.index] = len(nodes)
        bottoms = tuple(newer.get(value, value) for value in node.bottoms)
        make = partial(_making, node, changes) if node.index in within else node.make
        nodes.append(replace(node, index=len(nodes), bottoms=bottoms, make=make))
        for value in () if node.index in within else node.tops:
            if value in changes:
                put(value)
    return graph.with_more(nodes, names, grids), new_index


def _making(node: Node, changes: Mapping[int, Sequence[Change]], weights: Weights) -> Op:
    """The op of a node that is many operations, with the changes of its tops in it."""
    op = node.make(weights)
    places = {place: changes[value] for place, value in enumerate(node.tops) if value in changes}
    return (
        op if op.with_changes is None else op.with_changes({i: partial(_changed, each) for i, each in places.items()})
    )


def _node(index: int, name: str, value: int, top: int, changes: Sequence[Change]) -> Node:
    return Node(index, name, Kind.OTHER, (value,), (top,), lambda weights: _op(changes), type=TYPE, field=same_place)


def _changed(changes: Sequence[Change], x: Tensor) -> Tensor:
    for where, each in changes:
        if each.kind is InterventionKind.SCALE:
            x = torch.where(where, x * each.number, x)
        else:
            x = x.masked_fill(where, each.number)
    return x


def _op(changes: Sequence[Change]) -> Op:
    """y = 0 (off), n (clamp) or k x (scale) where a unit is, x elsewhere. Gradient: 0, 0 or k g there, g elsewhere."""

    def backward(ran: Ran, grads: Gradients) -> Gradients:
        g = grads[0]
        for where, each in changes:
            g = torch.where(where, g * each.factor, g) if each.factor else g.masked_fill(where, 0)
        return [g]

    return Op(partial(_changed, changes), backward=backward, shapes=SAME)
