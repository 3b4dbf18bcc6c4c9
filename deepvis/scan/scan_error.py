"""The one kind of error that a scan, a crop run or a report ends with."""

from deepvis.core.user_error import UserError


class ScanError(UserError):
    """One sentence: the thing, the value, what was expected, the next step."""
