"""A layer of directions beside a network: at every place of a layer, how much of each direction is in its channels.

The new layer is two nodes like any others, a convolution of 1 x 1 and a rectifier in place, so that passes, all back
modes, receptive fields, the scan and the optimizer need to know nothing of it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np

from deepvis.network.batch_invariance import linear_op
from deepvis.network.convolution import convolution_op
from deepvis.network.field_rules import same_place
from deepvis.network.folding import RECTIFIER
from deepvis.network.graph import Graph, Node
from deepvis.network.kinds import Kind
from deepvis.network.lazy import Tensor
from deepvis.network.model_error import ModelError
from deepvis.network.op import Op, Weights, tops_shapes

TYPE = "Atoms"  # of the layer, in the list
_AXES = (2, 3, 4, 5)  # of values that have channels: (N, C), and up to three axes of places


@dataclass(frozen=True, eq=False)
class AtomLayer:
    """y[k] = max(0, sum over c of encoder[k, c] x[c]), at every place of ``layer``.

    name: of the new layer. encoder: (K, C) float32, in the order of the layer's channels.
    """

    layer: str
    name: str
    encoder: np.ndarray

    @property
    def signature(self) -> bytes:
        """What tells it from others, for the identity of the network with it."""
        values = np.ascontiguousarray(self.encoder, "<f4")
        return f"{TYPE} {self.name} {values.shape} ".encode() + hashlib.sha256(values.tobytes()).digest()


def with_atoms(graph: Graph, atoms: AtomLayer) -> Graph:
    """The network with the layer of atoms right behind its layer. Raises ModelError where there is no such layer.

    The rest of the network does not see it. Of a layer that shows a value as maps (tokens) the maps are read.
    """
    below = graph.last(atoms.layer)
    if graph.maker[below] < 0:
        raise ModelError(f"{atoms.layer!r} is an input of the network, expected a layer that computes something")
    if atoms.name in graph:
        raise ModelError(f"the network has a layer {atoms.name!r} already; give the dictionary once")
    maker = graph.nodes[graph.maker[below]]
    first = max(value for node in graph.nodes[: maker.index + 1] for value in (*node.tops, *node.bottoms)) + 1
    moved = _moved(graph, maker.index + 1, first)
    added = _nodes_of(atoms, maker, below, (first, first + 1))
    nodes = [*graph.nodes[: maker.index + 1], *added, *moved]
    names = [*graph.names[:first], atoms.name, atoms.name, *graph.names[first:]]
    grids = {value + 2 * (value >= first): grid for value, grid in graph.grids.items()}
    return graph.beside(nodes, names, grids, {**graph.added, atoms.name: atoms.layer})


def _moved(graph: Graph, begin: int, first: int) -> list[Node]:
    """The nodes from ``begin`` on, with room for two before them; first: the value from which on values move."""

    def values(of: Sequence[int]) -> tuple[int, ...]:
        return tuple(value + 2 * (value >= first) for value in of)

    return [
        replace(node, index=node.index + 2, bottoms=values(node.bottoms), tops=values(node.tops))
        for node in graph.nodes[begin:]
    ]


def _nodes_of(atoms: AtomLayer, maker: Node, below: int, values: tuple[int, int]) -> tuple[Node, Node]:
    """The convolution and its rectifier, to stand behind ``maker``, which makes the value ``below``."""
    encoder = np.ascontiguousarray(atoms.encoder, np.float32)
    facts: dict[str, Any] = {"type": TYPE, "outputs": len(encoder), "signature": atoms.signature}
    convolution = Node(
        maker.index + 1, atoms.name, Kind.CONVOLUTION, (below,), values[:1], partial(atoms_op, atoms.layer),
        weights=(encoder,), field=same_place, **facts,
    )  # fmt: skip
    if maker.is_view:  # runs when it is read, and a pass reads values of the network alone
        convolution = replace(
            convolution,
            bottoms=maker.bottoms,
            make=partial(_of_view, atoms.layer, maker),
            weights=(encoder, *maker.weights),
            field=maker.field,
        )
    rectifier = Node(
        maker.index + 2, f"{atoms.name}/relu", Kind.RELU, values[:1], values[1:], lambda weights: RECTIFIER,
        field=same_place, type="ReLU", outputs=len(encoder), signature=b"ReLU",
    )  # fmt: skip
    return convolution, rectifier


def atoms_op(layer: str, weights: Weights) -> Op:
    """y[n, k, ...] = sum over c of w[k, c] x[n, c, ...]. Shapes: (N, C, ...) -> (N, K, ...). Gradient: w^T g."""
    matrix = weights[0]
    ops: dict[int, Op] = {}  # by the bottom's number of axes

    def own(x: Tensor) -> Op:
        axes = x.dim() - 2
        if axes not in ops:
            ones, zeros = (1,) * axes, (0,) * axes
            kernel = matrix.reshape(*matrix.shape, *ones)
            ops[axes] = convolution_op(kernel, None, ones, zeros, ones, 1) if axes else linear_op(matrix, None)
        return ops[axes]

    def fast(x: Tensor) -> tuple[Tensor, None]:
        op = own(x)
        return (op.fast(x)[0] if op.fast is not None else op.forward(x)), None

    def backward(ran, grads):  # type: ignore[no-untyped-def]  # as Op says
        rule = own(ran.bottoms[0]).backward
        assert rule is not None
        return rule(ran, grads)

    def shapes(below: Sequence[int]) -> Sequence[Sequence[int]]:
        if len(below) not in _AXES or below[1] != matrix.shape[1]:
            raise ModelError(
                f"the atoms are directions of {matrix.shape[1]} channels, but layer {layer!r} has the shape "
                f"{' x '.join(map(str, below))}; expected (pictures, {matrix.shape[1]}, places)"
            )
        return [(below[0], matrix.shape[0], *below[2:])]

    return Op(lambda x: own(x).forward(x), fast=fast, backward=backward, shapes=shapes)


def _of_view(layer: str, view: Node, weights: Weights) -> Op:
    """The same of the maps that a node makes of its bottom. Gradient: autograd's, back to that bottom."""
    maps, own = view.make(weights[1:]), atoms_op(layer, weights)

    def shapes(*below: Sequence[int]) -> Sequence[Sequence[int]]:
        assert own.shapes is not None
        return own.shapes(*tops_shapes(maps, below))

    return Op(lambda x: own.forward(maps.forward(x)), shapes=shapes)


def channels_of(shapes: Mapping[str, Sequence[int]], layer: str) -> int:
    """The channels of a layer whose values have them. Raises ModelError."""
    shape = tuple(shapes[layer])
    if len(shape) not in _AXES:
        found = " x ".join(map(str, shape)) or "one number"
        raise ModelError(
            f"layer {layer!r} has the shape {found}, expected one with channels: (pictures, channels, ...)"
        )
    return shape[1]
