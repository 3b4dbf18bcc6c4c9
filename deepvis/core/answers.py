"""What a worker gives back: one kind of value for all of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final, Generic, TypeVar

from deepvis.core.effects import Effect

A = TypeVar("A")
V = TypeVar("V")


@dataclass(frozen=True, eq=False)
class Answer(Generic[A, V]):
    """An answer to an ask; one ask may have many, as frames or the progress of an optimization have.

    ask: what it answers, None for what a worker tells before it was asked for anything. value: the newest that there
    is; where this ask has failed, that of an earlier one may stand. error: what went wrong with this ask, one
    sentence, "" if nothing did.
    """

    ask: A | None
    value: V | None = None
    error: str = ""


@dataclass(frozen=True)
class EffectReport:
    """What has become of an effect, in a sentence for the user.

    is_refused: nothing was done yet, as it would have lost something; the same once more does it. reverse: the effect
    that undoes what was done; None where there is nothing to undo.
    """

    sentence: str
    is_refused: bool = False
    reverse: type[Effect] | None = None


NOTHING_YET: Final[Answer[Any, Any]] = Answer(None)
"""What stands for an answer before a worker has given one."""
