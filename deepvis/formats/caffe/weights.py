"""Weights files: binary ``.caffemodel`` (V0, V1, current), ``.caffemodel.h5``, prototxt with blobs.

A binary file is walked, not parsed: each blob's floats go straight from the file into its array, so that a
file of 240 MB is held in memory once. Packed, unpacked and chunked floats, double data and the half-precision
``raw_data`` of NVIDIA's Caffe (BlobProto fields 10 and 12) are read; whatever else is there is passed over.
"""

from __future__ import annotations

import contextlib
import math
import mmap
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from deepvis.core.files import path_beside
from deepvis.core.regular_file import open_regular
from deepvis.formats import wire
from deepvis.formats.caffe import prototxt, schema
from deepvis.formats.caffe.hdf5 import read_hdf5, write_hdf5
from deepvis.formats.wire import BYTES, VARINT, Walker, WireField
from deepvis.network.mistaken import HEAD, SWAPPED, is_text, mistaken
from deepvis.network.model_error import ModelError

Weights = dict[str, list[np.ndarray]]

MOST_DIMS = 32  # as in Caffe's blob.hpp
_LAYER, _V1_LAYERS = 100, 2  # fields of NetParameter
_DATA, _DOUBLE_DATA, _RAW_DATA = 5, 8, 12  # fields of BlobProto
# where each kind of layer message has its name and blobs
_CURRENT, _V1, _V0 = {"name": 1, "blobs": 7}, {"name": 4, "blobs": 6, "v0": 1}, {"name": 1, "blobs": 50}
_RAW_TYPES = {0: np.float64, 1: np.float32, 2: np.float16}  # NVIDIA Caffe's enum Type
# by the suffixes of Caffe's other files
_OTHERS = {
    ".solverstate": "a solver's state and no weights; give the .caffemodel beside it",
    ".binaryproto": "one blob, as of a mean image, which goes with --mean; give the .caffemodel",
}


def read_weights(path: str | Path) -> Weights:
    """Layer name -> its blobs, float32, in the file's shapes (legacy files: always 4-d). Raises ModelError.

    Layers without blobs are left out; of layers with the same name the last counts, as in Caffe.
    """
    path = Path(path)
    if path.suffix in (".h5", ".hdf5"):
        return read_hdf5(path)
    if path.suffix in _OTHERS and path.is_file():
        raise ModelError(f"{path}: holds {_OTHERS[path.suffix]}")
    if path.suffix in (".prototxt", ".pbtxt", ".txt"):
        return weights_of(prototxt.read_net_text(path))
    with _opened(path) as (walker, file):
        return _read_net(walker, file)


def read_blob(path: str | Path) -> np.ndarray:
    """The one blob of a ``.binaryproto`` file (a mean image), float32 in its own shape. Raises ModelError."""
    path = Path(path)
    with _opened(path) as (walker, file):
        return _read_blob(walker, file, 0, len(walker.buffer), "BlobProto")


def weights_of(net: Any) -> Weights:
    """The blobs that a NetParameter message holds itself, as ``read_weights`` gives them."""
    found: Weights = {}
    for layer in [*net.layers, *net.layer]:
        blobs = list(layer.layer.blobs) if hasattr(layer, "layer") and layer.HasField("layer") else []
        name = layer.layer.name if blobs else layer.name
        arrays = [blob_array(blob, f"layer {name!r}") for blob in [*blobs, *layer.blobs]]
        if arrays:
            found[name] = arrays
    return found


def blob_array(blob: Any, what: str = "blob") -> np.ndarray:
    """A BlobProto message as float32 in its shape; the count of values must fit it. Raises ModelError."""
    data = np.array(blob.double_data if len(blob.double_data) else blob.data, np.float32)
    legacy = ("num", "channels", "height", "width")
    if blob.HasField("shape"):
        shape = list(blob.shape.dim)
    else:
        shape = [getattr(blob, n) for n in legacy] if any(blob.HasField(n) for n in legacy) else [len(data)]
    return _shaped(data, shape, what)


