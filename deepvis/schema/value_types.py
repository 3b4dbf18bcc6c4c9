"""The types that settings and cards have in common, as pydantic checks them."""

from __future__ import annotations

import math
import os
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

from pydantic_core import CoreSchema
from pydantic_core import core_schema as s

from deepvis.core import device_names
from deepvis.core.nearest import nearest
from deepvis.core.panes import LARGEST_WINDOW, SMALLEST_WINDOW, pane_name, pane_names
from deepvis.core.words import whole_number
from deepvis.schema.rows import Hint, Type

LARGEST_SIDE = 65535  # of an input, in pixels

before, after = s.no_info_before_validator_function, s.no_info_after_validator_function


def one_of(names: Callable[[], Iterable[str]]) -> Type:
    """One of names that are asked for anew each time: a table may grow."""

    def chosen(value: Any) -> Any:
        choices = tuple(names())
        if not isinstance(value, str) or value not in choices:
            hint = nearest(value, choices, any_case=True) if isinstance(value, str) else ""
            raise Hint(hint) if hint else ValueError
        return value

    return Type(lambda: f"one of {', '.join(names())}", s.no_info_plain_validator_function(chosen))


def place_in(values: Sequence[Any]) -> Type:
    """The place of one of these values, from 0 on."""
    last = len(values) - 1
    return Type(f"a whole number of 0 to {last}", s.int_schema(strict=True, ge=0, le=last), whole)


def many(item: CoreSchema, least: int | None = None) -> CoreSchema:
    """A list, or what is like one, as a tuple."""
    return s.tuple_schema([item], variadic_item_index=0, min_length=least)


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
    table: dict[str, Any] = {} if isinstance(value, Mapping) else dict.fromkeys(pane_names())
    for name, place in given.items():
        if not isinstance(name, str):
            raise ValueError
        table[pane_name(name)] = place
    return table


def whole(text: str) -> int:
    found = whole_number(text)
    if found is None or found < 0:
        raise ValueError
    return found


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

MOST_SCALE = 20  # times the usual size

TEXT = s.str_schema(strict=True, min_length=1)
NUMBER = s.float_schema(strict=True, allow_inf_nan=False)
ABOVE_0 = s.float_schema(strict=True, allow_inf_nan=False, gt=0)
UP_TO_MOST = s.float_schema(strict=True, allow_inf_nan=False, gt=0, le=MOST_SCALE)
COUNT = s.int_schema(strict=True, ge=0)
SIDE = s.int_schema(strict=True, gt=0, le=LARGEST_SIDE)
WINDOW_SIDE = s.int_schema(strict=True, ge=SMALLEST_WINDOW, le=LARGEST_WINDOW)
FILE_OR_NUMBERS = s.union_schema([after(_not_blank, TEXT), many(NUMBER, 1)])

Text = Annotated[str, Type("a text", before(_plain, after(_not_blank, TEXT)))]
Flag = Annotated[bool, Type("True or False", s.bool_schema(strict=True))]
Positive = Annotated[float, Type("a number above 0", ABOVE_0, float)]
Scale = Annotated[float, Type(f"a number above 0, {MOST_SCALE} at most", UP_TO_MOST, float)]
Count = Annotated[int, Type("a whole number, 0 or more", COUNT, whole)]
Channels = Annotated[int, Type(f"a whole number of 1 to {LARGEST_SIDE}", SIDE, whole)]
Device = Annotated[str, Type(device_names.EXPECTED, after(_is_device, TEXT))]
Order = Annotated[str, one_of(lambda: ("BGR", "RGB"))]
Layout = Annotated[str, one_of(lambda: ("NCHW", "NHWC"))]
Size = Annotated[
    tuple[int, int],
    Type(
        f"two whole numbers of 1 to {LARGEST_SIDE}, (height, width)",
        s.tuple_schema([SIDE, SIDE]),
        _sides,
        f"an input size, as 227 or HEIGHTxWIDTH, {LARGEST_SIDE} pixels at most",
    ),
]
WindowSize = Annotated[
    tuple[int, int],
    Type(
        f"two whole numbers of {SMALLEST_WINDOW} to {LARGEST_WINDOW}, (height, width)",
        s.tuple_schema([WINDOW_SIDE, WINDOW_SIDE]),
        _width_x_height,
        f"a window size, WIDTHxHEIGHT with {SMALLEST_WINDOW} to {LARGEST_WINDOW} pixels each",
    ),
]
Names = Annotated[tuple[str, ...], Type("a list of names", many(TEXT))]
NameOrNames = Annotated[tuple[str, ...], Type("a list of names", before(in_list, many(TEXT)))]
NameLists = Annotated[
    tuple[tuple[str, ...], ...], Type("a list of lists of layer names", many(before(in_list, many(TEXT))))
]
NameMap = Annotated[dict[str, str], Type("a dictionary of layer names", s.dict_schema(TEXT, TEXT))]
Inputs = Annotated[
    tuple[str, ...],
    Type(
        "a list of NAME=FILE.npy",
        many(after(_is_assignment, TEXT)),
        written="NAME=FILE.npy, the input's name and a file of its values",
    ),
]
Function = Annotated[Callable[[str], Any], Type("a function of a layer's name", s.callable_schema())]
Mean = Annotated[
    str | tuple[float, ...],
    Type("a file (.npy, .binaryproto) or one number per channel", before(_plain, FILE_OR_NUMBERS), _file_or_numbers),
]
Numbers = Annotated[
    tuple[float, ...],
    Type(
        "one number above 0 per channel",
        before(in_list, many(ABOVE_0, 1)),
        _numbers,
        "one number per channel, with commas between them",
    ),
]
Panes = Annotated[
    dict[str, tuple[int, int, int, int] | None],
    Type(
        "pane names with [row, column, height, width], whole numbers of 0 or more, or None",
        before(_pane_table, s.dict_schema(TEXT, s.nullable_schema(s.tuple_schema([COUNT] * 4)))),
    ),
]
