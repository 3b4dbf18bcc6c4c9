"""What the optimizer says when it cannot do what it was asked."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

from deepvis.core.user_error import UserError

MOST_NAMES = 12  # that a sentence lists


class OptimizeError(UserError, ValueError):
    """One sentence: the thing, the value, what was expected, the next step."""


def nearest(name: str, known: Iterable[str], *, lister: str = "", examples: int = 8) -> str:
    """The end of an error about an unknown name: the nearest known one, or all of them; of many some examples.

    Capitals count as small letters. lister: what to do to see all of many.
    """
    names = {word.lower(): word for word in known}

    def most_like(count: int, cutoff: float) -> list[str]:
        return [names[word] for word in difflib.get_close_matches(name.lower(), names, count, cutoff)]

    near = most_like(1, 0.5)
    if near:
        return f"did you mean {near[0]!r}?"
    if len(names) <= MOST_NAMES:
        return f"there are: {', '.join(names.values())}"
    return f"there are {len(names)} names, such as {', '.join(most_like(examples, 0.0))}{lister}"
