"""Layers that choose regions of the picture, and that nothing here can run: the whole picture takes their place."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from deepvis.formats.caffe.unknown import is_unknown, type_words
from deepvis.network.inputs import OF_REGIONS

Shape = tuple[int, ...]
ONE_REGION: Shape = (1, 5)  # item, x1, y1, x2, y2


def without_proposals(layers: Sequence[Any], notes: list[str]) -> tuple[list[Any], dict[str, Shape]]:
    """(the layers, regions -> their shape): regions of unknown layers become inputs, so that the head above them lives.

    An input that names regions is given the whole picture (``network.inputs.whole_picture``). What else such a layer
    would make stays unknown. Source of the layers meant: Faster R-CNN's rpn/proposal_layer.py and
    proposal_target_layer.py, and the types Proposal of its ports to C++.
    """
    wanted = {layer.bottom[1] for layer in layers if layer.type in OF_REGIONS and len(layer.bottom) > 1}
    regions: dict[str, Shape] = {}
    kept = []
    for layer in layers:
        mine = [blob for blob in layer.top if blob in wanted] if layer.bottom and is_unknown(layer) else []
        if not mine:
            kept.append(layer)
            continue
        regions.update(dict.fromkeys(mine, ONE_REGION))
        notes.append(
            f"layer {layer.name!r} of unknown type {type_words(layer)} chooses regions: its place is taken by the "
            f"input {', '.join(map(repr, mine))}"
        )
        if len(mine) < len(layer.top):
            rest = type(layer)()
            rest.CopyFrom(layer)
            del rest.top[:]
            rest.top.extend(blob for blob in layer.top if blob not in mine)
            kept.append(rest)
    return kept, regions
