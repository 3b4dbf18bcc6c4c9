"""Protobuf's wire format, walked without parsing: where each field of a message lies in a buffer.

Weights are hundreds of megabytes in a few fields; this finds them so that they are read straight into
arrays. Source: https://protobuf.dev/programming-guides/encoding.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from deepvis.network.model_error import ModelError

VARINT, FIXED64, BYTES, FIXED32 = 0, 1, 2, 5
MOST_FIELDS = 500_000  # in one file; real ones have a few thousand, damaged ones are not worth the time


class WireField(NamedTuple):
    """One field: its number, wire type, and the half-open range of its value's bytes in the buffer.

    value: of a varint (start and end are then those of its encoding); else 1.
    Unpacked numbers of fixed size that follow one another come as one Field: value is their count, and
    the range goes from the first one's bytes to the last one's end, with a tag of one byte between them.
    """

    number: int
    wire: int
    start: int
    end: int
    value: int = 1


class Walker:
    """Walks the messages of one buffer. Errors name ``where`` and the byte that makes no sense."""

    def __init__(self, buffer: memoryview, where: str) -> None:
        self.buffer, self.where = buffer, where
        self.bytes = np.frombuffer(buffer, np.uint8)
        self.left = MOST_FIELDS

    def error(self, place: int, found: str, expected: str) -> ModelError:
        return ModelError(f"{self.where}, byte {place}: found {found}, expected {expected}; is the file complete?")

    def fields(self, start: int, end: int, what: str) -> Iterator[WireField]:
        """The fields of the message in [start, end); ``what`` names the message in errors."""
        place = start
        while place < end:
            self.left -= 1
            if self.left < 0:
                raise self.error(place, f"more than {MOST_FIELDS} fields", "a few thousand in a weights file")
            tag, value_start = self.varint(place, end, what)
            if tag >> 3 == 0:
                raise self.error(place, "field number 0", f"a field of {what}")
            field = self._field(tag >> 3, tag & 7, value_start, end, what)
            if field.wire in (FIXED32, FIXED64) and value_start == place + 1:
                field = self._run(field, end)
            yield field
            place = field.end

    def _field(self, number: int, wire: int, start: int, end: int, what: str) -> WireField:
        if wire == VARINT:
            value, stop = self.varint(start, end, what)
            return WireField(number, wire, start, stop, value)
        if wire == BYTES:
            size, start = self.varint(start, end, what)
        elif wire in (FIXED32, FIXED64):
            size = 4 if wire == FIXED32 else 8
        else:
            raise self.error(start, f"wire type {wire}", f"a field of {what}")
        if size > end - start:
            raise self.error(start, f"a field of {size} bytes with {end - start} left", f"the rest of {what}")
        return WireField(number, wire, start, start + size)

    def _run(self, field: WireField, end: int) -> WireField:
        """The field together with all that follow it with the same tag."""
        stride = 1 + field.end - field.start
        tags = self.bytes[field.start - 1 : field.start - 1 + (end - field.start + 1) // stride * stride : stride]
        count, step = 1, 64
        while count < len(tags):
            differs = tags[count : count + step] != tags[0]
            if differs.any():
                count += int(np.argmax(differs))
                break
            count, step = min(count + step, len(tags)), step * 2
        return field._replace(end=field.end + (count - 1) * stride, value=count)

    def varint(self, place: int, end: int, what: str) -> tuple[int, int]:
        """(value, place after it) of the varint at ``place``."""
        value = shift = 0
        while True:
            if place >= end:
                raise self.error(place, "the end", f"the rest of {what}")
            byte = self.buffer[place]
            place += 1
            value |= (byte & 0x7F) << shift
            if byte < 0x80:
                return value & 0xFFFFFFFFFFFFFFFF, place
            shift += 7
            if shift > 63:
                raise self.error(place, "a number of more than 64 bits", f"a field of {what}")

    def text(self, field: WireField) -> str:
        return bytes(self.buffer[field.start : field.end]).decode("utf-8", "replace")


def encode_varint(value: int) -> bytes:
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def encode_header(number: int, size: int) -> bytes:
    """Tag and length of a field that holds ``size`` bytes."""
    return encode_varint(number << 3 | BYTES) + encode_varint(size)
