"""What a command ends with where the user can put something right."""

from __future__ import annotations

import re

MOST_CHARACTERS = 1900  # of a sentence: a damaged file's names may have any length
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")


class SentenceError(Exception):
    """An error whose text is one line for a person, whatever a damaged file has put into it."""

    def __str__(self) -> str:
        return one_line(super().__str__())


class UserError(SentenceError):
    """One sentence for the user: the thing, its value, what was expected, the next step. The exit code is 2.

    Base of the rooms' own errors: ModelError, OptimizeError, ScanError, UsageError, ConfigError.
    """


class UsageError(UserError, ValueError):
    """A command, an option or an argument that cannot be used."""


def one_line(text: str, most: int = MOST_CHARACTERS) -> str:
    """A text without line breaks, control characters as \\x1b, the middle left out where it is longer than ``most``."""
    line = _CONTROL.sub(lambda found: " " if found[0].isspace() else f"\\x{ord(found[0]):02x}", text)
    half = (most - 5) // 2
    return line if len(line) <= most else f"{line[:half]} ... {line[-half:]}"
