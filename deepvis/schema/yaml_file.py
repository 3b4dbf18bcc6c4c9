"""A YAML file that a user has written, read in memory and time that are bounded by its size."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from deepvis.core.content_errors import CONTENT_ERRORS, reason
from deepvis.core.regular_file import bytes_of
from deepvis.core.user_error import one_line

MOST_BYTES = 1 << 20  # of a file: a session of ten thousand named units has so many
MOST_LEVELS = 50  # of values within values
MOST_VALUES = 200_000  # in all, those that an alias stands for counted each time
LONGEST_REASON = 400  # characters
LONGEST_NUMBER = 400  # characters of a value that is not in quotes and begins as a number
MERGE = "<<"  # puts the keys of other mappings into one; may be said again

_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # the same values, five times as fast


def read_yaml(path: Path) -> Any:
    """What the file holds. Raises OSError, and ValueError, whose message is a line, for what is no YAML."""
    raw = bytes_of(path)
    if len(raw) > MOST_BYTES:
        raise ValueError(f"it has {len(raw)} bytes, expected {MOST_BYTES} at most")
    return yaml_of(raw)


def yaml_of(raw: bytes | str) -> Any:
    """The value of a text. Raises ValueError, whose message is a line."""
    try:
        text = raw.decode("utf-8") if isinstance(raw, bytes) else raw
        check_events(text)
        return yaml.load(text, _Loader)  # a safe loader
    except yaml.YAMLError as error:
        raise ValueError(one_line(" ".join(str(error).split()), LONGEST_REASON)) from None
    except CONTENT_ERRORS as error:  # of dates and numbers that cannot be, and of tags that do not fit their values
        raise ValueError(reason(error)) from None


def check_events(text: str) -> None:
    """Raises ValueError for values that nest too deeply, or that aliases make too many, before any is made.

    A few lines of aliases of aliases stand for billions of values ("billion laughs"). And for a key that is written
    twice, of which PyYAML would take the last.
    """
    keys = _Keys()
    sizes: dict[str, int] = {}  # anchor -> values that it stands for
    open_ones: list[tuple[str | None, int]] = []  # (anchor, values before it), outermost first
    total = 0
    for event in yaml.parse(text, _Loader):
        keys.take(event)
        if isinstance(event, yaml.AliasEvent):
            total += sizes.get(event.anchor or "", 1)
        elif isinstance(event, yaml.ScalarEvent):
            _check_number(event)
            total += 1
            if event.anchor:
                sizes[event.anchor] = 1
        elif isinstance(event, yaml.CollectionStartEvent):
            open_ones.append((event.anchor, total))
            total += 1
        elif isinstance(event, yaml.CollectionEndEvent):
            anchor, before = open_ones.pop()
            if anchor:
                sizes[anchor] = total - before
        if len(open_ones) > MOST_LEVELS:
            raise ValueError("it is nested too deeply")
        if total > MOST_VALUES:
            raise ValueError(f"it holds more than {MOST_VALUES} values, those of aliases counted each time")


class _Keys:
    """Refuses a key that a mapping has already; keys that are no scalars are not looked at."""

    def __init__(self) -> None:
        self._open: list[_Mapping | None] = []  # outermost first; None: a list

    def take(self, event: yaml.Event) -> None:
        if isinstance(event, yaml.CollectionEndEvent):
            self._open.pop()
        elif isinstance(event, yaml.NodeEvent):
            self._enter(event)
            if isinstance(event, yaml.CollectionStartEvent):
                self._open.append(_Mapping() if isinstance(event, yaml.MappingStartEvent) else None)

    def _enter(self, event: yaml.NodeEvent) -> None:
        """A key or a value of the innermost mapping, in turns."""
        mapping = self._open[-1] if self._open else None
        if mapping is None:
            return
        mapping.is_key = not mapping.is_key
        if not mapping.is_key or not isinstance(event, yaml.ScalarEvent):
            return
        key = (event.value, not event.style)  # 1 and '1' are two
        if key == (MERGE, True):
            return
        if key in mapping.keys:
            raise ValueError(f"the key {event.value[:80]!r} is written twice")
        mapping.keys.add(key)


@dataclass
class _Mapping:
    """keys: those so far, each with whether it is written without quotes. is_key: of what came last."""

    keys: set[tuple[str, bool]] = field(default_factory=set)
    is_key: bool = False


def _check_number(event: yaml.ScalarEvent) -> None:
    is_number = not event.style and event.value[:1] in "+-.0123456789"
    if is_number and len(event.value) > LONGEST_NUMBER:
        raise ValueError(f"the number {event.value[:20]}... has {len(event.value)} characters")
