"""Blobs that come from the file instead of from a bottom: Parameter and DummyData."""

from __future__ import annotations

import numpy as np

from deepvis.formats.caffe.fillers import FILLERS, fill
from deepvis.formats.caffe.layer import MANY, WeightRule, blob, check_size, fault, layer_type, no_filler
from deepvis.formats.caffe.readers import OLD_SIZES, dummy_shapes
from deepvis.formats.caffe.spec import LayerSpec
from deepvis.network.kinds import Kind
from deepvis.network.lazy import torch
from deepvis.network.op import Op, Weights


@layer_type(
    "Parameter",
    kind=Kind.SOURCE,
    bottoms=(0, 0),
    weights=WeightRule(lambda message: 1, lambda spec, bottoms: [tuple(spec.param.shape.dim)], no_filler),
)
def parameter(spec: LayerSpec, weights: Weights) -> Op:
    """y = the layer's weight blob.

    Shapes: no bottom -> parameter_param's shape, which is the blob's. Nothing below takes a gradient.
    Caffe's surprises: without weights it starts at zero; the weights are the top itself.
    Source: Caffe's parameter_layer.hpp.
    """
    shape = tuple(int(d) for d in spec.param.shape.dim)
    check_size(spec, shape)
    value = blob(spec, weights, 0, shape, "values") if weights else torch.zeros(shape)
    return Op(lambda: value.clone(), shapes=lambda: (shape,))


@layer_type("DummyData", kind=Kind.SOURCE, bottoms=(0, 0), tops=(1, MANY))
def dummy_data(spec: LayerSpec, weights: Weights) -> Op:
    """y = constant or random values of a given shape.

    Shapes: no bottom -> one ``shape`` for each top, or one for all (legacy: num, channels, height, width); one
    data_filler for each top, or one for all, or none: zeros. Nothing below takes a gradient.
    Caffe's surprises: random fillers are drawn anew in every pass; constant ones are not.
    Source: Caffe's dummy_data_layer.cpp, filler.hpp.
    """
    p, tops = spec.param, len(spec.tops)
    shapes = dummy_shapes(p, tops)
    if not shapes:
        counts = [len(getattr(p, name)) for name in OLD_SIZES]
        raise fault(spec, f"{counts} values of {', '.join(OLD_SIZES)}", f"1 or {tops} each")
    fillers = list(p.data_filler) * (tops if len(p.data_filler) == 1 else 1) or [None] * tops
    if len(shapes) != tops or len(fillers) != tops:
        raise fault(spec, f"{len(shapes)} shapes and {len(fillers)} fillers", f"1 or {tops} of each")
    for shape in shapes:
        check_size(spec, shape)
    makers = [_maker(spec, filler, shape) for filler, shape in zip(fillers, shapes, strict=True)]
    return Op(lambda: tuple(make() for make in makers), shapes=lambda: shapes)


def _maker(spec: LayerSpec, filler, shape: tuple[int, ...]):
    """What makes one top: a function without arguments."""
    kind = filler.type if filler is not None else "constant"
    if kind not in FILLERS:
        raise fault(spec, f"the data_filler type {kind!r}", f"one of {', '.join(sorted(FILLERS))}")
    if kind == "constant":
        value = filler.value if filler is not None else 0.0
        return lambda: torch.full(shape, value)
    if kind == "uniform":
        return lambda: torch.empty(shape).uniform_(filler.min, filler.max)
    if kind == "gaussian":
        return lambda: torch.empty(shape).normal_(filler.mean, filler.std)
    return lambda: torch.from_numpy(fill(filler, shape, np.random.default_rng(int(torch.randint(2**31, ())))))
