"""Climbs whose picture is computed from parameters, Adam's steps, several views: as true as the others."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from deepvis.core.types import Unit
from deepvis.optimize import live_run
from deepvis.optimize.ascend import BLIND_VIEWS, advance, begin, finish
from deepvis.optimize.climb import Job, Outcome
from deepvis.optimize.climb_files import read_climb, write_climb
from deepvis.optimize.objective import Objective, unit
from deepvis.optimize.optimize_error import OptimizeError
from deepvis.optimize.presets import BUILT_IN, FROM_A_PHOTO
from deepvis.optimize.regularizers import Step
from deepvis.optimize.steps import adam_direction
from deepvis.optimize.terms import DirectionTerm, LayerTerm, MatchTerm
from deepvis.optimize.transforms import look

NEW = ("lucid", "lucid-small", "diverse", "maco", "dream", "accentuate", "invert")


def short(name: str, iterations: int = 6, **strengths):
    recipe = BUILT_IN[name]
    return replace(recipe, max_iter=iterations, strengths={**recipe.strengths, **strengths})


def test_adam_is_that_of_torch():
    grads = torch.randn(5, 7, generator=torch.Generator().manual_seed(0))
    parameter = torch.zeros(7, requires_grad=True)
    theirs = torch.optim.Adam([parameter], lr=0.1)
    ours, moments = torch.zeros(7), None
    for n, grad in enumerate(grads):
        parameter.grad = -grad
        theirs.step()
        way, moments = adam_direction(grad, moments, n)
        ours = ours + 0.1 * way
    torch.testing.assert_close(ours, parameter.detach())


def test_the_rest_of_the_batch_changes_nothing(network):
    """Pictures computed and painted, one view and several, climb together as alone, to the bit."""
    jobs = [
        Job(unit("fc8", 4), short("lucid"), seed=2),
        Job(unit("conv5", 16), short("maco"), seed=1),
        Job(unit("fc8", 7), short("3+")),
        Job(unit("fc8", 9), short("lucid", noise=5, crop=0.6, views=3), seed=4),
        Job(unit("fc8", 9), replace(short("robust"), lr_policy="adam", lr_params={"lr": 2.0}), seed=5),
        Job(Objective((LayerTerm("conv4"), DirectionTerm("fc7", (3, 5), (1.0, -1.0)))), short("dream")),
    ]
    together = finish(network, [begin(network, job) for job in jobs])
    for job, climb in zip(jobs, together, strict=True):
        (alone,) = finish(network, [begin(network, job)])
        assert climb.objective == alone.objective
        assert torch.equal(climb.x, alone.x) and torch.equal(climb.best.x, alone.best.x)


@pytest.mark.parametrize("name", ["lucid", "maco"])
def test_a_climb_goes_on_where_it_was(network, name, tmp_path: Path):
    job = Job(unit("fc8", 25), short(name, 8), seed=3)
    (whole,) = finish(network, [begin(network, job)])
    climb = begin(network, job)
    for _ in range(3):
        (climb,) = advance(network, [climb])
    write_climb(tmp_path / "c.npz", climb)
    (resumed,) = finish(network, [read_climb(tmp_path / "c.npz", begin(network, job))])
    assert resumed.objective == whole.objective and torch.equal(resumed.last.x, whole.last.x)


@pytest.mark.parametrize("name", ["lucid", "maco"])
def test_it_climbs_and_stays_a_picture(network, name):
    (climb,) = finish(network, [begin(network, Job(unit("fc8", 25), short(name, 30)))])
    assert climb.best.objective > climb.objective[0] + 3
    levels = climb.best.x + network.mean_chw
    assert levels.min() >= -1e-3 and levels.max() <= 255.001


def test_an_inversion_comes_near_the_photo(network, mini):
    rgb = np.zeros((117, 117, 3), np.uint8)
    rgb[30:80, 40:90] = (220, 60, 30)
    x = mini.preprocessor.to_input(rgb)
    job = Job(Objective((MatchTerm("conv3", "square", x=x),)), short("invert", 60))
    (climb,) = finish(network, [begin(network, job)])
    assert climb.outcome is Outcome.DONE and climb.best.objective > climb.objective[0] / 2
    with pytest.raises(OptimizeError, match="has no photo"):
        begin(network, Job(Objective((MatchTerm("conv3", "square"),)), short("invert")))


def test_a_view_back_is_the_mean_over_the_views():
    x = torch.randn(2, 3, 9, 11, generator=torch.Generator().manual_seed(1))
    step = Step([4, 4], [{"views": 3, "crop": 0.5, "jitter": 1}, {"noise": 7}], [1, 9])
    views = look(x, step)
    assert views.seen.shape == (4, 3, 9, 11) and list(views.owners) == [0, 0, 0, 1]
    assert len({float(seen.sum()) for seen in views.seen}) == 4, "each is another"
    g = torch.randn(views.seen.shape, generator=torch.Generator().manual_seed(2))
    below = views.pulled_back(g)
    there = (views.seen[:3] * g[:3]).sum() / 3
    torch.testing.assert_close(there, (x[0] * below[0]).sum(), rtol=1e-4, atol=1e-4)
    assert torch.equal(below[1], g[3])
    assert views.mean_of(torch.tensor([1.0, 2.0, 6.0, 5.0])).tolist() == [3.0, 5.0]
    noise = views.seen[3] - x[1]
    assert 5 < noise.std() < 9 and not torch.equal(look(x, replace(step, iterations=[5, 5])).seen[3], views.seen[3])


def test_one_view_without_a_gradient_does_not_end_a_climb(network):
    """Seen from elsewhere the unit may have one; only many in a row end it."""
    recipe = short("lucid", 60, jitter=100, noise=0)
    climbs = finish(network, [begin(network, Job(unit("norm1", channel), recipe)) for channel in range(6)])
    unlucky = [climb for climb in climbs if 0.0 in climb.learning_rate[:-1]]
    assert unlucky, "there are such views"
    for climb in unlucky:
        assert climb.outcome is not Outcome.NO_GRADIENT or not any(climb.learning_rate[-BLIND_VIEWS:])
        assert torch.isfinite(climb.x).all()


def test_a_match_without_a_way_up_stays_a_match(network, mini):
    """Dead from every seed it is said to be, and does not become the picture of a unit."""
    shown = np.random.default_rng(0).integers(0, 255, (117, 117, 3)).astype(np.uint8)
    run = live_run.start(network, mini, Unit("conv4", 7), "invert", rgb=shown)
    assert run.climb.job.start_at != "frame", "from the photo itself there is no way up"
    for _ in range(live_run.SEEDS - 1):
        run = live_run.restarted(run)
        assert isinstance(run.climb.job.objective.leader, MatchTerm) and not run.is_of_unit
    with pytest.raises(OptimizeError, match="the match of layer 'conv4' with frame has no gradient"):
        live_run.restarted(run)


@pytest.mark.parametrize("preset", NEW)
def test_the_windows_presets(network, mini, preset, monkeypatch):
    monkeypatch.setattr("deepvis.optimize.presets.BUILT_IN", {**BUILT_IN, preset: short(preset, 3)})
    shown = np.random.default_rng(0).integers(0, 255, (117, 117, 3)).astype(np.uint8)
    run = live_run.start(network, mini, Unit("conv4", 7), preset, shown_rgb=shown)
    first = live_run.progress_of(run, 0).rgb
    while not run.done:
        run = live_run.onward(run)
    assert run.is_of_unit == (preset in ("lucid", "lucid-small", "diverse", "maco"))
    if preset in FROM_A_PHOTO:
        assert first.shape[:2] == (117, 117), "the whole photo is shown, not the unit's field of it"
    if not run.is_of_unit:
        with pytest.raises(OptimizeError, match="needs a picture; show one"):
            live_run.start(network, mini, Unit("conv4", 7), preset)


def test_a_small_unit_keeps_its_place_in_view(network):
    """Shifts and crops are limited to a quarter of what it sees; a unit that sees the whole picture has all of them."""
    low = begin(network, Job(unit("conv1", 0), BUILT_IN["lucid"])).strengths
    assert low["jitter"] == 9 / 4, "its filters are 9 pixels wide"
    assert begin(network, Job(unit("conv1", 0), BUILT_IN["maco"])).strengths["crop"] == pytest.approx(1 - 4.5 / 117)
    for name in ("lucid", "maco"):
        assert begin(network, Job(unit("fc8", 0), BUILT_IN[name])).strengths == BUILT_IN[name].strengths
    assert begin(network, Job(unit("conv1", 0), BUILT_IN["robust"])).strengths == BUILT_IN["robust"].strengths
