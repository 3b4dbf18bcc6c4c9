"""What the optimizer says when it cannot do what it was asked."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

from deepvis.core.user_error import UserError
from deepvis.schema import rows

MOST_NAMES = 12  # that a sentence lists


class OptimizeError(UserError, ValueError):
    """One sentence: the thing, the value, what was expected, the next step."""


def nearest(name: str, names: Iterable[str], *, lister: str = "", examples: int = 8) -> str:
    """The end of an error about an unknown name: the nearest one there is, or all of them; of many some examples.

    Capitals count as small letters. lister: what to do to see all of many.
    """
    by_small = {word.lower(): word for word in names}
    if len(by_small) <= MOST_NAMES:
        others = f"there are: {', '.join(by_small.values())}"
    else:
        alike = difflib.get_close_matches(name.lower(), by_small, examples, 0.0)
        others = f"there are {len(by_small)} names, such as {', '.join(by_small[word] for word in alike)}{lister}"
    return rows.nearest(name, by_small.values(), others, cutoff=0.5)
