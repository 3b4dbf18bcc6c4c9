"""What goes wrong with a model's files."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from itertools import islice

from deepvis.core.user_error import UserError

MOST_CHARACTERS = 4000
_MOST_NAMES = 2000  # looked through for the nearest one


class ModelError(UserError, ValueError):
    """One sentence: the file, line or layer, what was found, what was expected, the next step.

    The middle of a sentence of more than 4000 characters (a damaged file's names) is left out.
    """

    def __init__(self, sentence: str) -> None:
        half = MOST_CHARACTERS // 2
        short = sentence if len(sentence) <= MOST_CHARACTERS else f"{sentence[:half]} ... {sentence[-half:]}"
        super().__init__(short)


def nearest(name: str, names: Iterable[str], otherwise: str = "") -> str:
    """The hint "did you mean 'x'?" with the known name that looks most like ``name``, else ``otherwise``."""
    found = difflib.get_close_matches(name[:200], islice(names, _MOST_NAMES), n=1)
    return f"did you mean {found[0]!r}?" if found else otherwise
