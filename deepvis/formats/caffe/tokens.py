"""The words of Caffe's text files: tokens, and tokens as values of fields."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from typing import Any, NamedTuple

from google.protobuf.descriptor import FieldDescriptor

_TOKEN = re.compile(
    r"""(?P<space>(?:\s+|\#[^\n]*)+)
      | (?P<name>[A-Za-z_][A-Za-z0-9_]*)
      | (?P<number>[-+]?(?:0[xX][0-9a-fA-F]+|(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)[fF]?
          | -\s*(?:inf(?:inity)?|nan))
      | (?P<string>"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*')
      | (?P<mark>[{}<>\[\]:;,])""",
    re.VERBOSE | re.IGNORECASE,
)
_INTEGERS = {
    FieldDescriptor.TYPE_INT32: (-(2**31), 2**31 - 1),
    FieldDescriptor.TYPE_UINT32: (0, 2**32 - 1),
    FieldDescriptor.TYPE_INT64: (-(2**63), 2**63 - 1),
}
_BOOLS = {"true": True, "t": True, "1": True, "false": False, "f": False, "0": False}


class Token(NamedTuple):
    kind: str  # name, number, string or mark; wrong: no word at all; end: after the last
    text: str
    start: int


def tokens(text: str) -> Iterator[Token]:
    """The tokens of a text; the last one is of the kind "wrong" where the text makes no sense."""
    place, size, match = 0, len(text), _TOKEN.match
    while place < size:
        found = match(text, place)
        if found is None:
            yield Token("wrong", text[place : place + 12], place)
            return
        if found.lastgroup != "space":
            yield Token(str(found.lastgroup), found.group(), place)
        place = found.end()


def value_of(field: FieldDescriptor, token: Token) -> Any:
    """The token as a value of the field, None where it is none."""
    if field.type in (FieldDescriptor.TYPE_STRING, FieldDescriptor.TYPE_BYTES):
        text = unquote(token.text) if token.kind == "string" else None
        return text.encode("latin-1", "replace") if text and field.type == FieldDescriptor.TYPE_BYTES else text
    if field.type == FieldDescriptor.TYPE_BOOL:
        return _BOOLS.get(token.text.lower())
    if field.type == FieldDescriptor.TYPE_ENUM:
        by_name = field.enum_type.values_by_name.get(token.text)
        if by_name is not None:
            return by_name.number
        number = _integer(token.text) if token.kind == "number" else None
        known = [value.number for value in field.enum_type.values]  # values_by_number takes the low 32 bits alone
        return number if number in known else None
    if field.type in _INTEGERS:
        low, high = _INTEGERS[field.type]
        number = _integer(token.text) if token.kind == "number" else None
        return number if number is not None and low <= number <= high else None
    return _float(token)


def _integer(text: str) -> int | None:
    digits = text.lstrip("+-")
    if len(digits) > 24:
        return None
    base = 16 if digits[:2].lower() == "0x" else 8 if len(digits) > 1 and digits[0] == "0" else 10
    try:
        return int(text, base)
    except ValueError:
        return None


def _float(token: Token) -> float | None:
    text = token.text.replace(" ", "").lower()
    if token.kind == "name" and text not in ("inf", "infinity", "nan"):
        return None
    if token.kind not in ("name", "number"):
        return None
    whole = _integer(text) if "x" in text else None
    if whole is not None:
        return float(whole)
    try:
        return float(text if text.endswith(("inf", "nan")) else text.rstrip("f"))
    except ValueError:
        return None


def unquote(quoted: str) -> str | None:
    """The text of a quoted string with C escapes."""
    inner = quoted[1:-1]
    if "\\" not in inner:
        return inner
    try:
        return codecs.escape_decode(inner.encode())[0].decode("utf-8", "replace")
    except ValueError:
        return None


def kind_of(field: FieldDescriptor) -> str:
    if field.enum_type is not None:
        names = [value.name for value in field.enum_type.values]
        return f"one of {', '.join(names[:8])}" + (", ..." if len(names) > 8 else "")
    if field.type in _INTEGERS:
        low, high = _INTEGERS[field.type]
        return f"a whole number from {low} to {high}"
    kinds = {FieldDescriptor.TYPE_BOOL: "true or false", FieldDescriptor.TYPE_STRING: "a quoted string"}
    return kinds.get(field.type, "a number")


def hint_for(field: FieldDescriptor, token: Token) -> str:
    if field.full_name.endswith("V1LayerParameter.type"):
        return ' (old "layers" take type: CONVOLUTION, new "layer" takes type: "Convolution")'
    if field.full_name.endswith(".LayerParameter.type") and token.kind == "name":
        return ' (new "layer" takes type: "Convolution", old "layers" take type: CONVOLUTION)'
    return ""


def short(text: str) -> str:
    return repr(text if len(text) <= 40 else text[:40] + "...")
