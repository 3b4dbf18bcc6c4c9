"""Small weights files made by hand, byte by byte, for the tests of the reader."""

from __future__ import annotations

import struct
from collections.abc import Sequence

import numpy as np


def varint(value: int) -> bytes:
    out = b""
    while value > 0x7F:
        out += bytes([value & 0x7F | 0x80])
        value >>= 7
    return out + bytes([value])


def field(number: int, content: bytes | int) -> bytes:
    """A field with bytes (wire type 2) or a number (wire type 0)."""
    if isinstance(content, int):
        return varint(number << 3) + varint(content)
    return varint(number << 3 | 2) + varint(len(content)) + content


def packed(number: int, values: Sequence[float], code: str = "f") -> bytes:
    return field(number, struct.pack(f"<{len(values)}{code}", *values))


def unpacked(number: int, values: Sequence[float], code: str = "f") -> bytes:
    """One field for each value, wire type 5 (float) or 1 (double)."""
    tag = varint(number << 3 | (5 if code == "f" else 1))
    return b"".join(tag + struct.pack(f"<{code}", value) for value in values)


def shape(*dims: int) -> bytes:
    return field(7, field(1, b"".join(varint(dim % 2**64) for dim in dims)))


def net(*blobs: bytes, name: str = "conv1") -> bytes:
    """A NetParameter in the current format with one layer that holds the blobs."""
    layer = field(1, name.encode()) + b"".join(field(7, blob) for blob in blobs)
    return field(100, layer)


VALUES = np.arange(6, dtype=np.float32) - 2.5
