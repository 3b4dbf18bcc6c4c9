"""First values for weights that no file gives: the blobs' shapes from the bottoms, the values from Caffe's fillers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from math import prod
from typing import Any

import numpy as np

from deepvis.formats.caffe.fillers import FILLERS
from deepvis.formats.caffe.fillers import fill as fill_blob
from deepvis.formats.caffe.layer import LAYERS, build, check_size, fault, title, weight_count
from deepvis.formats.caffe.schema import FillerParameter
from deepvis.formats.caffe.spec import LayerSpec, NetworkSpec
from deepvis.network.lazy import torch
from deepvis.network.op import naming, tops_shapes
from deepvis.network.shapes import checked_input

Shape = tuple[int, ...]


def needs_filling(layer: LayerSpec) -> bool:
    """True if layers of this kind hold weights and no file gave any."""
    return not layer.blobs and bool(weight_count(layer.message))


def filled(
    layer: LayerSpec, bottoms: Sequence[Shape], rng: np.random.Generator, *, is_made_up: bool = False
) -> LayerSpec:
    """The layer with blobs from its fillers; bottoms are the shapes of its bottoms. Raises ModelError.

    is_made_up: see ``NetworkSpec``.
    """
    rule = LAYERS[layer.type].weights
    if rule is None:
        return layer
    with naming(title(layer)):
        shapes = rule.shapes(layer, bottoms)
        for shape in shapes:
            check_size(layer, shape, "a weight blob")
        fillers = [rule.filler(layer, index, shape) for index, shape in enumerate(shapes)]
        if is_made_up:
            fillers = [_lively(layer, *each) for each in zip(range(len(shapes)), shapes, fillers, strict=True)]
        values = tuple(_filled_blob(layer, each, shape, rng) for each, shape in zip(fillers, shapes, strict=True))
    return replace(layer, blobs=values)


def _lively(layer: LayerSpec, index: int, shape: Shape, filler: Any) -> Any:
    """In place of a filler that the file does not name, one with which the layer lets its bottom through.

    Kernels and matrices: msra; the variance and the factor of Caffe's BatchNorm: 1.
    """
    if any(field.name.endswith("filler") for field, _ in layer.param.ListFields()):
        return filler
    if layer.type == "BatchNorm" and index in (1, 2):
        return FillerParameter(value=1.0)
    is_zero = filler.type == "constant" and filler.value == 0
    return FillerParameter(type="msra") if is_zero and len(shape) > 1 and prod(shape[1:]) > 1 else filler


def _filled_blob(layer: LayerSpec, filler: Any, shape: Shape, rng: np.random.Generator) -> np.ndarray:
    if filler.type not in FILLERS:
        raise fault(layer, f"the filler type {filler.type!r}", f"one of {', '.join(sorted(FILLERS))}")
    return fill_blob(filler, shape, rng)


def fill_net(spec: NetworkSpec, rng: np.random.Generator | None = None) -> NetworkSpec:
    """The network with values for all weights that no file gave; names of shared params stay shared.

    The same values at every call, unless another ``rng`` is given. Raises ModelError where the shapes do not fit.
    """
    rng = rng or np.random.default_rng(0)
    owners: dict[str, np.ndarray] = {}
    shapes: dict[str, Shape] = {name: checked_input(name, spec.pass_shape(name)) for name in spec.inputs}
    layers = []
    for layer in spec.layers:
        bottoms = [shapes[name] for name in layer.bottoms]
        if needs_filling(layer):
            layer = _shared(filled(layer, bottoms, rng, is_made_up=spec.is_made_up), owners)
        layers.append(layer)
        if layer.type != "Input":
            shapes.update(zip(layer.tops, tops_of(layer, bottoms), strict=True))
    return replace(spec, layers=tuple(layers), fill=False)


def _shared(layer: LayerSpec, owners: dict[str, np.ndarray]) -> LayerSpec:
    """The layer with the owners' arrays for the params that it names; those that it names first are its own."""
    names = [param.name for param in layer.message.param] + [""] * len(layer.blobs)
    blobs = (owners.setdefault(name, blob) if name else blob for name, blob in zip(names, layer.blobs, strict=False))
    return replace(layer, blobs=tuple(blobs))


def tops_of(layer: LayerSpec, bottoms: Sequence[Shape]) -> list[Shape]:
    """The shapes of the tops, from those of the bottoms. Raises ModelError."""
    with torch.no_grad(), naming(title(layer)):
        op = build(layer, [torch.empty(w.shape, device="meta") for w in layer.blobs])
        tops = [tuple(int(d) for d in shape) for shape in tops_shapes(op, bottoms)]
    for shape in tops:
        check_size(layer, shape)
    return tops
