"""A network ready to run on a device: forward onto a tape, and from there backward from any value."""

from __future__ import annotations

import warnings
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from threading import Lock
from weakref import WeakKeyDictionary

import numpy as np
import torch
from torch import Tensor

from deepvis.network.device import device_of
from deepvis.network.errors import ModelError
from deepvis.network.folding import RECTIFIER, Fold, chains, folded
from deepvis.network.graph import Graph, Node, Shape
from deepvis.network.kinds import Kind
from deepvis.network.op import COMPLAINTS, Op, Ran, complaint, run
from deepvis.network.passes import Passes, count_of, cut
from deepvis.network.shapes import infer_shapes
from deepvis.network.tape import Tape

Inputs = Mapping[str, "np.ndarray | Tensor"]

warnings.filterwarnings("ignore", message="The given NumPy array is not writable")  # weights are only read


class Net:
    """A network on a device.

    Cheap to make: the weights are the graph's own arrays (copied only to a GPU, once), and all nets over one graph
    share what has been worked out for it. The arrays are not to be written to while a net uses them: nodes
    may hold them in another layout too.

    graph: what is run. shapes: name -> shape for the declared input shapes. dtype: of the inputs; a graph whose weights
    are float64 (``Graph.with_weights``) takes float64.
    Raises ModelError where the graph cannot be run, or shapes, parameters and weights do not fit.
    """

    def __init__(self, graph: Graph, device: str | torch.device = "cpu", dtype: torch.dtype = torch.float32) -> None:
        self.device, self.dtype = device_of(device), dtype
        self.graph = graph
        self._shared = shared_parts(graph, self.device)
        self.shapes = self._shared.shapes

    # --- running ---------------------------------------------------------------------------------

    @torch.no_grad()
    def forward(
        self,
        inputs: Inputs,
        *,
        until: str | None = None,
        keep: str | Collection[str] = "all",
        shown: Collection[str] | None = None,
    ) -> Tape:
        """Run the network on ``inputs`` (blob -> array, batch first; any batch and image size that the layers allow).

        A network that takes so many pictures at a time gets as many passes as it needs.

        until: stop after the last layer that writes this blob; None: run all.
        keep: "all", or the names of the only blobs that are wanted: then nothing else is run or held, and
        there is no way back. shown: names that will be looked at: what lies between a convolution and the batch
        normalization or rectifier after it is made at once for these, and for others when it is asked for.
        Arrays become ``dtype`` on the device. Raises ModelError.
        """
        graph = self.graph
        if graph.batch is not None and count_of(graph, inputs) != graph.batch:
            passes = cut(graph, inputs)
            return Passes(
                graph, [(self.forward(own, until=until, keep=keep, shown=shown), n) for own, n in passes], graph.batch
            )
        values = self._given(inputs)
        indices = graph.upto(until) if until is not None else range(len(graph.nodes))
        ran: dict[int, tuple[Op, Ran]] = {}
        if keep == "all":
            seen = {graph.last(name) for name in shown or () if name in graph}
            run_now = [index for index in indices if not graph.nodes[index].is_view]  # the tape runs those when read
            for _ in self._run(values, run_now, seen, ran):
                pass
        else:
            wanted = {graph.last(blob) for blob in ([keep] if isinstance(keep, str) else keep)}
            indices = [i for i in graph.behind(wanted) if until is None or i < len(indices)]
            last_use = last_uses(graph, indices)
            for node in self._run(values, indices, wanted):
                let_go(values, node, last_use, wanted)
            values = {value: x for value, x in values.items() if value in wanted}
        return Tape(graph, values, ran, self._op, upto=len(indices) if keep == "all" else 0)

    @torch.no_grad()
    def blobs_as_made(self, inputs: Inputs, blobs: Collection[str]) -> Iterator[tuple[str, Tensor]]:
        """Run what ``blobs`` depend on, and give each of them (name, tensor) as soon as it has its last value.

        It is in the processor's cache then, and is held no longer than the layers after it need it: for a look at
        many blobs quicker than ``forward``, and with a fraction of its memory. Raises ModelError.
        """
        graph = self.graph
        if graph.batch is not None and count_of(graph, inputs) != graph.batch:
            found = self.forward(inputs, keep=blobs).blobs
            yield from ((blob, found[blob]) for blob in blobs)
            return
        values = self._given(inputs)
        wanted = {graph.last(blob): blob for blob in blobs}
        yield from ((wanted[value], x) for value, x in list(values.items()) if value in wanted)
        indices = graph.behind(wanted)
        last_use = last_uses(graph, indices)
        for node in self._run(values, indices, wanted):
            yield from ((wanted[value], values[value]) for value in node.tops if value in wanted)
            let_go(values, node, last_use)

    def _run(
        self,
        values: dict[int, Tensor],
        indices: Sequence[int],
        seen: Collection[int],
        ran: dict[int, tuple[Op, Ran]] | None = None,
    ) -> Iterator[Node]:
        """Run nodes, one at each step: their tops go into ``values``, what a walk back needs into ``ran``.

        seen: values that are looked at; others may be left out where nodes are done as one.
        """
        node = None
        done: set[int] = set()
        folds = self._folds(indices, seen)
        try:  # around all layers: a context for each would cost more than some of them
            for index in indices:
                node = self.graph.nodes[index]
                if index in done:
                    yield node
                    continue
                if (fold := folds.get(index)) is not None:
                    done.update(fold.nodes)
                    self._run_fold(fold, values, ran)
                    yield node
                    continue
                op = self._op(node)
                result = run(op, tuple([values[b] for b in node.bottoms]))
                tops = result.tops if node.bottoms else [top.to(self.device) for top in result.tops]
                values.update(zip(node.tops, tops, strict=True))
                if ran is not None:
                    ran[index] = (op, result)
                del result, tops  # else they would outlive their last use
                yield node
        except COMPLAINTS as error:
            if node is None or isinstance(error, ModelError):
                raise
            raise complaint(node.title, error) from error

    def _run_fold(self, fold: Fold, values: dict[int, Tensor], ran: dict[int, tuple[Op, Ran]] | None) -> None:
        """The nodes as one. Of what lies between nothing is kept: the tape makes it where it is asked for."""
        nodes = [self.graph.nodes[index] for index in fold.nodes]
        bottoms = tuple([values[b] for b in nodes[0].bottoms])
        (top,) = run(fold.op, bottoms).tops
        values[nodes[-1].tops[0]] = top
        if ran is None:
            return
        for node in nodes:
            below = bottoms if node is nodes[0] else (top,) if node.kind is Kind.RELU else (None,)
            op = RECTIFIER if node.kind is Kind.RELU else self._op(node)  # its own may look at what was not made
            ran[node.index] = (op, Ran(below, (top,) if node is nodes[-1] else (None,)))  # type: ignore[arg-type]

    def _folds(self, indices: Sequence[int], seen: Collection[int]) -> dict[int, Fold]:
        """First node -> the nodes that are done as one in a pass over ``indices`` in which ``seen`` is looked at."""
        if not self._shared.chains:
            return {}
        run_too, found = set(indices), {}
        for first, nodes in self._shared.chains.items():
            for count in range(len(nodes), 1, -1):  # without the rectifier where its bottom is looked at
                part = nodes[:count]
                between = [self.graph.nodes[index].tops[0] for index in part[:-1]]
                if run_too.issuperset(part) and not any(value in seen for value in between):
                    fold = self._fold(part)
                    if fold is not None:
                        found[first] = fold
                    break
        return found

    def _fold(self, nodes: tuple[int, ...]) -> Fold | None:
        folds = self._shared.folds
        if nodes not in folds:
            folds.setdefault(nodes, folded([self.graph.nodes[index] for index in nodes], self._op))
        return folds[nodes]

    def parameters(self) -> dict[str, list[Tensor]]:
        """Node name -> its weights on the device (on the CPU they share memory with the graph's)."""
        return {node.name: self._weights_of(node) for node in self.graph.nodes if node.weights}

    # --- parts -----------------------------------------------------------------------------------

    def _given(self, inputs: Inputs) -> dict[int, Tensor]:
        missing = [blob for blob in self.graph.inputs if blob not in inputs]
        unknown = [blob for blob in inputs if blob not in self.graph.inputs]
        if missing or unknown:
            raise ModelError(
                f"found the inputs {', '.join(inputs) or 'none'}, expected {', '.join(self.graph.inputs) or 'none'}"
            )
        values = {}
        for blob, value in self.graph.input_values.items():
            x = torch.as_tensor(inputs[blob])
            values[value] = x.to(self.device, self.dtype).detach()
        return values

    def _op(self, node: Node) -> Op:
        """The node's op. A ReLU that only its bottom's maker sees is done by the maker, where that is quicker."""
        ops, done_before = self._shared.ops, self._shared.done_before
        op = ops.get(node.index)
        if op is None:
            op = node.make(self._weights_of(node))
            if op.with_relu is not None and node.index in self.graph.rectified:
                op = op.with_relu
                done_before.add(self.graph.rectified[node.index])
            elif node.index in done_before:
                op = replace(op, forward=lambda x: x, fast=None)
            op = ops.setdefault(node.index, op)  # threads that share the parts run one op
        return op

    def _weights_of(self, node: Node) -> list[Tensor]:
        found = []
        for array in node.weights:
            tensor = self._shared.weights.get(id(array))
            if tensor is None:
                tensor = self._shared.weights.setdefault(id(array), torch.as_tensor(array).to(self.device))
            found.append(tensor)
        return found


