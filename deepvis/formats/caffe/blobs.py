"""Weights meet layers: matched by name, counted, shared where the network says so."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from deepvis.core.nearest import nearest
from deepvis.formats.caffe.layer import weight_count, weight_counts
from deepvis.network.model_error import ModelError

Blobs = tuple[np.ndarray, ...]


def assign(
    layers: Sequence[Any], weights: Mapping[str, Sequence[np.ndarray]] | None, where: str, *, fill: bool
) -> list[Blobs]:
    """The blobs of each layer. ``where`` names the weights file in errors.

    Layers that name a param of an earlier layer (``param { name: }``) get that layer's array, the same object
    (a reshaped view of it with share_mode PERMISSIVE). With ``fill``, or without any weights, layers that the
    file does not know have no blobs. Raises ModelError for missing layers and wrong counts.
    """
    given = weights or {}
    owners: dict[str, np.ndarray] = {}
    found: list[Blobs] = []
    missing = []
    for layer in layers:
        count = weight_count(layer)
        blobs = [modern_shape(layer.type, i, blob) for i, blob in enumerate(given.get(layer.name, ()))]
        names = [param.name for param in layer.param]
        if not blobs and count and len(names) >= count and all(n in owners for n in names[:count]):
            blobs = [owners[n] for n in names[:count]]
        counts = weight_counts(layer)
        if blobs and counts and len(blobs) not in counts:
            raise ModelError(
                f"layer {layer.name!r} ({layer.type}): found {len(blobs)} weight blobs in {where}, "
                f"expected {' or '.join(map(str, sorted(counts)))}"
            )
        if not blobs and count:
            missing.append(layer)
        found.append(tuple(_shared(layer, names, index, blob, owners) for index, blob in enumerate(blobs)))
    if weights is not None and missing and not fill:
        raise _missing(missing, [b for b in found if b], given, where)
    return found


def modern_shape(layer_type: str, index: int, blob: np.ndarray) -> np.ndarray:
    """Legacy files give every blob 4 dimensions: biases become (N,), weights of InnerProduct (N, K)."""
    if blob.ndim == 4 and layer_type in ("Convolution", "Deconvolution", "InnerProduct"):
        if index > 0 and blob.shape[:3] == (1, 1, 1):
            return blob.reshape(-1)
        if layer_type == "InnerProduct" and blob.shape[:2] == (1, 1):
            return blob.reshape(blob.shape[2:])
    return blob


def _shared(layer: Any, names: list[str], index: int, blob: np.ndarray, owners: dict[str, np.ndarray]) -> np.ndarray:
    """The owner's array for a shared param, else the blob itself, which becomes the owner's."""
    name = names[index] if index < len(names) else ""
    if not name:
        return blob
    owner = owners.setdefault(name, blob)
    if owner.shape == blob.shape:
        return owner
    if layer.param[index].share_mode == 1 and owner.size == blob.size:  # PERMISSIVE
        return owner.reshape(blob.shape)
    raise ModelError(
        f"layer {layer.name!r}: shares the param {name!r} with blob {index} of {_dims(blob)}, "
        f"expected {_dims(owner)} as its owner has"
    )


def _dims(blob: np.ndarray) -> str:
    return "x".join(str(dim) for dim in blob.shape)


def _missing(missing: Sequence[Any], found: Sequence[Blobs], weights: Mapping[str, Any], where: str) -> ModelError:
    names = [layer.name for layer in missing]
    shown = ", ".join(repr(name) for name in names[:5]) + (f" and {len(names) - 5} more" if len(names) > 5 else "")
    held = ", ".join(repr(name) for name in list(weights)[:5]) + (", ..." if len(weights) > 5 else "")
    remedy = "take the weights that belong to this prototxt, or start such layers afresh with --fill"
    if not weights:
        return ModelError(f"{where}: holds no weights at all, expected those of {shown}; {remedy}")
    if not found:
        return ModelError(
            f"{where}: holds none of the network's layers {shown} but {held}, expected the same names; {remedy}"
        )
    hint = nearest(names[0], weights)
    return ModelError(
        f"{where}: found no weights of the layers {shown}, expected them by these names{f' ({hint})' if hint else ''}; "
        f"{remedy}"
    )
