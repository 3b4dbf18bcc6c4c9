"""Data layers become inputs; their shapes follow from the file, from the weights, or the caller gives them.

Every such change leaves a sentence among the notes.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from deepvis.formats.caffe.readers import Blobs, channels_of, dummy_shapes, has_window, values_of
from deepvis.formats.caffe.unknown import is_unknown
from deepvis.network.inputs import one_picture
from deepvis.network.model_error import ModelError

Shape = tuple[int, ...]


class UnknownSize(ModelError):
    """Nothing says how large the pictures of a data layer are."""


@dataclass(frozen=True)
class PictureOptions:
    """What the caller gives for the inputs that stand in for data layers."""

    shapes: Mapping[str, Shape] = field(default_factory=dict)  # blob -> its whole shape
    size: tuple[int, int] | None = None  # (height, width) of the picture
    keep_unknown: bool = (
        False  # Python layers are data only where all their shapes are given: the caller runs the others
    )
    takes_dummies: bool = False  # DummyData layers become inputs where the network has no other
    channels: int | None = None  # of the picture


DATA_TYPES = frozenset(("Data", "ImageData", "HDF5Data", "MemoryData", "WindowData", "AnnotatedData", "VideoData"))
# fields of layers that say how many pictures come at a time
_OF_DATA = frozenset(
    f"{kind}_param" for kind in ("data", "image_data", "hdf5_data", "memory_data", "window_data", "dense_image_data")
)
# shapes of what data layers bring beside the picture, where a layer may want more of it than one number
_BESIDE: dict[str, Shape] = {"rois": (1, 5), "im_info": (1, 3), "gt_boxes": (1, 5)}


def is_data(layer: Any, options: PictureOptions) -> bool:
    """Whether a layer brings data: by its type, or a layer without bottoms that nothing here can run."""
    if layer.type in DATA_TYPES:
        return True
    if layer.bottom or not layer.top:
        return False
    if options.keep_unknown:
        return layer.type == "Python" and set(layer.top) <= set(options.shapes)
    return is_unknown(layer)


def dummies_as_inputs(
    layers: Sequence[Any], options: PictureOptions, notes: list[str]
) -> tuple[list[Any], dict[str, Shape]]:
    """(the other layers, blob -> shape) of DummyData layers, for a network without any other input.

    Those with a shape for each top alone; the batch is 1 but for pictures, whose layers may fix it.
    """
    inputs: dict[str, Shape] = {}
    rest = []
    for layer in layers:
        shapes = dummy_shapes(layer.dummy_data_param, len(layer.top))
        if layer.type != "DummyData" or len(shapes) != len(layer.top) or not all(shapes):
            rest.append(layer)
            continue
        sizes = (shape if len(shape) == 4 else (1, *shape[1:]) for shape in shapes)
        found = dict(zip(layer.top, sizes, strict=True))
        inputs.update({blob: tuple(options.shapes.get(blob, shape)) for blob, shape in found.items()})
        notes.append(f"layer {layer.name!r} (DummyData) was replaced by the input {', '.join(map(repr, found))}")
    return rest, inputs


def data_inputs(
    layer: Any, readers: Sequence[Any], weights: Blobs, options: PictureOptions, notes: list[str]
) -> dict[str, Shape]:
    """The inputs that replace a data layer: its first top is the picture, of the batch that the layer declares where
    the caller has use for that, else 1; others are one number, and left out where nothing reads them.

    readers: the layers that read the blobs. weights: of the first layers, from which channels and size follow.
    options: what the caller knows better. Raises ModelError where nothing says the size.
    """
    shapes: dict[str, Shape] = {}
    batch = _batch(layer) if options.takes_dummies or options.keep_unknown else 1
    read = {blob for reader in readers for blob in reader.bottom}
    for index, blob in enumerate(layer.top):
        if index > 0 and blob not in read and not options.keep_unknown:
            continue
        if blob in options.shapes:
            shapes[blob] = tuple(options.shapes[blob])
        elif index > 0:
            beside = _BESIDE.get(blob) or _second_picture(blob, layer.top[0], shapes, readers, weights)
            shapes[blob] = beside or (batch if options.keep_unknown else 1,)
        else:
            shapes[blob] = (batch, *_picture_shape(layer, blob, readers, weights, options)[1:])
    found = ", ".join(f"{blob!r} of {'x'.join(map(str, one_picture(shape)))}" for blob, shape in shapes.items())
    notes.append(f"layer {layer.name!r} ({layer.type}) was replaced by the input {found}")
    return shapes


def _second_picture(
    blob: str, first: str, shapes: Mapping[str, Shape], readers: Sequence[Any], weights: Blobs
) -> Shape | None:
    """The shape of another top that is read as an image, as large as the first; None for labels and numbers."""
    if len(picture := shapes[first]) != 4:
        return None
    if has_window(blob, readers):
        return (1, channels_of(blob, readers, weights) or picture[1], *picture[2:])
    beside = next((reader.type for reader in readers if {blob, first} <= set(reader.bottom)), "")
    return {"Concat": (1, 1, *picture[2:]), "Eltwise": picture}.get(beside)


def _picture_shape(layer: Any, blob: str, readers: Sequence[Any], weights: Blobs, options: PictureOptions) -> Shape:
    memory = layer.memory_data_param
    if layer.type == "MemoryData" and memory.channels and (options.size or (memory.height and memory.width)):
        return (1, memory.channels, *(options.size or (memory.height, memory.width)))
    size = options.size or _crop(layer)
    values = None if options.channels else values_of(blob, readers, weights)
    if values is not None and (shape := shape_of_values(values, size if all(size) else None)):
        return (1, *shape)
    if not all(size):
        raise UnknownSize(
            f"layer {layer.name!r} ({layer.type}): found neither crop_size nor the size of its pictures, "
            f"expected one; give the size of the input {blob!r} with --input-size HxW"
        )
    return (1, options.channels or channels_of(blob, readers, weights) or _declared_channels(layer), *size)


def shape_of_values(values: int, size: tuple[int, int] | None) -> tuple[int, int, int] | None:
    """(channels, height, width) of a picture of so many values: of that size, or square and gray or in colour."""
    if size is not None:
        channels, left = divmod(values, size[0] * size[1])
        return None if left or not channels else (channels, *size)
    for channels in (1, 3):
        side = math.isqrt(values // channels)
        if side > 1 and channels * side * side == values:
            return channels, side, side
    return None


def _batch(layer: Any) -> int:
    """How many pictures a data layer says that it brings at a time, 1 where it says nothing."""
    params = [param for field, param in layer.ListFields() if field.name in _OF_DATA]
    return next((param.batch_size for param in params if param.batch_size), 1)


def _crop(layer: Any) -> tuple[int, int]:
    """(height, width) that the file names, 0 where it names none."""
    transform, dense = layer.transform_param, layer.dense_image_data_param
    old = [layer.data_param, layer.image_data_param, layer.window_data_param]
    size = transform.crop_size or max(param.crop_size for param in old)
    if size:
        return size, size
    if transform.crop_h and transform.crop_w:
        return transform.crop_h, transform.crop_w
    if transform.resize_param.height and transform.resize_param.width:
        return transform.resize_param.height, transform.resize_param.width
    if dense.crop_height and dense.crop_width:
        return dense.crop_height, dense.crop_width
    images = layer.image_data_param
    return images.new_height or dense.new_height, images.new_width or dense.new_width


def _declared_channels(layer: Any) -> int:
    is_gray = layer.type == "ImageData" and not layer.image_data_param.is_color
    return 1 if is_gray or layer.transform_param.force_gray else 3


def transform_of(layers: Sequence[Any]) -> Any:
    """The transform_param of the first data layer, with mean and scale of old files in it; None without one."""
    layer = next((layer for layer in layers if layer.type in DATA_TYPES), None)
    return None if layer is None else layer.transform_param


def with_size_options(shape: Shape, options: PictureOptions) -> Shape:
    """A declared shape, where the file leaves sizes open (0, -1) with those that the caller says of the picture."""
    if len(shape) != 4 or options.size is None:
        return shape
    sizes = (1, options.channels or shape[1], *options.size)
    return tuple(dim if dim > 0 else other for dim, other in zip(shape, sizes, strict=True))


def check_shape(name: str, shape: Shape) -> None:
    """Raise ModelError for an input that no machine can hold. () is a shape that is given later."""
    words = "x".join(str(dim) for dim in shape[:32])
    if any(dim <= 0 for dim in shape):
        hint = "; give its size with --input-size HxW" if len(shape) == 4 else ""
        hint += " and its channels with --channels C" if hint and shape[1] <= 0 else ""
        raise ModelError(f"input {name!r}: found the shape {words}, expected sizes of 1 or more{hint}")
    if len(shape) > 32:
        raise ModelError(f"input {name!r}: found {len(shape)} dimensions, expected at most 32")
    if math.prod(shape) >= 2**31:
        raise ModelError(f"input {name!r}: found the shape {words}, expected fewer than 2^31 values")
