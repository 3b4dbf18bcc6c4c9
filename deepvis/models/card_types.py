"""The types that only model cards have: the version, the mean, and the files to download."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, Strict

from deepvis.models.card import VERSION, Checksum, RemoteFile
from deepvis.schema.table import Expects
from deepvis.schema.types import AnyMean, NameOrNames, in_list

FILES = "files that each have a path and a url"
ADDRESS = "an http or https address for {name!r}, or a note on where it comes from"


def _this_version(value: Any) -> Any:
    if value != VERSION:
        raise ValueError
    return value


def _inside(path: str) -> str:
    if Path(path).is_absolute() or ".." in Path(path).parts:
        raise ValueError
    return path


def _web_addresses(urls: tuple[str, ...]) -> tuple[str, ...]:
    if not all(url.startswith(("http://", "https://")) for url in urls):
        raise ValueError
    return urls


def _numbers(value: Any) -> Any:
    """A number alone stands for a list of one; a text is a file's name."""
    return value if isinstance(value, str) else in_list(value)


def _digits(kind: str, count: str) -> Any:
    least, _, most = count.partition(",")
    words = f"{least} to {most}" if most else least
    return Annotated[
        str,
        BeforeValidator(lambda digits: str(digits).lower()),
        Field(pattern=rf"^[0-9a-f]{{{count}}}$"),
        Expects(f"{words} hexadecimal digits of {kind}, in quotes, for {{name!r}}"),
    ]


_Urls = Annotated[NameOrNames, AfterValidator(_web_addresses), Expects(ADDRESS)]


class FileEntry(BaseModel):
    """An entry of ``files`` as it is written."""

    model_config = ConfigDict(extra="forbid")

    path: Annotated[str, Strict(), AfterValidator(_inside), Expects("paths inside the model's folder (found {name!r})")]
    url: _Urls = ()
    urls: _Urls = ()
    sha256: _digits("sha256", "64") = ""  # type: ignore[valid-type]
    sha1: _digits("sha1", "40") = ""  # type: ignore[valid-type]
    git_blob: _digits("git_blob", "40") = ""  # type: ignore[valid-type]
    sha256_start: _digits("sha256_start", "8,64") = ""  # type: ignore[valid-type]
    extract: Annotated[
        dict[Annotated[str, Strict()], Annotated[str, Strict()]], Expects("a mapping of names to names")
    ] = {}
    optional: Annotated[bool, Strict(), Expects("true or false")] = False
    size: Annotated[int, Field(strict=True, ge=0), Expects("a size in bytes for {name!r}")] = 0
    note: Annotated[str, Strict(), Expects("a text")] = ""

    def file(self) -> RemoteFile:
        kinds = ("sha256", "sha1", "git_blob", "sha256_start")
        checksum = next((Checksum(kind, getattr(self, kind)) for kind in kinds if getattr(self, kind)), None)
        urls = self.urls or self.url
        return RemoteFile(self.path, urls, checksum, self.extract, self.optional, self.size, self.note)


def _files(entries: tuple[FileEntry, ...]) -> tuple[RemoteFile, ...]:
    for entry in entries:
        if not (entry.urls or entry.url or "note" in entry.model_fields_set):
            raise ValueError(ADDRESS.format(name=entry.path))
    return tuple(entry.file() for entry in entries)


Version = Annotated[int, BeforeValidator(_this_version), Expects(f"{VERSION}; a newer deepvis may be needed")]
CardMean = Annotated[
    AnyMean,
    BeforeValidator(_numbers),
    Expects("one number for each channel, or the name of a .npy or .binaryproto file"),
]
Files = Annotated[tuple[FileEntry, ...], AfterValidator(_files), Expects(FILES)]