def write_weights(path: str | Path, weights: Any) -> None:
    """Write a NetSpec, or {layer name: arrays}, in Caffe's current format; ``.h5`` names give an HDF5 file.

    Written beside, then renamed: a file of that name is never half there.
    """
    path = Path(path)
    layers = _layers_to_write(weights)
    try:
        with path_beside(path) as part:
            if path.suffix in (".h5", ".hdf5"):
                write_hdf5(part, ((name, blobs) for _, name, blobs in layers))
            else:
                with part.open("wb") as file:
                    file.writelines(_encoded_net(getattr(weights, "name", ""), layers))
    except OSError as error:
        raise ModelError(f"{path}: cannot be written ({error.strerror or error}), expected a writable place") from None


# --- reading -----------------------------------------------------------------------------------


@contextlib.contextmanager
def _opened(path: Path) -> Iterator[tuple[Walker, BinaryIO]]:
    try:
        file = open_regular(path)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise ModelError(f"{path}: cannot be read ({reason}), expected a weights file") from None
    with file:
        head = file.read(HEAD)
        if found := mistaken(head):
            raise ModelError(f"{path}: holds {found[0]}, expected Caffe's binary format; {found[1]}")
        if is_text(head):
            raise ModelError(f"{path}: holds text, expected Caffe's binary format (.caffemodel); {SWAPPED}")
        if not head:
            raise ModelError(f"{path}: is empty, expected Caffe's binary format; download the file again")
        mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)  # closes itself when nothing looks at it
        yield Walker(memoryview(mapped), str(path)), file


def _read_net(walker: Walker, file: BinaryIO) -> Weights:
    found: Weights = {}
    for field in walker.fields(0, len(walker.buffer), "NetParameter"):
        if field.wire == BYTES and field.number in (_LAYER, _V1_LAYERS):
            name, arrays = _read_layer(walker, file, field, _CURRENT if field.number == _LAYER else _V1)
            if arrays:
                found[name] = arrays
    return found


def _read_layer(
    walker: Walker, file: BinaryIO, layer: WireField, places: dict[str, int]
) -> tuple[str, list[np.ndarray]]:
    name, blobs = "", []
    for field in walker.fields(layer.start, layer.end, f"the layer at byte {layer.start}"):
        if field.wire != BYTES:
            continue
        if field.number == places["name"]:
            name = walker.text(field)
        elif field.number == places["blobs"]:
            blobs.append(field)
        elif field.number == places.get("v0"):
            return _read_layer(walker, file, field, _V0)
    return name, [
        _read_blob(walker, file, field.start, field.end, f"blob {index} of layer {name!r}")
        for index, field in enumerate(blobs)
    ]


def _read_blob(walker: Walker, file: BinaryIO, start: int, end: int, what: str) -> np.ndarray:
    """The float32 array of the BlobProto in [start, end)."""
    legacy: dict[int, int] = {}
    dims: list[int] | None = None
    raw_type = 1
    chunks: dict[int, list[WireField]] = {_DATA: [], _DOUBLE_DATA: [], _RAW_DATA: []}
    for field in walker.fields(start, end, what):
        if field.number in chunks and field.wire != VARINT:
            chunks[field.number].append(field)
        elif field.number == 7 and field.wire == BYTES:
            dims = (dims or []) + _read_dims(walker, field, what)
        elif field.number in (1, 2, 3, 4) and field.wire == VARINT:
            legacy[field.number] = _signed(field.value)
        elif field.number == 10 and field.wire == VARINT:
            raw_type = field.value
    dtype: Any = np.float32
    used = chunks[_DOUBLE_DATA] or chunks[_DATA]
    if chunks[_DOUBLE_DATA]:
        dtype = np.float64
    elif not used and chunks[_RAW_DATA]:
        used = chunks[_RAW_DATA][-1:]
        dtype = _RAW_TYPES.get(raw_type)
        if dtype is None:
            raise ModelError(f"{walker.where}: {what} has raw data of type {raw_type}, expected 0, 1 or 2 (float)")
    data = _read_chunks(walker, file, used, np.dtype(dtype).newbyteorder("<"), what)
    shape = dims if dims is not None else [legacy.get(n, 0) for n in (1, 2, 3, 4)] if legacy else [len(data)]
    return _shaped(data, shape, f"{walker.where}: {what}")


