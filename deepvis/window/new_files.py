"""Names for what is saved of the window: what it is of, and when; nothing is ever overwritten."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from deepvis.core.files import written_beside

LONGEST = 120  # letters of a name without its number and suffix


def file_name(*words: str, when: float | None = None) -> str:
    """ "deepvis-squeezenet-fire2-concat-7-20260102-030405": what it is of, and when (seconds since 1970; None: now)."""
    stamp = time.strftime("%Y%m%d-%H%M%S", time.localtime(when))
    stem = re.sub(r"[^\w.-]", "-", "-".join(["deepvis", *filter(None, words)]))
    return f"{stem[: LONGEST - len(stamp) - 1]}-{stamp}"


@contextmanager
def new_file(folder: Path, stem: str, suffix: str) -> Iterator[tuple[Path, BinaryIO]]:
    """A file to write to, with the name that it has once the block has ended well: with a number if need be.

    Raises OSError; then nothing is left behind.
    """
    path = reserved(folder, stem, suffix)
    try:
        with written_beside(path) as file:
            yield path, file
    except BaseException:
        with suppress(OSError):
            path.unlink()
        raise


def reserved(folder: Path, stem: str, suffix: str) -> Path:
    """An empty file of a name that nothing had before, which two programs at once do not get both. Raises OSError."""
    folder.mkdir(parents=True, exist_ok=True)
    number = 1
    while True:
        path = folder / (f"{stem}{suffix}" if number == 1 else f"{stem}-{number}{suffix}")
        try:
            os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o666))
            return path.absolute()
        except FileExistsError:
            number += 1
