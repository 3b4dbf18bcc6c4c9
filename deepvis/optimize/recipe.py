"""How to climb: the regularizers' strengths, the learning rate and the number of iterations, checked."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from deepvis.core.files import DIGEST
from deepvis.optimize import diversity, transforms  # noqa: F401  (they register their settings)
from deepvis.optimize.blur import SMALLEST_SIGMA
from deepvis.optimize.optimize_error import OptimizeError, nearest_or_examples
from deepvis.optimize.parameterization import COLOURS, PARAMETERIZATIONS, PIXELS, RGB
from deepvis.optimize.regularizers import SETTINGS, Setting
from deepvis.optimize.steps import check_policy
from deepvis.optimize.terms import OF_A_UNIT

WORKS_FROM = 0.3  # blur radius, in pixels
OTHER_KEYS = ("lr_policy", "lr_params", "max_iter", "parameterization", "colours", "objective", "photo_statistics")


@dataclass(frozen=True)
class Recipe:
    """Everything about an ascent but its unit and its start.

    strengths: setting of a regularizer or transform -> number; those not named are 0, off. lr_policy, lr_params: see
    steps. max_iter: how many times the network is run; the last one only looks. parameterization: what is changed,
    a name of PARAMETERIZATIONS. colours: of its parameters, one of COLOURS. objective: what is pushed of a unit that is
    named, one of OF_A_UNIT. statistics: a file of photo_statistics with its digest, as ``named_statistics`` writes it;
    empty: those that come with this program.
    Raises OptimizeError, one sentence, for a value out of range or a name that nobody knows.
    """

    strengths: Mapping[str, float] = field(default_factory=dict)
    lr_policy: str = "constant"
    lr_params: Mapping[str, float] = field(default_factory=lambda: {"lr": 1.0})
    max_iter: int = 500
    parameterization: str = PIXELS
    colours: str = RGB
    objective: str = "unit"
    statistics: str = ""

    def __post_init__(self) -> None:
        for name in self.strengths:
            if name not in SETTINGS:
                raise OptimizeError(f"no regularizer has the setting {name!r}; {nearest_or_examples(name, SETTINGS)}")
        named = {name: check_strength(SETTINGS[name], self.strengths.get(name, 0.0)) for name in SETTINGS}
        object.__setattr__(self, "strengths", named)
        object.__setattr__(self, "lr_params", check_policy(self.lr_policy, self.lr_params))
        if not isinstance(self.max_iter, int) or isinstance(self.max_iter, bool) or self.max_iter < 1:
            raise OptimizeError(f"max_iter (--max-iter) is {self.max_iter!r}; expected a whole number of 1 or more")
        self._check_parameterization()
        if self.objective not in OF_A_UNIT:
            raise OptimizeError(
                f"no objective is named {self.objective!r}; {nearest_or_examples(self.objective, OF_A_UNIT)}"
            )

    def _check_parameterization(self) -> None:
        if self.statistics and DIGEST not in self.statistics:
            raise OptimizeError(f"statistics is {self.statistics!r}; name the file as photo_statistics")
        name = self.parameterization
        if name not in PARAMETERIZATIONS:
            raise OptimizeError(
                f"no parameterization is named {name!r}; {nearest_or_examples(name, PARAMETERIZATIONS)}"
            )
        if self.colours not in COLOURS:
            raise OptimizeError(f"colours is {self.colours!r}; expected {' or '.join(COLOURS)}")
        if name == PIXELS:
            if self.statistics:
                raise OptimizeError("statistics of photos need a parameterization other than pixels, such as maco")
            if self.colours != RGB:
                raise OptimizeError(
                    f"{self.colours} colours need a parameterization other than pixels, such as fourier"
                )
            return
        idle = [setting for setting, value in self.strengths.items() if value and SETTINGS[setting].of_pixels]
        if idle:
            raise OptimizeError(
                f"{', '.join(idle)} changes pixels, and parameterization {name} computes them from other numbers; "
                f"set {'it' if len(idle) == 1 else 'them'} to 0, or take parameterization pixels"
            )

    def __hash__(self) -> int:
        numbers = (*self.strengths.values(), *self.lr_params.values(), self.max_iter)
        return hash((*numbers, self.lr_policy, self.parameterization, self.colours, self.objective, self.statistics))

    def warnings(self) -> list[str]:
        """What is allowed but will hardly do what was meant, a sentence each."""
        radius, every = self.strengths["blur_radius"], self.strengths["blur_every"]
        found = []
        if 0 < radius < WORKS_FROM:
            found.append(f"a blur radius of {radius:g} pixels hardly blurs; {WORKS_FROM} or more works well")
        if radius > 0 and every == 0:
            found.append(f"blur_radius {radius:g} does nothing while blur_every is 0; set blur_every to 1 or more")
        if every > 0 and radius == 0:
            found.append(f"blur_every {every:g} does nothing while blur_radius is 0; set blur_radius")
        return found

    def as_dict(self) -> dict[str, Any]:
        """The original's parameter names and values, ready for json or YAML; what is newer only where it is on."""
        later = {
            "parameterization": (self.parameterization, PIXELS),
            "colours": (self.colours, RGB),
            "objective": (self.objective, "unit"),
            "statistics": (self.statistics, ""),
        }
        return {
            **{name: value for name, value in self.strengths.items() if value or not SETTINGS[name].is_later},
            "lr_policy": self.lr_policy,
            "lr_params": dict(self.lr_params),
            "max_iter": self.max_iter,
            **{name: value for name, (value, usual) in later.items() if value != usual},
        }

    @property
    def active(self) -> dict[str, Any]:
        """The settings that are on, likewise."""
        return {name: value for name, value in self.as_dict().items() if value != 0}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Recipe:
        """The recipe that as_dict wrote; settings that are not there are 0."""
        rest = dict(values)
        policy = str(rest.pop("lr_policy", "constant"))
        params = rest.pop("lr_params", {"lr": 1.0})
        max_iter = rest.pop("max_iter", 500)
        parameterization = str(rest.pop("parameterization", PIXELS))
        colours, objective = str(rest.pop("colours", RGB)), str(rest.pop("objective", "unit"))
        statistics = str(rest.pop("statistics", ""))
        if "photo_statistics" in rest:
            from deepvis.optimize.photo_statistics import named_statistics

            statistics = named_statistics(Path(str(rest.pop("photo_statistics"))))
        for key in rest:
            if key not in SETTINGS:
                raise OptimizeError(f"a recipe has no {key!r}; {nearest_or_examples(key, [*SETTINGS, *OTHER_KEYS])}")
            if SETTINGS[key].is_count and check_strength(SETTINGS[key], rest[key]) == 0:
                raise OptimizeError(f"{key} is 0; expected {SETTINGS[key].words()}")
        if not isinstance(params, Mapping):
            raise OptimizeError(f"lr_params is {params!r}; expected names and numbers such as lr: 100")
        return cls(rest, policy, params, max_iter, parameterization, colours, objective, statistics)


def check_strength(setting: Setting, value: Any) -> float:
    """The value as a number in the setting's range; raises OptimizeError."""
    try:
        number = math.nan if isinstance(value, bool) else float(value)
    except (TypeError, ValueError, OverflowError):
        number = math.nan
    off = "" if setting.is_count else " (0 turns it off)"
    whole = not setting.whole or number == round(number) if math.isfinite(number) else False
    if not whole or not setting.low <= number <= setting.high:
        given = f"{value:g}" if isinstance(value, float) else repr(value)
        raise OptimizeError(f"{setting.name} is {given}; expected {setting.words()}{off}")
    if setting.name == "blur_radius" and 0 < number < SMALLEST_SIGMA:
        raise OptimizeError(
            f"blur_radius {number:g} is too small to blur: the kernel of a sigma under {SMALLEST_SIGMA} "
            f"pixels is one pixel; give 0 for no blur, or {WORKS_FROM} and more"
        )
    return int(number) if setting.whole else number
