"""Files that are read: regular ones alone. A pipe may never end or begin, and a device as /dev/zero has no end.

Every reader of a file that a user names, or that an earlier run has left, opens it here, or calls ``check_regular``
before a library does. A link to a regular file is one; the null device is an empty file.
"""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path
from typing import BinaryIO

KINDS = {
    stat.S_IFIFO: "a pipe",
    stat.S_IFSOCK: "a socket",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
}


class NotRegularError(OSError):
    """A file that is none to read; its ``strerror`` says what it is."""


def check_regular(path: str | os.PathLike[str]) -> None:
    """Raises NotRegularError for a pipe, a socket or a device; OSError, or ValueError for a NUL, where there is none.

    A folder passes: opening it says so.
    """
    status = os.stat(path)
    kind = KINDS.get(stat.S_IFMT(status.st_mode))
    if kind is not None and not _is_null(status):
        raise NotRegularError(errno.EINVAL, f"it is {kind}, expected a regular file", os.fspath(path))


def instead_of_file(path: str | os.PathLike[str]) -> str:
    """What lies where a file was expected, in words: "no such file", "a folder", "a pipe", ..."""
    try:
        kind = stat.S_IFMT(os.stat(path).st_mode)
    except (OSError, ValueError):  # ValueError: a NUL in the name
        return "no such file"
    return "a folder" if kind == stat.S_IFDIR else KINDS.get(kind, "a file")


def open_regular(path: str | os.PathLike[str]) -> BinaryIO:
    """The file, open to read its bytes. Raises OSError."""
    check_regular(path)
    return open(path, "rb")


def bytes_of(path: str | os.PathLike[str]) -> bytes:
    """All that is in the file. Raises OSError."""
    check_regular(path)
    return Path(path).read_bytes()


def text_of(path: str | os.PathLike[str], encoding: str = "utf-8", errors: str = "strict") -> str:
    """The same as text. Raises OSError, UnicodeDecodeError."""
    check_regular(path)
    return Path(path).read_text(encoding=encoding, errors=errors)


def _is_null(status: os.stat_result) -> bool:
    try:
        return stat.S_ISCHR(status.st_mode) and status.st_rdev == os.stat(os.devnull).st_rdev
    except OSError:
        return False
