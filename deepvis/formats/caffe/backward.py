"""Which paths Caffe's backward pass takes in nets without force_backward: ``propagate_down`` says which count."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from deepvis.formats.caffe.layer import weight_count
from deepvis.formats.caffe.spec import LayerSpec
from deepvis.formats.caffe.splits import Wired


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
