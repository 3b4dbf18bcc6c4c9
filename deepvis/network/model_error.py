"""What goes wrong with a model's files."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

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


@contextmanager
def in_file(file: Path | None) -> Iterator[None]:
    """Errors of a network name its file: it is put in front of one that names a layer alone."""
    try:
        yield
    except ModelError as error:
        if file is not None and file.name not in str(error):
            error.args = (f"{file}: {error}",)
        raise
