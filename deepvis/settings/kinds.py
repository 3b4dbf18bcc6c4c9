"""The types that a setting can have: what each expects, in words, and its check."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from deepvis.core import device_names
from deepvis.core.commands import COMMANDS
from deepvis.core.keys import canonical, is_key_name
from deepvis.core.panes import DEFAULT_PANES, pane_name, read_panes
from deepvis.settings.original import COMMANDS_OF_TAGS


@dataclass(frozen=True)
class Kind:
    """A type of setting.

    words: what it expects, or a function that says it when asked. convert: a value -> the setting's own, or ValueError.
    """

    words: str | Callable[[], str]
    convert: Callable[[Any], Any]

    @property
    def expects(self) -> str:
        return self.words if isinstance(self.words, str) else self.words()


def _checked(expects: str, allows: Callable[[Any], bool], convert: Callable[[Any], Any] = lambda v: v) -> Kind:
    def check(value: Any) -> Any:
        if not allows(value):
            raise ValueError
        return convert(value)

    return Kind(expects, check)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_list(value: Any, of: Callable[[Any], bool]) -> bool:
    return isinstance(value, list | tuple | set | frozenset) and all(map(of, value))


def _is_text(value: Any) -> bool:
    return isinstance(value, str | Path) and str(value) != ""


def _listed(value: Any) -> Any:
    """An array of numpy as a list, without importing numpy."""
    return value.tolist() if hasattr(value, "tolist") else value


def _read_panes(value: Any) -> dict[str, tuple[int, int, int, int] | None]:
    """A mapping overrides single panes; a list of pairs, as the original has it, is the whole table."""
    whole = not isinstance(value, Mapping)
    table = dict(value)
    panes: dict[str, tuple[int, int, int, int] | None] = dict.fromkeys(DEFAULT_PANES) if whole else {}
    panes.update({pane_name(name): None for name, place in table.items() if place is None})
    panes.update(read_panes(table))
    return panes


def _read_keys(value: Any) -> dict[str, tuple[str, ...]]:
    """Commands by their own names or by the original's tags -> names of keys."""
    table: dict[str, tuple[str, ...]] = {}
    for name, keys in dict(value).items():
        own = COMMANDS_OF_TAGS.get(name, name)
        listed = tuple(canonical(key) for key in ([keys] if isinstance(keys, str) else keys))
        if own not in COMMANDS or not all(map(is_key_name, listed)):
            raise ValueError
        table[own] = (*table.get(own, ()), *listed)
    return table


def choice(*names: str) -> Kind:
    return choice_of(lambda: names)


def choice_of(names: Callable[[], Iterable[str]]) -> Kind:
    """One of names that are asked for anew each time: a table may grow."""

    def chosen(value: Any) -> Any:
        if value not in tuple(names()):
            raise ValueError
        return value

    return Kind(lambda: f"one of {', '.join(names())}", chosen)


TEXT = _checked("a text", _is_text, str)
FLAG = _checked("True or False", lambda v: isinstance(v, bool))
POSITIVE = _checked("a number above 0", lambda v: _is_number(v) and v > 0, float)
COUNT = _checked("a whole number, 0 or more", lambda v: _is_whole(v) and v >= 0)
SIZE = _checked(
    "two whole numbers above 0, (height, width)",
    lambda v: _is_list(v, lambda n: _is_whole(n) and n > 0) and len(v) == 2,
    tuple,
)
NAMES = _checked("a list of names", lambda v: _is_list(v, lambda n: isinstance(n, str)), tuple)
NAME_MAP = _checked(
    "a dictionary of layer names",
    lambda v: isinstance(v, Mapping) and all(isinstance(n, str) for pair in v.items() for n in pair),
    dict,
)
FUNCTION = _checked("a function of a layer's name", callable)
MEAN = _checked(
    "a file (.npy, .binaryproto) or one number per channel",
    lambda v: _is_text(v) or (_is_list(_listed(v), _is_number) and len(_listed(v)) > 0),
    lambda v: str(v) if _is_text(v) else tuple(map(float, _listed(v))),
)
NUMBERS = _checked(
    "one number above 0 per channel",
    lambda v: _is_list(_listed(v), lambda n: _is_number(n) and n > 0) and len(_listed(v)) > 0,
    lambda v: tuple(map(float, _listed(v))),
)
DEVICE = _checked(device_names.EXPECTED, lambda v: device_names.parsed(str(v)) is not None, str)
KEYS = Kind("names of commands, or of the original's bindings, with a key or a list of keys", _read_keys)
PANES = Kind("pane names with (row, column, height, width)", _read_panes)
