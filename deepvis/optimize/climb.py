"""One image to make, and its whole story so far: plain values that the climb's loop (ascend.py) maps to the next."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import Enum
from typing import Any

from torch import Tensor

from deepvis.optimize.any_term import AnyTerm
from deepvis.optimize.objective import Objective
from deepvis.optimize.recipe import Recipe
from deepvis.optimize.start import STARTS


class Outcome(Enum):
    """How a climb ended; the first three are the original's words."""

    MAJORITY = "majority success"
    NO_MAJORITY = "majority failure"
    NO_GRADIENT = "grad 0 failure"
    NOT_FINITE = "not a number failure"
    DONE = "done"  # of an objective that is not one unit: there is no majority to speak of


@dataclass(frozen=True)
class Job:
    """One image to make.

    group: the seeds of the images that it climbs with and is to differ from, its own among them (diversity.py).
    start_at: a name in STARTS; or, where x0 is handed to ``begin``, words that say where it came from: a path (the
    command lines), "frame" (the window) or "given".
    """

    objective: Objective
    recipe: Recipe
    seed: int = 0
    start_at: str = "mean_plus_rand"
    group: tuple[int, ...] = ()

    @property
    def start(self) -> str:
        """Where it begins, in words."""
        return f"{self.start_at}, seed {self.seed}" if self.start_at in STARTS else self.start_at

    @property
    def of_group(self) -> Job | None:
        """The same for all jobs of its group, and for no other; None where it climbs alone."""
        return replace(self, seed=0) if self.group else None

    def as_dict(self) -> dict[str, Any]:
        return {
            "objective": self.objective.as_dict(),
            "recipe": self.recipe.as_dict(),
            "seed": self.seed,
            "start_at": self.start_at,
            **({"group": list(self.group)} if self.group else {}),
        }


@dataclass(frozen=True, eq=False)
class Iterate:
    """The image of one iteration: (C, H, W), as the network saw it in that iteration, mean-subtracted."""

    x: Tensor
    objective: float
    iteration: int


@dataclass(frozen=True, eq=False)
class Climb:
    """One image on its way.

    pushes: the terms where the walk back begins, direction included. x: (C, H, W), where the next iteration begins.
    parameters: where it begins instead, if the recipe's parameterization is not pixels: x is then the picture last
    computed from parameters. moments: Adam's, alike.
    strengths: the recipe's, transforms kept within what the unit sees where x is computed.
    objective, learning_rate: one number per iteration so far.
    best, majority (the first iterate in which the unit is its layer's largest), last: iterates of it. Once it has
    ended, the best one's objective is that of the picture as it is, without transforms (final_value.py).
    outcome: None while it climbs.
    """

    job: Job
    pushes: tuple[AnyTerm, ...]
    strengths: Mapping[str, float]
    x: Tensor
    parameters: Tensor | None = None
    moments: tuple[Tensor, Tensor] | None = None
    objective: tuple[float, ...] = ()
    learning_rate: tuple[float, ...] = ()
    best: Iterate | None = None
    majority: Iterate | None = None
    last: Iterate | None = None
    outcome: Outcome | None = None

    @property
    def iteration(self) -> int:
        """How many iterations are behind it."""
        return len(self.objective)

    @property
    def has_moved(self) -> bool:
        """Has there been a gradient before the last iteration?"""
        return any(self.learning_rate[:-1])

    @property
    def trouble(self) -> str | None:
        """One sentence where the climb came to nothing, else None."""
        where = self.job.objective.leader.words
        if self.outcome is Outcome.NO_GRADIENT and not self.has_moved:
            return (
                f"{where} has no gradient at the start image ({self.job.start}): it is 0 everywhere there, so there "
                "is no way up from it; try another seed or start, or another unit"
            )
        if self.outcome is Outcome.NOT_FINITE:
            return (
                f"the objective or the gradient of {where} is no finite number in iteration "
                f"{self.iteration - 1}; lower the learning rate, or look for NaN in the weights"
            )
        return None
