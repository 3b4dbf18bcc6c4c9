"""What a worker gives back: one kind of value for all of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final, Generic, TypeVar

from deepvis.core.effects import Effect

A = TypeVar("A")
V = TypeVar("V")


@dataclass(frozen=True, eq=False)
class Answer(Generic[A, V]):
    """An answer to a request; one request may have many, as frames or the progress of an optimization have.

    After a failure the value of an earlier request stands beside the error.
    """

    request: A | None  # None for what a worker publishes before its first request
    value: V | None = None  # the newest that there is
    error: str = ""  # what went wrong with this request, one sentence; "" if nothing did


@dataclass(frozen=True)
class EffectReport:
    """What has become of an effect, in a sentence for the user."""

    sentence: str
    is_refused: bool = False  # nothing was done yet, as it would have lost something; the same once more does it
    reverse: type[Effect] | None = None  # the effect that undoes what was done; None where there is nothing to undo
    path: str = ""  # of the file that the sentence names, "" for none


NOTHING_YET: Final[Answer[Any, Any]] = Answer(None)
"""What stands for an answer before a worker has given one."""
