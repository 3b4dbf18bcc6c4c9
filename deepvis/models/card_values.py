"""What only model cards hold: the version of their schema, and the files to download."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

VERSION = 1


@dataclass(frozen=True)
class Checksum:
    """kind: "sha256", "sha1", or "git_blob" (sha1 of "blob SIZE NUL CONTENT"); value: hex digits.

    "sha256_start": the first eight digits or more, as PyTorch writes them into the names of its files.
    """

    kind: str
    value: str


@dataclass(frozen=True)
class RemoteFile:
    """A file that is not in the repository: its name in the model's folder, where it is, how it is checked.

    extract: members of the downloaded tar archive -> names in the folder; empty: the file is wanted as it is.
    optional: not fetched unless asked for (unit images of gigabytes). size: in bytes, about, 0 unknown.
    """

    path: str
    urls: tuple[str, ...]
    checksum: Checksum | None = None
    extract: Mapping[str, str] = field(default_factory=dict)
    optional: bool = False
    size: int = 0
    note: str = ""
