"""What training files hold besides the network: data layers become inputs, losses are left out.

Every such change leaves a sentence among the notes.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from deepvis.formats.caffe import schema
from deepvis.network.errors import ModelError

Shape = tuple[int, ...]
Blobs = Mapping[str, Sequence[Any]]


@dataclass(frozen=True)
class Wanted:
    """What a caller knows of inputs: whole shapes by blob, or the (height, width) of the picture."""

    shapes: Mapping[str, Shape] = field(default_factory=dict)
    size: tuple[int, int] | None = None


DATA_TYPES = frozenset(("Data", "ImageData", "HDF5Data", "MemoryData", "WindowData", "AnnotatedData", "VideoData"))
_JUDGES = frozenset(("Accuracy", "HDF5Output", "DetectionEvaluate"))
# a loss that holds an activation of its own leaves that in its place
_ACTIVATION_OF_LOSS = {"SoftmaxWithLoss": "Softmax", "SigmoidCrossEntropyLoss": "Sigmoid"}
AUTOMATIC = "(automatic)"
# what files do to labels before a loss reads them
_REARRANGING = frozenset(("Silence", "Slice", "Flatten", "Reshape", "Split", "Concat", "Permute"))


def is_loss(layer_type: str) -> bool:
    """Whether layers of this type only train or judge a network."""
    return "Loss" in layer_type or layer_type in _JUDGES


def with_automatic_tops(layers: Sequence[Any]) -> list[Any]:
    """The layers, losses without a top given one: "(automatic)", which is no output. Source: Caffe's AutoTopBlobs."""
    found: list[Any] = []
    for layer in layers:
        if layer.type.endswith("Loss") and not layer.top:
            taken = {blob for other in found for blob in other.top}
            bare, layer = layer, schema.LayerParameter()
            layer.CopyFrom(bare)
            layer.top.append(AUTOMATIC if AUTOMATIC not in taken else f"{AUTOMATIC} {layer.name}")
        found.append(layer)
    return found


def is_data(layer: Any, given: Mapping[str, Shape]) -> bool:
    """Whether a layer brings data: by its type, or a Python layer without bottoms, its shapes ``given``."""
    if layer.type == "Python":
        return not layer.bottom and bool(layer.top) and set(layer.top) <= set(given)
    return layer.type in DATA_TYPES


# --- losses ------------------------------------------------------------------------------------


def without_losses(layers: Sequence[Any], inputs: dict[str, Shape], notes: list[str]) -> list[Any]:
    """The layers without losses and accuracies, without what only these feed, and without their labels.

    A SoftmaxWithLoss becomes a Softmax called "prob", unless the network has the Softmax of that blob.
    Takes the labels out of ``inputs``.
    """
    kept: list[Any] = []
    gone: set[str] = set()  # blobs that no layer makes any more
    freed: set[str] = set()  # blobs that a layer read that is gone
    for layer in layers:
        if not is_loss(layer.type) and not gone.intersection(layer.bottom):
            kept.append(layer)
            continue
        gone.update(layer.top)
        freed.update(layer.bottom)
        stand_in = _activation(layer, layers)
        said = f"layer {layer.name!r} ({layer.type}) was "
        if stand_in is not None:
            kept.append(stand_in)
            notes.append(f"{said}replaced by the {stand_in.type} {stand_in.name!r}")
        else:
            notes.append(f"{said}left out: it only serves training")
    return _without_labels(kept, inputs, freed, notes) if freed else kept


def _activation(loss: Any, layers: Sequence[Any]) -> Any:
    """The Softmax or Sigmoid that stands in for a loss, None where it needs none."""
    kind = _ACTIVATION_OF_LOSS.get(loss.type)
    if kind is None or not loss.bottom:
        return None
    if any(layer.type == kind and list(layer.bottom) == [loss.bottom[0]] for layer in layers):
        return None
    taken = {blob for layer in layers for blob in layer.top} | {layer.name for layer in layers}
    names = ("prob", f"{loss.name}_prob", *(f"prob{index}" for index in range(len(taken) + 1)))
    name = next(name for name in names if name not in taken)
    layer = schema.LayerParameter(name=name, type=kind, bottom=[loss.bottom[0]], top=[name])
    if kind == "Softmax" and loss.HasField("softmax_param"):
        layer.softmax_param.CopyFrom(loss.softmax_param)
    return layer


