"""Rectifiers that are written with other operators: ``maximum(x, 0)``, ``where(x > 0, x, 0)`` and so on.

Deconv and guided backprop have rules for rectifiers, however they are written. A format says how its values were made,
in the words below, and exchanges what is found for its own rectifier (at exactly 0 the gradient may be another).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum, auto
from math import isnan
from typing import Any


class Word(Enum):
    """What an operator does, as far as rectifiers are written with it."""

    MAXIMUM = auto()  # of two
    WHERE = auto()  # mask, value where it holds, value elsewhere
    FILL = auto()  # x, mask, the value that x has where the mask holds
    PRODUCT = auto()  # of two
    ABOVE = auto()  # first > second, or >=
    BELOW = auto()
    NOT = auto()
    SAME = auto()  # the same numbers, perhaps of another type or in another shape


@dataclass(frozen=True, eq=False)
class Formula:
    """How a value is made. inputs: values and constants, as the format holds them."""

    word: Word
    inputs: Sequence[Any]


@dataclass(frozen=True)
class RectifierFinder:
    """Finds rectifiers in one format's values, which are compared by identity.

    made_by: value -> how it is made; None for constants, inputs, and what is made otherwise.
    number: constant -> the number that it is throughout, NaN where it holds several; None for values.
    """

    made_by: Callable[[Any], Formula | None]
    number: Callable[[Any], float | None]

    def found(self, value: Any) -> tuple[Any, float] | None:
        """(x, slope) where the value is x above 0 and slope x below; None where it is no rectifier."""
        formula = self.made_by(value)
        find = None if formula is None else _FORMS.get(formula.word)
        return None if find is None or formula is None else find(self, *formula.inputs)

    def _of_maximum(self, a: Any, b: Any) -> tuple[Any, float] | None:
        """max(x, 0), max(x, slope x)."""
        slopes = ((x, self._slope(other, x)) for x, other in ((a, b), (b, a)) if self.number(x) is None)
        return next(((x, slope) for x, slope in slopes if slope is not None and 0 <= slope < 1), None)

    def _of_choice(self, mask: Any, first: Any, second: Any) -> tuple[Any, float] | None:
        """where(x > 0, x, 0), where(x < 0, slope x, x)."""
        sign = self._sign(mask)
        if sign is None:
            return None
        above, below = (first, second) if sign[1] else (second, first)
        slope = self._slope(below, sign[0]) if above is sign[0] else None
        return None if slope is None else (sign[0], slope)

    def _of_filling(self, x: Any, mask: Any, value: Any) -> tuple[Any, float] | None:
        """x.masked_fill(x < 0, 0), x[x < 0] = 0."""
        sign = self._sign(mask)
        is_of_x = sign is not None and not sign[1] and self._source(sign[0]) is self._source(x)
        return (sign[0], 0.0) if sign is not None and is_of_x and self.number(value) == 0 else None

    def _of_product(self, a: Any, b: Any) -> tuple[Any, float] | None:
        """x * (x > 0)."""
        for x, mask in ((a, b), (b, a)):
            sign = self._sign(self._source(mask))
            if sign is not None and sign[1] and sign[0] is x:
                return x, 0.0
        return None

    def _sign(self, mask: Any) -> tuple[Any, bool] | None:
        """(x, is it x > 0) of a mask that says x's sign; None for any other."""
        formula = self.made_by(mask)
        if formula is None:
            return None
        if formula.word is Word.NOT:
            sign = self._sign(formula.inputs[0])
            return None if sign is None else (sign[0], not sign[1])
        if formula.word not in (Word.ABOVE, Word.BELOW):
            return None
        is_above, (x, bound) = formula.word is Word.ABOVE, formula.inputs
        if self.number(bound) == 0 and self.number(x) is None:
            return x, is_above
        return (bound, not is_above) if self.number(x) == 0 and self.number(bound) is None else None

    def _slope(self, value: Any, x: Any) -> float | None:
        """The number by which ``value`` is x multiplied, 0 where it is 0."""
        if self.number(value) == 0:
            return 0.0
        formula = self.made_by(value)
        if formula is None or formula.word is not Word.PRODUCT:
            return None
        a, b = formula.inputs
        slope = self.number(b) if a is x else self.number(a) if b is x else None
        return None if slope is None or isnan(slope) else slope

    def _source(self, value: Any) -> Any:
        """What was copied or converted."""
        while (formula := self.made_by(value)) is not None and formula.word is Word.SAME:
            value = formula.inputs[0]
        return value


_FORMS: dict[Word, Callable[..., tuple[Any, float] | None]] = {
    Word.MAXIMUM: RectifierFinder._of_maximum,
    Word.WHERE: RectifierFinder._of_choice,
    Word.FILL: RectifierFinder._of_filling,
    Word.PRODUCT: RectifierFinder._of_product,
}
