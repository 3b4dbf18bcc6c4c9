"""Files that are either complete or not there: written beside, then renamed; and the user's own folders."""

from __future__ import annotations

import errno
import hashlib
import os
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from deepvis.core.disk_room import DiskReserveError
from deepvis.core.temporary_names import part_beside, sweep_parts_once, target_of


@contextmanager
def written_beside(target: str | os.PathLike[str]) -> Iterator[BinaryIO]:
    """A file to write to that takes the name ``target`` once the block has ended well; see ``path_beside``."""
    with path_beside(target) as part, open(part, "wb") as file:
        yield file


@contextmanager
def path_beside(target: str | os.PathLike[str]) -> Iterator[Path]:
    """A path to write to, for libraries that open files by name; it becomes ``target`` once the block has ended well.

    Missing folders are made. Where the block raises, nothing is left behind, no folder either, and what was there
    before stays. What a program that was killed has left beside is removed (core/temporary_names.py). An OSError names
    ``target``, never the file beside it; that of a write, which has no name (a full disk), too.
    """
    target = Path(target)
    made = [each for each in target.parents if not os.path.lexists(each)]
    target.parent.mkdir(parents=True, exist_ok=True)
    sweep_parts_once(target.parent)
    part = part_beside(target)
    try:
        yield part
        os.replace(part, target)
        made = []
    except OSError as error:
        if error.errno is not None and error.filename in (None, str(part)):
            raise OSError(error.errno, error.strerror, str(target)) from error
        raise
    finally:
        part.unlink(missing_ok=True)
        for folder in made:
            with suppress(OSError):  # there is more in it
                folder.rmdir()


def remove(files: Iterable[Path], folders: Iterable[Path] = ()) -> None:
    """Remove these files and what killed programs have left beside them; then the folders in which nothing else is.

    What is not there, or cannot be removed, is left.
    """
    named = set(files)
    left = [part for folder in {path.parent for path in named} for part in folder.glob("*.part")]
    for path in (*named, *(part for part in left if target_of(part) in named)):
        with suppress(OSError):
            path.unlink()
    for folder in folders:
        with suppress(OSError):
            folder.rmdir()


def try_folder(folder: Path) -> None:
    """See that files can be written in a folder, there or not; leaves nothing behind. Raises OSError.

    A folder that is not there is made elsewhere: its names in a temporary one, in the parent that is there.
    """
    there = next(each for each in (folder, *folder.parents) if os.path.lexists(each) or each == each.parent)
    if there == folder:
        with tempfile.TemporaryFile(dir=folder):
            return
    with tempfile.TemporaryDirectory(prefix="deepvis_", dir=there) as beside:
        tried = Path(beside) / folder.relative_to(there)
        tried.mkdir(parents=True)
        with tempfile.TemporaryFile(dir=tried):
            pass


def home_of_user(variable: str, usual: str, environ: Mapping[str, str] = os.environ) -> Path:
    """``deepvis`` in the folder that this XDG variable names, else in the usual one of the user's home.

    Of a user without a home it is a path in which nothing is found and nothing can be written: below /dev/null.
    """
    try:
        return Path(environ.get(variable) or Path.home() / usual) / "deepvis"
    except RuntimeError:  # HOME is not set, and the system knows no user of this number
        return Path(os.devnull) / usual / "deepvis"


def write_file(target: str | os.PathLike[str], content: bytes) -> None:
    """All of a small file, see ``written_beside``. Raises OSError."""
    with written_beside(target) as file:
        file.write(content)


def os_error_words(error: OSError, kept: str = "what was finished is kept") -> str:
    """A file that cannot be read or written, or a full disk, as one sentence. kept: what is not lost by it."""
    full = error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
    where = f" at {error.filename}" if error.filename else ""
    if full:
        why = f" ({error.strerror})" if isinstance(error, DiskReserveError) else ""
        return f"the disk takes no more{where}{why}; make room and run the same command again: {kept}"
    words = f"a file cannot be read or written ({error.strerror or error})"
    return f"{words}{where}; see whether it is there, and who may read and write it"


def file_stamp(path: str | os.PathLike[str]) -> tuple[str, int, int] | None:
    """What tells a file from its later self: path, time in nanoseconds, bytes; None where there is none."""
    try:
        status = os.stat(path)
    except (OSError, ValueError):  # ValueError: a NUL in the name
        return None
    return os.fspath(path), status.st_mtime_ns, status.st_size


DIGEST = " (sha256 "  # between a name and its content's digest


def digest_words(name: str, content: bytes) -> str:
    """Words for what may be replaced one day: its name, and the beginning of its content's sha256."""
    return f"{name}{DIGEST}{hashlib.sha256(content).hexdigest()[:12]})"
