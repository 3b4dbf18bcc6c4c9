"""What a climb reached is measured as the picture is, not in the luckiest of its views."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from deepvis.core.types import Unit
from deepvis.optimize import live_run
from deepvis.optimize.ascend import advance, begin, finish
from deepvis.optimize.ascent_network import ascent_net_of
from deepvis.optimize.climb import Job
from deepvis.optimize.final_value import settled
from deepvis.optimize.objective import Objective, measure, unit
from deepvis.optimize.presets import BUILT_IN
from deepvis.optimize.terms import DirectionTerm, Term
from tests.helpers.networks import small_model


def job(name: str, channel: int, iterations: int, seed: int = 0) -> Job:
    return Job(unit("fc8", channel), replace(BUILT_IN[name], max_iter=iterations), seed)


def as_it_is(network, climb, x) -> float:
    tape = network.forward(x[None], set(climb.job.objective.layers))
    return float(measure([climb.job.objective], tape.blobs)[0])


@pytest.mark.parametrize("name", ["lucid", "robust", "maco"])
def test_the_best_is_the_better_of_the_luckiest_view_and_the_last(network, name):
    climbs = finish(network, [begin(network, job(name, channel, 8, seed=channel)) for channel in (4, 9)])
    for climb in climbs:
        assert climb.best.objective == pytest.approx(as_it_is(network, climb, climb.best.x), rel=1e-6)
        assert climb.best.objective >= as_it_is(network, climb, climb.last.x) - 1e-4
        assert climb.best.iteration in (climb.last.iteration, int(np.argmax(climb.objective)))
    (alone,) = finish(network, [begin(network, job(name, 9, 8, seed=9))])
    assert alone.best.objective == climbs[1].best.objective and torch.equal(alone.best.x, climbs[1].best.x)


def test_without_transforms_nothing_is_measured_again(network):
    (climb,) = finish(network, [begin(network, job("3+", 4, 5))])
    assert climb.best.objective == max(climb.objective)
    assert settled(network, [climb])[0] is climb


def test_a_climb_that_is_pushed_down_keeps_the_lowest(network):
    down = replace(job("lucid", 4, 6), objective=unit("fc8", 4).pushed(-1))
    (climb,) = finish(network, [begin(network, down)])
    assert climb.best.objective <= as_it_is(network, climb, climb.last.x) + 1e-4


def test_the_windows_run_tells_its_value_and_its_title(mini, network):
    photo = np.random.default_rng(0).integers(0, 256, (117, 117, 3), np.uint8)
    titles = {}
    for preset in ("lucid", "dream", "invert", "accentuate"):
        run = live_run.start(network, mini, Unit("fc8", 3), preset, shown_rgb=photo)
        run = live_run.stopped(live_run.onward(run))
        titles[preset] = run.title
        progress = live_run.progress_of(run, 1, is_stopped=True)
        assert progress.title == run.title
        assert (progress.value is None) == (preset in ("dream", "invert"))
        if progress.value is not None:
            assert progress.value == pytest.approx(as_it_is(network, run.climb, run.climb.best.x), rel=1e-6)
    assert titles == {
        "lucid": "Preferred input",
        "dream": "Deep dream",
        "invert": "Inversion",
        "accentuate": "Accentuation",
    }


def test_a_direction_begins_before_its_rectifiers(tmp_path):
    """Of a Concat of rectified branches: an idle channel has a gradient as its unit has."""
    network = ascent_net_of(small_model(tmp_path))
    recipe = replace(BUILT_IN["3+"], max_iter=2)
    channels = tuple(range(8))
    shares = tuple(float(share) for share in (1, -2, 0.5, 3, 1, 1, -1, 2))
    direction = Objective((DirectionTerm("mixed/output", channels, shares, (2, 3)),))
    length = float(np.linalg.norm(shares))
    terms = [Term("mixed/output", c, (2, 3), s / length) for c, s in zip(channels, shares, strict=True)]
    climbs = [begin(network, Job(objective, recipe)) for objective in (direction, Objective(tuple(terms)))]
    assert {push.layer for push in climbs[0].pushes} == {"mixed/a", "mixed/b"}
    moved = advance(network, climbs)
    assert moved[0].objective == pytest.approx(moved[1].objective, rel=1e-5)
    torch.testing.assert_close(moved[0].x, moved[1].x, rtol=1e-4, atol=1e-3)
