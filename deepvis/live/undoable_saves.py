"""Saves that can be undone: what they replaced is put aside until the program ends."""

from __future__ import annotations

import os
import tempfile
import threading
from dataclasses import dataclass, field
from pathlib import Path

TOP_UNDONE = "the saved top 9 is taken back, and what it replaced is there again; Z saves it once more"
TOP_REDONE = "the top 9 is saved once more; backspace takes it back"


@dataclass(eq=False)
class _Save:
    """aside: a folder, removed when the program ends. places: of each file that was written -> where the one before
    lies while the save stands, and the one written while it is undone; none lies there where there was none."""

    aside: tempfile.TemporaryDirectory[str]
    places: dict[Path, Path] = field(default_factory=dict)


class UndoableSaves:
    """Every save of this run. ``undo`` and ``redo`` may be called from any thread, the others from the saving one.

    undone, redone: what is said of an undo and of a redo.
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

    def begin(self, folder: Path) -> None:
        """A save into ``folder`` begins; those that are undone cannot be done again. Raises OSError."""
        folder.mkdir(parents=True, exist_ok=True)
        aside = tempfile.TemporaryDirectory(prefix=".replaced-", dir=folder, ignore_cleanup_errors=True)
        for dropped in self._saves[self._standing :]:
            dropped.aside.cleanup()
        self._saves[self._standing :] = [_Save(aside)]
        self._standing += 1

    def put_aside(self, path: Path) -> None:
        """Make room for a file that the save in progress writes. Raises OSError."""
        save = self._saves[-1]
        place = Path(save.aside.name) / str(len(save.places))
        save.places[path] = place
        if path.exists():
            os.replace(path, place)

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

    def carry_out(self) -> str:
        """Do what was asked for; returns what has become of it, in a sentence, "" for nothing. Raises OSError."""
        with self._lock:
            redos, self._redos = self._redos, 0
        sentence = ""
        for _ in range(-redos):
            if self._standing:
                self._standing -= 1
                _exchange(self._saves[self._standing])
                sentence = self._undone
        for _ in range(redos):
            if self._standing < len(self._saves):
                _exchange(self._saves[self._standing])
                self._standing += 1
                sentence = self._redone
        return sentence


def _exchange(save: _Save) -> None:
    """Put what lies aside in its place, and what lies there aside."""
    for path, place in save.places.items():
        spare = place.with_name(f"{place.name}.part")
        if path.exists():
            os.replace(path, spare)
        if place.exists():
            os.replace(place, path)
        if spare.exists():
            os.replace(spare, place)
