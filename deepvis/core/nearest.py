"""The name that a mistyped one most likely stands for."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from itertools import islice

MOST_NAMES = 2000  # that are looked through: a damaged file may have any number
MOST_CHARACTERS = 200  # of the mistyped one


def most_like(
    name: object, names: Iterable[str], most: int = 1, *, cutoff: float = 0.6, any_case: bool = False
) -> list[str]:
    """The names that look most like ``name``, best first.

    cutoff: 0 to 1, the share of letters that they have in common at least. any_case: capitals count as small letters.
    """
    some, text = list(islice(names, MOST_NAMES)), str(name)[:MOST_CHARACTERS]
    if not any_case:
        return difflib.get_close_matches(text, some, most, cutoff)
    small = {each.lower(): each for each in some}
    return [small[each] for each in difflib.get_close_matches(text.lower(), small, most, cutoff)]


def nearest(
    name: object, names: Iterable[str], otherwise: str = "", *, cutoff: float = 0.6, any_case: bool = False
) -> str:
    """The hint "did you mean 'x'?" with the name that looks most like ``name``, else ``otherwise``."""
    near = most_like(name, names, cutoff=cutoff, any_case=any_case)
    return f"did you mean {near[0]!r}?" if near else otherwise
