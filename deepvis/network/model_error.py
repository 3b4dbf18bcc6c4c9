"""What goes wrong with a model's files."""

from __future__ import annotations

from deepvis.core.user_error import UserError

MOST_CHARACTERS = 4000


class ModelError(UserError, ValueError):
    """One sentence: the file, line or layer, what was found, what was expected, the next step.

    The middle of a sentence of more than 4000 characters (a damaged file's names) is left out.
    """

    def __init__(self, sentence: str) -> None:
        half = MOST_CHARACTERS // 2
        short = sentence if len(sentence) <= MOST_CHARACTERS else f"{sentence[:half]} ... {sentence[-half:]}"
        super().__init__(short)
