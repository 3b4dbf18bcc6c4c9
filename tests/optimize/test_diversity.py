"""Diversity: images of a unit that climb together are pushed apart, to the bit whatever climbs beside them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from deepvis.network.ref import NetworkRef
from deepvis.optimize.ascend import advance, begin, finish
from deepvis.optimize.climb import Job
from deepvis.optimize.climb_files import write_climb
from deepvis.optimize.diversity import Member, apart_of, group_of
from deepvis.optimize.objective import unit
from deepvis.optimize.presets import BUILT_IN
from deepvis.optimize.recipe import Recipe
from deepvis.optimize.tasks import ClimbTask, Setup, batches_of, whole_groups

SEEDS = (0, 1, 2)


def recipe_of(diversity: float, iterations: int = 8) -> Recipe:
    lucid = BUILT_IN["lucid-small"]
    return replace(lucid, max_iter=iterations, strengths={**lucid.strengths, "diversity": diversity})


def jobs_of(recipe: Recipe, channel: int = 4) -> list[Job]:
    return [Job(unit("fc8", channel), recipe, seed, group=group_of(recipe, SEEDS)) for seed in SEEDS]


def mean_cosine(values: torch.Tensor) -> float:
    """Of the matrices of inner products of channels, over all pairs. values: (N, C, ...)."""
    flat = values.flatten(2)
    products = (flat @ flat.transpose(1, 2)).flatten(1)
    cosines = torch.nn.functional.cosine_similarity(products[:, None], products[None], dim=2)
    return float(cosines[np.triu_indices(len(values), 1)].mean())


def test_the_way_apart_is_the_gradient_of_the_cosines():
    values = torch.rand(3, 4, 5, 2, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    members = [Member("a", "x", 0.5), None, Member("a", "x", 0.5)]
    found = apart_of(members, [0, 1, 2], {"x": values}, torch.tensor([4.0, 5.0, -6.0]))["x"]
    assert not found[1].any()
    moved, step = values.clone(), 1e-6
    moved[2, 1, 3, 0] += step
    slope = (mean_cosine(moved[[0, 2]]) - mean_cosine(values[[0, 2]])) / step
    assert float(found[2, 1, 3, 0]) == pytest.approx(-0.5 * 6 * slope, rel=1e-4)


def test_views_of_one_image_are_not_pushed_apart():
    values = torch.rand(2, 4, 5, 2)
    assert not apart_of([Member("a", "x", 1.0)], [0, 0], {"x": values}, torch.ones(2))["x"].any()


def test_images_of_a_group_differ_more(network):
    alike = {}
    for share in (0.0, 0.5):
        climbs = finish(network, [begin(network, job) for job in jobs_of(recipe_of(share, 16))])
        tape = network.forward(torch.stack([climb.x for climb in climbs]), {"conv3"})
        alike[share] = mean_cosine(tape.blobs["conv3"])
    assert network.diversity_layer("fc8") == "conv3"
    assert 1 - alike[0.5] > 1.2 * (1 - alike[0.0])


def test_a_group_is_the_same_beside_others(network):
    jobs = jobs_of(recipe_of(0.4))
    alone = finish(network, [begin(network, job) for job in jobs])
    others = [Job(unit("fc8", 9), recipe_of(0.4)), *jobs_of(recipe_of(0.4), 7)]
    beside = finish(network, [begin(network, job) for job in (others[0], *jobs, *others[1:])])[1:4]
    for one, other in zip(alone, beside, strict=True):
        assert torch.equal(one.x, other.x) and one.objective == other.objective


def test_a_unit_of_the_first_layer_goes_alone(network):
    recipe = recipe_of(0.4)
    climbs = [begin(network, Job(unit("conv1", 3), recipe, seed, group=SEEDS)) for seed in SEEDS]
    assert len(advance(network, climbs)) == 3 and network.diversity_layer("conv1") is None


def test_groups_are_not_parted():
    recipe = recipe_of(0.4)
    jobs = [*jobs_of(recipe, 1), *jobs_of(recipe, 2), *(Job(unit("fc8", 5), recipe_of(0.0), seed) for seed in SEEDS)]
    assert [len(batch) for batch in batches_of(jobs, 4)] == [3, 4, 2]
    assert [len(batch) for batch in batches_of(jobs, 2)] == [3, 3, 2, 1], "a group is larger than a batch"
    assert whole_groups({jobs[1], jobs[7]}, jobs) == [*jobs[:3], jobs[7]]


def test_a_group_goes_on_from_one_iteration(mini, network, tmp_path):
    """What was saved as a kill between two files leaves it does not count; a whole save does, to the bit."""
    jobs = jobs_of(recipe_of(0.4))
    whole = finish(network, [begin(network, job) for job in jobs])
    now = advance(network, advance(network, [begin(network, job) for job in jobs]))
    paths = tuple(tmp_path / f"{n}.npz" for n in SEEDS)
    task = ClimbTask(Setup(NetworkRef("caffenet-mini"), mini.identity), 0, tuple(jobs), (None,) * 3, paths)
    for saved in (2, 3):
        for path, climb in zip(paths[:saved], now, strict=False):
            write_climb(path, climb)
        seen = []
        ended = task.run(lambda _, climbs, seen=seen: seen.append(climbs[0].iteration) or True)
        assert seen[0] == (1 if saved == 2 else 3)
        assert all(torch.equal(one.x, other.x) for one, other in zip(whole, ended, strict=True))
