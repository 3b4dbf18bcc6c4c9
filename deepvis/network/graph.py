"""A network as a graph of named pure operations, whatever file or framework it came from.

Nodes take and make *values*. Each value has a name that the user knows it by; a name can have several values:
an operation in place overwrites, and here makes a new value of the same name, so that nothing is lost. Caffe's
``conv1`` has the values "made by the convolution" and "after the ReLU": the last is shown as its data, and a walk
back ends with the gradient at the first.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from deepvis.core.nearest import nearest
from deepvis.network.field_rules import FieldRule, whole
from deepvis.network.kinds import Kind
from deepvis.network.model_error import ModelError
from deepvis.network.op import Op, Weights
from deepvis.network.unavailable import Unavailable

Shape = tuple[int, ...]


@dataclass(frozen=True, eq=False)
class Node:
    """One operation of a graph: what it is, the values that it takes and makes, and how it is made ready to run."""

    index: int  # its place in the order of work
    name: str  # as the user knows it: "inception_4c/output", "layer4.1.conv2"
    kind: Kind
    bottoms: tuple[int, ...]  # values
    tops: tuple[int, ...]
    make: Callable[[Weights], Op]  # of its weights on a device
    weights: tuple[Any, ...] = ()  # arrays or tensors in main memory; a shared array is the same object in both nodes
    field: FieldRule = whole  # what of each bottom one place of the top sees
    type: str = ""  # its author's word for it: "InnerProduct", "BatchNorm2d", "flip"
    outputs: int | None = None  # channels of its tops, where they are known without running
    signature: bytes = b""  # what decides its numbers besides the weights
    has_own_weights: bool = True  # False: the weights follow from the signature: no file gave them
    is_view: bool = False  # shows a value as maps, is no part of the network, and runs when its top is read

    @property
    def title(self) -> str:
        """How errors name it."""
        return f"layer {self.name!r} ({self.type or self.kind.value})"


class Graph:
    """The order of work of a network: nodes over values.

    inputs: name -> shape, batch first, () where it is not declared; their values are the first ones, in order.
    names: value -> name. maker: value -> index of its node, -1 for inputs. versions: name -> its values, oldest first.
    rectified: index of a node -> that of the ReLU in place after it, where no other node sees what lies between.
    notes: sentences on what was assumed, left out or replaced. refusal: why it cannot be run here, None if it can;
    it can be listed all the same. unavailable: values of the file that cannot be had here, in the file's order.
    outputs: names of the values that the network returns, in order, where its format says so; output_keys: what the
    network itself calls each, "" where it has no name. batch: how many pictures
    one pass takes, where that is written into the network; None: any number. A ``Net`` makes as many as it needs.
    has_paths: a picture may leave nodes out; values that it does not come by are NaN throughout.
    grids: value -> (h, w) of the places that receptive fields count in it, where they do not follow from its shape:
    tokens, channels last. views: indices of the nodes that show values, by their bottom.
    added: layers that stand beside the network, for somebody to look at -> the layer that each is made of.
    """

    def __init__(
        self,
        name: str,
        inputs: Mapping[str, Shape],
        nodes: Sequence[Node],
        names: Sequence[str],
        *,
        notes: Sequence[str] = (),
        refusal: ModelError | None = None,
        outputs: Sequence[str] = (),
        output_keys: Sequence[str] = (),
        batch: int | None = None,
        grids: Mapping[int, tuple[int, int]] | None = None,
        unavailable: Mapping[str, Unavailable] | None = None,
        has_paths: bool = False,
        added: Mapping[str, str] | None = None,
    ) -> None:
        self.has_paths, self.added = has_paths, dict(added or {})
        self.outputs, self.batch = tuple(outputs), batch
        self.output_keys = tuple(output_keys) or ("",) * len(self.outputs)
        self.name, self.inputs, self.nodes = name, dict(inputs), tuple(nodes)
        self.names, self.notes, self.refusal = tuple(names), tuple(notes), refusal
        self.unavailable = dict(unavailable or {})
        self.grids = dict(grids or {})
        self.views: dict[int, list[int]] = {}
        for node in self.nodes:
            if node.is_view:
                self.views.setdefault(node.bottoms[0], []).append(node.index)
        self.input_values = {blob: value for value, blob in enumerate(inputs)}
        self.maker = [-1] * len(self.names)
        for node in self.nodes:
            for value in node.tops:
                self.maker[value] = node.index
        self.versions: dict[str, list[int]] = {}
        for value, blob in enumerate(self.names):
            self.versions.setdefault(blob, []).append(value)
        self.rectified = dict(self._pairs_with_relu())
        self._between: dict[tuple[int, tuple[int, ...]], list[int]] = {}

    # --- names ------------------------------------------------------------------------------------

    def __contains__(self, name: object) -> bool:
        return name in self.versions

    def last(self, name: str) -> int:
        """The newest value of that name: what is shown. Raises ModelError."""
        return self._of(name)[-1]

    def first(self, name: str) -> int:
        """The value of that name before anything was done in place. Raises ModelError."""
        return self._of(name)[0]

    def start(self, name: str) -> int:
        """The value at which a walk back from ``name`` begins.

        The top of the node that has this very name, or else of the node that made the value first: in-place
        nodes after it are skipped, as in the toolbox's fork of Caffe (backward_from_layer).
        """
        for value in self._of(name):
            if self.maker[value] >= 0 and self.nodes[self.maker[value]].name == name:
                return value
        return self.first(name)

    def first_maker(self, name: str) -> Node | None:
        """The node that made it, before others worked on it in place; None for inputs and unknown names."""
        values = self.versions.get(name)
        return self.nodes[self.maker[values[0]]] if values and self.maker[values[0]] >= 0 else None

    def bottoms_of(self, node: Node) -> list[str]:
        return [self.names[value] for value in node.bottoms]

    def tops_of(self, node: Node) -> list[str]:
        return [self.names[value] for value in node.tops]

    # --- order ------------------------------------------------------------------------------------

    def upto(self, name: str) -> list[int]:
        """Indices of the nodes up to the last one that writes ``name``."""
        return list(range(self.maker[self.last(name)] + 1))

    def behind(self, values: Iterable[int]) -> list[int]:
        """Indices of the nodes that ``values`` depend on, in order."""
        needed, found = set(values), []
        for node in reversed(self.nodes):
            if needed.intersection(node.tops):
                found.append(node.index)
                needed.update(node.bottoms)
        return found[::-1]

    def between(self, start: int, ends: Iterable[int]) -> list[int]:
        """Indices of the nodes on a path from ``ends`` to ``start``, in order: those that a walk back must visit."""
        key = (start, tuple(ends))
        found = self._between.get(key)
        if found is None:
            reached, found = set(key[1]), []
            for index in self.behind([start]):
                node = self.nodes[index]
                if reached.intersection(node.bottoms):
                    reached.update(node.tops)
                    found.append(index)
            self._between[key] = found
        return found

    # --- other graphs -----------------------------------------------------------------------------

    def with_weights(self, change: Callable[[Any], Any]) -> Graph:
        """The same network, each of its arrays of weights changed; shared ones stay shared."""
        done: dict[int, Any] = {}

        def changed(array: Any) -> Any:
            if id(array) not in done:
                done[id(array)] = change(array)
            return done[id(array)]

        nodes = [replace(node, weights=tuple(map(changed, node.weights))) for node in self.nodes]
        return self._with(self.inputs, nodes, self.names)

    def cut(self, name: str, inputs: Mapping[str, Shape]) -> Graph:
        """The network up to the last node that writes ``name``, with inputs of other shapes."""
        nodes = self.nodes[: self.maker[self.last(name)] + 1]
        values = max([len(self.inputs) - 1, *(value for node in nodes for value in node.tops)]) + 1
        return self._with(inputs, nodes, self.names[:values])

    def one_at_a_time(self, note: str) -> Graph:
        """The same, for one picture a pass; the note says why."""
        return self._with(self.inputs, self.nodes, self.names, batch=1, notes=(*self.notes, note))

    def noted(self, note: str) -> Graph:
        """The same with a further note."""
        return self._with(self.inputs, self.nodes, self.names, notes=(*self.notes, note))

    def beside(
        self,
        nodes: Sequence[Node],
        names: Sequence[str],
        grids: Mapping[int, tuple[int, int]],
        added: Mapping[str, str],
    ) -> Graph:
        """The network with further nodes that none of its own reads; see ``Graph`` for the rest."""
        return self._with(self.inputs, nodes, names, grids=grids, added=added)

    def with_more(self, nodes: Sequence[Node], names: Sequence[str], grids: Mapping[int, tuple[int, int]]) -> Graph:
        """The network with further nodes among its own, which may take what they make (network/intervened_graph.py)."""
        return self._with(self.inputs, nodes, names, grids=grids)

    def _with(self, inputs: Mapping[str, Shape], nodes: Sequence[Node], names: Sequence[str], **changed: Any) -> Graph:
        names_made = set(names)
        outputs_left = [each for each in zip(self.outputs, self.output_keys, strict=True) if each[0] in names_made]
        facts: dict[str, Any] = {
            "notes": self.notes,
            "refusal": self.refusal,
            "outputs": [name for name, _ in outputs_left],
            "output_keys": [key for _, key in outputs_left],
            "batch": self.batch,
            "grids": self.grids,
            "unavailable": self.unavailable,
            "has_paths": self.has_paths,
            "added": {name: layer for name, layer in self.added.items() if name in names_made},
        }
        return Graph(self.name, inputs, nodes, names, **{**facts, **changed})

    # --- parts ------------------------------------------------------------------------------------

    def _of(self, name: str) -> list[int]:
        if name in self.unavailable and name not in self.versions:
            raise ModelError(f"the network's {name!r} cannot be had here: {self.unavailable[name].why}")
        if name not in self.versions:
            hint = nearest(name, self.versions, f"there are: {', '.join(self.versions)}")
            raise ModelError(f"the network: found no blob named {name!r}, expected one that was made before; {hint}")
        return self.versions[name]

    def _pairs_with_relu(self) -> Iterator[tuple[int, int]]:
        """(node, the ReLU in place after it) where nothing else sees the value between the two."""
        takers: dict[int, list[Node]] = {}
        for node in self.nodes:
            for value in node.bottoms:
                takers.setdefault(value, []).append(node)
        for node in self.nodes:
            if len(node.tops) == 1 and len(takers.get(node.tops[0], ())) == 1:
                relu = takers[node.tops[0]][0]
                if relu.kind is Kind.RELU and self.tops_of(relu) == self.bottoms_of(relu):
                    yield node.index, relu.index


class GraphBuilder:
    """Makes a graph node by node: ``last`` names the value that a bottom is, ``add`` makes the tops' values."""

    def __init__(self, name: str, inputs: Mapping[str, Shape]) -> None:
        self._name, self._inputs = name, dict(inputs)
        self._names = list(inputs)
        self._last = {blob: value for value, blob in enumerate(inputs)}
        self._nodes: list[Node] = []

    def last(self, name: str) -> int | None:
        """The newest value of that name; None where there is none yet."""
        return self._last.get(name)

    def add(
        self, name: str, kind: Kind, bottoms: Sequence[int], tops: Sequence[str], make: Callable[[Weights], Op],
        **facts: Any,
    ) -> tuple[int, ...]:  # fmt: skip
        """Enter a node; facts: the other fields of Node. Returns the values of its tops."""
        values = tuple(range(len(self._names), len(self._names) + len(tops)))
        self._names += tops
        self._last.update(zip(tops, values, strict=True))
        self._nodes.append(Node(len(self._nodes), name, kind, tuple(bottoms), values, make, **facts))
        return values

    def graph(self, **facts: Any) -> Graph:
        """facts: the other arguments of Graph."""
        return Graph(self._name, self._inputs, self._nodes, self._names, **facts)
