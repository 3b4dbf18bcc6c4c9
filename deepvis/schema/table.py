"""A table of what users write: a dataclass whose fields are rows of name, type, default, help and option.

Types are pydantic's (``schema/types.py``), and the annotations of the fields name them. They are looked up when a value
is checked for the first time: pydantic takes a tenth of a second to load, for which what checks nothing need not wait.
"""

from __future__ import annotations

import difflib
import reprlib
import typing
from collections.abc import Callable, Iterable, Mapping
from dataclasses import Field, dataclass, field, fields
from functools import cached_property
from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pydantic import TypeAdapter, ValidationError

MOST_CHARACTERS = 60  # of a value in a sentence


def row(default: Any = None, help: str = "", option: str | None = None, **more: Any) -> Any:
    """A row of a table. option: on the command line, as ``schema/options.py`` has it. more: what the table's user adds.

    expects: the type's words in this table, where they differ from the type's own. said: the help of the option, where
    it differs.
    """
    return field(default=default, metadata={"help": help, "option": option, **more})


@dataclass(frozen=True)
class Expects:
    """What a type says of itself, beside what pydantic checks.

    words: what a value must be, or a function that says it when asked. read: a word of the command line -> the value,
    or ValueError. written: what such a word must be, where that differs.
    """

    words: str | Callable[[], str]
    read: Callable[[str], Any] = str
    written: str = ""

    def __str__(self) -> str:
        return self.words if isinstance(self.words, str) else self.words()


class Hint(ValueError):
    """A type's validator refuses a value and knows more than the type's words: this follows them."""


class Refused(ValueError):
    """A value that a row does not take. The message says what was expected. is_sentence: it says all."""

    def __init__(self, message: str, *, is_sentence: bool = False) -> None:
        super().__init__(message)
        self.is_sentence = is_sentence


class Table:
    """The rows of a dataclass. modules: where the types are that its annotations name."""

    def __init__(self, cls: type, *modules: str) -> None:
        self.rows: dict[str, Field[Any]] = {each.name: each for each in fields(cls)}
        self._cls, self._modules = cls, modules
        self._adapters: dict[str, TypeAdapter[Any]] = {}

    @cached_property
    def types(self) -> Mapping[str, Any]:
        """Row -> its type."""
        names = {name: each for module in self._modules for name, each in vars(import_module(module)).items()}
        return typing.get_type_hints(self._cls, localns=names, include_extras=True)

    def expects(self, name: str) -> Expects:
        """What a row expects, in words and on the command line."""
        found = _expects(self.types[name]) or Expects("another value")
        words = self.rows[name].metadata.get("expects")
        return Expects(words, found.read, found.written) if words else found

    def checked(self, name: str, value: Any) -> Any:
        """The value as the row's type has it. Raises Refused."""
        from pydantic import TypeAdapter, ValidationError

        if name not in self._adapters:
            self._adapters[name] = TypeAdapter(self.types[name])
        try:
            return self._adapters[name].validate_python(value)
        except ValidationError as error:
            raise _refused(error, self.types[name], str(self.expects(name)), value) from None


def _refused(error: ValidationError, hint: Any, words: str, value: Any) -> Refused:
    """pydantic's error in the words of the type: the one place where it is translated."""
    first = error.errors(include_url=False, include_input=False)[0]
    cause = first.get("ctx", {}).get("error")
    inner, place = _deepest(hint, first["loc"], value)
    if hasattr(inner, "model_fields"):  # an entry with a name that there is not, or without one that must be
        words, name = str(_expects(hint) or words), str(first["loc"][-1])
        if first["type"] == "extra_forbidden":
            near = nearest(name, inner.model_fields)
            words = f"for {place!r} only {', '.join(inner.model_fields)} (found {name!r})" + (
                f"; {near}" if near else ""
            )
    elif inner is not hint and (found := _expects(inner)) is not None:
        words = str(found).format(name=place)
    if isinstance(cause, Hint):
        return Refused(f"{words}; {cause}")
    if cause is not None and str(cause):
        return Refused(str(cause).format(name=place) if place else str(cause), is_sentence=inner is hint)
    return Refused(words)


def _deepest(hint: Any, place: tuple[int | str, ...], value: Any) -> tuple[Any, str]:
    """The type at a place inside a value of a type, and the name of the nearest entry around it, "" for none."""
    name = ""
    for step in place:
        bare = _bare(hint)
        if hasattr(bare, "model_fields"):
            if step not in bare.model_fields or (isinstance(value, Mapping) and step not in value):
                return bare, name
            hint = typing.get_type_hints(bare, include_extras=True)[str(step)]
        elif isinstance(step, int) and typing.get_origin(bare) is tuple:
            hint, value = typing.get_args(bare)[0], _item(value, step)
            if hasattr(_bare(hint), "model_fields") and isinstance(value, Mapping):
                name = str(next((value[key] for key in _bare(hint).model_fields if key in value), ""))
        else:
            break
    return hint, name


def _item(value: Any, index: int) -> Any:
    return value[index] if isinstance(value, (list, tuple)) and index < len(value) else None


def _bare(hint: Any) -> Any:
    """A type without None and without what is annotated."""
    while True:
        parts = [each for each in typing.get_args(hint) if each is not type(None)]
        if typing.get_origin(hint) is typing.Annotated or (type(None) in typing.get_args(hint) and len(parts) == 1):
            hint = parts[0]
        else:
            return hint


def _expects(hint: Any) -> Expects | None:
    """What a type says of itself; of X | None, what X says."""
    for each in (hint, *typing.get_args(hint)):
        for word in getattr(each, "__metadata__", ())[::-1]:
            if isinstance(word, Expects):
                return word
    return None


def nearest(name: Any, known: Iterable[str], otherwise: str = "", cutoff: float = 0.6) -> str:
    """The hint "did you mean 'x'?" with the known name that looks most like ``name``, else ``otherwise``."""
    small = {each.lower(): each for each in known}
    found = difflib.get_close_matches(str(name)[:200].lower(), small, n=1, cutoff=cutoff)
    return f"did you mean {small[found[0]]!r}?" if found else otherwise


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
