"""What a window shows of a network that nobody described: found from the graph alone.

Layers here are the names of blobs, as everywhere in the window.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence

from deepvis.formats.caffe.spec import LayerSpec, NetSpec
from deepvis.network.errors import ModelError

# layers that hand their bottom on, in another shape or not at all
_SILENT = frozenset(("Dropout", "Split", "Silence", "Flatten", "Reshape", "Permute", "PriorBox", "DetectionOutput"))
# layers that hold weights or join paths: their units are their own
_CONVOLUTIONS = frozenset(("Convolution", "Deconvolution", "ConvolutionDepthwise", "DepthwiseConvolution"))
_WEIGHTED = _CONVOLUTIONS | {"InnerProduct", "Embed", "LSTM", "RNN"}
_JOINS = frozenset(("Concat", "Eltwise", "Axpy"))
_MAKERS = _WEIGHTED | _JOINS
MANY_LAYERS = 32  # above, the inside of blocks is left out of the list


def data_blob(spec: NetSpec, wanted: str | None = None) -> str:
    """The input that takes the picture: the wanted one, "data", or the first of picture shape. Raises ModelError."""
    names = ", ".join(map(repr, spec.inputs)) or "none"
    if wanted:
        if wanted not in spec.inputs:
            raise ModelError(f"network {spec.name!r} has no input {wanted!r}, expected one of its inputs: {names}")
        return wanted
    pictures = [name for name, shape in spec.inputs.items() if len(shape) in (0, 3, 4)]
    if not pictures:
        raise ModelError(f"network {spec.name!r}: found the inputs {names}, expected one that takes a picture")
    return "data" if "data" in pictures else pictures[0]


def picture_shape(spec: NetSpec, blob: str) -> tuple[int, int, int]:
    """(channels, height, width) of an input. Raises ModelError where it is no picture, or is not declared."""
    shape = spec.inputs[blob]
    if len(shape) not in (3, 4):
        found = "no shape" if not shape else f"the shape {'x'.join(map(str, shape))}"
        raise ModelError(
            f"network {spec.name!r}: found {found} of the input {blob!r}, expected (batch, channels, height, width); "
            "give its size (input_size)"
        )
    return shape[-3], shape[-2], shape[-1]


def last_maker(spec: NetSpec, blob: str) -> LayerSpec | None:
    """The layer that made the blob first, before others worked on it in place; None for inputs."""
    return next((layer for layer in spec.layers if blob in layer.tops), None)


def shown_layers(spec: NetSpec) -> tuple[str, ...]:
    """The blobs worth a place in the layer list, in the order in which they are made.

    Without inputs, dropout and reshapes; in long networks without the inside of blocks, which end in a Concat or
    Eltwise: GoogLeNet shows inception_3a/output, not its six convolutions.
    """
    blobs = list(
        dict.fromkeys(
            blob
            for layer in spec.layers
            if layer.type not in _SILENT and layer.bottoms
            for blob in layer.tops
            if blob not in layer.bottoms
        )
    )
    if len(blobs) > MANY_LAYERS:
        hidden = _inside_blocks(spec, blobs)
        blobs = [blob for blob in blobs if blob not in hidden] or blobs
    return tuple(blobs)


def _inside_blocks(spec: NetSpec, blobs: Sequence[str]) -> set[str]:
    """Blobs whose names say that they lie inside a block: "block/..." or "block_..." where the block ends in a join."""
    joins = [layer.tops[0] for layer in spec.layers if layer.type in _JOINS and layer.tops]
    prefixes = {top.rsplit("/", 1)[0] + "/" if "/" in top else top + "_" for top in joins} - {"/"}
    return {blob for blob in blobs if blob not in joins and any(blob.startswith(prefix) for prefix in prefixes)}


def groups(layers: Sequence[str]) -> tuple[int, ...]:
    """Index of the group of each layer; a new one starts where the number in the name, or the block, changes."""
    indices: list[int] = []
    index, before = 0, None
    for name in layers:
        block, slash, _ = name.strip("/").partition("/")
        number = re.search(r"\d+", block)
        key = number.group() if number else block if slash else before
        if before is not None and key != before:
            index += 1
        before = key
        indices.append(index)
    return tuple(indices)


def short_names(layers: Sequence[str]) -> dict[str, str]:
    """Name -> a short one for the list: the whole name where it is short or where two would look the same."""
    shorter = {name: short_name(name) for name in layers}
    seen = list(shorter.values())
    return {name: short if seen.count(short) == 1 else name for name, short in shorter.items()}


def short_name(name: str) -> str:
    """inception_3a/output -> 3a, conv1/7x7_s2 -> conv1, pool1/norm1 -> norm1, loss3/classifier -> classifier."""
    short = re.sub(r"^inception_", "", name.strip("/"))
    short = re.sub(r"/(output|concat|eltwise|sum|axpy)$", "", short)
    short = re.sub(r"/\d+x\d+(_s\d+)?$", "", short)
    short = re.sub(r"/\d+x\d+_reduce$", "r", short)
    if len(short) > 8 and "/" in short:
        short = short.rsplit("/", 1)[1]
    return short


def probability_layer(spec: NetSpec) -> str:
    """The blob of class probabilities: "prob" if a Softmax or Sigmoid makes it, else the last Softmax; "" if none."""
    ends = [layer.tops[0] for layer in spec.layers if layer.type == "Softmax" and layer.tops]
    sigmoids = [layer.tops[0] for layer in spec.layers if layer.type == "Sigmoid" and layer.tops]
    if "prob" in ends or "prob" in sigmoids:
        return "prob"
    return ends[-1] if ends else ""


def class_layers(spec: NetSpec, prob: str) -> tuple[str, ...]:
    """Blobs whose channels are the classes: the probabilities back to the layer with weights that scores them.

    Without a probability layer: the last layer with weights, if nothing reads it.
    """
    if not prob:
        read = {blob for layer in spec.layers for blob in layer.bottoms if blob not in layer.tops}
        ends = [x.tops[0] for x in spec.layers if x.type == "InnerProduct" and x.tops and x.tops[0] not in read]
        return tuple(ends[-1:])
    found, blob = [prob], prob
    for _ in range(8):
        maker = last_maker(spec, blob)
        if maker is None or maker.type in _MAKERS or len(maker.bottoms) != 1:
            break
        blob = maker.bottoms[0]
        found.append(blob)
    return tuple(reversed(found))


def class_count(spec: NetSpec, layers: Sequence[str]) -> int | None:
    """How many classes the layer with weights among the class layers scores, None where the graph does not tell."""
    for blob in layers:
        maker = last_maker(spec, blob)
        if maker is not None and maker.type in ("InnerProduct", "Convolution"):
            return int(maker.param.num_output)
    return None


def borrowed_images(spec: NetSpec, layers: Collection[str]) -> dict[str, str]:
    """Layer -> the layer whose unit images it shows: pooled and normalised ones borrow from where they come from."""
    remap: dict[str, str] = {}
    for name in layers:
        blob, maker = name, last_maker(spec, name)
        while maker is not None and maker.type not in _MAKERS and len(maker.bottoms) == 1:
            blob = maker.bottoms[0]
            maker = last_maker(spec, blob)
        if blob != name and maker is not None:
            remap[name] = blob
    return remap


def is_convolutional(layer: LayerSpec) -> bool | None:
    """True for convolutions, False for fully connected layers, None for layers without weights."""
    if layer.type not in _WEIGHTED:
        return None
    return layer.type in _CONVOLUTIONS


def reference_shape(shape: tuple[int, ...]) -> tuple[int, ...]:
    """The shape with batch 1, as the window runs it; a shape without a batch as it is."""
    return (1, *shape[1:]) if len(shape) == 4 else shape
