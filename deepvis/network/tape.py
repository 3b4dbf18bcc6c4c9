"""What a forward pass leaves behind: every blob, and the way back from any of them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from functools import cached_property

import numpy as np
import torch
from torch import Tensor

from deepvis.core.back_modes import Rule
from deepvis.network.back_modes import BACK_MODES
from deepvis.network.blobs import LazyBlobs, views_over, with_views
from deepvis.network.graph import Graph, Node
from deepvis.network.kinds import Kind
from deepvis.network.layer_waits import wait_before_layer
from deepvis.network.model_error import ModelError
from deepvis.network.op import Gradients, Op, Ran, naming, pull_back, run
from deepvis.network.plan import Plan, PlanStep

NodeGradient = Callable[[Ran, Gradients], Gradients]
Instead = Callable[[Node, Op], NodeGradient | None]  # the rule of a node in place of its own; None: its own


class Tape:
    """One forward pass of a network.

    graph: of the network. No reference leads from its parts back to it: its values are released with the last
    reference to it, last made first, so that the next pass finds the same memory free.
    """

    def __init__(
        self,
        graph: Graph,
        plan: Plan,
        values: dict[int, Tensor],
        runs: Sequence[tuple[PlanStep, Ran]] = (),
        op_of: Callable[[Node], Op] | None = None,
    ) -> None:
        """plan: what the pass did. values: that were made; others of the plan's are made when they are asked for.

        runs: what a walk back needs. op_of: gives the ops of nodes that show values as maps.
        """
        self.graph, self._values, self._runs, self._op_of = graph, values, runs, op_of
        self._plan = plan
        self._viewed: dict[int, tuple[Op, Ran]] = {}  # of the views that were read

    @property
    def blobs(self) -> Mapping[str, Tensor]:
        """Name -> its value, batch first, after the last node in place. Not to be written to."""
        named = self._plan.named
        return with_views(LazyBlobs(named, lambda name: self._value(named[name])), self._plan.views, self._run_view)

    @cached_property
    def _ran(self) -> dict[int, tuple[Op, Ran]]:
        """Node -> its op, what went into it and came out."""
        return {index: ran for step, result in self._runs for index, ran in step.ran(result)}

    def shared(self, steps: Sequence[PlanStep]) -> tuple[dict[int, Tensor], list[tuple[PlanStep, Ran]], list[PlanStep]]:
        """What another pass of these steps has in common with this one: its values, its runs; and the steps to run.

        steps: of a network with further nodes, whose new values have numbers that this one's graph has not.
        """
        ran = {step.tops: (step.op, result) for step, result in self._runs}
        values = {value: x for value, x in self._values.items() if self.graph.maker[value] < 0}
        runs, to_run, changed = list[tuple[PlanStep, Ran]](), list[PlanStep](), set[int]()
        for step in steps:
            is_new = any(top >= len(self.graph.names) for top in step.tops)
            if is_new or changed.intersection(step.bottoms):
                changed.update(step.tops)
                to_run.append(step)
            elif step.tops not in ran:  # done there together with others, and not held
                to_run.append(step)
            elif ran[step.tops][0] is not step.op:  # many operations as one, with a change in them
                changed.update(step.tops)
                to_run.append(step)
            else:
                runs.append((step, ran[step.tops][1]))
                values.update((top, self._values[top]) for top in step.tops)
        return values, runs, to_run

    def _run_of(self, index: int) -> tuple[Op, Ran]:
        return self._viewed[index] if index in self._viewed else self._ran[index]

    def _value(self, value: int) -> Tensor:
        """A value; one that was left out between nodes done as one is made now."""
        if value not in self._values:
            op, ran = self._ran[self.graph.maker[value]]
            bottoms = ran.bottoms
            if any(x is None for x in bottoms):
                bottoms = tuple(self._value(b) for b in self.graph.nodes[self.graph.maker[value]].bottoms)
            with torch.no_grad():
                self._values[value] = run(op, bottoms).tops[0]
        return self._values[value]

    def _whole(self, index: int) -> Ran:
        """What a node's run took and made, with what was left out."""
        node, ran = self.graph.nodes[index], self._run_of(index)[1]
        if all(x is not None for x in (*ran.bottoms, *ran.tops)):
            return ran
        return Ran(tuple(map(self._value, node.bottoms)), tuple(map(self._value, node.tops)), ran.saved)

    def backward(
        self, blob: str, seed: Tensor | np.ndarray, mode: str = "gradient", *, to: str | None = None
    ) -> Mapping[str, Tensor]:
        """Project ``seed`` at ``blob`` back towards the input.

        seed: what the blob's diff holds at the start, in the blob's shape (batched walks are independent).
        mode: a name in BACK_MODES. to: the blob where the walk ends; None: all inputs of the network.
        Returns blob -> diff for the blobs on the way, both ends included. The walk starts at the layer that made
        the blob, so its own in-place layers are skipped; the diff of a blob with in-place layers is the one
        before them. Only paths between the two ends count: the true gradient on branching networks too.
        An end that does not depend on the other gets zeros.
        Source: Net::BackwardFromLayer of yosinski's Caffe fork, without its stale diffs.
        """
        return self.backward_from({blob: seed}, mode, to=to)

    def backward_from(
        self, seeds: Mapping[str, Tensor | np.ndarray], mode: str = "gradient", *, to: str | None = None
    ) -> Mapping[str, Tensor]:
        """The same from several blobs at once: the sum of their walks, in one walk. seeds: blob -> its seed."""
        graph = self.graph
        starts = {graph.start(blob): self._seed(blob, seed) for blob, seed in seeds.items()}
        ends = [graph.first(to)] if to is not None else list(graph.input_values.values())
        nodes = sorted({index for start in starts for index in graph.between(start, ends)})
        diffs = self._walk(starts, nodes, mode, prune=set(starts))
        for end in ends:
            if end not in diffs and end in self._values:
                diffs[end] = torch.zeros_like(self._values[end])
        return self._named(diffs)

    def gradients(
        self,
        blob: str,
        seed: Tensor | np.ndarray,
        *,
        to: str,
        instead: Callable[[Tape], Instead] | None = None,
    ) -> Mapping[str, Tensor]:
        """The gradient of the sum of ``seed`` times the blob, with respect to the blobs between ``to`` and it.

        Other than in ``backward`` nodes in place count: of the blob itself, and of those below, it is the values that
        are shown that are meant, after their rectifiers. ``to`` that the blob does not depend on gets zeros.
        instead: of a tape the rules of nodes in place of their own; None for a node that keeps its own.
        """
        graph, end = self.graph, self.graph.first(to)
        given = self._seed(blob, seed)
        start = graph.last(blob)
        rules = instead(self) if instead is not None else None
        diffs = self._walk({start: given}, graph.between(start, [end]), "gradient", instead=rules, prune={start})
        if end not in diffs:
            diffs[end] = torch.zeros_like(self._values[end])
        return self._named(diffs, newest=True)

    def walk_between(self, start: int, seed: Tensor, end: int) -> dict[int, Tensor]:
        """Gradients of the values on all paths from the value ``end`` to the value ``start``, both included.

        seed: in the shape of ``start``. Nodes in place are nodes like any other here: each value has its own diff.
        Values beside the paths have none. Empty where ``start`` does not depend on ``end``.
        """
        if start == end:
            return {start: seed}
        indices = self.graph.between(start, [end])
        diffs = self._walk({start: seed}, indices, "gradient", prune={start})
        reached = {end, *(top for index in indices for top in self.graph.nodes[index].tops)}
        return {value: diff for value, diff in diffs.items() if value in reached} if end in diffs else {}

    def value(self, value: int) -> Tensor:
        """A value of this pass; one that was left out between nodes done as one is made now."""
        return self._value(value)

    def shown_by(self, node: Node, x: Tensor) -> Tensor:
        """Any tensor in the shape of a view's bottom, shown as the view shows that."""
        with torch.no_grad(), naming(node.title):
            ran = run(self._op_for(node), (x,))
        return ran.tops[0]

    def back_through(self, node: Node, seed: Tensor) -> Tensor:
        """The gradient at a view's bottom of a seed at its top."""
        self._run_view(node)
        below: Tensor | None = pull_back(*self._run_of(node.index), [seed])[0]
        return torch.zeros_like(self._value(node.bottoms[0])) if below is None else below

    def _run_view(self, node: Node) -> Tensor:
        """Its top, kept for walks back from it."""
        if node.index in self._viewed:
            return self._values[node.tops[0]]
        op = self._op_for(node)
        with torch.no_grad(), naming(node.title):
            ran = run(op, (self._value(node.bottoms[0]),))
        self._viewed[node.index] = (op, ran)
        self._values[node.tops[0]] = ran.tops[0]
        return ran.tops[0]

    def _op_for(self, node: Node) -> Op:
        if self._op_of is None:
            raise ModelError(f"{node.title} cannot be run on this forward pass; run it with keep='all'")
        return self._op_of(node)

    def _view_of_diff(self, diffs: Mapping[int, Tensor], node: Node) -> Tensor:
        """A diff shown as its value is."""
        return self.shown_by(node, diffs[node.bottoms[0]])

    def _seed(self, blob: str, seed: Tensor | np.ndarray) -> Tensor:
        if blob not in self.blobs:
            raise ModelError(
                f"the walk back starts at blob {blob!r}, which this forward pass did not keep; "
                "run it with keep='all' and until that blob or a later one"
            )
        value = self.blobs[blob]
        seed = torch.as_tensor(seed, dtype=value.dtype, device=value.device)
        if seed.shape != value.shape:
            raise ModelError(
                f"the seed for blob {blob!r} has shape {tuple(seed.shape)}, expected the blob's, {tuple(value.shape)}"
            )
        return seed

    def _walk(
        self,
        diffs: dict[int, Tensor],
        indices: Sequence[int],
        mode: str,
        *,
        instead: Instead | None = None,
        prune: Collection[int] = (),
    ) -> dict[int, Tensor]:
        """Gradients of all values that the seeds reach through the nodes ``indices``, walked last to first.

        instead: as in ``gradients``. prune: the seeds (values) whose branches are looked at: of the branches
        that a concatenation joined, one unit's seed lies in one, and the others are left out of the walk, as zeros.
        """
        rules = BACK_MODES[mode].rules
        nodes = self.graph.nodes
        found = _DiffSums(diffs)
        with torch.no_grad():
            for index in reversed(indices):
                node = nodes[index]
                grads: Gradients = [diffs.get(top) for top in node.tops]
                if all(g is None for g in grads):
                    continue
                wait_before_layer()
                if index not in self._ran and index not in self._viewed:
                    raise ModelError(
                        f"layer {node.name!r} left nothing for the walk back; run the forward pass with keep='all'"
                    )
                op, ran = self._run_of(index)
                rule = rules.get(node.kind)
                if rules and op.gradient_alone:
                    raise ModelError(op.gradient_alone)
                below: Gradients
                is_silent = all(g is None or top in found.zeros for top, g in zip(node.tops, grads, strict=True))
                joins = node.kind is Kind.CONCAT and node.tops[0] in prune
                other = instead(node, op) if instead is not None else None
                if is_silent:
                    bottoms = self._whole(index).bottoms
                    below = [torch.zeros_like(x) if x.is_floating_point() else None for x in bottoms]
                elif rule is not None:
                    below = [_by_rule(mode, rule, node, self._whole(index), grads)]
                elif other is not None:
                    below = other(ran, grads)
                elif op.between is not None:
                    below, inner = op.between(ran, grads)
                    diffs.update({top: g for top, g in zip(node.tops, inner, strict=True) if g is not None})
                else:
                    below = pull_back(op, ran, grads)
                for value, grad in zip(node.bottoms, below, strict=True):
                    if grad is None:
                        continue
                    found.add(value, grad, is_zero=is_silent or (joins and _is_zero(grad)))
        return diffs

    def _named(self, diffs: Mapping[int, Tensor], *, newest: bool = False) -> Mapping[str, Tensor]:
        """blob -> the diff of its earliest value that has one; of values shown as maps their diffs shown alike.

        newest: of the last value that has one.
        """
        named = {self.graph.names[value]: diffs[value] for value in sorted(diffs, reverse=not newest)}
        views = {name: node for name, node in views_over(self.graph, diffs).items() if node.kind is not Kind.SOFTMAX}
        views = {name: node for name, node in views.items() if name not in named}
        return with_views(named, views, lambda node: self._view_of_diff(diffs, node))


