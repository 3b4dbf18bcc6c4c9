"""The plan of a pass, made once: which nodes run, which of them as one operation, and when each value is released."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from deepvis.network.blobs import views_over
from deepvis.network.folding import RECTIFIER, Fold
from deepvis.network.graph import Graph, Node
from deepvis.network.kinds import Kind
from deepvis.network.op import Op, Ran, Tensors

MOST_PLANS = 64  # of one graph that are kept


class PlanStep(NamedTuple):
    """One node that runs, or several that are done as one.

    op: bottoms of the first -> tops of the last. ops: of each node, for the walk back. released: values that no later
    step takes and nobody looks at.
    """

    nodes: tuple[Node, ...]
    op: Op
    bottoms: tuple[int, ...]
    tops: tuple[int, ...]
    ops: tuple[Op, ...]
    released: tuple[int, ...] = ()

    def ran(self, result: Ran) -> list[tuple[int, tuple[Op, Ran]]]:
        """(index, (op, what went in and came out)) of each node. Of what lies between nothing was kept: None."""
        if len(self.nodes) == 1:
            return [(self.nodes[0].index, (self.ops[0], result))]
        found = []
        last = self.nodes[-1]
        for node, op in zip(self.nodes, self.ops, strict=True):
            below = result.bottoms if node is self.nodes[0] else result.tops if node.kind is Kind.RELU else (None,)
            above: Tensors = result.tops if node is last else (None,)  # type: ignore[assignment]
            found.append((node.index, (op, Ran(below, above))))  # type: ignore[arg-type]
        return found


@dataclass(frozen=True, eq=False)
class Plan:
    """What a pass does.

    named: name -> its last value, of all that can be read afterwards, in the order in which they are made.
    views: name -> the node that shows one of them as maps.
    """

    steps: tuple[PlanStep, ...]
    named: Mapping[str, int]
    views: Mapping[str, Node]


def plan_of(
    graph: Graph, indices: Sequence[int], folds: Mapping[int, Fold], op_of: Callable[[Node], Op],
    requested: Collection[int] | None, held: Collection[int],
) -> Plan:  # fmt: skip
    """Of a pass over the nodes ``indices``. folds: first node -> how it is done together with others.

    requested: the only values that can be read afterwards; None: all. held: values that no step may release.
    """
    steps = _steps(graph, indices, folds, op_of)
    made = sorted({*graph.input_values.values(), *(value for index in indices for value in graph.nodes[index].tops)})
    there = [value for value in made if requested is None or value in requested]
    named = {graph.names[value]: value for value in there}
    over = views_over(graph, set(there)) if requested is None else {}
    return Plan(_with_ends(steps, held), named, {name: node for name, node in over.items() if name not in named})


def _steps(
    graph: Graph, indices: Sequence[int], folds: Mapping[int, Fold], op_of: Callable[[Node], Op]
) -> list[PlanStep]:
    done: set[int] = set()
    steps = []
    for index in indices:
        if index in done:
            continue
        node, fold = graph.nodes[index], folds.get(index)
        if fold is None:
            op = op_of(node)
            steps.append(PlanStep((node,), op, node.bottoms, node.tops, (op,)))
            continue
        done.update(fold.nodes)
        nodes = tuple(graph.nodes[each] for each in fold.nodes)
        # a rectifier's own op may look at what is not made
        ops = tuple(RECTIFIER if each.kind is Kind.RELU else op_of(each) for each in nodes)
        steps.append(PlanStep(nodes, fold.op, node.bottoms, nodes[-1].tops, ops))
    return steps


def _with_ends(steps: Sequence[PlanStep], held: Collection[int]) -> tuple[PlanStep, ...]:
    last_use = {value: place for place, step in enumerate(steps) for value in (*step.tops, *step.bottoms)}
    for place, step in enumerate(steps):
        last_use.update(dict.fromkeys(step.bottoms, place))
    ends: dict[int, list[int]] = {}
    for value, place in last_use.items():
        if value not in held:
            ends.setdefault(place, []).append(value)
    return tuple(step._replace(released=tuple(ends.get(place, ()))) for place, step in enumerate(steps))