def _without_labels(layers: Sequence[Any], inputs: dict[str, Shape], freed: set[str], notes: list[str]) -> list[Any]:
    """The layers without those that only rearrange an input for the losses; such inputs leave ``inputs``."""
    kept = list(layers)
    for name in list(inputs)[1:] + list(inputs)[:1]:
        blobs, rearranging = {name}, []
        for layer in kept:
            if layer.type in _REARRANGING and blobs.issuperset(layer.bottom):
                blobs.update(layer.top)
                rearranging.append(layer)
        others = (layer for layer in kept if all(layer is not own for own in rearranging))
        is_read = any(blobs.intersection(layer.bottom) for layer in others)
        if len(inputs) > 1 and blobs & freed and not is_read:
            del inputs[name]
            kept = [layer for layer in kept if all(layer is not own for own in rearranging)]
            notes.append(f"input {name!r} was left out: nothing but a loss reads it")
    return kept


# --- data layers -------------------------------------------------------------------------------


def data_inputs(
    layer: Any, readers: Sequence[Any], weights: Blobs, wanted: Wanted, notes: list[str]
) -> dict[str, Shape]:
    """The inputs that replace a data layer: its first top is the picture, batch 1; others are one number.

    readers: the layers that read the blobs. weights: where the first convolution tells the count of channels.
    wanted: what the caller knows better. Raises ModelError where the file does not tell the size.
    """
    shapes: dict[str, Shape] = {}
    for index, blob in enumerate(layer.top):
        if blob in wanted.shapes:
            shapes[blob] = tuple(wanted.shapes[blob])
        elif index > 0:
            shapes[blob] = (1,)
        else:
            shapes[blob] = _picture_shape(layer, blob, readers, weights, wanted)
    said = ", ".join(f"{blob!r} of {'x'.join(map(str, shape))}" for blob, shape in shapes.items())
    notes.append(f"layer {layer.name!r} ({layer.type}) was replaced by the input {said}")
    return shapes


def _picture_shape(layer: Any, blob: str, readers: Sequence[Any], weights: Blobs, wanted: Wanted) -> Shape:
    memory = layer.memory_data_param
    height, width = wanted.size or (memory.height, memory.width)
    if layer.type == "MemoryData" and memory.channels and height and width:
        return (1, memory.channels, height, width)
    height, width = wanted.size or _crop(layer)
    if not (height and width):
        raise ModelError(
            f"layer {layer.name!r} ({layer.type}): found neither crop_size nor the size of its pictures, "
            f"expected one; give the shape of the input {blob!r} as (1, channels, height, width)"
        )
    return (1, _channels(layer, blob, readers, weights), height, width)


def _crop(layer: Any) -> tuple[int, int]:
    transform = layer.transform_param
    old = [layer.data_param, layer.image_data_param, layer.window_data_param]
    size = transform.crop_size or max(param.crop_size for param in old)
    if size:
        return size, size
    if transform.crop_h and transform.crop_w:
        return transform.crop_h, transform.crop_w
    return layer.image_data_param.new_height, layer.image_data_param.new_width


def _channels(layer: Any, blob: str, readers: Sequence[Any], weights: Blobs) -> int:
    for reader in readers:
        if blob in reader.bottom and reader.type == "Convolution" and weights.get(reader.name):
            kernel = weights[reader.name][0]
            if kernel.ndim == 4:
                return kernel.shape[1] * max(1, reader.convolution_param.group)
    is_gray = layer.type == "ImageData" and not layer.image_data_param.is_color
    return 1 if is_gray or layer.transform_param.force_gray else 3


def transform_of(layers: Sequence[Any]) -> Any:
    """The transform_param of the first data layer, with mean and scale of old files in it; None without one."""
    layer = next((layer for layer in layers if layer.type in DATA_TYPES), None)
    return None if layer is None else layer.transform_param


def check_shape(name: str, shape: Shape) -> None:
    """Raise ModelError for an input that no machine can hold. () is a shape that is given later."""
    words = "x".join(str(dim) for dim in shape[:32])
    if any(dim <= 0 for dim in shape):
        raise ModelError(f"input {name!r}: found the shape {words}, expected sizes of 1 or more")
    if len(shape) > 32:
        raise ModelError(f"input {name!r}: found {len(shape)} dimensions, expected at most 32")
    if math.prod(shape) >= 2**31:
        raise ModelError(f"input {name!r}: found the shape {words}, expected fewer than 2^31 values")
