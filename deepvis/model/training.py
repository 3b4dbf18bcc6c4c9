"""What training files hold besides the network: data layers become inputs, losses and accuracies are left out.

Every such change leaves a sentence among the notes.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from deepvis.model import schema
from deepvis.model.errors import ModelError

DATA_TYPES = {
    "Data", "ImageData", "HDF5Data", "MemoryData", "WindowData", "AnnotatedData", "VideoData", "CPMData", "DataReader",
}  # fmt: skip
_OTHER_LOSSES = {"Accuracy", "HDF5Output", "DetectionEvaluate", "MultiBoxLoss", "SoftmaxWithLossOHEM"}
# a loss that holds an activation of its own leaves that in its place
_ACTIVATION_OF_LOSS = {"SoftmaxWithLoss": "Softmax", "SigmoidCrossEntropyLoss": "Sigmoid"}

Shape = tuple[int, ...]


def is_loss(layer_type: str) -> bool:
    """Whether layers of this type only train or judge a network."""
    return layer_type.endswith(("Loss", "WithLoss")) or layer_type in _OTHER_LOSSES


# --- losses ------------------------------------------------------------------------------------


def without_losses(layers: Sequence[Any], notes: list[str]) -> list[Any]:
    """The layers without losses and accuracies, and without what only these feed.

    A SoftmaxWithLoss becomes a Softmax called "prob", unless the network has the Softmax of that blob.
    """
    kept: list[Any] = []
    gone: set[str] = set()
    for layer in layers:
        if is_loss(layer.type):
            gone.update(layer.top)
            activation = _activation(layer, layers)
            if activation is not None:
                kept.append(activation)
                notes.append(f"layer {layer.name!r} ({layer.type}) was replaced by the {activation.type} {activation.name!r}")
            else:
                notes.append(f"layer {layer.name!r} ({layer.type}) was left out: it only serves training")
        elif gone.intersection(layer.bottom):
            gone.update(layer.top)
            notes.append(f"layer {layer.name!r} ({layer.type}) was left out: it reads a loss")
        else:
            kept.append(layer)
    return kept


def _activation(loss: Any, layers: Sequence[Any]) -> Any:
    """The Softmax or Sigmoid that stands in for a loss, None where it needs none."""
    kind = _ACTIVATION_OF_LOSS.get(loss.type)
    if kind is None or not loss.bottom:
        return None
    if any(layer.type == kind and list(layer.bottom) == [loss.bottom[0]] for layer in layers):
        return None
    taken = {blob for layer in layers for blob in layer.top} | {layer.name for layer in layers}
    name = next(n for n in ("prob", f"{loss.name}_prob", *(f"prob{i}" for i in range(len(taken) + 1))) if n not in taken)
    layer = schema.LayerParameter(name=name, type=kind, bottom=[loss.bottom[0]], top=[name])
    if kind == "Softmax" and loss.HasField("softmax_param"):
        layer.softmax_param.CopyFrom(loss.softmax_param)
    return layer


def drop_unread(layers: Sequence[Any], inputs: dict[str, Shape], read_before: set[str], notes: list[str]) -> list[Any]:
    """Take out the inputs, and the Silence layers, that only the left-out losses had a use for. Changes ``inputs``."""
    labels = {blob for layer in layers if layer.type == "Silence" for blob in layer.bottom}
    read = {blob for layer in layers if layer.type != "Silence" for blob in layer.bottom}
    unread = {name for name in inputs if name not in read and (name in read_before or name in labels)}
    if len(unread) == len(inputs):
        return list(layers)
    for name in sorted(unread):
        del inputs[name]
        notes.append(f"input {name!r} was left out: nothing but a loss reads it")
    return [layer for layer in layers if not (layer.type == "Silence" and unread.intersection(layer.bottom))]


# --- data layers -------------------------------------------------------------------------------


def data_inputs(
    layer: Any, readers: Sequence[Any], weights: Mapping[str, Sequence[Any]], given: Mapping[str, Shape], notes: list[str]
) -> dict[str, Shape]:
    """The inputs that replace a data layer: its first top is the picture, batch 1, the others one number an image.

    readers: the layers that read the blobs. weights: where the first convolution tells the count of channels.
    given: shapes that the caller knows better. Raises ModelError where the file does not tell the size.
    """
    shapes: dict[str, Shape] = {}
    for index, blob in enumerate(layer.top):
        if blob in given:
            shapes[blob] = tuple(given[blob])
        elif index > 0:
            shapes[blob] = (1,)
        else:
            shapes[blob] = _picture_shape(layer, blob, readers, weights)
    notes.append(
        f"layer {layer.name!r} ({layer.type}) was replaced by the input "
        + ", ".join(f"{blob!r} of {'x'.join(map(str, shape))}" for blob, shape in shapes.items())
    )
    return shapes


def _picture_shape(layer: Any, blob: str, readers: Sequence[Any], weights: Mapping[str, Sequence[Any]]) -> Shape:
    memory = layer.memory_data_param
    if layer.type == "MemoryData" and memory.channels and memory.height and memory.width:
        return (1, memory.channels, memory.height, memory.width)
    height, width = _crop(layer)
    if not (height and width):
        raise ModelError(
            f"layer {layer.name!r} ({layer.type}): found no crop_size and no size of its pictures, expected one; "
            f"give the shape of the input {blob!r} (input_shapes={{{blob!r}: (1, channels, height, width)}})"
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


def _channels(layer: Any, blob: str, readers: Sequence[Any], weights: Mapping[str, Sequence[Any]]) -> int:
    for reader in readers:
        if blob in reader.bottom and reader.type == "Convolution" and weights.get(reader.name):
            kernel = weights[reader.name][0]
            if kernel.ndim == 4:
                return kernel.shape[1] * max(1, reader.convolution_param.group)
    if layer.transform_param.force_gray or (layer.type == "ImageData" and not layer.image_data_param.is_color):
        return 1
    return 3


def check_shape(name: str, shape: Shape) -> None:
    """Raise ModelError for an input that no machine can hold. () is a shape that is given later."""
    words = "x".join(str(dim) for dim in shape)
    if any(dim <= 0 for dim in shape):
        raise ModelError(f"input {name!r}: found the shape {words}, expected sizes of 1 or more")
    if len(shape) > 32 or math.prod(shape) >= 2**31:
        raise ModelError(f"input {name!r}: found the shape {words[:80]}, expected fewer than 2^31 values")
