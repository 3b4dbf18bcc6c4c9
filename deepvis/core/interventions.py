"""What if: units of a network that are switched off, clamped to a value or scaled, as values. Pure.

The field's words: an intervention on a unit; switching it off is an ablation (Zeiler & Fergus 2014, section 4.3 take
away parts of the input; Morcos et al. 2018, arXiv 1803.06959, clamp single units to zero).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import Enum

import numpy as np

from deepvis.core.types import Unit

LARGEST = 3e38  # of a number that units are clamped to or multiplied by: the network computes in 32 bits
MOST_NAMED = 3  # interventions that a line of words names


class InterventionKind(Enum):
    """What is done to every place of a unit's map."""

    OFF = "off"  # it becomes 0
    CLAMP = "clamp"  # it becomes a number
    SCALE = "scale"  # it is multiplied by a number


@dataclass(frozen=True)
class Intervention:
    """What is done to one unit. Of a layer with others in place behind it, the value that is shown is meant."""

    unit: Unit
    kind: InterventionKind
    number: float = 0.0  # the value that it is clamped to, or the factor; 0 where it is switched off

    @property
    def factor(self) -> float:
        """What a gradient through the unit is multiplied by: 0 where its value is given, its factor where scaled."""
        return self.number if self.kind is InterventionKind.SCALE else 0.0

    @property
    def mark(self) -> str:
        """ "off", "= 5", "× 2": what is written beside the unit."""
        if self.kind is InterventionKind.OFF:
            return "off"
        return f"{'=' if self.kind is InterventionKind.CLAMP else '×'} {_plain(self.number)}"

    @property
    def words(self) -> str:
        """ "switched off", "clamped to 5", "amplified × 2", "scaled × 0.5"."""
        if self.kind is InterventionKind.OFF:
            return "switched off"
        if self.kind is InterventionKind.CLAMP:
            return f"clamped to {_plain(self.number)}"
        return f"{'amplified' if self.number > 1 else 'scaled'} × {_plain(self.number)}"


def switched_off(unit: Unit) -> Intervention:
    return Intervention(unit, InterventionKind.OFF)


def clamped(unit: Unit, value: float) -> Intervention:
    return Intervention(unit, InterventionKind.CLAMP, float(value))


def scaled(unit: Unit, factor: float) -> Intervention:
    return Intervention(unit, InterventionKind.SCALE, float(factor))


def each_once(found: Iterable[Intervention]) -> tuple[Intervention, ...]:
    """The same. Raises ValueError where a unit is among them twice."""
    all_of_them = tuple(found)
    units = [each.unit for each in all_of_them]
    if twice := next((unit for unit in units if units.count(unit) > 1), None):
        raise ValueError(f"found {twice.layer}:{twice.channel} more than once, expected each unit once")
    return all_of_them


def intervention_of(all_of_them: Sequence[Intervention], unit: Unit) -> Intervention | None:
    """What is done to a unit; None for one that is as it was."""
    return next((each for each in all_of_them if each.unit == unit), None)


def with_intervention(all_of_them: Sequence[Intervention], new: Intervention) -> tuple[Intervention, ...]:
    """With one more, in the place of the one of the same unit if there is one."""
    if intervention_of(all_of_them, new.unit) is None:
        return (*all_of_them, new)
    return tuple(new if each.unit == new.unit else each for each in all_of_them)


def without_intervention(all_of_them: Sequence[Intervention], unit: Unit) -> tuple[Intervention, ...]:
    """The unit is as it was."""
    return tuple(each for each in all_of_them if each.unit != unit)


def intervened_words(all_of_them: Sequence[Intervention]) -> str:
    """ "conv5 · 151 switched off"; of several "conv5 · 151 off, conv4 · 3 × 2 and 2 more"."""
    if len(all_of_them) == 1:
        return f"{all_of_them[0].unit.name} {all_of_them[0].words}"
    named = ", ".join(f"{each.unit.name} {each.mark}" for each in all_of_them[:MOST_NAMED])
    more = len(all_of_them) - MOST_NAMED
    return f"{named} and {more} more" if more > 0 else named


def extreme(values: np.ndarray) -> float:
    """The largest value of a map; the lowest of one that is nowhere above 0 (a unit scaled by −3)."""
    high = float(values.max())
    return float(values.min()) if high <= 0 else high


def _plain(number: float) -> str:
    return f"{number:g}".replace("-", "−", 1)
