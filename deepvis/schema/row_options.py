"""Options of a command line from the rows of a table.

A row's ``option`` is "--scale X": a name and what stands for its value. "--label-layers LAYER..." takes several words,
"--input NAME=FILE, again" is given once for each. "--fill" of a row that is True or False switches it over. "auto" is
the row's own name. None: it can only be written in a file.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from deepvis.schema.rows import Refused, Table

AGAIN, SEVERAL = ", again", "..."


def option_of(table: Table, name: str) -> str | None:
    """The option of a row, as "--scale X"; None where it has none."""
    default, option = table.rows[name].default, table.rows[name].metadata["option"]
    if option != "auto":
        return option
    words = name.replace("_", "-")
    if isinstance(default, bool):
        return f"--no-{words}" if default else f"--{words}"
    return f"--{words} {'N' if isinstance(default, int) else 'X' if isinstance(default, float) else 'NAME'}"


def add_options(
    group: Any, table: Table, names: Iterable[str], aliases: Mapping[str, Sequence[str]] | None = None
) -> None:
    """Enter the options of rows into a parser or a group of it. aliases: option -> further names of it."""
    for name in names:
        option, _, value = (option_of(table, name) or "").partition(" ")
        if not option:
            continue
        row = table.rows[name]
        more: dict[str, Any] = {"dest": name, "default": None, "help": _help(row.metadata, bool(row.default is True))}
        if isinstance(row.default, bool):
            more["action"] = "store_false" if row.default else "store_true"
        else:
            more.update(metavar=value.removesuffix(AGAIN).removesuffix(SEVERAL), type=reader(table, name))
        if value.endswith(AGAIN):
            more["action"] = "append"
        elif value.endswith(SEVERAL):
            more["nargs"] = "+"
        group.add_argument(option, *(aliases or {}).get(option, ()), **more)


def reader(table: Table, name: str) -> Callable[[str], Any]:
    """A word of the command line -> the row's value, or ArgumentTypeError; of several words, one."""
    option = option_of(table, name) or ""
    is_one_of_several = option.endswith((AGAIN, SEVERAL))

    def read(text: str) -> Any:
        kind = table.type_of(name)
        try:
            value = kind.read(text)
            checked = table.checked(name, [value] if is_one_of_several else value)
        except ValueError as error:
            words = kind.written or str(kind)
            hint = error.hint if isinstance(error, Refused) else ""
            raise argparse.ArgumentTypeError(f"{text!r} is not {words}" + (f"; {hint}" if hint else "")) from None
        return value if is_one_of_several else checked

    return read


def _help(metadata: Mapping[str, Any], is_on: bool) -> str:
    words: str = metadata.get("said") or (f"not: {metadata['help']}" if is_on else metadata["help"])
    is_sentence = words[:1].isupper() and words[1:2].islower()
    return ((words[0].lower() + words[1:]) if is_sentence else words).replace("%", "%%")
