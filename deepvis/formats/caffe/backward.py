"""Caffe's own backward pass, with what it does differently from the true gradient."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING

from deepvis.formats.caffe.layer import CaffeOp, weight_count
from deepvis.formats.caffe.spec import LayerSpec, NetworkSpec
from deepvis.formats.caffe.splits import Wired, as_caffe_builds
from deepvis.network.graph import Node
from deepvis.network.lazy import Tensor
from deepvis.network.op import Op

if TYPE_CHECKING:
    import numpy as np

    from deepvis.network.tape import NodeGradient, Tape, Way


def caffe_backward(
    spec: NetworkSpec, tape: Tape, seeds: Mapping[str, Tensor | np.ndarray], mode: str = "gradient"
) -> Mapping[str, Tensor]:
    """The backward pass over the whole net from several blobs at once, as Caffe computes it.

    spec: of the network that ``tape`` is of. seeds: blob -> its diff at the start; all others are 0.
    Caffe's in-place Power, Clip, AbsVal, BNLL and Log layers read overwritten values, and in nets without
    force_backward ``propagate_down`` says which paths count. Returns blob -> diff of every blob that a
    gradient reaches. Source: Caffe's Net::Backward.
    """

    def in_place_of(node: Node, op: Op) -> NodeGradient | None:
        return op.backward_in_place if isinstance(op, CaffeOp) and tape.graph.is_in_place(node) else None

    ways = None if spec.force_backward else caffe_ways(spec, seeds)
    return tape.backward_all(seeds, mode, ways=ways, instead=in_place_of)


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


def passed_bottoms(wired: Sequence[Wired], losses: Collection[str]) -> list[list[bool]] | None:
    """Which bottoms of each layer get a diff in a net without force_backward; None: all.

    None where no layer says propagate_down: without it all diffs are wanted here, those below the lowest layer that
    learns too. A layer runs backward if it learns or depends on one that does, whatever propagate_down says, if one
    of its tops leads to a loss, and if not all of its tops are left out by those who take them. What copies a
    blob for several takers (an implicit Split) is a layer like others. Source: Caffe's net.cpp, Net::Init and
    AppendBottom.
    """
    if not any(layer.message.propagate_down for layer, _, _ in wired if not is_implicit(layer)):
        return None
    runs, passes = _needs_backward(wired)
    _leave_out(wired, runs, passes, losses)
    return [[run and passed for passed in some] for run, some in zip(runs, passes, strict=True)]


def _needs_backward(wired: Sequence[Wired]) -> tuple[list[bool], list[list[bool]]]:
    """(does the layer run backward, which of its bottoms get a diff), by what learns and what propagate_down says."""
    needed: set[str] = set()
    runs, passes = [], []
    for layer, bottoms, tops in wired:
        propagate_down = [] if is_implicit(layer) else list(layer.message.propagate_down)
        passes.append(
            [
                propagate_down[place] if place < len(propagate_down) else name in needed
                for place, name in enumerate(bottoms)
            ]
        )
        runs.append(_learns(layer) or any(name in needed for name in bottoms))
        if runs[-1]:
            needed.update(tops)
    return runs, passes


def _leave_out(wired: Sequence[Wired], runs: list[bool], passes: list[list[bool]], losses: Collection[str]) -> None:
    """From the top down: without what leads to no loss, and layers all of whose tops are left out."""
    under_loss, skipped = set(losses), set[str]()
    for index in reversed(range(len(wired))):
        _, bottoms, tops = wired[index]
        leads_to_loss = any(name in under_loss for name in tops)
        if runs[index] and all(name in skipped for name in tops):
            runs[index], passes[index] = False, [False] * len(bottoms)
        if leads_to_loss:
            under_loss.update(bottoms)
        else:
            runs[index], passes[index] = False, [False] * len(bottoms)
        skipped.update(name for name, passed in zip(bottoms, passes[index], strict=True) if not passed)


def is_implicit(layer: LayerSpec) -> bool:
    """A Split that no file holds."""
    return layer.type == "Split" and not layer.message.HasField("phase")


def _learns(layer: LayerSpec) -> bool:
    """True if the layer has a weight blob whose learning rate is not 0."""
    params = layer.message.param
    blobs = max(len(layer.blobs), weight_count(layer.message) or 0)
    return any(i >= len(params) or params[i].lr_mult != 0 for i in range(blobs))
