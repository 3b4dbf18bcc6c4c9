"""A JSON file, of this program or a foreign one, read in memory that is bounded by its size."""

from __future__ import annotations

import json
import math
import os
from typing import Any

from deepvis.core.allowed_bytes import allowed_bytes
from deepvis.core.regular_file import bytes_of

# bytes that Python takes for each of these characters, about: tables and lists are far larger than their text
_COSTS = ((b"{", 200), (b"[", 64), (b",", 40))


def read_json(path: str | os.PathLike[str]) -> Any:
    """What the file holds. Raises OSError, and ValueError, one line without the file's name, for what is no JSON."""
    return parsed_json(bytes_of(path))


def read_table(path: str | os.PathLike[str]) -> dict[str, Any]:
    """The same of a file whose values have names. Raises ValueError for a list or a single value too."""
    content = read_json(path)
    if not isinstance(content, dict):
        raise ValueError("it is no table of names and values")
    return content


def finite(value: Any) -> float | None:
    """A number of a file; None for anything else, truth values and what is no finite float too."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    try:
        return float(value) if math.isfinite(value) else None
    except OverflowError:
        return None


def parsed_json(content: bytes | str) -> Any:
    """The value of a text. Raises ValueError."""
    raw = content.encode("utf-8", "surrogatepass") if isinstance(content, str) else content
    if sum(raw.count(letter) * cost for letter, cost in _COSTS) > allowed_bytes(len(raw)):
        raise ValueError("it holds more values than a file of this program does")
    try:
        return json.loads(raw)
    except RecursionError:
        raise ValueError("it is nested too deeply") from None
