"""What the optimizer says when it cannot do what it was asked."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class OptimizeError(ValueError):
    """One sentence: the thing, the value, what was expected, the next step."""


def nearest(name: str, known: Iterable[str]) -> str:
    """The end of an error about an unknown name: the nearest known one, or all of them."""
    names = list(known)
    near = difflib.get_close_matches(name, names, n=1, cutoff=0.5)
    return f"did you mean {near[0]!r}?" if near else f"there are: {', '.join(names)}"
