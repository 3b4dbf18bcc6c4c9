"""What the optimizer says when it cannot do what it was asked."""

from __future__ import annotations

from collections.abc import Iterable

from deepvis.core.nearest import most_like, nearest
from deepvis.core.user_error import UserError

MOST_NAMES = 12  # that a sentence lists


class OptimizeError(UserError, ValueError):
    """One sentence: the thing, the value, what was expected, the next step."""


def nearest_or_examples(
    name: str,
    known: Iterable[str],
    *,
    lister: str = "",
    examples: int = 8,
    cutoff: float = 0.5,
    most: int = MOST_NAMES,
) -> str:
    """The end of an error about an unknown name: the nearest known one, or all of them; of many some examples.

    Capitals count as small letters. lister: what to do to see all of many. most: of which all are named.
    """
    names = {word.lower(): word for word in known}
    if hint := nearest(name, names.values(), cutoff=cutoff, any_case=True):
        return hint
    if len(names) <= most:
        return f"there are: {', '.join(names.values())}"
    some = most_like(name, names.values(), examples, cutoff=0.0, any_case=True)
    return f"there are {len(names)} names, such as {', '.join(some)}{lister}"
