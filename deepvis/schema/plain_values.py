"""Frozen dataclasses as plain values for a file (mappings, lists, texts, numbers), and back, checked by their types.

The schema is pydantic's core's, made of the annotations: a field that is added to a dataclass is in the file by itself.
What has no plain form (an array, a function) is left out of the file, and has its default when it is read.
"""

from __future__ import annotations

import dataclasses
import types
import typing
from collections.abc import Iterable, Mapping
from enum import Enum
from typing import TYPE_CHECKING, Any, TypeVar

from deepvis.core.nearest import nearest
from deepvis.schema.rows import shown

if TYPE_CHECKING:
    from pydantic_core import CoreSchema, ValidationError

T = TypeVar("T")
_SIMPLE = (bool, int, float, str)


class PlainError(ValueError):
    """A file's values are not what they should be: one sentence that names the first, without the file."""


def plain(value: Any) -> Any:
    """A value as mappings, lists, texts and numbers; of a dataclass what differs from its defaults.

    Raises TypeError for what has no such form.
    """
    if value is None or type(value) in _SIMPLE:
        return value
    if isinstance(value, Enum):
        return value.value
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return _of_dataclass(value)
    if isinstance(value, (tuple, list)):
        return [plain(each) for each in value]
    if isinstance(value, (frozenset, set)):
        return sorted(plain(each) for each in value)
    raise TypeError(f"{type(value).__name__} has no plain form")


def _of_dataclass(value: Any) -> dict[str, Any]:
    found = {}
    for name, kind in _kinds(type(value)).items():
        own = getattr(value, name)
        if _schema(kind) is not None and not _is_default(value, name, own):
            found[name] = plain(own)
    return found


def _is_default(value: Any, name: str, own: Any) -> bool:
    field = next(each for each in dataclasses.fields(value) if each.name == name)
    return field.default is not dataclasses.MISSING and own == field.default


def read_plain(kind: type[T], content: Any, where: str, without: Iterable[str] = ()) -> T:
    """A dataclass from what ``plain`` has made of it. where: its name in errors. without: fields that it may not have.

    Raises PlainError.
    """
    from pydantic_core import SchemaValidator, ValidationError

    if not isinstance(content, Mapping):
        raise PlainError(f"{where} is {shown(content)}: expected a table of {', '.join(_kinds(kind))}")
    for name in without:
        if name in content:
            raise PlainError(f"{where} has {name!r}, which it cannot have")
    schema = _schema(kind)
    if schema is None:
        raise TypeError(f"{kind.__name__} has no plain form")
    try:
        found: T = SchemaValidator(schema).validate_python(dict(content))
        return found
    except ValidationError as error:
        raise PlainError(_words(error, where, kind)) from None


def _words(error: ValidationError, where: str, kind: type) -> str:
    first = error.errors(include_url=False)[0]
    place = ".".join([where, *(str(part) for part in first["loc"])])
    if first["type"] in ("unexpected_keyword_argument", "extra_forbidden"):
        name = str(first["loc"][-1])
        return f"{where} has an unknown {name!r}; {nearest(name, list(_kinds(kind)), any_case=True)}".rstrip("; ")
    if first["type"] in ("missing", "missing_argument"):
        return f"{place} is missing"
    return f"{place} is {shown(first['input'])}: {first['msg'].replace('Input should be', 'expected')}"


def _kinds(kind: type) -> dict[str, Any]:
    """The annotations of a dataclass's fields, evaluated, those alone that can be set."""
    hints = typing.get_type_hints(kind)
    return {field.name: hints[field.name] for field in dataclasses.fields(kind) if field.init}


def _schema(kind: Any) -> CoreSchema | None:
    """pydantic's schema for an annotation; None where values of it have no plain form."""
    from pydantic_core import core_schema as s

    simple: dict[Any, CoreSchema] = {
        bool: s.bool_schema(strict=True),
        int: s.int_schema(strict=True),
        float: s.float_schema(),
        str: s.str_schema(strict=True),
    }
    if kind in simple:
        return simple[kind]
    if isinstance(kind, type) and issubclass(kind, Enum):
        return s.enum_schema(kind, list(kind))
    if dataclasses.is_dataclass(kind) and isinstance(kind, type):
        return _dataclass_schema(kind)
    parts, origin = typing.get_args(kind), typing.get_origin(kind)
    if origin in (typing.Union, types.UnionType):
        others = [_schema(part) for part in parts if part is not type(None)]
        if None in others or len(others) != 1 or len(parts) != 2:
            return None
        return s.nullable_schema(others[0])  # type: ignore[arg-type]
    inner = [_schema(part) for part in parts if part is not Ellipsis]
    if not inner or None in inner:
        return None
    if origin is tuple:
        return s.tuple_schema(inner, variadic_item_index=0 if Ellipsis in parts else None)  # type: ignore[arg-type]
    return s.frozenset_schema(inner[0]) if origin is frozenset else None


def _dataclass_schema(kind: type) -> CoreSchema | None:
    from pydantic_core import core_schema as s

    rows = []
    for field in dataclasses.fields(kind):
        schema = _schema(_kinds(kind)[field.name]) if field.init else None
        if schema is None:
            if field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING:
                return None
            continue
        if field.default is not dataclasses.MISSING:
            schema = s.with_default_schema(schema, default=field.default)
        elif field.default_factory is not dataclasses.MISSING:
            schema = s.with_default_schema(schema, default_factory=field.default_factory)
        rows.append((field.name, schema))
    names = [name for name, _ in rows]
    table = s.typed_dict_schema(
        {name: s.typed_dict_field(schema, required=schema["type"] != "default") for name, schema in rows},
        extra_behavior="forbid",
    )
    return s.no_info_after_validator_function(lambda found: kind(**{name: found[name] for name in names}), table)
