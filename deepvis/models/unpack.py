"""Files on their way into a model's folder: checksums, written beside and renamed, unpacked from archives."""

from __future__ import annotations

import hashlib
import lzma
import shutil
import tarfile
from pathlib import Path, PurePosixPath
from typing import IO

from deepvis.core.content_errors import CONTENT_ERRORS, reason
from deepvis.core.disk_room import check_room
from deepvis.core.files import os_error_words, written_beside
from deepvis.core.regular_file import open_regular
from deepvis.models.bounded_tar import members
from deepvis.models.card_values import RemoteFile
from deepvis.network.model_error import ModelError


def digest(path: Path, kind: str) -> str:
    """Hex digits of a file's checksum of the kind "sha256", "sha1" or "git_blob"."""
    hashed = hashlib.sha256() if kind == "sha256" else hashlib.sha1(usedforsecurity=False)
    if kind == "git_blob":
        hashed.update(b"blob %d\0" % path.stat().st_size)
    with open_regular(path) as file:
        while chunk := file.read(1 << 20):
            hashed.update(chunk)
    return hashed.hexdigest()


def put(content: IO[bytes], target: Path, size: int) -> None:
    """Write a file of that size in bytes beside its place, then rename it. Raises ModelError."""
    try:
        with content, written_beside(target) as out:
            check_room(target, size)
            shutil.copyfileobj(content, out)
    except OSError as error:
        error.filename = str(target)
        raise ModelError(os_error_words(error)) from None


def unpack(folder: Path, file: RemoteFile, archive: Path) -> None:
    """Unpack the wanted members, single files or whole folders, into the folder. Raises ModelError.

    An archive that unpacks to more than ten times its size, and to more than 200 MB, is refused (bounded_tar.py).
    """
    found: set[str] = set()
    try:
        for member, opened in members(archive):
            place = _place_of(member, file)
            if place is None:
                continue
            found.add(place[0])
            content = opened()
            if content is not None:
                put(content, folder / place[1], member.size)
    except ModelError:
        raise
    except (tarfile.TarError, lzma.LZMAError, OSError, *CONTENT_ERRORS) as error:
        raise ModelError(f"{archive}: is no readable archive ({reason(error)}); remove it and try again") from None
    absent = [name for name in file.extract if name not in found]
    if absent:
        raise ModelError(f"{archive}: found no {absent[0]!r} inside, expected it among its members")


def _place_of(member: tarfile.TarInfo, file: RemoteFile) -> tuple[str, str] | None:
    """(wanted name, path in the model's folder) of a member; None if it is not wanted, is no plain file, or strays."""
    name = PurePosixPath(member.name)
    if not member.isfile() or name.is_absolute() or ".." in name.parts:
        return None
    for member_name, target in file.extract.items():
        if name == PurePosixPath(member_name):
            return member_name, target
        if name.is_relative_to(member_name):
            return member_name, str(PurePosixPath(target) / name.relative_to(member_name))
    return None
