"""A table of what users write: a dataclass whose fields are rows of name, type, default, help and option.

Types are pydantic's (``schema/value_types.py``), and the annotations of the fields name them. They are looked up when a
value is checked for the first time: what checks nothing need not load pydantic. Only pydantic's core is used: its
models take five times as long to load, a tenth of a second of the window's start, and say nothing that the rows do not.
"""

from __future__ import annotations

import reprlib
import typing
from collections.abc import Callable, Mapping
from dataclasses import Field, dataclass, field, fields, replace
from functools import cached_property
from importlib import import_module
from typing import TYPE_CHECKING, Any

from deepvis.core.nearest import nearest

if TYPE_CHECKING:
    from pydantic_core import SchemaValidator, ValidationError

MOST_CHARACTERS = 60  # of a value in a sentence


def row(default: Any = None, help: str = "", option: str | None = None, **more: Any) -> Any:
    """A row of a table.

    option: on the command line, as ``schema/row_options.py`` has it. more: what the table's user adds.
    expects: the type's words in this table, where they differ from the type's own. said: the help of the option, where
    it differs.
    """
    return field(default=default, metadata={"help": help, "option": option, **more})


@dataclass(frozen=True, eq=False)
class Type:
    """What a row takes: an annotation is Annotated[float, Type(...)].

    words: what a value must be, or a function that says it when asked. schema: pydantic's, of ``pydantic_core``.
    read: a word of the command line -> the value, or ValueError. written: what such a word must be, where that differs.
    parts: of a list of entries, key -> what its value must be, {name} for the value of the first key.
    """

    words: str | Callable[[], str]
    schema: Any
    read: Callable[[str], Any] = str
    written: str = ""
    parts: Mapping[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        return self.words if isinstance(self.words, str) else self.words()


class Hint(ValueError):
    """A type's validator refuses a value and knows more than the type's words: this follows them."""


class Refused(ValueError):
    """A value that a row does not take. The message says what was expected, then the hint. is_sentence: it says all."""

    def __init__(self, expected: str, hint: str = "", *, is_sentence: bool = False) -> None:
        super().__init__(f"{expected}; {hint}" if hint else expected)
        self.hint, self.is_sentence = hint, is_sentence


class Table:
    """The rows of a dataclass. modules: where the types are that its annotations name."""

    def __init__(self, cls: type, *modules: str) -> None:
        self.rows: dict[str, Field[Any]] = {each.name: each for each in fields(cls)}
        self._cls, self._modules = cls, modules
        self._validators: dict[str, SchemaValidator] = {}

    @cached_property
    def _hints(self) -> Mapping[str, Any]:
        names = {name: each for module in self._modules for name, each in vars(import_module(module)).items()}
        return typing.get_type_hints(self._cls, localns=names, include_extras=True)

    def type_of(self, name: str) -> Type:
        """What a row takes beside None; its words as the row has them."""
        hint, words = self._hints[name], self.rows[name].metadata.get("expects")
        found = next(each for part in (hint, *typing.get_args(hint)) for each in getattr(part, "__metadata__", ()))
        return replace(found, words=words) if words else found

    def checked(self, name: str, value: Any) -> Any:
        """The value as the row's type has it. Raises Refused."""
        from pydantic_core import SchemaValidator, ValidationError, core_schema

        if name not in self._validators:
            schema = self.type_of(name).schema
            is_optional = type(None) in typing.get_args(self._hints[name])
            self._validators[name] = SchemaValidator(core_schema.nullable_schema(schema) if is_optional else schema)
        try:
            return self._validators[name].validate_python(value)
        except ValidationError as error:
            raise _refused(error, self.type_of(name), value) from None


def _refused(error: ValidationError, kind: Type, value: Any) -> Refused:
    """pydantic's error in the words of the type: the one place where it is translated."""
    first = error.errors(include_url=False, include_input=False)[0]
    cause, place, words, hint = first.get("ctx", {}).get("error"), first["loc"], str(kind), ""
    if len(place) > 1 and kind.parts:  # in an entry of a list
        key, entry = str(place[1]), value[place[0]]
        name = entry.get(next(iter(kind.parts)))
        if first["type"] == "extra_forbidden":
            words = f"for {name!r} only {', '.join(kind.parts)} (found {key!r})"
            hint = nearest(key, kind.parts, any_case=True)
        elif first["type"] != "missing":
            words = kind.parts.get(key, words).format(name=name)
    if isinstance(cause, Hint):
        return Refused(words, str(cause))
    if cause is not None and str(cause):
        return Refused(str(cause), is_sentence=True)
    return Refused(words, hint)


class _Short(reprlib.Repr):
    """A few levels and items of a value: a card may name one list within itself, again and again."""

    def __init__(self) -> None:
        super().__init__()
        self.maxstring = self.maxother = self.maxlong = MOST_CHARACTERS
        self.maxlist = self.maxtuple = self.maxdict = self.maxset = 12
        self.maxlevel = 4


def shown(value: Any) -> str:
    """A value in a sentence: one line, cut short."""
    try:
        text = " ".join(_Short().repr(value).split())
    except Exception:  # the user's own class may fail at it
        text = f"a value of type {type(value).__name__}"
    return text if len(text) <= MOST_CHARACTERS else text[:MOST_CHARACTERS] + "..."
