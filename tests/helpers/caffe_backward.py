"""Caffe's own backward pass over a whole net, with what it does otherwise than the true gradient.

deepvis goes by the true gradient; with this the stored results of real Caffe can be compared where Caffe does not.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Any

import numpy as np
import torch
from torch import Tensor

from deepvis.formats.caffe.backward import is_implicit, passed_bottoms
from deepvis.formats.caffe.spec import LayerSpec, NetworkSpec
from deepvis.formats.caffe.splits import as_caffe_builds
from deepvis.network.graph import Node
from deepvis.network.op import Gradients, Op, Ran, pull_back
from deepvis.network.tape import NodeGradient, Tape

Way = tuple[int, int]  # index of a node, place of one of its bottoms


def caffe_backward(spec: NetworkSpec, tape: Tape, seeds: Mapping[str, Tensor | np.ndarray]) -> Mapping[str, Tensor]:
    """The walk back from several blobs at once, as Caffe computes it: blob -> diff of all that a gradient reaches.

    spec: of the network that ``tape`` is of. seeds: blob -> its diff at the start; all others are 0.
    Caffe's in-place Power and Clip layers (AbsVal, BNLL and Log too, of which no case is stored) read overwritten
    values, and in nets without force_backward ``propagate_down`` says which paths count. Source: Caffe's Net::Backward.
    """
    graph = tape.graph
    layers = [layer for layer, _, _ in as_caffe_builds(spec) if not is_implicit(layer) and layer.type != "Input"]
    ways = None if spec.force_backward else caffe_ways(spec, seeds)

    def rule_of(node: Node, op: Op) -> NodeGradient | None:
        is_in_place = graph.tops_of(node)[:1] == graph.bottoms_of(node)[:1]
        fault = fault_in_place(layers[node.index]) if is_in_place else None
        if ways is None:
            return fault

        def passed(ran: Ran, grads: Gradients) -> Gradients:
            below = fault(ran, grads) if fault is not None else pull_back(op, ran, grads)
            return [grad if (node.index, place) in ways else None for place, grad in enumerate(below)]

        return passed

    starts = {graph.last(blob): tape._seed(blob, seed) for blob, seed in seeds.items()}
    return tape._named(tape._walk(starts, range(len(graph.nodes)), "gradient", instead=rule_of))


def caffe_ways(spec: NetworkSpec, losses: Collection[str]) -> set[Way] | None:
    """The (layer, bottom) pairs that a gradient passes in a net without force_backward; None: all.

    losses: the blobs from which the pass starts. A gradient for the copy that an implicit Split makes goes on only
    if the Split runs backward too.
    """
    wired = as_caffe_builds(spec)
    passes = passed_bottoms(wired, losses)
    if passes is None:
        return None
    splits = {
        top: passes[index][0] for index, (layer, _, tops) in enumerate(wired) if is_implicit(layer) for top in tops
    }
    own = [index for index, (layer, _, _) in enumerate(wired) if not is_implicit(layer) and layer.type != "Input"]
    return {
        (number, place)
        for number, index in enumerate(own)
        for place, bottom in enumerate(wired[index][1])
        if passes[index][place] and splits.get(bottom, True)
    }


def fault_in_place(layer: LayerSpec) -> NodeGradient | None:
    """What Caffe gives for the layer in place, where it reads values that it has overwritten; None: nothing else."""
    fault = FAULTS.get(layer.type)
    if fault is None or (layer.type == "Power" and layer.param.power * layer.param.scale == 0):
        return None
    return lambda ran, grads: [fault(layer.param, ran.tops[0], grads[0])]


def _power(p: Any, y: Tensor, grad: Tensor) -> Tensor:
    slope, inner = p.power * p.scale, y * p.scale + p.shift
    if p.power == 1:
        factor = torch.full_like(y, slope)
    elif p.power == 2:
        factor = slope * inner
    else:
        factor = p.power * y / y if p.shift == 0 else slope * y / inner
    return factor.square()


# type -> (its parameters, its top, the top's diff) -> the bottom's diff
FAULTS: Mapping[str, Callable[[Any, Tensor, Tensor], Tensor]] = {
    "Clip": lambda p, y, grad: grad,
    "Power": _power,
}
