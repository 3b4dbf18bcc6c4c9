"""Contributions of units on an installed pycaffe: the walk of network/contribution.py, over Caffe's own blobs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from deepvis.core.types import Contributions, Unit
from deepvis.formats.caffe.layer import kind_of
from deepvis.formats.caffe.splits import Wired
from deepvis.live.showing import LazyMaps
from deepvis.network.kinds import Kind

Found = dict[str, tuple[int, np.ndarray]]  # blob -> the place in the chain, activation times diff


def contributions_of(
    net: Any, wired: Sequence[Wired], chain: Sequence[Unit], shown: Mapping[str, Any]
) -> Contributions:
    """Walk back through a chain; no layer's backward runs twice.

    net: a caffe.Net after its forward pass. wired: its layers. shown: the blobs that may be looked at.
    """
    blobs = dict(net.blobs)
    for blob in blobs.values():
        blob.diff[...] = 0
    start, blob = _target(wired, chain[0].layer)
    blobs[blob].diff[...] = _mask(blobs[blob].data, chain[0].channel)
    value = float((blobs[blob].data * blobs[blob].diff).sum())
    found: Found = {}
    for place, after in enumerate((*chain[1:], None)):
        end = -1 if after is None else max(i for i, (_, _, tops) in enumerate(wired) if after.layer in tops)
        _walk(net, wired, blobs, range(start, end, -1), found, place)
        if after is None:
            break
        through = blobs[after.layer].diff * _mask(blobs[after.layer].data, after.channel)
        found[after.layer] = (place, blobs[after.layer].data * blobs[after.layer].diff)
        for each in blobs.values():
            each.diff[...] = 0
        blobs[after.layer].diff[...] = through
        start = end
    products = {name: product for name, (_, product) in found.items() if name in shown}
    links = {name: found[name][0] for name in products}
    return Contributions(tuple(chain), value, LazyMaps(products, np.asarray), links)


def _walk(net: Any, wired: Sequence[Wired], blobs: dict[str, Any], indices: range, found: Found, place: int) -> None:
    """Backward, layer by layer. A blob's product is taken before the layers in place change its diff."""
    for index in indices:
        layer, _, tops = wired[index]
        if not any(blobs[top].diff.any() for top in tops):
            continue
        for top in tops:
            if top not in found:
                found[top] = (place, blobs[top].data * blobs[top].diff)
        if layer.type != "Input":
            net._backward(index, index)


def _target(wired: Sequence[Wired], layer: str) -> tuple[int, str]:
    """(index of the layer that made it last, blob) where the walk begins: of a softmax what it takes."""
    index = max(i for i, (_, _, tops) in enumerate(wired) if layer in tops)
    spec, bottoms, _ = wired[index]
    if kind_of(spec) is not Kind.SOFTMAX:
        return index, layer
    return max(i for i, (_, _, tops) in enumerate(wired[:index]) if bottoms[0] in tops), bottoms[0]


def _mask(data: np.ndarray, channel: int) -> np.ndarray:
    mask = np.zeros_like(data)
    mask[(slice(None), channel) if data.ndim > 1 else (channel,)] = 1
    return mask
