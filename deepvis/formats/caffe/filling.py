"""First values for weights that no file gives: the blobs' shapes from the bottoms, the values from Caffe's fillers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from math import prod

import numpy as np

from deepvis.formats.caffe.blobs import blob_counts
from deepvis.formats.caffe.fillers import FILLERS
from deepvis.formats.caffe.fillers import fill as fill_blob
from deepvis.formats.caffe.layers._windows import per_axis
from deepvis.formats.caffe.schema import FillerParameter
from deepvis.formats.caffe.spec import LayerSpec, NetSpec
from deepvis.network.graph import Plan
from deepvis.network.op import canonical_axis, check_size, fault, naming
from deepvis.network.shapes import infer_shapes

Shape = tuple[int, ...]

NO_FILLER = FillerParameter()  # constant 0


def needs_filling(layer: LayerSpec) -> bool:
    """True if layers of this kind hold weights and no file gave any."""
    counts = blob_counts(layer.message)
    return not layer.blobs and counts is not None and counts[0] > 0


def filled(layer: LayerSpec, bottoms: Sequence[Shape], rng: np.random.Generator) -> LayerSpec:
    """The layer with blobs from its fillers; bottoms are the shapes of its bottoms. Raises ModelError."""
    with naming(layer):
        shapes = blob_shapes(layer, bottoms)
        for shape in shapes:
            check_size(layer, shape, "a weight blob")
        fillers = [_filler(layer, index, shape) for index, shape in enumerate(shapes)]
        for filler in fillers:
            if filler.type not in FILLERS:
                raise fault(layer, f"the filler type {filler.type!r}", f"one of {', '.join(sorted(FILLERS))}")
        values = tuple(fill_blob(filler, shape, rng) for filler, shape in zip(fillers, shapes, strict=True))
    return replace(layer, blobs=values)


def blob_shapes(layer: LayerSpec, bottoms: Sequence[Shape]) -> list[Shape]:
    """The shapes of a layer's weight blobs, in Caffe's order."""
    p, x = layer.param, bottoms[0] if bottoms else ()
    kind = layer.type
    if kind in ("Convolution", "Deconvolution", "ConvolutionDepthwise", "DepthwiseConvolution"):
        axis = canonical_axis(layer, p.axis, len(x))
        channels, axes = x[axis], len(x) - axis - 1
        group = p.group if kind in ("Convolution", "Deconvolution") else channels
        if group < 1 or channels % group or p.num_output % group:
            raise fault(layer, f"{channels} channels and {p.num_output} outputs in {group} groups", "whole groups")
        kernel = per_axis(layer, "kernel_size", None, axes, least=1)
        ends = (channels, p.num_output) if kind == "Deconvolution" else (p.num_output, channels)
        return [(ends[0], ends[1] // group, *kernel)] + [(p.num_output,)] * p.bias_term
    if kind == "InnerProduct":
        inputs = prod(x[canonical_axis(layer, p.axis, len(x)) :])
        weights = (inputs, p.num_output) if p.transpose else (p.num_output, inputs)
        return [weights] + [(p.num_output,)] * p.bias_term
    if kind == "Embed":
        return [(p.input_dim, p.num_output)] + [(p.num_output,)] * p.bias_term
    if kind in ("Scale", "Bias"):
        axis = canonical_axis(layer, p.axis, max(len(x), 1)) if p.num_axes else 0
        shape = x[axis:] if p.num_axes == -1 else x[axis : axis + p.num_axes]
        if len(bottoms) > 1:
            return [bottoms[1]] * (kind == "Scale" and p.bias_term)
        return [shape] * (1 + (kind == "Scale" and p.bias_term))
    if kind == "PReLU":
        if len(x) < 2:
            raise fault(layer, f"a bottom of {len(x)} dimensions", "2 or more: number, channels, ...")
        return [(1,) if p.channel_shared else (x[1],)]
    if kind == "BatchNorm":
        channels = x[1] if len(x) > 1 else 1
        return [(channels,), (channels,), (1,)]
    if kind == "Normalize":
        return [(1,) if p.channel_shared else (x[1],)]
    if kind == "Parameter":
        return [tuple(p.shape.dim)]
    return _recurrent(layer, bottoms)


def _recurrent(layer: LayerSpec, bottoms: Sequence[Shape]) -> list[Shape]:
    """Input weights, bias, (static input weights,) hidden weights; for RNN the output's weights and bias too."""
    n = layer.param.num_output
    rows = 4 * n if layer.type == "LSTM" else n
    shapes: list[Shape] = [(rows, prod(bottoms[0][2:])), (rows,)]
    if blob_counts(layer.message)[0] in (4, 6):  # type: ignore[index]
        shapes.append((rows, prod(bottoms[2][1:])))
    shapes.append((rows, n))
    return shapes if layer.type == "LSTM" else [*shapes, (n, n), (n,)]


def _filler(layer: LayerSpec, index: int, shape: Shape):
    p, kind = layer.param, layer.type
    if kind in ("Scale", "Bias", "PReLU"):
        if kind == "Scale" and (index == 1 or len(layer.bottoms) > 1):
            return p.bias_filler
        if p.HasField("filler"):
            return p.filler
        return FillerParameter(value={"Scale": 1.0, "PReLU": 0.25, "Bias": 0.0}[kind])
    if kind == "Normalize":
        return p.scale_filler if p.HasField("scale_filler") else FillerParameter(value=1.0)
    if kind in ("BatchNorm", "Parameter"):
        return NO_FILLER
    return p.weight_filler if len(shape) > 1 else p.bias_filler


def fill_net(spec: NetSpec, rng: np.random.Generator | None = None) -> NetSpec:
    """The network with values for all weights that no file gave; names of shared params stay shared.

    The same values at every call, unless another ``rng`` is given. Raises ModelError where the shapes do not fit.
    """
    rng = rng or np.random.default_rng(0)
    owners: dict[str, np.ndarray] = {}
    done: dict[int, LayerSpec] = {}

    def complete(layer: LayerSpec, bottoms: Sequence[Shape]) -> LayerSpec:
        if needs_filling(layer):
            layer_filled = filled(layer, bottoms, rng)
            names = [param.name for param in layer.message.param] + [""] * len(layer_filled.blobs)
            blobs = tuple(
                owners.setdefault(name, blob) if name else blob
                for name, blob in zip(names, layer_filled.blobs, strict=False)
            )
            done[id(layer)] = replace(layer, blobs=blobs)
        return done.get(id(layer), layer)

    infer_shapes(Plan(spec), spec.inputs, complete)
    return replace(spec, layers=tuple(done.get(id(layer), layer) for layer in spec.layers), fill=False)