@dataclass(eq=False)
class SharedParts:
    """What all nets over one graph on one device have in common.

    Threads share it without a lock: what is there is never changed, and where two make the same thing the first to
    enter it wins.
    """

    shapes: dict[str, Shape]
    ops: dict[int, Op] = field(default_factory=dict)  # node -> its op, made when first run
    chains: dict[int, tuple[int, ...]] = field(default_factory=dict)  # first node -> those that can be done as one
    folds: dict[tuple[int, ...], Fold | None] = field(default_factory=dict)  # nodes -> how they are done as one
    done_before: set[int] = field(default_factory=set)  # ReLU nodes that the node before them does
    weights: dict[int, Tensor] = field(default_factory=dict)  # id of an array -> its tensor: shared stay shared


@dataclass(eq=False)
class _OfGraph:
    """The parts of one graph, by device. lock: held while parts are made; other graphs do not wait for it."""

    lock: Lock = field(default_factory=Lock)
    by_device: dict[torch.device, SharedParts] = field(default_factory=dict)


_parts: WeakKeyDictionary[Graph, _OfGraph] = WeakKeyDictionary()
_parts_lock = Lock()  # of the table


def shared_parts(graph: Graph, device: torch.device) -> SharedParts:
    """The parts of the graph on the device, made at the first call and kept as long as it lives."""
    with _parts_lock:
        own = _parts.setdefault(graph, _OfGraph())
    with own.lock:
        if device not in own.by_device:
            if graph.refusal is not None:
                raise graph.refusal
            own.by_device[device] = SharedParts(infer_shapes(graph, graph.inputs), chains=chains(graph))
        return own.by_device[device]


def last_uses(graph: Graph, indices: Sequence[int]) -> dict[int, int]:
    """value -> the last of the nodes ``indices`` that takes it."""
    return {value: index for index in indices for value in graph.nodes[index].bottoms}


def let_go(
    values: dict[int, Tensor], node: Node, last_use: Mapping[int, int], wanted: Collection[int] = frozenset()
) -> None:
    """Drop what no node after this one takes, and is not wanted."""
    for value in (*node.bottoms, *node.tops):
        if last_use.get(value, -1) <= node.index and value not in wanted:
            values.pop(value, None)
