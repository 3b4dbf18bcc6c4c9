"""Which photos there are: in a folder, in a text file of paths, or in one file. No decoding."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import NamedTuple, Protocol

from deepvis.core.regular_file import check_regular, text_of
from deepvis.sources.photos import SUFFIXES, is_picture_name


class ListedPhoto(NamedTuple):
    """A photo that may be read: its path, and the label that the window shows."""

    path: str
    label: str


class Listing(Protocol):
    """The photos in their order.

    entries: as of the last look. problem: a sentence where there are none, "" otherwise.
    """

    entries: tuple[ListedPhoto, ...]
    problem: str

    def refresh(self) -> bool:
        """Look again; True if ``entries`` became another tuple."""


def natural_key(name: str) -> str:
    """A key that sorts names as people do: a2 before a10, case aside, sub-folders kept together."""
    return _DIGITS.sub(_ranked, name.casefold().replace("/", "\0"))


_DIGITS = re.compile(r"[0-9]+")


def _ranked(digits: re.Match[str]) -> str:
    """A number after its own length: of two, the one with fewer digits is the smaller."""
    number = digits[0].lstrip("0")
    return f"{len(number):03d}{number}"


class FixedListing:
    """Photos that stay the same."""

    def __init__(self, entries: tuple[ListedPhoto, ...], problem: str = "there is no photo to show") -> None:
        self.entries = entries
        self.problem = "" if entries else problem

    def refresh(self) -> bool:
        return False


@dataclass(frozen=True)
class _Folder:
    """What a folder held at mtime_ns. is_settled: a later change would have left another time behind."""

    mtime_ns: int
    is_settled: bool
    pictures: tuple[str, ...]
    folders: tuple[str, ...]


@dataclass
class FolderListing:
    """All pictures in a folder and its sub-folders, in natural order.

    A folder is read again only when its modification time has changed: a look at an unchanged tree costs
    one ``stat`` a folder, however many files there are. ``clock``: seconds since the epoch, as modification
    times.
    """

    root: str
    clock: Callable[[], float] = time.time
    entries: tuple[ListedPhoto, ...] = field(init=False, default=())
    problem: str = field(init=False, default="")

    def __post_init__(self) -> None:
        self._known: dict[str, _Folder] = {}
        self.refresh()

    def refresh(self) -> bool:
        found: dict[str, _Folder] = {}
        self._walk(self.root, found, set())
        self.problem = self._problem(found)
        if found == self._known:
            return False
        before = {path: (folder.pictures, folder.folders) for path, folder in self._known.items()}
        self._known = found
        if before == {path: (folder.pictures, folder.folders) for path, folder in found.items()}:
            return False
        self.entries = tuple(sorted(self._entries(found), key=lambda entry: natural_key(entry.label)))
        return True

    def _walk(self, path: str, found: dict[str, _Folder], seen: set[tuple[int, int]]) -> None:
        """Enter ``path`` and what is below it into ``found``; links that lead in a circle are left out."""
        try:
            status = os.stat(path)
            if (status.st_dev, status.st_ino) in seen:
                return
            seen.add((status.st_dev, status.st_ino))
            folder = self._known.get(path)
            if folder is None or not folder.is_settled or folder.mtime_ns != status.st_mtime_ns:
                folder = self._scan(path, status.st_mtime_ns)
        except OSError:
            return
        found[path] = folder
        for name in folder.folders:
            self._walk(os.path.join(path, name), found, seen)

    def _scan(self, path: str, mtime_ns: int) -> _Folder:
        pictures, folders = [], []
        with os.scandir(path) as items:
            for item in items:
                if item.is_dir():
                    if not item.name.startswith("."):
                        folders.append(item.name)
                elif is_picture_name(item.name):
                    pictures.append(item.name)
        # a file that comes within the clock's grain of this look would leave the same time behind
        is_settled = abs(self.clock() - mtime_ns / 1e9) > 2
        return _Folder(mtime_ns, is_settled, tuple(sorted(pictures)), tuple(sorted(folders)))

    def _entries(self, found: dict[str, _Folder]) -> Iterator[ListedPhoto]:
        for folder, content in found.items():
            below = os.path.relpath(folder, self.root).replace(os.sep, "/")
            path, label = os.path.join(folder, ""), "" if below == "." else f"{below}/"
            for name in content.pictures:
                yield ListedPhoto(path + name, label + name)

    def _problem(self, found: dict[str, _Folder]) -> str:
        if not found:
            gone = os.path.exists(self.root)
            return f"the folder {self.root} {'cannot be read' if gone else 'is gone'}; waiting for it"
        if not any(folder.pictures for folder in found.values()):
            return f"the folder {self.root} holds no pictures (jpg, png, tif, webp, ...); waiting for one"
        return ""


class ListFileListing:
    """The photos named in a text file, in the file's order.

    One path a line, from the file's own folder unless absolute. A label may follow, after a tab, a blank, a
    comma or a semicolon: the path is the longest part that ends as a picture's name does (``my cat.jpg
    281``). Blank lines and ``#`` lines are left out. The file is read again when it changes.
    """

    def __init__(self, path: str) -> None:
        self.path = path
        self.entries: tuple[ListedPhoto, ...] = ()
        self.problem = ""
        self._stamp: tuple[int, int] | None = None
        self.refresh()

    def refresh(self) -> bool:
        try:
            status = os.stat(self.path)
            if (stamp := (status.st_mtime_ns, status.st_size)) == self._stamp:
                return False
            lines = text_of(self.path, "utf-8-sig", "replace").splitlines()
        except OSError as error:
            self.problem = f"the list {self.path} cannot be read ({error.strerror}); waiting for it"
            changed, self.entries, self._stamp = bool(self.entries), (), None
            return changed
        self._stamp = stamp
        folder = os.path.dirname(os.path.abspath(self.path))
        self.entries = tuple(listed_in(lines, folder))
        self.problem = "" if self.entries else f"the list {self.path} names no photo; waiting for one"
        return True


def first_listed(path: str, count: int) -> tuple[ListedPhoto, ...]:
    """The first ``count`` photos that a list names, without reading all of it; none where it cannot be read."""
    try:
        check_regular(path)
        with open(path, encoding="utf-8-sig", errors="replace") as lines:
            return tuple(islice(listed_in(lines, os.path.dirname(os.path.abspath(path))), count))
    except OSError:
        return ()


def listed_in(lines: Iterable[str], folder: str) -> Iterator[ListedPhoto]:
    """The photos that the lines of a list name: one a line; empty lines and those that begin with # are left out."""
    stripped = (line.strip() for line in lines)
    return (listed(line, folder) for line in stripped if line and not line.startswith("#"))


_LINE = re.compile(
    rf"(?P<path>.*(?:{'|'.join(map(re.escape, sorted(SUFFIXES)))}))(?:[\t ,;]+(?P<label>.*))?",
    re.IGNORECASE,
)


def listed(line: str, folder: str) -> ListedPhoto:
    """The photo that one line of a list names, stripped of blanks; see ``ListFileListing``."""
    path, tab, label = line.partition("\t")
    if not tab and (parts := _LINE.fullmatch(line)):
        path, label = parts["path"], parts["label"] or ""
    path = path.strip()
    return ListedPhoto(os.path.normpath(os.path.join(folder, os.path.expanduser(path))), label.strip() or path)
