"""The nodes of an ONNX file in an order in which each finds what it takes."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence

import onnx

from deepvis.core.nearest import nearest
from deepvis.network.model_error import ModelError


def in_order(title: str, graph: onnx.GraphProto) -> Sequence[onnx.NodeProto]:
    """As they are where that will do, else sorted. Raises ModelError for circles and for what nothing makes."""
    given = {each.name for each in graph.input} | {each.name for each in graph.initializer}
    given |= {each.values.name for each in graph.sparse_initializer}
    makers: dict[str, int] = {}
    for index, node in enumerate(graph.node):
        for name in filter(None, node.output):
            if name in makers or name in given:
                raise ModelError(f"{title}: found a second value named {name!r}, expected each name once")
            makers[name] = index
    needs = [_needs(node) - given for node in graph.node]
    for node, names in zip(graph.node, needs, strict=True):
        for name in names - makers.keys():
            hint = nearest(name, [*given, *makers], "is the file complete?")
            raise ModelError(
                f"{title}: layer {node.name or next(iter(node.output), '')!r} ({node.op_type}) takes {name!r}, "
                f"which nothing makes, expected a value of the file; {hint}"
            )
    waits = [{makers[name] for name in names} for names in needs]
    if all(not each or max(each) < index for index, each in enumerate(waits)):
        return graph.node
    return [graph.node[index] for index in _sorted(title, waits, graph)]


def _needs(node: onnx.NodeProto) -> set[str]:
    """What a node takes, its branches included."""
    found = set(filter(None, node.input))
    for attribute in node.attribute:
        if attribute.HasField("g"):
            inner = attribute.g
            own = {each.name for each in (*inner.input, *inner.initializer)}
            own |= {name for each in inner.node for name in each.output}
            for each in inner.node:
                found |= _needs(each) - own
            found |= {each.name for each in inner.output if each.name} - own
    return found


def _sorted(title: str, waits: Sequence[set[int]], graph: onnx.GraphProto) -> list[int]:
    takers: dict[int, list[int]] = {}
    for index, each in enumerate(waits):
        for maker in each:
            takers.setdefault(maker, []).append(index)
    left = [len(each) for each in waits]
    ready, found = deque(index for index, count in enumerate(left) if not count), list[int]()
    while ready:
        index = ready.popleft()
        found.append(index)
        for taker in takers.get(index, ()):
            left[taker] -= 1
            if not left[taker]:
                ready.append(taker)
    if len(found) < len(waits):
        node = graph.node[next(index for index, count in enumerate(left) if count)]
        raise ModelError(
            f"{title}: found a circle of nodes, {node.name or next(iter(node.output), '')!r} ({node.op_type}) in it "
            "or behind it, expected nodes that take what was made before"
        )
    return found
