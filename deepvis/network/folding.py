"""Several nodes as one operation, where that saves a pass over memory.

Convolution, batch normalization and rectifier, where nobody looks at what lies between: the values between them are not
made, a tape computes one when it is asked for. The walk back goes through each of the nodes as ever, for it needs the
value after the rectifier alone.

Rectifiers and the node that joins what they make along the channels: each writes where its values end up, and all
values are made.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from deepvis.network.graph import Graph, Node
from deepvis.network.kinds import Kind
from deepvis.network.lazy import Tensor, torch
from deepvis.network.op import Op, relu_back


@dataclass(frozen=True, eq=False)
class Fold:
    """Nodes done as one, in order, and what does it: bottoms of the first -> top of the last.

    Of a join (``joins``): bottoms of all rectifiers -> their tops, and the joined one.
    """

    nodes: tuple[int, ...]
    op: Op


LEAST_JOINED = 1 << 15  # numbers of a rectifier: below it starting to write elsewhere takes as long as it saves

# max(x, 0), of which the way back is known from y
RECTIFIER = Op(lambda x: x.clamp(min=0), backward=relu_back)


def chains(graph: Graph) -> dict[int, tuple[int, ...]]:
    """First node -> the nodes, itself included, that may be done with it: each the only one to take the one before."""
    takers = _takers(graph)
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


def joins(graph: Graph) -> list[tuple[int, ...]]:
    """Rectifiers, each taken by no other node, and the node that joins what they make.

    Whether it joins them along the channels is known from its op (``joined``).
    """
    takers = _takers(graph)
    in_place = set(graph.rectified.values())  # done by the node before

    def fits(value: int) -> bool:
        node = graph.nodes[graph.maker[value]] if graph.maker[value] >= 0 else None
        return node is not None and node.kind is Kind.RELU and node.index not in in_place and len(takers[value]) == 1

    return [
        (*(graph.maker[value] for value in node.bottoms), node.index)
        for node in graph.nodes
        if node.kind is Kind.CONCAT and not node.is_view and len(node.tops) == 1 and all(map(fits, node.bottoms))
    ]


def joined(nodes: Sequence[Node], op_of: Callable[[Node], Op]) -> Fold | None:
    """Rectifiers and the node that joins what they make, as one; None where it joins along another axis."""
    last = nodes[-1]
    if op_of(last).joins != 1:
        return None
    return Fold(tuple(node.index for node in nodes), Op(_rectified_and_joined))


def _rectified_and_joined(*bottoms: Tensor) -> tuple[Tensor, ...]:
    """The bottoms (N, C, H, W) with 0 for what is below, and these one after the other along the channels."""
    first = bottoms[0]
    shape = first.shape
    if first.numel() < LEAST_JOINED or not first.is_contiguous(memory_format=torch.channels_last):
        return _rectified_then_joined(bottoms)
    if any(x.dtype != first.dtype or x.shape[0] != shape[0] or x.shape[2:] != shape[2:] for x in bottoms):
        return _rectified_then_joined(bottoms)
    channels = [x.shape[1] for x in bottoms]
    size = (shape[0], sum(channels), shape[2], shape[3])
    top = torch.empty(size, dtype=first.dtype, device=first.device, memory_format=torch.channels_last)
    tops, begin = [], 0
    for x, count in zip(bottoms, channels, strict=True):
        part = top.narrow(1, begin, count)
        tops.append(torch.clamp_min(x, 0, out=part))
        begin += count
    return (*tops, top)


def _rectified_then_joined(bottoms: Sequence[Tensor]) -> tuple[Tensor, ...]:
    rectified = [torch.relu(x) for x in bottoms]
    return (*rectified, torch.cat(rectified, 1))


def _takers(graph: Graph) -> dict[int, list[Node]]:
    """Value -> the nodes that take it; views ask for their bottom when they are read."""
    found: dict[int, list[Node]] = {}
    for node in graph.nodes:
        for value in () if node.is_view else node.bottoms:
            found.setdefault(value, []).append(node)
    return found
