"""Which ways Caffe's own backward pass takes in a net that has ``propagate_down`` and no ``force_backward``."""

from __future__ import annotations

from deepvis.network.graph import Node, Plan

Way = tuple[int, int]  # node, place of the bottom


def caffes_ways(plan: Plan) -> set[Way] | None:
    """The (node, bottom) pairs that a gradient passes; None: all, where no layer says propagate_down.

    A bottom is passed if its layer says so, or, where it says nothing, if the blob depends on a layer with
    weights that learn. A blob with several takers passes gradients on only if it depends on such a layer: what
    copies it (an implicit Split) is not run backward otherwise.
    Source: Caffe's net.cpp, Net::Init and AppendBottom.
    """
    if not any(node.spec.message.propagate_down for node in plan.nodes):
        return None
    takers: dict[int, int] = {}
    for node in plan.nodes:
        for value in node.bottoms:
            takers[value] = takers.get(value, 0) + 1
    needed: set[int] = set()  # values that need a gradient
    ways: set[Way] = set()
    for node in plan.nodes:
        said = node.spec.message.propagate_down
        passes = [
            bool(said[place]) if place < len(said) else value in needed for place, value in enumerate(node.bottoms)
        ]
        if any(passes) or _learns(node):
            needed.update(node.tops)
        for place, value in enumerate(node.bottoms):
            if passes[place] and (takers[value] < 2 or value in needed):
                ways.add((node.index, place))
    return ways


def _learns(node: Node) -> bool:
    """True if the layer has a weight blob whose learning rate is not 0."""
    params = node.spec.message.param
    return any(i >= len(params) or params[i].lr_mult != 0 for i in range(len(node.spec.blobs)))
