"""The traces that a small independent script made with real Caffe (golden/optimizer)."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import numpy as np
import pytest

from deepvis.optimize.ascend import advance, begin, finish
from deepvis.optimize.ascent_network import AscentNetwork
from deepvis.optimize.climb import Climb, Job, Outcome
from deepvis.optimize.objective import unit
from deepvis.optimize.recipe import Recipe
from deepvis.optimize.regularizers import SETTINGS

OWN = Path(__file__).parents[1] / "golden" / "optimizer"
SHARED = Path(__file__).parents[3] / "shared" / "golden" / "optimizer"
# the toolbox's; those that deepvis adds have no trace of Caffe, and tests of their own
TOOLBOX = {"decay", "blur_radius", "blur_every", "small_val_percentile", "small_norm_percentile"}
TOOLBOX |= {"px_benefit_percentile", "px_abs_benefit_percentile"}


def folders(root: Path) -> list[object]:
    return [pytest.param(path, id=path.name.partition("__")[2]) for path in sorted(root.glob("*/"))]


def job_of(config: dict) -> Job:
    objective = unit(config["layer"], config["unit"], *config["position"])
    strengths = {name: config[name] for name in SETTINGS if name in config}
    recipe = Recipe(strengths, config["lr_policy"], config["lr_params"], config["iterations"])
    return Job(objective.pushed(config["push_dir"]), recipe, config["seed"])


def load_trace(folder: Path) -> tuple[dict, dict[str, np.ndarray]]:
    with np.load(folder / "trace.npz") as file:
        return json.loads((folder / "meta.json").read_text()), dict(file)


def start(ascent_net: AscentNetwork, meta: dict) -> Climb:
    return begin(ascent_net, job_of(meta["config"]))


def follows(ascent_net: AscentNetwork, folder: Path) -> None:
    """Objective, learning rate and images of every iteration that the trace tells of."""
    meta, trace = load_trace(folder)
    climb = start(ascent_net, meta)
    (first,) = advance(ascent_net, [climb])
    (climb,) = finish(ascent_net, [climb])
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


@pytest.mark.parametrize("folder", folders(OWN))
def test_the_start_is_the_original_s_number_by_number(folder: Path, caffenet_like: AscentNetwork) -> None:
    meta, _ = load_trace(folder)
    x = start(caffenet_like, meta).x.numpy()
    assert (x.dtype, x.shape) == (np.float32, (3, 67, 67))
    assert hashlib.sha256(x.tobytes()).hexdigest() == meta["x0_sha256"]


@pytest.mark.parametrize("folder", folders(OWN))
def test_objective_rate_and_images_follow_the_trace(folder: Path, caffenet_like: AscentNetwork) -> None:
    follows(caffenet_like, folder)


@pytest.mark.shared
@pytest.mark.parametrize("folder", folders(SHARED) or [None])
def test_the_whole_trace_and_what_is_cut_from_it(folder: Path, caffenet_like: AscentNetwork) -> None:
    """Every trace of ../shared; the arrays of tests/golden are the same, bit by bit."""
    meta, trace = load_trace(folder)
    np.testing.assert_array_equal(start(caffenet_like, meta).x.numpy(), trace["x0"])
    if not (OWN / folder.name).exists():
        follows(caffenet_like, folder)
        return
    own_meta, own = load_trace(OWN / folder.name)
    assert {**own_meta, **meta} == own_meta and set(trace) - set(own) == set(own_meta["left_out"]["arrays"])
    for name, array in own.items():
        assert array.dtype == trace[name].dtype
        np.testing.assert_array_equal(array, trace[name])


def test_every_setting_and_every_policy_of_the_toolbox_has_a_trace() -> None:
    configs = [load_trace(folder)[0]["config"] for folder in sorted(OWN.glob("*/"))]
    assert set(SETTINGS) >= TOOLBOX == {name for config in configs for name in SETTINGS if config.get(name)}
    assert {config["lr_policy"] for config in configs} == {"constant", "progress", "progress01"}
    assert {config["push_dir"] for config in configs} == {1, -1}
    rows = {tuple(name for name in SETTINGS if config.get(name)) for config in configs}
    paper = [("blur_radius", "blur_every", "small_norm_percentile"), ("decay", "small_norm_percentile")]
    paper += [("decay", "blur_radius", "blur_every"), ("blur_radius", "blur_every", "px_abs_benefit_percentile")]
    assert rows >= set(paper)  # the rows of the paper's Table 1


def test_pushing_down_keeps_the_lowest(caffenet_like: AscentNetwork) -> None:
    meta, _ = load_trace(OWN / "caffenet_like_a__push_down_conv")
    (climb,) = finish(caffenet_like, [start(caffenet_like, meta)])
    assert climb.best.objective == min(climb.objective) < climb.objective[0]
