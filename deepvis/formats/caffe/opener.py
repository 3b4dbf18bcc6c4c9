"""Opens Caffe's deploy.prototxt and its weights."""

from __future__ import annotations

from functools import cache

import numpy as np

from deepvis.formats.caffe import hash_0_1_0
from deepvis.formats.caffe.graph import graph_of
from deepvis.formats.caffe.load import load_net
from deepvis.formats.caffe.spec import NetSpec
from deepvis.network.errors import ModelError
from deepvis.network.inputs import one_picture, picture_input
from deepvis.network.ref import FORMATS, Opened, Source


@FORMATS.add("caffe")
def open_caffe(source: Source) -> Opened:
    """The network of a prototxt, without loading torch; weights are read when first asked for. Raises ModelError."""
    structure = _structure(source)

    @cache
    def spec() -> NetSpec:
        if source.weights is None and not source.fill:
            raise ModelError(f"network {source.file}: found no weights, expected a .caffemodel (--weights FILE)")
        return load_net(
            source.file,
            source.weights,
            on_missing="fill" if source.fill else "error",
            input_shapes=structure.inputs,
        )

    transform = structure.transform
    scale = 255.0 if transform is None else 255.0 * transform.scale
    return Opened(
        graph_of(structure),
        weighted=lambda: graph_of(spec()),
        mean=[float(np.float32(m) * np.float32(scale / 255)) for m in (transform.mean_value if transform else ())]
        or None,
        input_scale=scale,
        mean_file=transform.mean_file if transform is not None else "",
        own=spec,
        older_names=lambda order, scale, mean_chw: (hash_0_1_0.hash_0_1_0(spec(), order, scale, mean_chw),),
    )


def _structure(source: Source) -> NetSpec:
    """The network without its weights, its picture of the wanted size and batch 1."""
    spec = load_net(source.file, None, picture_size=source.input_size)
    if source.weights is not None and any("was replaced by the input" in note for note in spec.notes):
        # the first convolution tells the channels
        spec = load_net(source.file, source.weights, picture_size=source.input_size)
    name = picture_input(spec.name, spec.inputs, source.data_input)
    shape = spec.inputs[name]
    if source.input_size is not None:
        shape = (1, *(shape[-3:-2] or (3,)), *source.input_size)
    return load_net(source.file, None, input_shapes={**spec.inputs, name: one_picture(shape)})
