"""How far to go along the gradient: the learning rate of one image in one iteration."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from deepvis.core.registry import Registry
from deepvis.optimize.optimize_error import OptimizeError

if TYPE_CHECKING:  # the policies are choices of the command line, whose help needs no torch
    from torch import Tensor

    Moments = tuple[Tensor, Tensor]

Policy = Callable[[Mapping[str, float], "Slope"], float]


@dataclass(frozen=True)
class Slope:
    """Where an image stands: its objective, and how steep it is.

    square: sum of squares of the gradient, by grey levels of 0 to 255. count: how many of its values are not 0.
    """

    objective: float
    square: float
    count: int


@dataclass(frozen=True)
class StepRule:
    """A policy and the names of the parameters that it needs.

    adapts: the step is along Adam's direction, which remembers earlier gradients, not along the gradient.
    """

    needs: tuple[str, ...]
    rate: Policy
    adapts: bool = False


MOST = 1e30  # of a parameter: beyond float32 a step would be infinite, and NaN where the gradient is 0
STEPS: Registry[StepRule] = Registry("learning rate policy")


def _policy(name: str, *needs: str, adapts: bool = False) -> Callable[[Policy], Policy]:
    def enter(rate: Policy) -> Policy:
        STEPS.put(name, StepRule(needs, rate, adapts))
        return rate

    return enter


@_policy("constant", "lr")
def constant(params: Mapping[str, float], slope: Slope) -> float:
    """lr, always."""
    return params["lr"]


@_policy("progress", "max_lr", "desired_prog")
def progress(params: Mapping[str, float], slope: Slope) -> float:
    """As far as raises the objective by desired_prog, were it linear; at most max_lr.

    lr = min(max_lr, desired_prog / |g|^2).
    """
    return min(params["max_lr"], _divide(params["desired_prog"], slope.square))


@_policy("progress01", "max_lr", "early_prog", "late_prog_mult")
def progress01(params: Mapping[str, float], slope: Slope) -> float:
    """As progress, slowing down as an objective in 0..1 nears 1, for units after a softmax.

    The desired progress is min(early_prog, late_prog_mult x (1 - objective)).
    """
    desired = min(params["early_prog"], params["late_prog_mult"] * (1.0 - slope.objective))
    return min(params["max_lr"], _divide(desired, slope.square))


@_policy("even", "step")
def even(params: Mapping[str, float], slope: Slope) -> float:
    """As far as moves the pixels that the unit sees by ``step`` grey levels (root mean square), however flat it is.

    Not the original's: a constant rate that suits one network leaves the pictures of another as they were.
    """
    length = params["step"] * math.sqrt(slope.count)
    return _divide(length, math.sqrt(slope.square))


@_policy("adam", "lr", adapts=True)
def adam(params: Mapping[str, float], slope: Slope) -> float:
    """lr, along the mean of the gradients so far over the root of the mean of their squares.

    Each parameter moves by about lr, however steep it is. Source: Kingma & Ba 2015, algorithm 1.
    """
    return params["lr"]


MEMORY = (0.9, 0.999)  # of Adam: the shares of the mean and of the mean square that stay in each step
TINY = 1e-8  # keeps Adam's quotient finite


def adam_direction(grad: Tensor, moments: Moments | None, iteration: int) -> tuple[Tensor, Moments]:
    """Where Adam goes: the direction, alike ``grad``, and the moments for the next step.

    moments: the running means of the gradient and of its square; None at the start. iteration: from 0.
    """
    mean, square = moments or (grad * 0.0, grad * 0.0)
    mean = MEMORY[0] * mean + (1.0 - MEMORY[0]) * grad
    square = MEMORY[1] * square + (1.0 - MEMORY[1]) * grad * grad
    unbiased = mean / (1.0 - MEMORY[0] ** (iteration + 1)), square / (1.0 - MEMORY[1] ** (iteration + 1))
    return unbiased[0] / (unbiased[1].sqrt() + TINY), (mean, square)


def learning_rate(policy: str, params: Mapping[str, float], slope: Slope) -> float:
    """The learning rate of one image in one iteration."""
    return STEPS[policy].rate(params, slope)


def check_policy(policy: str, params: Mapping[str, float]) -> dict[str, float]:
    """The parameters as floats above 0 and up to MOST, exactly those that the policy needs.

    Raises OptimizeError naming what is unknown, missing, no number, or not above 0.
    """
    if policy not in STEPS:
        raise OptimizeError(f"no lr-policy is named {policy!r}; there are: {', '.join(STEPS)}")
    needs = STEPS[policy].needs
    missing = [name for name in needs if name not in params]
    if missing:
        raise OptimizeError(
            f"lr-policy {policy} needs {', '.join(needs)}; lr-params {dict(params)} lacks {', '.join(missing)}"
        )
    unknown = [name for name in params if name not in needs]
    if unknown:
        raise OptimizeError(f"lr-policy {policy} knows no {', '.join(unknown)}; it takes {', '.join(needs)}")
    return {name: _number(policy, name, params[name]) for name in needs}


def _number(policy: str, name: str, value: object) -> float:
    try:
        number = float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError, OverflowError):
        number = math.nan
    if not abs(number) <= MOST:
        raise OptimizeError(
            f"{name} of lr-policy {policy} is {value!r}; expected a finite number of a size up to {MOST:g}"
        )
    if number <= 0:  # a picture that stands still, or climbs down unsaid
        raise OptimizeError(
            f"{name} of lr-policy {policy} is {value!r}; expected a number above 0 (--push-dir -1 looks for the least)"
        )
    return number


def _divide(desired: float, slope: float) -> float:
    return desired / slope if slope > 0 else math.inf
