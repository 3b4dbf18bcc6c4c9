"""The one kind of error that a scan, a crop run or a report ends with."""


class ScanError(Exception):
    """One sentence: the thing, the value, what was expected, the next step."""
