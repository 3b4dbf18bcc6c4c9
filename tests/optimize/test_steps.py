"""The learning rates, in numbers worked out by hand: both sides of every minimum, which a trace may never reach."""

from __future__ import annotations

import pytest

from deepvis.optimize.optimize_error import OptimizeError
from deepvis.optimize.recipe import Recipe
from deepvis.optimize.steps import STEPS, Slope, learning_rate

PROGRESS = {"max_lr": 100.0, "desired_prog": 2.0}
PROGRESS01 = {"max_lr": 100.0, "early_prog": 0.02, "late_prog_mult": 0.1}


@pytest.mark.parametrize(
    ("policy", "params", "objective", "square", "rate"),
    [
        ("constant", {"lr": 3.5}, 7.0, 9.0, 3.5),
        ("progress", PROGRESS, 7.0, 0.5, 4.0),  # 2 / 0.5
        ("progress", PROGRESS, 7.0, 0.01, 100.0),  # 2 / 0.01 = 200
        ("progress01", PROGRESS01, 0.3, 0.5, 0.04),  # early: 0.02 / 0.5
        ("progress01", PROGRESS01, 0.9, 0.5, 0.02),  # late: 0.1 * (1 - 0.9) / 0.5
        ("progress01", PROGRESS01, 0.8, 0.5, 0.04),  # where the two meet
        ("progress01", PROGRESS01, 0.3, 0.0001, 100.0),  # 0.02 / 0.0001 = 200
    ],
)
def test_rates(policy: str, params: dict[str, float], objective: float, square: float, rate: float) -> None:
    assert learning_rate(policy, params, Slope(objective, square, 3)) == pytest.approx(rate, rel=1e-9)


def test_even_moves_the_pixels_by_its_step() -> None:
    """12 values of a gradient of norm 4: a step of 3 grey levels each is one of length 3 * sqrt(12)."""
    assert learning_rate("even", {"step": 3.0}, Slope(1.0, 16.0, 12)) == pytest.approx(3 * 12**0.5 / 4)


@pytest.mark.parametrize("value", [0, -0.0, -100, "-0.05"])
@pytest.mark.parametrize(("policy", "name"), [(policy, name) for policy in STEPS for name in STEPS[policy].needs])
def test_no_parameter_of_any_policy_stands_still_or_climbs_down(policy: str, name: str, value: object) -> None:
    params = {**dict.fromkeys(STEPS[policy].needs, 1.0), name: value}
    with pytest.raises(OptimizeError, match=f"{name} of lr-policy {policy} is .*; expected a number above 0"):
        Recipe({}, policy, params)  # type: ignore[arg-type]