class _DiffSums:
    """Adds gradients to ``diffs``, which it fills. zeros: values whose diff is 0, as far as that is known."""

    def __init__(self, diffs: dict[int, Tensor]) -> None:
        self.zeros: set[int] = set()
        self._diffs = diffs
        self._own: set[int] = set()  # values whose diff is a sum made here: nothing else reads it

    def add(self, value: int, grad: Tensor, *, is_zero: bool) -> None:
        if is_zero:
            if value not in self._diffs:
                self._diffs[value] = grad
                self.zeros.add(value)
        elif value in self.zeros or value not in self._diffs:
            self._diffs[value] = grad
            self.zeros.discard(value)
        elif value in self._own:
            self._diffs[value] += grad
        else:
            self._diffs[value] = self._diffs[value] + grad
            self._own.add(value)


def _by_rule(mode: str, rule: Rule, node: Node, ran: Ran, grads: Gradients) -> Tensor:
    """The gradient at the bottom by a back mode's rule. Raises ModelError where the node is none for rules."""
    who = f"back mode {mode!r} has a rule for Kind.{node.kind.name}"
    if len(ran.bottoms) != 1 or grads[0] is None:
        found = f"{len(ran.bottoms)} bottoms" if len(ran.bottoms) != 1 else "a gradient at another top than its first"
        raise ModelError(
            f"{who}, but layer {node.name!r} has {found}; a rule is for kinds with one bottom and one top: leave that "
            "kind out of the mode"
        )
    grad: Tensor = rule(ran.bottoms[0], ran.tops[0], grads[0])
    shape, expected = getattr(grad, "shape", None), ran.bottoms[0].shape
    if shape != expected:
        found = f"a {type(grad).__name__}" if shape is None else f"the shape {tuple(shape)}"
        raise ModelError(
            f"{who}, which returned {found} at layer {node.name!r}, expected the gradient at its bottom, "
            f"{tuple(expected)}; mend the rule"
        )
    return grad


def _is_zero(grad: Tensor) -> bool:
    """True where that is known without waiting for a device."""
    return grad.device.type == "cpu" and not bool(grad.any())
