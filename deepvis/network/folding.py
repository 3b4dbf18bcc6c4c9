"""Convolution, batch normalization and rectifier as one operation, where nobody looks at what lies between.

The values between them are not made: a tape computes one when it is asked for. The walk back goes through each of the
nodes as ever, for it needs the value after the rectifier alone.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from deepvis.network.graph import Graph, Node
from deepvis.network.kinds import Kind
from deepvis.network.op import Op, relu_back


@dataclass(frozen=True, eq=False)
class Fold:
    """Nodes done as one, in order, and what does it: bottoms of the first -> top of the last."""

    nodes: tuple[int, ...]
    op: Op


# max(x, 0), of which the way back is known from y
RECTIFIER = Op(lambda x: x.clamp(min=0), backward=relu_back)


def chains(graph: Graph) -> dict[int, tuple[int, ...]]:
    """First node -> the nodes, itself included, that may be done with it: each the only one to take the one before."""
    takers: dict[int, list[Node]] = {}
    for node in graph.nodes:
        for value in () if node.is_view else node.bottoms:  # a view asks for its bottom when it is read
            takers.setdefault(value, []).append(node)
    outputs = {graph.last(name) for name in graph.outputs if name in graph}

    def follower(node: Node, kind: Kind) -> Node | None:
        after = takers.get(node.tops[0], [])
        fits = len(node.tops) == 1 and len(after) == 1 and node.tops[0] not in outputs
        return after[0] if fits and after[0].kind is kind and len(after[0].bottoms) == 1 else None

    found: dict[int, tuple[int, ...]] = {}
    for node in graph.nodes:
        if node.kind is not Kind.CONVOLUTION or not node.tops:
            continue
        norm = follower(node, Kind.NORMALIZATION)
        relu = follower(norm or node, Kind.RELU)
        if norm is not None or relu is not None:
            found[node.index] = tuple(each.index for each in (node, norm, relu) if each is not None)
    return found


def folded(nodes: Sequence[Node], op_of: Callable[[Node], Op]) -> Fold | None:
    """The nodes of a chain as one; None where their ops cannot be. A rectifier may be left to itself, not the norm."""
    first, *rest = list(nodes)
    op: Op | None = op_of(first)
    if rest[0].kind is Kind.NORMALIZATION:
        affine = op_of(rest[0]).affine
        op = op.with_affine(*affine) if op and op.with_affine and affine else None
    if op is not None and rest[-1].kind is Kind.RELU:
        op = op.with_relu
    return None if op is None else Fold(tuple(node.index for node in nodes), op)
