"""What a command ends with where the user can put something right."""

from __future__ import annotations


class UserError(Exception):
    """One sentence for the user: the thing, its value, what was expected, the next step. The exit code is 2.

    Base of the rooms' own errors: ModelError, OptimizeError, ScanError, UsageError, ConfigError.
    """


class UsageError(UserError, ValueError):
    """A command, an option or an argument that cannot be used."""
