"""The tensors of an ONNX file as PyTorch's: each is read once, from where it lies."""

from __future__ import annotations

from collections.abc import Mapping
from math import prod
from pathlib import Path

import numpy as np
import onnx
import torch
from onnx import TensorProto, numpy_helper
from torch import Tensor

from deepvis.formats.onnx.model_file import ModelFile
from deepvis.network.model_error import ModelError
from deepvis.network.op import MOST_VALUES

# as what a type of the file is computed with: every float as float32, what PyTorch lacks as the next larger
DTYPES: Mapping[int, torch.dtype] = {
    **dict.fromkeys((TensorProto.FLOAT, TensorProto.FLOAT16, TensorProto.DOUBLE, TensorProto.BFLOAT16), torch.float32),
    TensorProto.BOOL: torch.bool,
    TensorProto.UINT8: torch.uint8,
    TensorProto.INT8: torch.int8,
    TensorProto.INT16: torch.int16,
    TensorProto.UINT16: torch.int32,
    TensorProto.INT32: torch.int32,
    TensorProto.UINT32: torch.int64,
    TensorProto.INT64: torch.int64,
    TensorProto.UINT64: torch.int64,
    TensorProto.INT4: torch.int8,
    TensorProto.UINT4: torch.uint8,
    **{
        getattr(TensorProto, name): torch.float32
        for name in ("FLOAT8E4M3FN", "FLOAT8E4M3FNUZ", "FLOAT8E5M2", "FLOAT8E5M2FNUZ", "FLOAT4E2M1")
        if hasattr(TensorProto, name)
    },
}
_RAW = 9  # raw_data of TensorProto
PLAIN: Mapping[int, str] = {  # types whose bytes are an array's
    TensorProto.FLOAT: "<f4", TensorProto.DOUBLE: "<f8", TensorProto.FLOAT16: "<f2", TensorProto.BOOL: "?",
    TensorProto.UINT8: "u1", TensorProto.INT8: "i1", TensorProto.UINT16: "<u2", TensorProto.INT16: "<i2",
    TensorProto.UINT32: "<u4", TensorProto.INT32: "<i4", TensorProto.UINT64: "<u8", TensorProto.INT64: "<i8",
}  # fmt: skip


def type_name(data_type: int) -> str:
    """ "FLOAT16" of a TensorProto.DataType; its number where it has no name."""
    try:
        return str(TensorProto.DataType.Name(data_type))
    except ValueError:
        return str(data_type)


def read_tensor(file: ModelFile, tensor: onnx.TensorProto) -> Tensor:
    """The tensor in main memory. Raises ModelError for types, sizes and places that do not fit."""
    title = f"{file.path}: tensor {tensor.name!r}"
    shape = tuple(tensor.dims)
    if tensor.data_type not in DTYPES:
        raise ModelError(f"{title}: found the type {type_name(tensor.data_type)}, expected numbers")
    if any(d < 0 for d in shape) or prod(shape) > MOST_VALUES:
        found = "x".join(map(str, shape))
        raise ModelError(f"{title}: found {found}, expected at most {MOST_VALUES} values")
    payload = file.payload_of(tensor)
    if tensor.data_location == TensorProto.EXTERNAL:
        return _as_torch(_external(file.path, tensor, title), tensor, title)
    if payload is not None:
        number, start, end = payload
        return _as_torch(_of_file(file.path, start, end - start, tensor, title, is_raw=number == _RAW), tensor, title)
    return _as_torch(_of_message(tensor, title), tensor, title)


def _as_torch(array: np.ndarray, tensor: onnx.TensorProto, title: str) -> Tensor:
    """In the type that it is computed with."""
    wanted = DTYPES[tensor.data_type]
    if array.dtype.kind not in "biuf":  # the small floats of ml_dtypes
        array = array.astype(np.float32 if wanted is torch.float32 else np.int8)
    if array.dtype in (np.uint16, np.uint32, np.uint64):
        array = array.astype({2: np.int32, 4: np.int64, 8: np.int64}[array.dtype.itemsize])
    return torch.from_numpy(np.require(array, requirements=["C", "W"])).to(wanted)


