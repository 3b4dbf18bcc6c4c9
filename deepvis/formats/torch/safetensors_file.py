"""Reads .safetensors: tensors by name, and nothing that could be run.

Source: the format's own description (github.com/huggingface/safetensors, "Format"): 8 bytes, the header's length as a
little-endian unsigned number; the header, a JSON object name -> {dtype, shape, data_offsets} and perhaps
"__metadata__", name -> text; then the values, little-endian, row by row. Offsets count from the header's end; the
tensors lie one behind the other without gaps.
"""

from __future__ import annotations

import math
import sys
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from deepvis.core.json_file import parsed_json
from deepvis.core.regular_file import bytes_of
from deepvis.network.model_error import ModelError

MOST_HEADER = 100_000_000  # bytes, as the format's own reader has it
TYPES = {
    **{"F64": torch.float64, "F32": torch.float32, "F16": torch.float16, "BF16": torch.bfloat16},
    **{"I64": torch.int64, "I32": torch.int32, "I16": torch.int16, "I8": torch.int8, "U8": torch.uint8},
    "BOOL": torch.bool,
}


def read_safetensors(file: Path) -> dict[str, Tensor]:
    """The tensors by name. Raises ModelError for a file that is none of this format, or damaged."""
    try:
        content = bytes_of(file)
    except OSError as error:
        raise ModelError(f"{file}: cannot be read ({error.strerror or error}), expected the weights") from error
    try:
        return _tensors(content)
    except _Damaged as fault:
        raise ModelError(f"{file}: is no .safetensors file ({fault}); save or fetch it again") from None


class _Damaged(ValueError):
    """What is wrong with the bytes."""


def _tensors(content: bytes) -> dict[str, Tensor]:
    if sys.byteorder != "little":
        raise _Damaged("this machine's numbers are big-endian")
    length = int.from_bytes(content[:8], "little")
    if len(content) < 8 or not 2 <= length <= min(MOST_HEADER, len(content) - 8):
        raise _Damaged(f"its header would have {length} bytes, and the file has {len(content)}")
    try:
        header = parsed_json(content[8 : 8 + length])
    except ValueError as error:
        raise _Damaged("its header is no JSON") from error
    if not isinstance(header, dict):
        raise _Damaged("its header is no table")
    header.pop("__metadata__", None)
    data = memoryview(content)[8 + length :]
    entries = sorted(((name, *_entry(name, entry)) for name, entry in header.items()), key=lambda each: each[3:])
    end = 0
    for name, _, _, first, last in entries:
        if first != end or last > len(data):
            raise _Damaged(f"the values of {name!r} are said to lie at {first} to {last} of {len(data)} bytes")
        end = last
    if end != len(data):
        raise _Damaged(f"it has {len(data)} bytes of values, and its header names {end}")
    return {name: _tensor(data[first:last], dtype, shape) for name, dtype, shape, first, last in entries}


def _entry(name: str, entry: Any) -> tuple[torch.dtype, tuple[int, ...], int, int]:
    """Type, shape, first byte and the one behind the last; as many bytes as type and shape ask for."""
    entry = entry if isinstance(entry, dict) else {}
    dtype, shape, offsets = TYPES.get(str(entry.get("dtype"))), entry.get("shape"), entry.get("data_offsets")
    if dtype is None:
        raise _Damaged(f"{name!r} is of the type {entry.get('dtype')!r}, expected one of {', '.join(TYPES)}")
    if not _are_sizes(shape) or not _are_sizes(offsets) or len(offsets) != 2:
        raise _Damaged(f"{name!r} has the shape {shape!r} and lies at {offsets!r}")
    if offsets[1] - offsets[0] != math.prod(shape) * dtype.itemsize:
        raise _Damaged(f"{name!r} has {offsets[1] - offsets[0]} bytes, which do not fit its shape {shape}")
    return dtype, tuple(shape), offsets[0], offsets[1]


def _are_sizes(value: Any) -> bool:
    return isinstance(value, list) and all(type(each) is int and 0 <= each < 2**63 for each in value)


def _tensor(values: memoryview, dtype: torch.dtype, shape: tuple[int, ...]) -> Tensor:
    if not len(values):
        return torch.empty(shape, dtype=dtype)
    return torch.frombuffer(bytearray(values), dtype=torch.uint8).view(dtype).reshape(shape)
