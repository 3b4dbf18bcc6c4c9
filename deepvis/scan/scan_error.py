"""The one kind of error that a scan, a crop run or a report ends with."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from deepvis.core.user_error import UserError


class ScanError(UserError):
    """One sentence: the thing, the value, what was expected, the next step."""


@contextmanager
def writing(what: str, where: object = "") -> Iterator[None]:
    """Make a ScanError of a disk that refuses: ``what`` could not be written. where: a folder, said too."""
    try:
        yield
    except OSError as error:
        place = f" in {where}" if where else ""
        raise ScanError(
            f"{what} could not be written{place} ({error.strerror or error}); what was finished before is kept: make "
            "room and give the same command again"
        ) from error


@contextmanager
def going_on_later(output: object) -> Iterator[None]:
    """A run that goes on where it was, given again: a disk that refuses becomes a ScanError that says so."""
    try:
        yield
    except OSError as error:
        raise ScanError(
            f"{error.filename or output} cannot be written or read ({error.strerror or error}); what was finished "
            "before is kept: give the same command again when that is put right"
        ) from error
