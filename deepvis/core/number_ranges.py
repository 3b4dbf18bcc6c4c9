"""Numbers of units and seeds as a command line names them: one by one, in ranges, all."""

from __future__ import annotations

import re
from collections.abc import Sequence

from deepvis.core.user_error import UsageError

ALL = "all"
MOST = 10**6  # of one range


def numbers(option: str, words: Sequence[str], count: int | None = None, largest: int | None = None) -> list[int]:
    """["0-3", "7,9"] -> 0 1 2 3 7 9, each once, in order; "all": the first ``count``. Raises UsageError.

    count: how many units there are; None: the numbers are seeds. largest: of the numbers; None: any.
    """
    found: dict[int, None] = {}
    for word in split(words):
        if word == ALL and count is not None:
            found.update(dict.fromkeys(range(count)))
            continue
        match = re.fullmatch(r"(\d+)(?:-(\d+))?", word)
        first, last = (int(match[1]), int(match[2] or match[1])) if match else (1, 0)
        if match and first > last:
            raise UsageError(f"{option} is {word!r}, a range that runs downward; give {last}-{first}")
        if match is None:
            hint = "a number, a range such as 0-31, or all" if count is not None else "a number or a range such as 0-8"
            raise UsageError(f"{option} is {word!r}; expected {hint}")
        if largest is not None and last > largest:
            raise UsageError(f"{option} is {word!r}; expected seeds of 0 to {largest}")
        if last - first > MOST:
            raise UsageError(f"{option} is {word!r}; expected at most a million")
        found.update(dict.fromkeys(range(first, last + 1)))
    if not found:
        raise UsageError(f"{option} names nothing; give a number or a range")
    return list(found)


def split(words: Sequence[str]) -> list[str]:
    """Words of the command line at their spaces and commas."""
    return ",".join(words).replace(",", " ").split()
