"""The traces that a small independent script made with real Caffe (golden/optimizer)."""

from __future__ import annotations

import json

import numpy as np
import pytest

from deepvis.optimize.ascend import Job, Outcome, advance, begin, finish
from deepvis.optimize.objective import unit
from deepvis.optimize.recipe import Recipe
from deepvis.optimize.regularizers import SETTINGS

CASES = [
    "decay_fc",
    "paper1_fc",
    "paper1_strong_fc",
    "paper2_fc",
    "paper2_strong_fc",
    "paper3_fc",
    "paper3_strong_fc",
    "paper4_conv",
    "plain_conv",
    "progress01_prob",
    "push_down_conv",
    "px_benefit_conv",
    "small_val_conv",
    "zero_gradient",
]


def job_of(config: dict) -> Job:
    objective = unit(config["layer"], config["unit"], *config["position"])
    strengths = {name: config[name] for name in SETTINGS if name in config}
    recipe = Recipe(strengths, config["lr_policy"], config["lr_params"], config["iterations"])
    return Job(objective.pushed(config["push_dir"]), recipe, config["seed"])


@pytest.fixture(params=CASES)
def case(request, caffenet_like, golden):
    folder = golden(f"optimizer/caffenet_like_a__{request.param}")
    meta = json.loads((folder / "meta.json").read_text())
    return meta, np.load(folder / "trace.npz"), begin(caffenet_like, job_of(meta["config"]))


def test_the_start_is_the_original_s_number_by_number(case):
    _, trace, climb = case
    np.testing.assert_array_equal(climb.x.numpy(), trace["x0"])


def test_objective_rate_and_images_follow_the_trace(case, caffenet_like):
    meta, trace, climb = case
    (first,) = advance(caffenet_like, [climb])
    (climb,) = finish(caffenet_like, [climb])
    np.testing.assert_allclose(climb.objective, trace["obj"], rtol=1e-3, atol=1e-6)
    rates = climb.learning_rate[: len(trace["lr"])]
    np.testing.assert_allclose(rates, trace["lr"], rtol=1e-3)
    largest = abs(trace["xx_final"]).max()
    assert abs(climb.last.x.numpy() - trace["xx_final"]).max() < 1e-2 * largest
    if "xx_after_iter0" in trace:
        assert abs(first.x.numpy() - trace["xx_after_iter0"]).max() < 1e-3 * largest
    assert (climb.outcome is Outcome.NO_GRADIENT) == (meta["stopped_zero_gradient_at"] is not None)
    if meta["config"]["push_dir"] > 0:
        assert climb.best.iteration == meta["best_ii"]


def test_pushing_down_keeps_the_lowest(caffenet_like, golden):
    meta = json.loads((golden("optimizer/caffenet_like_a__push_down_conv") / "meta.json").read_text())
    (climb,) = finish(caffenet_like, [begin(caffenet_like, job_of(meta["config"]))])
    assert climb.best.objective == min(climb.objective) < climb.objective[0]
