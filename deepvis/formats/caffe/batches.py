"""Which layers fix how many pictures go through a network at a time, or may work along the batch."""

from __future__ import annotations

from typing import Any

from deepvis.formats.caffe.spec import NetworkSpec, Shape

_RECURRENT = frozenset(("LSTM", "RNN"))


def fixed_batch(spec: NetworkSpec, picture: Shape) -> int | None:
    """The declared batch of the picture where a layer fixes it, None where any number of pictures can go through.

    A Reshape with a number of its own in the batch's place, a Slice along it, layers over sequences.
    """
    is_many = len(picture) == 4 and picture[0] > 1
    return picture[0] if is_many and any(map(_looks_at_batch, spec.layers)) else None


def _looks_at_batch(layer: Any) -> bool:
    p = layer.param
    if layer.type == "Reshape":
        return p.axis == 0 and p.num_axes != 0 and bool(p.shape.dim) and p.shape.dim[0] > 0
    if layer.type == "Slice":
        return (p.slice_dim if p.HasField("slice_dim") else p.axis) == 0
    if layer.type in ("Flatten", "InnerProduct"):
        return p.axis == 0
    return layer.type in _RECURRENT


def may_mix(spec: NetworkSpec) -> bool:
    """Some layer may make a picture's numbers depend on the others of its batch: then running it decides."""
    return any(_looks_at_batch(layer) or _may_mix(layer) for layer in spec.layers)


def _may_mix(layer: Any) -> bool:
    p = layer.param
    if layer.type == "BatchNorm":
        return p.HasField("use_global_stats") and not p.use_global_stats
    if layer.type == "Permute":
        return list(p.order[:1]) not in ([], [0])
    return layer.type in ("BN", "BatchReindex", "Filter") or getattr(p, "axis", None) == 0
