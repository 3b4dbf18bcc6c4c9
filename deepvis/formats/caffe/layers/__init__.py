"""Caffe's layer types, one or one family a file.

A file is imported when a type of its is first asked for: a network has few types, and a window that opens should not
wait for all of them. Which file enters a type is read off its ``@layer_type("Name", ...)``.
"""

from __future__ import annotations

import re
from functools import cache
from importlib import import_module
from pathlib import Path

_ENTERED = re.compile(r'^@layer_type\(\s*((?:"\w+",?\s*)+)', re.MULTILINE)


@cache
def files() -> dict[str, str]:
    """Type -> the name of the module that enters it."""
    found = {}
    for file in sorted(Path(__file__).parent.glob("*.py")):
        for names in _ENTERED.findall(file.read_text(encoding="utf-8")):
            found.update(dict.fromkeys(re.findall(r"\w+", names), file.stem))
    return found


def load(type_name: str) -> None:
    """Import the file that enters the type; nothing happens where no file does."""
    if type_name in files():
        import_module(f"{__name__}.{files()[type_name]}")
