"""A network's layers in order, with every version of every blob told apart.

An in-place layer overwrites its blob; here it makes a new *value* of the same name, so
that nothing is lost: ``conv1`` has the values "made by the convolution" and "after the
ReLU". Caffe shows the last one as the blob's data and ends its backward pass with the
gradient at the first one as the blob's diff.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from deepvis.formats.caffe.spec import LayerSpec, NetSpec
from deepvis.network.errors import ModelError


@dataclass(frozen=True, eq=False)
class Node:
    """One layer in the plan: its place, its specification, and the values that it takes and makes."""

    index: int
    spec: LayerSpec
    bottoms: tuple[int, ...]
    tops: tuple[int, ...]

    @property
    def kind(self) -> str:
        """The name by which back modes know the layer: its type, or "LRN deconv_ignore" (the toolbox's fork)."""
        return self.spec.kind


class Plan:
    """The order of work of a network: nodes over values.

    names: value -> blob name. inputs: blob -> value. versions: blob -> its values, oldest first.
    rectified: index of a node -> that of the ReLU in place after it, where no other layer sees what lies between.
    Raises ModelError where a layer takes a blob that nothing has made before it.
    """

    def __init__(self, spec: NetSpec) -> None:
        self.force_backward = spec.force_backward
        self._between: dict[tuple[int, tuple[int, ...]], list[int]] = {}
        self.names: list[str] = []
        self.versions: dict[str, list[int]] = {}
        self.maker: list[int] = []  # value -> index of its node, -1 for inputs
        self.inputs = {blob: self._new(blob, -1) for blob in spec.inputs}
        self.nodes: list[Node] = []
        for layer in spec.layers:
            if layer.type == "Input":
                continue
            index = len(self.nodes)
            bottoms = tuple(self.last(blob, f"layer {layer.name!r} ({layer.type})") for blob in layer.bottoms)
            tops = tuple(self._new(blob, index) for blob in layer.tops)
            self.nodes.append(Node(index, layer, bottoms, tops))

        self.rectified = dict(self._pairs_with_relu())

    def _pairs_with_relu(self) -> Iterator[tuple[int, int]]:
        """(node, the plain in-place ReLU after it) where nothing else sees the value between the two."""
        takers: dict[int, list[Node]] = {}
        for node in self.nodes:
            for value in node.bottoms:
                takers.setdefault(value, []).append(node)
        for node in self.nodes:
            if len(node.tops) == 1 and len(takers.get(node.tops[0], ())) == 1:
                relu = takers[node.tops[0]][0]
                in_place = relu.spec.tops == relu.spec.bottoms
                if relu.spec.type == "ReLU" and in_place and relu.spec.param.negative_slope == 0:
                    yield node.index, relu.index

    def _new(self, blob: str, maker: int) -> int:
        value = len(self.names)
        self.names.append(blob)
        self.maker.append(maker)
        self.versions.setdefault(blob, []).append(value)
        return value

    def _of(self, blob: str, who: str) -> list[int]:
        if blob not in self.versions:
            near = difflib.get_close_matches(blob, self.versions, n=1)
            hint = f"did you mean {near[0]!r}?" if near else f"there are: {', '.join(self.versions)}"
            raise ModelError(f"{who}: found no blob named {blob!r}, expected one that was made before; {hint}")
        return self.versions[blob]

    def last(self, blob: str, who: str = "the network") -> int:
        """The blob's value after its last in-place layer."""
        return self._of(blob, who)[-1]

    def first(self, blob: str, who: str = "the network") -> int:
        """The blob's value before any in-place layer."""
        return self._of(blob, who)[0]

    def start(self, blob: str) -> int:
        """The value at which a walk from ``blob`` begins.

        The top of the layer that has the blob's name, or else of the layer that made the blob: in-place
        layers after it are skipped, as in the toolbox's fork of Caffe (backward_from_layer).
        """
        for value in self._of(blob, "the network"):
            if self.maker[value] >= 0 and self.nodes[self.maker[value]].spec.name == blob:
                return value
        return self.first(blob)

    def upto(self, blob: str) -> list[int]:
        """Indices of the nodes up to the last one that writes ``blob``."""
        return list(range(self.maker[self.last(blob)] + 1))

    def behind(self, values: Iterable[int]) -> list[int]:
        """Indices of the nodes that ``values`` depend on, in order."""
        wanted, found = set(values), []
        for node in reversed(self.nodes):
            if wanted.intersection(node.tops):
                found.append(node.index)
                wanted.update(node.bottoms)
        return found[::-1]

    def between(self, start: int, ends: Iterable[int]) -> list[int]:
        """Indices of the nodes on a path from ``ends`` to ``start``, in order: those that a walk back must visit."""
        key = (start, tuple(ends))
        if key in self._between:
            return self._between[key]
        reached, found = set(key[1]), []
        for index in self.behind([start]):
            node = self.nodes[index]
            if reached.intersection(node.bottoms):
                reached.update(node.tops)
                found.append(index)
        self._between[key] = found
        return found
