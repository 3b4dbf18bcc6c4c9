"""How far to go along the gradient: the learning rate of one image in one iteration."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from deepvis.core.registry import Registry
from deepvis.optimize.errors import OptimizeError

Policy = Callable[[Mapping[str, float], float, float], float]


@dataclass(frozen=True)
class StepRule:
    """A policy and the names of the parameters that it needs."""

    needs: tuple[str, ...]
    rate: Policy


STEPS: Registry[StepRule] = Registry("learning rate policy")


def _policy(name: str, *needs: str) -> Callable[[Policy], Policy]:
    def enter(rate: Policy) -> Policy:
        STEPS.put(name, StepRule(needs, rate))
        return rate

    return enter


@_policy("constant", "lr")
def constant(params: Mapping[str, float], objective: float, grad_square: float) -> float:
    """lr, always."""
    return params["lr"]


@_policy("progress", "max_lr", "desired_prog")
def progress(params: Mapping[str, float], objective: float, grad_square: float) -> float:
    """As far as raises the objective by desired_prog, were it linear; at most max_lr.

    lr = min(max_lr, desired_prog / |g|^2).
    """
    return min(params["max_lr"], _divide(params["desired_prog"], grad_square))


@_policy("progress01", "max_lr", "early_prog", "late_prog_mult")
def progress01(params: Mapping[str, float], objective: float, grad_square: float) -> float:
    """As progress, slowing down as an objective in 0..1 nears 1, for units after a softmax.

    The desired progress is min(early_prog, late_prog_mult x (1 - objective)).
    """
    desired = min(params["early_prog"], params["late_prog_mult"] * (1.0 - objective))
    return min(params["max_lr"], _divide(desired, grad_square))


def learning_rate(policy: str, params: Mapping[str, float], objective: float, grad_square: float) -> float:
    """The learning rate of one image.

    objective: its value in this iteration. grad_square: the sum of squares of its gradient.
    """
    return STEPS[policy].rate(params, objective, grad_square)


def check_policy(policy: str, params: Mapping[str, float]) -> dict[str, float]:
    """The parameters as finite floats, exactly those that the policy needs.

    Raises OptimizeError naming what is unknown, missing or no number.
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
    return {name: _finite(policy, name, params[name]) for name in needs}


def _finite(policy: str, name: str, value: object) -> float:
    try:
        number = float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        number = math.nan
    if not math.isfinite(number):
        raise OptimizeError(f"{name} of lr-policy {policy} is {value!r}; expected a finite number")
    return number


def _divide(desired: float, grad_square: float) -> float:
    return desired / grad_square if grad_square > 0 else math.inf
