"""A network ready to run on a device: forward onto a tape, and from there backward from any value."""

from __future__ import annotations

import warnings
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from threading import Lock
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np
import torch
from torch import Tensor

from deepvis.network.device import device_of
from deepvis.network.folding import Fold, chains, folded
from deepvis.network.graph import Graph, Node, Shape
from deepvis.network.layer_waits import wait_before_layer
from deepvis.network.model_error import ModelError
from deepvis.network.op import COMPLAINTS, Op, Ran, complaint, naming, run
from deepvis.network.passes import JoinedTape, count_of, cut
from deepvis.network.plan import MOST_PLANS, Plan, PlanStep, plan_of
from deepvis.network.shapes import infer_shapes
from deepvis.network.tape import Tape

Inputs = Mapping[str, "np.ndarray | Tensor"]

warnings.filterwarnings("ignore", message="The given NumPy array is not writable")  # weights are only read


class GraphNet:
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
        keep: "all", or the names of the only blobs that are requested: then nothing else is run or held, and
        there is no way back. shown: names that will be looked at: what lies between a convolution and the batch
        normalization or rectifier after it is made at once for these, and for others when it is asked for.
        Arrays become ``dtype`` on the device. Raises ModelError.
        """
        graph = self.graph
        if graph.batch is not None and count_of(graph, inputs) != graph.batch:
            passes = cut(graph, inputs)
            return JoinedTape(
                graph, [(self.forward(own, until=until, keep=keep, shown=shown), n) for own, n in passes], graph.batch
            )
        values = self._given(inputs)
        count = len(graph.upto(until)) if until is not None else len(graph.nodes)
        if keep == "all":
            shown_values = frozenset(graph.last(name) for name in shown or () if name in graph)
            plan, runs = self._plan(count, None, shown_values), list[tuple[PlanStep, Ran]]()
            for _ in self._run(values, plan.steps, runs):
                pass
            return Tape(graph, plan, values, runs, self._op)
        requested = frozenset(graph.last(blob) for blob in ([keep] if isinstance(keep, str) else keep))
        plan = self._plan(count, requested, requested)
        for step in self._run(values, plan.steps):
            released(values, step)
        return Tape(graph, plan, {value: x for value, x in values.items() if value in requested})

    @torch.no_grad()
    def rerun(self, tape: Tape, *, until: str | None = None, shown: Collection[str] | None = None) -> Tape:
        """A pass from the tape of the network without what this one has more of (network/intervened_graph.py).

        Only nodes that depend on the further ones are run; all other values, and what they left for the walk back, are
        the tape's own. until, shown: as the tape's pass had them. Raises ModelError.
        """
        if isinstance(tape, JoinedTape):
            return tape.changed(self.graph, lambda each: self.rerun(each, until=until, shown=shown))
        shown_values = frozenset(self.graph.last(name) for name in shown or () if name in self.graph)
        count = len(self.graph.upto(until)) if until is not None else len(self.graph.nodes)
        plan = self._plan(count, None, shown_values)
        values, runs, steps = tape.shared(plan.steps)
        for _ in self._run(values, steps, runs):
            pass
        return Tape(self.graph, plan, values, runs, self._op)

    @torch.no_grad()
    def iter_values(self, inputs: Inputs, blobs: Collection[str]) -> Iterator[tuple[str, Tensor]]:
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
        requested = {graph.last(blob): blob for blob in blobs}
        yield from ((requested[value], x) for value, x in list(values.items()) if value in requested)
        plan = self._plan(len(graph.nodes), frozenset(requested), frozenset(requested), keeps=False)
        for step in self._run(values, plan.steps):
            yield from ((requested[value], values[value]) for value in step.tops if value in requested)
            released(values, step)

    def _run(
        self, values: dict[int, Tensor], steps: Sequence[PlanStep], runs: list[tuple[PlanStep, Ran]] | None = None
    ) -> Iterator[PlanStep]:
        """Run a step at a time: its tops go into ``values``, what a walk back needs into ``runs``."""
        step = None
        try:  # around all layers: a context for each would cost more than some of them
            for step in steps:
                wait_before_layer()
                result = run(step.op, tuple([values[b] for b in step.bottoms]))
                tops = result.tops if step.bottoms else [top.to(self.device) for top in result.tops]
                values.update(zip(step.tops, tops, strict=True))
                if runs is not None:
                    runs.append((step, result))
                del result, tops  # else they would outlive their last use
                yield step
        except COMPLAINTS as error:
            if step is None or isinstance(error, ModelError):
                raise
            raise complaint(step.nodes[0].title, error) from error

    def _plan(
        self, count: int, requested: frozenset[int] | None, shown_values: frozenset[int], *, keeps: bool = True
    ) -> Plan:
        """What a pass over the first ``count`` nodes does.

        requested: the only values that are read afterwards; None: all, and the way back. shown_values: these are
        computed for themselves; others may be left out where nodes are done as one. keeps: requested values are held
        to the end.
        """
        plans, key = self._shared.plans, (count, requested, shown_values, keeps)
        found = plans.get(key)  # other threads may clear the table at any time: the local value counts
        if found is None:
            graph = self.graph
            needed = range(count) if requested is None else [i for i in graph.behind(requested) if i < count]
            # the tape runs views when they are read
            indices = [i for i in needed if requested is not None or not graph.nodes[i].is_view]
            held = shown_values if keeps else frozenset()
            found = plan_of(graph, indices, self._folds(indices, shown_values), self._named_op, requested, held)
            if len(plans) >= MOST_PLANS:
                plans.clear()
            plans[key] = found
        return found

    def _named_op(self, node: Node) -> Op:
        with naming(node.title):
            return self._op(node)

    def _folds(self, indices: Sequence[int], shown_values: Collection[int]) -> dict[int, Fold]:
        """First node -> the nodes done as one in a pass over ``indices`` that computes each of ``shown_values``."""
        run_too, found = set(indices), {}
        for first, nodes in self._shared.chains.items():
            for count in range(len(nodes), 1, -1):  # without the rectifier where its bottom is looked at
                part = nodes[:count]
                between = [self.graph.nodes[index].tops[0] for index in part[:-1]]
                if run_too.issuperset(part) and not any(value in shown_values for value in between):
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

    def sharing(self, graph: Graph, new_index: Mapping[int, int]) -> GraphNet:
        """A net over a graph that has this one's nodes among its own, with what has been made ready for these.

        new_index: of this one's nodes -> in the other graph; of those that are the same there.
        """
        adopt(graph, self.device, self._shared.moved(graph, new_index))
        return GraphNet(graph, self.device, self.dtype)

    def op_of(self, node: Node) -> Op:
        """The op of one of the graph's nodes, ready to run."""
        return self._named_op(node)

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
    plans: dict[Any, Plan] = field(default_factory=dict)  # a kind of pass -> what it does
    done_before: set[int] = field(default_factory=set)  # ReLU nodes that the node before them does
    weights: dict[int, Tensor] = field(default_factory=dict)  # id of an array -> its tensor: shared stay shared

    def moved(self, graph: Graph, new_index: Mapping[int, int]) -> SharedParts:
        """The same of a graph with further nodes among these, at other indices."""
        folds = dict[tuple[int, ...], Fold | None]()
        for nodes, fold in list(self.folds.items()):
            if not all(index in new_index for index in nodes):
                continue
            moved = tuple(new_index[index] for index in nodes)
            folds[moved] = None if fold is None else Fold(moved, fold.op)
        ops = {new_index[index]: op for index, op in list(self.ops.items()) if index in new_index}
        done_before = {new_index[index] for index in list(self.done_before) if index in new_index}
        return SharedParts(self.shapes, ops, chains(graph), folds, {}, done_before, self.weights)


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


def adopt(graph: Graph, device: torch.device, parts: SharedParts) -> None:
    """Let the parts be those of a new graph."""
    with _parts_lock:
        _parts.setdefault(graph, _OfGraph()).by_device[device] = parts


def released(values: dict[int, Tensor], step: PlanStep) -> None:
    """Drop what no later step takes, and is not requested."""
    for value in step.released:
        values.pop(value, None)
