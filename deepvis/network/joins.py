"""Concatenation without a copy: what is joined along the channels is written where the joined value will lie.

Each rectifier before a concatenation that nothing else takes writes into its own channels of one piece of memory. The
values are views of it, and the concatenation has nothing left to do.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from deepvis.network.graph import Graph, Shape
from deepvis.network.kinds import Kind
from deepvis.network.lazy import Tensor, torch
from deepvis.network.op import Op


class Slot(NamedTuple):
    """Where a value lies in the joined one. joined: that value; channels [first, first + channels) of its total."""

    joined: int
    first: int
    channels: int
    total: int


@dataclass(eq=False)
class Joining:
    """Concatenations of one pass that are under way: joined value -> its memory, and how much is written."""

    memory: dict[int, tuple[Tensor, list[int]]]

    def write(self, op: Op, x: Tensor, slot: Slot) -> Tensor | None:
        """Run the op into its slot; None where the memory does not fit it, so that it is to be run by itself.

        x: (N, channels, H, W), channels last, on a CPU.
        """
        fits = x.dim() == 4 and x.shape[1] == slot.channels and x.device.type == "cpu"
        if op.into is None or not fits or not x.is_contiguous(memory_format=torch.channels_last):
            return None
        n, _, height, width = x.shape
        if slot.joined not in self.memory:
            whole = x.new_empty(n, height, width, slot.total).permute(0, 3, 1, 2)
            self.memory[slot.joined] = (whole, [])
        whole, written = self.memory[slot.joined]
        if whole.shape != (n, slot.total, height, width) or whole.dtype != x.dtype:
            return None
        top = whole.narrow(1, slot.first, slot.channels)
        op.into(x, top)
        written.append(slot.channels)
        return top

    def finished(self, joined: int) -> Tensor | None:
        """The joined value if all of it has been written; None: it is to be made of its parts."""
        whole, written = self.memory.pop(joined, (None, []))
        return whole if whole is not None and sum(written) == whole.shape[1] else None


def slots(graph: Graph, shapes: Mapping[str, Shape], ops: Mapping[int, Op]) -> dict[int, Slot]:
    """Value -> its slot, of the values that are made by one of ``ops`` (by index of the node) on its own."""
    takers: dict[int, int] = {}
    for node in graph.nodes:
        for value in () if node.is_view else node.bottoms:
            takers[value] = takers.get(value, 0) + 1
    found: dict[int, Slot] = {}
    for node in graph.nodes:
        if node.kind is not Kind.CONCAT or node.index not in ops:
            continue
        parts = [shapes[graph.names[value]] for value in node.bottoms]
        makers = [ops.get(graph.maker[value]) for value in node.bottoms]
        can_write = all(op is not None and op.into is not None for op in makers)
        alone = all(takers[value] == 1 for value in node.bottoms)
        if not can_write or not alone or not _joins_channels(shapes[graph.names[node.tops[0]]], parts):
            continue
        first, total = 0, sum(part[1] for part in parts)
        for value, part in zip(node.bottoms, parts, strict=True):
            found[value] = Slot(node.tops[0], first, part[1], total)
            first += part[1]
    return found


def _joins_channels(whole: Shape, parts: Sequence[Shape]) -> bool:
    """Two maps or more, which agree in all but their channels."""
    if len(parts) < 2 or any(len(shape) != 4 for shape in (whole, *parts)):
        return False
    agree = all((part[0], *part[2:]) == (whole[0], *whole[2:]) for part in parts)
    return agree and sum(part[1] for part in parts) == whole[1]
