"""Opens Caffe's deploy.prototxt and its weights."""

from __future__ import annotations

import math
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np

from deepvis.core.array_files import count_in
from deepvis.core.content_errors import CONTENT_ERRORS
from deepvis.formats.caffe import hash_0_1_0
from deepvis.formats.caffe.batches import fixed_batch, may_mix
from deepvis.formats.caffe.data import UnknownSize
from deepvis.formats.caffe.load import load_net
from deepvis.formats.caffe.misfits import without_misfits
from deepvis.formats.caffe.readers import channels_of, has_window
from deepvis.formats.caffe.spec import NetworkSpec, Shape
from deepvis.formats.caffe.spec_graph import graph_of
from deepvis.network.graph import Graph
from deepvis.network.inputs import OF_REGIONS, one_picture, picture_input
from deepvis.network.model_error import ModelError
from deepvis.network.ref import FORMATS, Opened, Source

PLACEHOLDER = 224  # height and width where the file declares 1 x 1


@FORMATS.add("caffe")
def open_caffe(source: Source) -> Opened:
    """The network of a prototxt, without loading torch; weights are read when first asked for. Raises ModelError."""
    structure, declared = _structure(source)
    picture = picture_input(structure.name, structure.inputs, source.data_input)
    size = structure.inputs[picture][-2:]

    @cache
    def spec() -> NetworkSpec:
        if source.weights is None and not source.fill:
            raise ModelError(
                f"network {source.file}: found no weights, expected a .caffemodel (--weights FILE), or --fill for "
                "weights that are made up"
            )
        found = load_net(
            source.file,
            source.weights,
            on_missing="fill" if source.fill else "error",
            input_shapes=structure.inputs,
            dummies_as_inputs=True,
        )
        found = replace(found, batch=structure.batch, is_made_up=True)
        return found if source.fill or size == declared else without_misfits(found, (size[0], size[1]))

    @cache
    def weighted() -> Graph:
        graph = graph_of(spec())
        if not may_mix(spec()) or graph.refusal is not None:
            return graph
        from deepvis.network.mixing import unmixed  # late: the window starts without torch

        return unmixed(graph, picture)

    transform = structure.transform
    scale = 255.0 if transform is None else 255.0 * transform.scale
    return Opened(
        graph_of(structure),
        weighted=weighted,
        mean=[float(np.float32(m) * np.float32(scale / 255)) for m in (transform.mean_value if transform else ())]
        or None,
        input_scale=scale,
        mean_file=transform.mean_file if transform is not None else "",
        own=spec,
        older_names=lambda order, scale, mean_chw: (hash_0_1_0.hash_0_1_0(spec(), order, scale, mean_chw),),
    )


def _structure(source: Source) -> tuple[NetworkSpec, Shape]:
    """(the network without its weights, its picture of the wanted size and batch 1; the (height, width) of the file).

    Raises ModelError.
    """
    spec = _with_input_shapes(source)
    name = picture_input(spec.name, spec.inputs, source.data_input)
    shape, notes = spec.inputs[name], []
    if len(shape) == 3 and source.input_size is None:
        raise _three_axes(source, name, shape)
    declared = shape[-2:] if len(shape) >= 3 else ()
    if source.input_size is not None:
        shape = (*(shape[:1] or (1,)), *(shape[-3:-2] or (_channels(source, name),)), *source.input_size)
    elif len(shape) == 4 and shape[2:] == (1, 1) and has_window(name, [layer.message for layer in spec.layers]):
        shape = (*shape[:2], PLACEHOLDER, PLACEHOLDER)
        notes.append(
            f"the input {name!r} is declared as 1 x 1, which holds the place of a size: {PLACEHOLDER} x {PLACEHOLDER} "
            "is taken; --input-size HxW says otherwise"
        )
    if source.channels is not None and len(shape) >= 3:
        shape = (*shape[:-3], source.channels, *shape[-2:])
    batch = fixed_batch(spec, shape)
    if batch is not None:
        notes.append(f"the layers take {batch} pictures at a time, as declared: one is repeated, and the first shown")
    shapes = {other: _of_one(found, shape, batch) for other, found in spec.inputs.items()}
    shapes.update(_given_regions(spec, source))
    structure = load_net(source.file, None, input_shapes={**shapes, name: one_picture(shape)}, dummies_as_inputs=True)
    return replace(structure, notes=(*spec.notes, *notes), batch=batch), declared


def _three_axes(source: Source, name: str, shape: Shape) -> ModelError:
    """Caffe's layers take the middle one of three axes as channels: such an input is a sequence, not a picture."""
    words = "x".join(map(str, shape))
    return ModelError(
        f"network {source.file}: found the shape {words} of the input {name!r}, expected the four of pictures "
        f"(batch, channels, height, width); Caffe takes it as {shape[0]} sequences of {shape[1]} channels, which "
        f"deepvis.caffe.Net runs; --input-size {shape[1]}x{shape[2]} takes it as (channels, height, width)"
    )


def _with_input_shapes(source: Source) -> NetworkSpec:
    """The network with its inputs; where data layers became some, channels and size follow from the weights."""

    def read(weights: Path | None) -> NetworkSpec:
        return load_net(
            source.file,
            weights,
            picture_size=source.input_size,
            picture_channels=source.channels,
            on_missing="fill",
            dummies_as_inputs=True,
        )

    try:
        spec = read(None)
    except UnknownSize:
        if source.weights is None:
            raise
        return read(source.weights)
    if source.weights is not None and any("was replaced by the input" in note for note in spec.notes):
        return read(source.weights)
    return spec


def _channels(source: Source, name: str) -> int:
    """Of an input that declares none: by the weights, else 3."""
    if source.weights is None:
        return 3
    spec = load_net(source.file, source.weights, on_missing="fill")
    weights = {layer.name: layer.blobs for layer in spec.layers}
    return channels_of(name, [layer.message for layer in spec.layers], weights) or 3


def _given_regions(spec: NetworkSpec, source: Source) -> dict[str, Shape]:
    """The inputs that name regions -> their shapes for as many as the caller's files hold."""
    found = {}
    for name, file in (each.split("=", 1) for each in source.inputs if "=" in each):
        is_read = any(layer.type in OF_REGIONS and layer.bottoms[1:2] == (name,) for layer in spec.layers)
        each = spec.inputs.get(name, ())[1:]
        if is_read and each and all(each):
            count, rest = divmod(_count(Path(file)), math.prod(each))
            if count and not rest:
                found[name] = (count, *each)
    return found


def _count(file: Path) -> int:
    """How many values a .npy file holds; 0 for one that is none, which is said later."""
    try:
        return count_in(file)
    except (OSError, *CONTENT_ERRORS):
        return 0


def _of_one(other: Shape, picture: Shape, batch: int | None) -> Shape:
    """The shape of another input beside one picture: its batch goes with that of the picture."""
    is_alike = batch is None and len(other) == len(picture) == 4 and other[0] == picture[0]
    return one_picture(other) if is_alike else other
