"""The types that settings and cards have in common, as pydantic checks them."""

from __future__ import annotations

import math
import os
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field, GetCoreSchemaHandler, Strict
from pydantic_core import CoreSchema, core_schema

from deepvis.core import device_names
from deepvis.core.panes import DEFAULT_PANES, SMALLEST_WINDOW, pane_name
from deepvis.schema.table import Expects, Hint, nearest

LARGEST_SIDE = 65535  # of an input, in pixels
LARGEST_WINDOW = 16384


@dataclass(frozen=True)
class OneOf(Expects):
    """One of names that are asked for anew each time: a table may grow."""

    words: Callable[[], str] = str
    names: Callable[[], Iterable[str]] = tuple

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_before_validator_function(self._chosen, handler(source))

    def _chosen(self, value: Any) -> Any:
        names = tuple(self.names())
        if not isinstance(value, str) or value not in names:
            hint = nearest(value, names) if isinstance(value, str) else ""
            raise Hint(hint) if hint else ValueError
        return value


def one_of(names: Callable[[], Iterable[str]]) -> OneOf:
    return OneOf(words=lambda: f"one of {', '.join(names())}", names=names)


# ---- from what users write, in a file or in a word of the command line


def _plain(value: Any) -> Any:
    """A path as a text, an array of numpy as a list, without importing numpy."""
    if isinstance(value, os.PathLike):
        return os.fspath(value)
    return value.tolist() if hasattr(value, "tolist") else value


def in_list(value: Any) -> Any:
    """A number or a text alone stands for a list of one."""
    value = _plain(value)
    return [value] if isinstance(value, (int, float, str)) and not isinstance(value, bool) else value


def _not_blank(value: str) -> str:
    if not value.strip():
        raise ValueError
    return value


def _pane_table(value: Any) -> Any:
    """A mapping overrides single panes; a list of pairs, as the original has it, is the whole table."""
    try:
        given = dict(value)
    except TypeError:
        raise ValueError from None
    table: dict[str, Any] = {} if isinstance(value, Mapping) else dict.fromkeys(DEFAULT_PANES)
    for name, place in given.items():
        if not isinstance(name, str):
            raise ValueError
        table[pane_name(name)] = place
    return table


def whole(text: str) -> int:
    if not text.isdecimal():
        raise ValueError
    return int(text)


def _sides(text: str) -> tuple[int, int]:
    """ "227", "HxW" or "(H,W)" -> (height, width)."""
    parts = text.lower().strip("()[] ").replace(",", "x").replace(" ", "").split("x")
    if len(parts) > 2:
        raise ValueError
    return whole(parts[0]), whole(parts[-1])


def _width_x_height(text: str) -> tuple[int, int]:
    """ "WxH" -> (height, width)."""
    width, height = text.lower().split("x")
    return whole(height), whole(width)


def _numbers(text: str) -> list[float]:
    numbers = [float(part) for part in text.strip("()[] ").replace(",", " ").split()]
    if not numbers or not all(map(math.isfinite, numbers)):
        raise ValueError
    return numbers


def _file_or_numbers(text: str) -> str | list[float]:
    bare = text.strip("()[] ")
    if Path(text).exists() or not re.fullmatch(r"[-+.\deE]+(?:[ ,]+[-+.\deE]+)*,?", bare):
        return text
    return _numbers(text)


def _is_assignment(value: str) -> str:
    name, _, file = value.partition("=")
    if not name or not file:
        raise ValueError
    return value


def _is_device(value: str) -> str:
    if device_names.parsed(value) is None:
        raise ValueError
    return value


# ---- the types

_Text = Annotated[str, Field(strict=True, min_length=1)]
_Number = Annotated[float, Field(strict=True, allow_inf_nan=False)]
_Above0 = Annotated[float, Field(strict=True, gt=0, allow_inf_nan=False)]
_Side = Annotated[int, Field(strict=True, gt=0, le=LARGEST_SIDE)]
_WindowSide = Annotated[int, Field(strict=True, ge=SMALLEST_WINDOW, le=LARGEST_WINDOW)]
_Place = Annotated[int, Field(strict=True, ge=0)]

Text = Annotated[str, Field(strict=True), BeforeValidator(_plain), AfterValidator(_not_blank), Expects("a text")]
Flag = Annotated[bool, Strict(), Expects("True or False")]
Positive = Annotated[float, Field(strict=True, gt=0, allow_inf_nan=False), Expects("a number above 0", float)]
Count = Annotated[int, Field(strict=True, ge=0), Expects("a whole number, 0 or more", whole)]
Channels = Annotated[int, Field(strict=True, gt=0, le=65535), Expects("a whole number above 0", whole)]
Device = Annotated[_Text, AfterValidator(_is_device), Expects(device_names.EXPECTED)]
Order = Annotated[str, one_of(lambda: ("BGR", "RGB"))]
Layout = Annotated[str, one_of(lambda: ("NCHW", "NHWC"))]
Size = Annotated[
    tuple[_Side, _Side],
    Expects("two whole numbers above 0, (height, width)", _sides, "an input size, as 227 or HEIGHTxWIDTH"),
]
WindowSize = Annotated[
    tuple[_WindowSide, _WindowSide],
    Expects(
        f"two whole numbers of {SMALLEST_WINDOW} to {LARGEST_WINDOW}, (height, width)",
        _width_x_height,
        f"a window size, WIDTHxHEIGHT with {SMALLEST_WINDOW} to {LARGEST_WINDOW} pixels each",
    ),
]
Names = Annotated[tuple[_Text, ...], Expects("a list of names")]
NameOrNames = Annotated[tuple[_Text, ...], BeforeValidator(in_list), Expects("a list of names")]
NameLists = Annotated[tuple[NameOrNames, ...], Expects("a list of lists of layer names")]
NameMap = Annotated[dict[_Text, _Text], Expects("a dictionary of layer names")]
Inputs = Annotated[
    tuple[Annotated[_Text, AfterValidator(_is_assignment)], ...],
    Expects("a list of NAME=FILE.npy", written="NAME=FILE.npy, the input's name and a file of its values"),
]
Function = Annotated[Callable[[str], Any], Expects("a function of a layer's name")]
AnyMean = Annotated[str, Strict(), AfterValidator(_not_blank)] | Annotated[tuple[_Number, ...], Field(min_length=1)]
Mean = Annotated[
    AnyMean, BeforeValidator(_plain), Expects("a file (.npy, .binaryproto) or one number per channel", _file_or_numbers)
]
Numbers = Annotated[
    tuple[_Above0, ...],
    Field(min_length=1),
    BeforeValidator(in_list),
    Expects("one number above 0 per channel", _numbers, "one number per channel, with commas between them"),
]
Panes = Annotated[
    dict[str, tuple[_Place, _Place, _Place, _Place] | None],
    BeforeValidator(_pane_table),
    Expects("pane names with [row, column, height, width], whole numbers of 0 or more, or None"),
]