def _read_chunks(walker: Walker, file: BinaryIO, chunks: list[WireField], dtype: np.dtype, what: str) -> np.ndarray:
    """The numbers of packed chunks and unpacked runs, in order, as float32."""
    size = dtype.itemsize
    for chunk in chunks:
        if chunk.wire == BYTES and (chunk.end - chunk.start) % size:
            raise walker.error(chunk.start, f"{chunk.end - chunk.start} bytes of numbers of {size} bytes", what)
    counts = [(c.end - c.start) // size if c.wire == BYTES else c.value for c in chunks]
    data = np.empty(sum(counts), np.float32)
    place = 0
    for chunk, count in zip(chunks, counts, strict=True):
        part = data[place : place + count]
        if chunk.wire == BYTES and dtype == np.float32:
            file.seek(chunk.start)
            if file.readinto(part.view(np.uint8)) != part.nbytes:  # type: ignore[attr-defined]
                raise walker.error(chunk.start, "the end of the file", what)
        else:
            step = size if chunk.wire == BYTES else size + 1
            raw = np.ndarray((count,), dtype, walker.buffer, chunk.start, (step,))
            with np.errstate(over="ignore"):
                part[:] = raw
        place += count
    return data


def _read_dims(walker: Walker, shape: WireField, what: str) -> list[int]:
    """BlobShape.dim, packed or not."""
    dims = []
    for field in walker.fields(shape.start, shape.end, f"the shape of {what}"):
        if field.number == 1 and field.wire == VARINT:
            dims.append(_signed(field.value))
        elif field.number == 1 and field.wire == BYTES:
            place = field.start
            while place < field.end and len(dims) <= MOST_DIMS:
                value, place = walker.varint(place, field.end, f"the shape of {what}")
                dims.append(_signed(value))
    return dims


def _signed(value: int) -> int:
    return value - 2**64 if value >= 2**63 else value


def _shaped(data: np.ndarray, shape: Sequence[int], what: str) -> np.ndarray:
    """``data`` in ``shape``, after a check that does not overflow."""
    words = "x".join(str(dim) for dim in shape[: MOST_DIMS + 1]) or "scalar"
    if len(shape) > MOST_DIMS:
        raise ModelError(f"{what} has {len(shape)} dimensions, expected at most {MOST_DIMS} ({words}...)")
    if any(dim < 0 for dim in shape):
        raise ModelError(f"{what} has the shape {words}, expected no negative size")
    if math.prod(shape) != len(data):
        raise ModelError(f"{what} has {len(data)} values, expected {math.prod(shape)} for its shape {words}")
    return data.reshape(tuple(shape))


# --- writing -----------------------------------------------------------------------------------


def _layers_to_write(weights: Any) -> list[tuple[Any, str, Sequence[np.ndarray]]]:
    """(layer message without blobs, name, blobs) of each layer."""
    if isinstance(weights, Mapping):
        return [(schema.LayerParameter(name=name), name, list(blobs)) for name, blobs in weights.items()]
    return [(layer.message, layer.name, layer.blobs) for layer in weights.layers]


def _encoded_net(name: str, layers: Sequence[tuple[Any, str, Sequence[np.ndarray]]]) -> Iterator[bytes]:
    yield schema.NetParameter(name=name).SerializeToString()
    for message, _, blobs in layers:
        bare = schema.LayerParameter()
        bare.CopyFrom(message)
        bare.ClearField("blobs")
        head = bare.SerializeToString()
        arrays = [np.ascontiguousarray(blob, "<f4") for blob in blobs]
        bodies = []
        for array in arrays:
            shape = schema.BlobProto(shape={"dim": array.shape}).SerializeToString()
            intro = shape + wire.encode_header(_DATA, array.nbytes)
            bodies.append((wire.encode_header(_CURRENT["blobs"], len(intro) + array.nbytes) + intro, array))
        size = len(head) + sum(len(intro) + array.nbytes for intro, array in bodies)
        yield wire.encode_header(_LAYER, size) + head
        for intro, array in bodies:
            yield intro
            yield array.tobytes()
