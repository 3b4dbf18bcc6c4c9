"""The one kind of error that the statistics end with."""

from __future__ import annotations

from deepvis.core.user_error import UserError


class StatisticsError(UserError):
    """One sentence: the thing, the value, what was expected, the next step."""
