"""Saves that can be undone: what they replaced is put aside until the program ends.

A file stays in its place until the one that replaces it is renamed to its name, so a program that is killed in between
leaves the one or the other. What a killed program has put aside is removed by the next one that saves.
"""

from __future__ import annotations

import os
import re
import shutil
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from deepvis.core.answers import Answer, EffectReport
from deepvis.core.temporary_names import is_in_work, machine

A = TypeVar("A")

TOP_UNDONE = "the saved top 9 is taken back, and what it replaced is there again; Z saves it once more"
TOP_REDONE = "the top 9 is saved once more; backspace takes it back"

# a folder's name: of the process that has put files aside; earlier versions gave its number alone
_ASIDE = re.compile(r"\.replaced-(?:(?P<machine>[0-9a-f]{8})-)?(?P<process>\d+)-")


@dataclass(eq=False)
class _Save:
    """aside: a folder, removed when the program ends. places: of each file that was written -> where the one before
    lies while the save stands, and the one written while it is undone; none lies there where there was none. undone,
    redone: what is said of an undo and of a redo."""

    aside: tempfile.TemporaryDirectory[str]
    undone: str
    redone: str
    places: dict[Path, Path] = field(default_factory=dict)


class UndoableSaves:
    """Every save of this run. ``undo`` and ``redo`` may be called from any thread, the others from the saving one.

    undone, redone: what is said of an undo and of a redo, where ``begin`` has no other words.
    """

    def __init__(self, undone: str = TOP_UNDONE, redone: str = TOP_REDONE) -> None:
        self._undone, self._redone = undone, redone
        self._saves: list[_Save] = []
        self._standing = 0  # of the saves, the first ones; those after it are undone
        self._redos = 0  # redos less undos that wait to be carried out
        self._lock = threading.Lock()

    def undo(self) -> None:
        """Ask for the newest save that stands to be undone."""
        with self._lock:
            self._redos -= 1

    def redo(self) -> None:
        """Ask for the save that was undone last to be done again."""
        with self._lock:
            self._redos += 1

    @contextmanager
    def saving(self, folder: Path, undone: str = "", redone: str = "") -> Iterator[None]:
        """The time of a save into ``folder``; if it fails, all is as it was before. Raises OSError."""
        self.begin(folder, undone, redone)
        try:
            yield
        except Exception:
            self.discard()
            raise

    def begin(self, folder: Path, undone: str = "", redone: str = "") -> None:
        """A save into ``folder`` begins; those that are undone cannot be done again. Raises OSError."""
        folder.mkdir(parents=True, exist_ok=True)
        _remove_left(folder)
        prefix = f".replaced-{machine()}-{os.getpid()}-"
        aside = tempfile.TemporaryDirectory(prefix=prefix, dir=folder, ignore_cleanup_errors=True)
        for dropped in self._saves[self._standing :]:
            dropped.aside.cleanup()
        self._saves[self._standing :] = [_Save(aside, undone or self._undone, redone or self._redone)]
        self._standing += 1

    def put_aside(self, path: Path) -> None:
        """Save a file that the save in progress replaces, by a rename, or removes; it stays there till then.

        Raises OSError.
        """
        save = self._saves[-1]
        place = Path(save.aside.name) / str(len(save.places))
        save.places[path] = place
        if path.exists():
            _link(path, place)

    def discard(self) -> None:
        """The save in progress has failed, or wrote nothing: all is as it was before. Raises OSError."""
        self._standing -= 1
        save = self._saves.pop()
        _exchange(save)
        save.aside.cleanup()

    def close(self) -> None:
        """Nothing is undone any more: let go of what was put aside. After the saving thread has ended."""
        for save in self._saves:
            save.aside.cleanup()

    def carried_out(self, request: A | None, failed: str) -> Answer[A, EffectReport] | None:
        """``carry_out`` as an answer to the newest request; None for nothing. failed: what is said of an error."""
        try:
            sentence = self.carry_out()
        except OSError as error:
            return Answer(request, error=f"{failed}: {error}")
        return Answer(request, EffectReport(sentence)) if sentence else None

    def carry_out(self) -> str:
        """Do what was asked for; returns what has become of it, in a sentence, "" for nothing. Raises OSError."""
        with self._lock:
            redos, self._redos = self._redos, 0
        sentence = ""
        for _ in range(-redos):
            if self._standing:
                self._standing -= 1
                _exchange(self._saves[self._standing])
                sentence = self._saves[self._standing].undone
        for _ in range(redos):
            if self._standing < len(self._saves):
                _exchange(self._saves[self._standing])
                sentence = self._saves[self._standing].redone
                self._standing += 1
        return sentence


def _exchange(save: _Save) -> None:
    """Put what lies aside in its place, and what lies there aside."""
    for path, place in save.places.items():
        if not place.exists():
            if path.exists():
                os.replace(path, place)
            continue
        spare = place.with_name(f"{place.name}.part")
        if path.exists():
            _link(path, spare)
        os.replace(place, path)
        if spare.exists():
            os.replace(spare, place)


def _link(path: Path, place: Path) -> None:
    """The same file once more under another name; a copy on a disk without such links. Raises OSError."""
    try:
        os.link(path, place)
    except OSError:
        shutil.copy2(path, place)


def _remove_left(folder: Path) -> None:
    """Remove what programs that are no more have put aside there."""
    for left in folder.glob(".replaced-*"):
        found = _ASIDE.match(left.name)
        if found is not None and not is_in_work(left, found):
            shutil.rmtree(left, ignore_errors=True)