def _of_message(tensor: onnx.TensorProto, title: str) -> np.ndarray:
    """Of the values that the message holds."""
    plain, raw = PLAIN.get(tensor.data_type), tensor.raw_data
    if raw and plain is not None:
        return _shaped(np.frombuffer(raw, plain), tensor, title)
    if not raw and prod(tensor.dims) > sum(
        len(values) * factor
        for values, factor in (
            (tensor.float_data, 1), (tensor.int32_data, 2), (tensor.int64_data, 1), (tensor.double_data, 1),
            (tensor.uint64_data, 1),
        )
    ):  # fmt: skip
        raise ModelError(f"{title}: found fewer values than its shape {tuple(tensor.dims)} says; is the file complete?")
    try:
        return numpy_helper.to_array(tensor)
    except (ValueError, TypeError, OverflowError, KeyError) as error:
        raise ModelError(f"{title}: found values that do not fit its shape {tuple(tensor.dims)} ({error})") from None


def _of_file(
    path: Path, start: int, size: int, tensor: onnx.TensorProto, title: str, *, is_raw: bool = True
) -> np.ndarray:
    """``size`` bytes of a file from ``start`` on. Raises ModelError."""
    plain = PLAIN.get(tensor.data_type)
    if plain is None or not is_raw:
        plain = "<f4" if tensor.data_type == TensorProto.FLOAT else plain
        if plain is None:  # a small type: rare, and a copy of it small
            held = onnx.TensorProto(dims=tensor.dims, data_type=tensor.data_type)
            held.raw_data = np.fromfile(path, np.uint8, size, offset=start).tobytes()
            return _of_message(held, title)
    kind = np.dtype(plain)
    wanted = prod(tensor.dims) * kind.itemsize
    if size != wanted:
        raise ModelError(f"{title}: found {size} bytes, expected {wanted} for its shape {tuple(tensor.dims)}")
    try:
        found = np.fromfile(path, kind, size // kind.itemsize, offset=start)
    except OSError as error:
        raise ModelError(f"{title}: {path} cannot be read ({error.strerror or error})") from None
    return _shaped(found, tensor, title)


def _shaped(array: np.ndarray, tensor: onnx.TensorProto, title: str) -> np.ndarray:
    shape = tuple(tensor.dims)
    if array.size != prod(shape):
        raise ModelError(f"{title}: found {array.size} values, expected {prod(shape)} for its shape {shape}")
    return array.reshape(shape)


def _external(model: Path, tensor: onnx.TensorProto, title: str) -> np.ndarray:
    """Of a file beside the model's. Raises ModelError for places outside of its folder."""
    declared = {entry.key: entry.value for entry in tensor.external_data}
    location = declared.get("location", "")
    folders = (model.parent.resolve(), model.resolve().parent)  # another one where the model's name is a link
    try:
        path = (model.parent / location).resolve()
        is_inside = bool(location) and not Path(location).is_absolute() and any(map(path.is_relative_to, folders))
        is_file = is_inside and path.is_file()
    except (OSError, ValueError):  # names that no file can have
        is_inside = is_file = False
    if not is_inside:
        raise ModelError(f"{title}: its values are said to be in {location!r}, expected a file in the model's folder")
    if not is_file:
        raise ModelError(f"{title}: its values are in {path}, which is not there; keep the file beside {model.name}")
    numbers = [declared.get("offset", "0"), declared.get("length", "")]
    if not all((n.isdecimal() and len(n) < 19) or (n == "" and i == 1) for i, n in enumerate(numbers)):
        raise ModelError(f"{title}: found offset {numbers[0]!r}, length {numbers[1]!r}, expected whole numbers")
    start, there = int(numbers[0]), path.stat().st_size
    size = int(numbers[1]) if numbers[1] else max(there - start, 0)
    if start + size > there:
        raise ModelError(
            f"{title}: its values are said to be the bytes {start} to {start + size} of {path}, which has {there}; "
            "is the file complete?"
        )
    return _of_file(path, start, size, tensor, title)
