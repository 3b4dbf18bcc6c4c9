"""The types that only model cards have: the version, the mean, and the files to download."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

from pydantic_core import core_schema as s

from deepvis.models.card_values import VERSION, Checksum, RemoteFile
from deepvis.schema.rows import Type
from deepvis.schema.value_types import FILE_OR_NUMBERS, TEXT, after, before, in_list, many

ADDRESS = "an http or https address for {name!r}, or a note on where it comes from"
DIGITS = {"sha256": "64", "sha1": "40", "git_blob": "40", "sha256_start": "8,64"}


def _this_version(value: Any) -> Any:
    if value != VERSION:
        raise ValueError
    return value


def _inside(path: str) -> str:
    if Path(path).is_absolute() or ".." in Path(path).parts:
        raise ValueError
    return path


def _numbers(value: Any) -> Any:
    """A number alone stands for a list of one; a text is a file's name."""
    return value if isinstance(value, str) else in_list(value)


def _names(value: Any) -> Any:
    """1 and 3+ are both names of presets; YAML reads the first as a number."""
    listed = in_list(value)
    if not isinstance(listed, list):
        return listed
    return [str(each) if isinstance(each, int) and not isinstance(each, bool) else each for each in listed]


def _small_letters(digits: Any) -> str:
    return str(digits).lower()


def _file(entry: Mapping[str, Any]) -> RemoteFile:
    rest = {key: entry[key] for key in ("extract", "optional", "size", "note") if key in entry}
    checksum = next((Checksum(kind, entry[kind]) for kind in DIGITS if kind in entry), None)
    return RemoteFile(entry["path"], entry.get("urls", entry.get("url", ())), checksum, **rest)


def _with_addresses(files: tuple[RemoteFile, ...]) -> tuple[RemoteFile, ...]:
    for file in files:
        if not file.urls and not file.note:
            raise ValueError(f"{file.path!r} has no address, expected {ADDRESS.format(name=file.path)}")
    return files


_URLS = before(in_list, many(s.str_schema(strict=True, pattern="^https?://")))
_ENTRY = {
    "path": after(_inside, TEXT),
    "url": _URLS,
    "urls": _URLS,
    **{kind: before(_small_letters, s.str_schema(pattern=f"^[0-9a-f]{{{count}}}$")) for kind, count in DIGITS.items()},
    "extract": s.dict_schema(TEXT, TEXT),
    "optional": s.bool_schema(strict=True),
    "size": s.int_schema(strict=True, ge=0),
    "note": s.str_schema(strict=True),
}
_WORDS = {
    "path": "paths inside the model's folder (found {name!r})",
    "url": ADDRESS,
    "urls": ADDRESS,
    **{
        kind: f"{count.replace(',', ' to ')} hexadecimal digits of {kind}, in quotes, for {{name!r}}"
        for kind, count in DIGITS.items()
    },
    "extract": "a mapping of names to names for {name!r}",
    "optional": "true or false for {name!r}",
    "size": "a size in bytes for {name!r}",
    "note": "a text for {name!r}",
}
_FIELDS = {key: s.typed_dict_field(schema, required=key == "path") for key, schema in _ENTRY.items()}

Version = Annotated[
    int, Type(f"{VERSION}; a newer deepvis may be needed", s.no_info_plain_validator_function(_this_version))
]
CardMean = Annotated[
    str | tuple[float, ...],
    Type("one number for each channel, or the name of a .npy or .binaryproto file", before(_numbers, FILE_OR_NUMBERS)),
]
PresetNames = Annotated[tuple[str, ...], Type("a list of names", before(_names, many(TEXT)))]
Files = Annotated[
    tuple[RemoteFile, ...],
    Type(
        "files that each have a path and a url",
        after(_with_addresses, many(after(_file, s.typed_dict_schema(_FIELDS, extra_behavior="forbid")))),
        parts=_WORDS,
    ),
]
