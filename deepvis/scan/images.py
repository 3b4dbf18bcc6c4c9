"""The list of a scan's images: a text file, so that a hundred million names need no memory.

``images.txt`` holds one path a line, relative to the folder that was scanned. Only the byte
at which each chunk starts is kept in memory.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from deepvis.core.files import written_beside
from deepvis.core.regular_file import check_regular, open_regular
from deepvis.scan.scan_error import ScanError
from deepvis.sources.listing import listed_in
from deepvis.sources.photos import PhotoError, is_picture_name, load_photo


@dataclass(frozen=True)
class ImageList:
    """A written list of ``count`` paths, relative to ``folder`` ("" if absolute), and its sha256."""

    path: Path
    folder: str
    count: int
    sha256: str


def find_images(source: str | os.PathLike[str], without: str | os.PathLike[str] | None = None) -> Iterator[str]:
    """The paths of the pictures in a folder and below it, or of those named in a list file.

    Folder: relative to it, each folder's files in order of name, then its sub-folders likewise, so
    that the order is the same on every machine; hidden files are left out, links that lead in a circle
    too, and the folder ``without``: the scan's own, whose montages are no photos. List: absolute, in the
    file's order. Memory is that of the largest folder.
    """
    source = os.fspath(source)
    if os.path.isdir(source):
        own = os.stat(without) if without is not None and os.path.isdir(without) else None
        yield from _walk(source, "", {(own.st_dev, own.st_ino)} if own else set())
        return
    try:
        check_regular(source)
        with open(source, encoding="utf-8-sig", errors="surrogateescape") as lines:
            folder = os.path.dirname(os.path.abspath(source))
            paths = (entry.path for entry in listed_in(lines, folder))
            missing: list[str] = []
            for path in paths:
                if os.path.isfile(path):
                    yield from (*missing, path)
                    yield from paths
                    return
                missing.append(path)
            if missing:
                if _is_photo(source):
                    raise ScanError(
                        f"{source} is a photo; --images takes a folder of photos, or a text file with one path a line"
                    )
                raise ScanError(
                    f"no line of {source} names a file that is there; --images takes a folder of pictures, or a text "
                    "file with one path a line"
                )
    except OSError as error:
        raise ScanError(
            f"{source} cannot be read ({error.strerror}); --images takes a folder of pictures, or a text "
            "file with one path a line"
        ) from error


def _is_photo(path: str) -> bool:
    """By its name, or by what is in it."""
    if is_picture_name(path):
        return True
    try:
        load_photo(path)
    except PhotoError:
        return False
    return True


def _walk(root: str, below: str, seen: set[tuple[int, int]]) -> Iterator[str]:
    try:
        status = os.stat(os.path.join(root, below))
        if (status.st_dev, status.st_ino) in seen:
            return
        seen.add((status.st_dev, status.st_ino))
        with os.scandir(os.path.join(root, below)) as entries:
            names = sorted((entry.name, entry.is_dir()) for entry in entries if not entry.name.startswith("."))
    except OSError as error:
        if not below:
            raise ScanError(f"the folder {root} cannot be read ({error.strerror})") from error
        return
    for name, is_folder in names:
        if not is_folder and is_picture_name(name) and "\n" not in name and "\r" not in name:
            yield os.path.join(below, name)
    for name, is_folder in names:
        if is_folder:
            yield from _walk(root, os.path.join(below, name), seen)


def write_list(source: str | os.PathLike[str], path: Path, without: str | os.PathLike[str] | None = None) -> ImageList:
    """List the pictures of ``source`` into the file ``path``. Raises ScanError where there are none."""
    digest, count = hashlib.sha256(), 0
    with written_beside(path) as file:
        for count, name in enumerate(find_images(source, without), 1):  # noqa: B007
            line = name.encode("utf-8", "surrogateescape") + b"\n"
            file.write(line)
            digest.update(line)
        if count == 0:
            raise ScanError(f"{source} holds no pictures (jpg, png, tif, webp, ...); give --images a folder or a list")
    folder = os.path.abspath(source) if os.path.isdir(source) else ""
    return ImageList(path, folder, count, digest.hexdigest())


def chunk_offsets(path: Path, chunk: int) -> list[int]:
    """The byte at which each run of ``chunk`` lines starts."""
    offsets, start = [], 0
    with open_regular(path) as lines:
        for number, line in enumerate(lines):
            if number % chunk == 0:
                offsets.append(start)
            start += len(line)
    return offsets


def read_lines(path: Path, offset: int, count: int) -> list[str]:
    """``count`` paths from the byte ``offset`` on."""
    with open_regular(path) as file:
        file.seek(offset)
        lines = [file.readline() for _ in range(count)]
    return [line.rstrip(b"\n").decode("utf-8", "surrogateescape") for line in lines if line]
