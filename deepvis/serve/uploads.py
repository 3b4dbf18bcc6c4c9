"""Photos that viewers drop on the page: looked at by the reader of all photos, then files of a temporary folder."""

from __future__ import annotations

import itertools
import re
import shutil
import tempfile
import unicodedata
from collections import deque
from pathlib import Path

from deepvis.serve.limits import MOST_PHOTO_BYTES, MOST_PHOTOS, PHOTO_PIXELS
from deepvis.sources.photos import SUFFIXES, decoded

LONGEST_NAME = 60


class Uploads:
    """A folder of this process, made with the first photo and removed with ``close``."""

    def __init__(self) -> None:
        self._folder: Path | None = None
        self._files: deque[tuple[Path, int]] = deque()

    def add(self, content: bytes, name: str) -> Path:
        """The file of a photo that a viewer has sent. name: what the viewer calls it; it becomes part of the file's.

        The oldest are removed where there are too many. Raises PhotoError for what is no photo, and OSError.
        """
        decoded(content, said_name(name), PHOTO_PIXELS)
        if self._folder is None:
            self._folder = Path(tempfile.mkdtemp(prefix="deepvis-photos-"))
        path = _free(self._folder / file_name(name))
        path.write_bytes(content)
        self._files.append((path, len(content)))
        while len(self._files) > MOST_PHOTOS or sum(size for _, size in self._files) > MOST_PHOTO_BYTES:
            self._files.popleft()[0].unlink(missing_ok=True)
        return path

    def remove(self, path: Path) -> None:
        """A photo that is not shown after all."""
        self._files = deque(each for each in self._files if each[0] != path)
        path.unlink(missing_ok=True)

    def close(self) -> None:
        """Remove the folder."""
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)


def said_name(name: str) -> str:
    """What sentences call a photo: its name as the viewer has it, without folders and control characters."""
    last = re.split(r"[\\/]", name)[-1]
    return "".join(filter(str.isprintable, last)).strip()[:LONGEST_NAME] or "photo"


def file_name(name: str) -> str:
    """A harmless file name of a photo: letters of all scripts, digits, few signs between; the suffix of a picture."""
    last = unicodedata.normalize("NFC", re.split(r"[\\/]", name)[-1])
    stem, dot, suffix = last.rpartition(".")
    suffix = f".{suffix.lower()}" if dot and f".{suffix.lower()}" in SUFFIXES else ""
    kept = "".join(char if _is_harmless(char) else "\0" for char in (stem if suffix else last))
    words = re.sub("\0+", "_", kept).strip(" _-")[:LONGEST_NAME]
    return f"{words or 'photo'}{suffix or '.jpg'}"


def _free(path: Path) -> Path:
    """The path itself, or with the first number from 2 on of which there is no file yet."""
    numbered = (path.with_stem(f"{path.stem} {number}") for number in itertools.count(2))
    return next(each for each in itertools.chain([path], numbered) if not each.exists())


def _is_harmless(char: str) -> bool:
    """Letters and digits of all scripts with the marks that belong to them; nothing that cannot be seen."""
    return char in " -_" or unicodedata.category(char)[0] in "LMN"
