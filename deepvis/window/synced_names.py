"""The names of units between the window's state and their file: what was changed here goes in, what others did comes.

Reading and writing are done in the thread of the saved files, so that the window never waits for them.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import Executor, Future
from dataclasses import dataclass
from pathlib import Path

from deepvis.core.files import file_stamp
from deepvis.core.names_file import NamesError, change_names, names_path, read_names
from deepvis.core.types import Unit
from deepvis.core.unit_names import NO_NAMES, Change, Naming, UnitNames, changes_between, taken_over

LOOK_SECONDS = 2.0  # between looks whether another window has changed the file
UNKNOWN = ("", 0, 0)  # of the file after a write: another window may have written since, so the next look reads it


@dataclass(frozen=True)
class _Read:
    """names: of the whole file; None where it is as it was at the last look."""

    names: UnitNames | None
    stamp: tuple[str, int, int] | None


class SyncedNames:
    """Keeps a window's names and their file alike. identity: of the network, called in the thread.

    error: why the names could not be read or written, one sentence, "" if they could. What could not be written is
    tried again at every look, and when the window is closed.
    """

    def __init__(self, threads: Executor, identity: Callable[[], str]) -> None:
        self.error = ""
        self._threads, self._identity = threads, identity
        self._written = self._written_before = NO_NAMES  # of the window's own changes; and without those on their way
        self._is_unsaved = False  # the last changes could not be written
        self._changed_here: set[Unit] = set()
        self._job: Future[_Read] | None = None
        self._stamp: tuple[str, int, int] | None = None
        self._looked_at, self._is_writing = float("-inf"), False

    @property
    def is_busy(self) -> bool:
        """Is something read for the first time, or written?"""
        return self._job is not None and (self._stamp is None or self._is_writing)

    @property
    def unsaved_words(self) -> str:
        """Why changes could not be written, "" where all is."""
        return self.error if self._is_unsaved else ""

    def turn(self, naming: Naming, model: str) -> Naming:
        """The names of now, and what is to be read or written begun. Does not wait."""
        if self._job is not None and self._job.done():
            naming = self._taken(self._job, naming)
            self._job = None
        if self._job is not None:
            return naming
        changes = changes_between(naming, self._written)
        is_time = time.monotonic() - self._looked_at > LOOK_SECONDS
        if changes and (is_time or not self._is_unsaved):
            self._changed_here |= changes.keys()
            self._begin_writing(model, naming, changes)
        elif not changes and is_time:
            self._begin(model, {})
        return naming

    def close(self, naming: Naming, model: str) -> None:
        """Write what is not written yet; the thread does it before it ends."""
        if self._job is not None and self._is_writing:
            self._taken(self._job, naming)  # waits for it
        if changes := changes_between(naming, self._written):
            self._begin_writing(model, naming, changes)

    def end(self, naming: Naming) -> None:
        """See what has become of the last changes, once the thread has ended."""
        if self._job is not None and self._job.done():
            self._taken(self._job, naming)

    def _begin_writing(self, model: str, naming: Naming, changes: dict[Unit, Change]) -> None:
        self._written_before, self._written = self._written, naming.own
        self._begin(model, changes)

    def _taken(self, job: Future[_Read], naming: Naming) -> Naming:
        failure = job.exception()
        if failure is not None:
            why = getattr(failure, "strerror", None) or failure
            file = getattr(failure, "filename", None)
            is_ours = isinstance(failure, NamesError)
            self.error = str(failure) if is_ours else f"the names of units cannot be kept in {file}: {why}"
            if self._is_writing:
                self._written, self._is_unsaved = self._written_before, True
            return naming
        self.error = ""
        self._is_unsaved = self._is_unsaved and not self._is_writing
        read = job.result()
        self._stamp = read.stamp
        if read.names is None or changes_between(naming, self._written):
            return naming
        after = taken_over(naming, read.names, self._changed_here)
        self._written = after.own
        return after

    def _begin(self, model: str, changes: dict[Unit, Change]) -> None:
        self._looked_at, self._is_writing = time.monotonic(), bool(changes)
        self._job = self._threads.submit(_synced, self._identity, model, changes, self._stamp)


def _synced(
    identity: Callable[[], str], model: str, changes: dict[Unit, Change], stamp: tuple[str, int, int] | None
) -> _Read:
    """Write changes, or look whether others did. In the thread."""
    network = identity()
    path: Path = names_path(model, network)
    if changes:
        names: UnitNames | None = change_names(path, changes, model, network)
        return _Read(names, UNKNOWN)
    now = file_stamp(path) or (str(path), 0, 0)  # before it is read: what is written meanwhile is read at the next look
    return _Read(None if stamp == now else read_names(path), now)
