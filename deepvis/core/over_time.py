"""What is looked at over time: the strip of units or classes, the unit at whose value the source freezes."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import Enum

import numpy as np

from deepvis.core.types import Unit

STRIP_SECONDS = 30.0  # of the source's running time
MOST_FOLLOWED = 6  # beside the selected unit: more lines are not told apart
CLASSES = 5


class Follow(Enum):
    """What the strip shows, in the order in which key $ runs through them."""

    OFF = "off"
    UNITS = "units"
    CLASSES = "classes"


@dataclass(frozen=True)
class FreezeWhen:
    """The source freezes when the largest value of the unit's map rises above ``limit``."""

    unit: Unit
    limit: float


@dataclass(frozen=True)
class OverTime:
    """units: followed beside the selected one. steadiness: a bar in each layer's button."""

    show: Follow = Follow.OFF
    units: tuple[Unit, ...] = ()
    steadiness: bool = False
    freeze_when: FreezeWhen | None = None


@dataclass(frozen=True, eq=False)
class Line:
    """One line of the strip. times: (n,) seconds before now, <= 0, rising; values: (n,), NaN where it was not followed.

    slot: of its colour, the same as long as it is in the strip.
    """

    unit: Unit
    slot: int
    times: np.ndarray
    values: np.ndarray

    @property
    def newest(self) -> float:
        return float(self.values[-1]) if len(self.values) else math.nan


@dataclass(frozen=True, eq=False)
class Lines:
    """What the strip shows. version: rises with every new one."""

    version: int
    lines: tuple[Line, ...] = ()


@dataclass(frozen=True, eq=False)
class LayerSteadiness:
    """layer -> its relative change from frame to frame, the mean over a second. version: rises with every new one."""

    version: int
    changes: dict[str, float]


def scale_of(lines: Sequence[Line]) -> tuple[float, float]:
    """(lowest, highest) that the strip must show: from 0, or below it, to a round number above the largest value."""
    values = np.concatenate([line.values for line in lines]) if lines else np.zeros(1)
    finite = values[np.isfinite(values)]
    low = min(float(finite.min()), 0.0) if len(finite) else 0.0
    high = max(float(finite.max()), 0.0) if len(finite) else 0.0
    return (-rounded_up(-low) if low < 0 else 0.0), (rounded_up(high) if high > 0 or low < 0 else 1.0)


def rounded_up(value: float) -> float:
    """1, 1.5, 2, 3, 5 or 7.5 times a power of ten, no less than ``value`` (> 0); 0 for 0."""
    if value <= 0:
        return 0.0
    power = 10.0 ** math.floor(math.log10(value))
    return next(step * power for step in (1, 1.5, 2, 3, 5, 7.5, 10) if step * power >= value * (1 - 1e-9))


def followed(over_time: OverTime, unit: Unit) -> OverTime | None:
    """The unit followed, or no more; None where there are too many."""
    if unit in over_time.units:
        return replace(over_time, units=tuple(each for each in over_time.units if each != unit))
    return None if len(over_time.units) >= MOST_FOLLOWED else replace(over_time, units=(*over_time.units, unit))
