"""What the user calls units: names, stars and notes, of one network. Pure.

A window has what the file says (``filed``) and, over it, what was changed in this window (``own``), which undo gives
back. The file says of units that were changed here what it said before the first change.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache

from deepvis.core.types import Unit

LONGEST_NAME, LONGEST_NOTE = 60, 1000  # letters


@dataclass(frozen=True)
class UnitNote:
    """What is said of a unit."""

    name: str = ""
    starred: bool = False
    note: str = ""

    @property
    def words(self) -> str:
        """ "★ my dog head"; "" where it has no name and no star."""
        return " ".join(filter(None, ("★" if self.starred else "", self.name)))


NOTHING_SAID = UnitNote()


@dataclass(frozen=True)
class UnitNames:
    """Units with what is said of them, sorted."""

    entries: tuple[tuple[Unit, UnitNote], ...] = ()

    def get(self, unit: Unit) -> UnitNote | None:
        return _table(self).get(unit)

    def of(self, unit: Unit) -> UnitNote:
        return _table(self).get(unit, NOTHING_SAID)

    def changed(self, notes: Mapping[Unit, UnitNote]) -> UnitNames:
        """With these in the place of what was said of the same units."""
        return names_of({**_table(self), **notes})

    @property
    def starred(self) -> tuple[Unit, ...]:
        return tuple(unit for unit, note in self.entries if note.starred)


def names_of(notes: Mapping[Unit, UnitNote] | Iterable[tuple[Unit, UnitNote]]) -> UnitNames:
    return UnitNames(tuple(sorted(dict(notes).items(), key=lambda each: each[0])))


@lru_cache(maxsize=16)
def _table(names: UnitNames) -> dict[Unit, UnitNote]:
    return dict(names.entries)


NO_NAMES = UnitNames()


@dataclass(frozen=True)
class Naming:
    """What this window knows of the units of its network. own: changed here; an empty note stands for a removed one."""

    filed: UnitNames = NO_NAMES
    own: UnitNames = NO_NAMES

    @property
    def names(self) -> UnitNames:
        return _merged(self.filed, self.own)


@lru_cache(maxsize=16)
def _merged(filed: UnitNames, own: UnitNames) -> UnitNames:
    if not own.entries:
        return filed
    return without_empty(filed.changed(dict(own.entries)))


def without_empty(names: UnitNames) -> UnitNames:
    return names_of((unit, note) for unit, note in names.entries if note != NOTHING_SAID)


Change = tuple[UnitNote, UnitNote]  # what was said of a unit before, and what is said now


def changes_between(naming: Naming, before: UnitNames) -> dict[Unit, Change]:
    """What is to be written where the window's own changes were ``before`` and are ``naming.own`` now."""
    now, earlier = naming.names, _merged(naming.filed, before)
    units = [unit for unit, _ in (*before.entries, *naming.own.entries)]
    return {unit: (earlier.of(unit), now.of(unit)) for unit in units if earlier.of(unit) != now.of(unit)}


def with_changes(names: UnitNames, changes: Mapping[Unit, Change]) -> UnitNames:
    """Names with only that changed which the changes change: of a unit that is named here its star stays."""
    said = {unit: _with_change(names.of(unit), *change) for unit, change in changes.items()}
    return without_empty(names.changed(said))


def _with_change(note: UnitNote, before: UnitNote, after: UnitNote) -> UnitNote:
    return UnitNote(
        after.name if after.name != before.name else note.name,
        after.starred if after.starred != before.starred else note.starred,
        after.note if after.note != before.note else note.note,
    )


def taken_over(naming: Naming, file: UnitNames, changed_here: Iterable[Unit]) -> Naming:
    """The names after the file was read, in which all of the window's own changes are written.

    changed_here: units of which this window has ever said something.
    """
    stays = {unit: naming.filed.of(unit) for unit in changed_here}
    after = Naming(
        without_empty(file.changed(stays)), naming.own.changed({unit: file.of(unit) for unit, _ in naming.own.entries})
    )
    return naming if after == naming else after
