"""The first-minute hints of this run, and the file that remembers which of them the user has done.

``first_hints.json`` in ``$XDG_DATA_HOME/deepvis`` or ``~/.local/share/deepvis``. Where it cannot be read or written the
hints are shown again next time, and nothing else happens.
"""

from __future__ import annotations

import json
import logging
from pathlib import Path

from deepvis.core.files import home_of_user, write_file
from deepvis.core.first_hints import FIRST_HINTS, Hints, done_after, hint_words
from deepvis.core.json_file import read_json

VERSION = 1
log = logging.getLogger(__name__)


def hints_file() -> Path:
    return home_of_user("XDG_DATA_HOME", ".local/share") / "first_hints.json"


class ShownHints:
    """What is to be hinted at now.

    headless: hints are shown only where they are asked for, and nothing is written: no user is there who does them.
    """

    def __init__(self, hints: Hints = Hints.OFF, *, headless: bool = False) -> None:
        is_on = hints in (Hints.ON, Hints.AGAIN) or (hints is Hints.AUTO and not headless)
        self._file = None if headless or not is_on else hints_file()
        self._is_on = is_on
        self._done = frozenset[str]()
        if self._file is not None and hints is Hints.AGAIN:
            self._write()
        elif is_on and hints is not Hints.AGAIN:
            self._done = read_done(hints_file())

    @property
    def words(self) -> str:
        """The hint of now, "" where there is none."""
        return hint_words(self._done) if self._is_on else ""

    def did(self, command: str) -> None:
        """The user has done a command, by its name, or a click: what it was hinted at vanishes for ever."""
        done = done_after(self._done, command)
        if self._is_on and done != self._done:
            self._done = done
            self._write()

    def _write(self) -> None:
        if self._file is None:
            return
        try:
            write_file(self._file, json.dumps({"version": VERSION, "done": sorted(self._done)}).encode())
        except OSError as error:
            log.debug("the hints that are done are not remembered: %s", error)


def read_done(file: Path) -> frozenset[str]:
    """The names of the hints that the user has done; none where the file cannot be read or says nothing of the kind."""
    try:
        found = read_json(file)
    except (OSError, ValueError):
        return frozenset()
    names = found.get("done") if isinstance(found, dict) and found.get("version") == VERSION else None
    return frozenset(hint.name for hint in FIRST_HINTS if isinstance(names, list) and hint.name in names)
