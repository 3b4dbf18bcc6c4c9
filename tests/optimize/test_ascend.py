"""The loop itself: company, resuming, directions, sums, views, and climbs that come to nothing."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from deepvis.formats.caffe.functional import functional
from deepvis.formats.caffe.load import load_net
from deepvis.formats.caffe.spec_graph import caffe_net
from deepvis.models.zoo import load_model
from deepvis.optimize.ascend import advance, ascend, begin, finish
from deepvis.optimize.ascent_network import AscentNetwork, ascent_net_of, check_weights
from deepvis.optimize.climb import Job, Outcome
from deepvis.optimize.objective import channel, unit
from deepvis.optimize.optimize_error import OptimizeError
from deepvis.optimize.presets import BUILT_IN, TABLE_1
from deepvis.optimize.recipe import Recipe
from deepvis.optimize.regularizers import Step
from deepvis.optimize.transforms import look

TINY = """
name: "tiny"
input: "data"
input_shape { dim: 1 dim: 2 dim: 12 dim: 17 }
layer { name: "conv" type: "Convolution" bottom: "data" top: "conv"
  convolution_param { num_output: 4 kernel_size: 3 stride: 2 } }
layer { name: "relu" type: "ReLU" bottom: "conv" top: "conv" }
layer { name: "fc" type: "InnerProduct" bottom: "conv" top: "fc"
  inner_product_param { num_output: 5 } }
"""


@pytest.fixture(scope="module")
def tiny() -> AscentNetwork:
    """Two channels, not square, a mean image: nothing may be hard-wired."""
    random = np.random.RandomState(0)
    shapes = {"conv": [(4, 2, 3, 3), (4,)], "fc": [(5, 160), (5,)]}
    weights = {layer: [random.normal(0, 0.05, s).astype(np.float32) for s in of] for layer, of in shapes.items()}
    mean = random.uniform(80, 150, (2, 12, 17)).astype(np.float32)
    return AscentNetwork(caffe_net(load_net(TINY, weights)), torch.from_numpy(mean))


def steady(lr=10.0, iterations=12, **strengths) -> Recipe:
    return Recipe(strengths, "constant", {"lr": lr}, iterations)


def test_any_channels_any_mean_not_square(tiny):
    (climb,) = finish(tiny, [begin(tiny, Job(unit("conv", 3), steady(lr=300)))])
    assert climb.best.x.shape == (2, 12, 17)
    assert climb.best.objective > climb.objective[0]
    seen = climb.last.x + tiny.mean_chw
    assert seen.min() >= -1e-3 and seen.max() <= 255.001


def test_the_result_does_not_depend_on_the_company(caffenet_like):
    """Alone or among others the numbers are the same to the last bit (on a CPU)."""
    jobs = [
        Job(unit("fc8", 4), replace(TABLE_1["3"], lr_params={"lr": 5000}, max_iter=20), seed=2),
        Job(unit("fc8", 16), replace(TABLE_1["1"], lr_params={"max_lr": 1e4, "desired_prog": 2}, max_iter=20)),
        Job(unit("fc8", 36), replace(TABLE_1["2"], lr_params={"lr": 20000}, max_iter=13), seed=21),
        Job(unit("fc8", 7).pushed(-1), replace(TABLE_1["4"], max_iter=20), seed=5, start_at="randu"),
        Job(unit("fc8", 9), steady(lr=2000, jitter=4, rotate_jitter=5, scale_jitter=0.1), start_at="mean"),
    ]
    together = finish(caffenet_like, [begin(caffenet_like, job) for job in jobs])
    for job, climb in zip(jobs, together, strict=True):
        (alone,) = finish(caffenet_like, [begin(caffenet_like, job)])
        assert len(alone.objective) == len(climb.objective) == job.recipe.max_iter
        assert climb.objective == alone.objective
        assert torch.equal(climb.last.x, alone.last.x) and torch.equal(climb.best.x, alone.best.x)
        assert (climb.outcome, climb.best.iteration) == (alone.outcome, alone.best.iteration)


def test_nor_does_a_whole_climb_of_the_embedded_default():
    """Over so many kinks a difference in the last bit of one step would be another picture in the end."""
    ready = ascent_net_of(load_model("caffenet-mini"))
    jobs = [Job(unit("fc8", 20 * n), replace(BUILT_IN["3+"], max_iter=60), n) for n in range(3)]
    together = finish(ready, [begin(ready, job) for job in jobs])
    (alone,) = finish(ready, [begin(ready, jobs[1])])
    assert together[1].objective == alone.objective and torch.equal(together[1].last.x, alone.last.x)


def test_a_climb_that_changes_company_goes_on_the_same(tiny):
    job = Job(unit("fc", 2), steady(lr=200, blur_radius=0.6, blur_every=3, decay=0.01))
    (whole,) = finish(tiny, [begin(tiny, job)])
    climbs = [begin(tiny, job)]
    for n in range(5):
        climbs = advance(tiny, [*climbs[:1], begin(tiny, replace(job, seed=n))])
    (late,) = finish(tiny, climbs[:1])
    np.testing.assert_allclose(late.objective, whole.objective, rtol=1e-5)


def test_climbs_of_different_lengths_end_each_in_its_own_time(tiny):
    jobs = [Job(unit("fc", 0), steady(iterations=n)) for n in (3, 1, 5)]
    lengths = [[c.iteration for c in now] for now in ascend(tiny, [begin(tiny, job) for job in jobs])]
    assert lengths == [[1, 1, 1], [2, 1, 2], [3, 1, 3], [3, 1, 4], [3, 1, 5]]


def test_down_is_down(tiny):
    (climb,) = finish(tiny, [begin(tiny, Job(unit("fc", 1).pushed(-1), steady(lr=100)))])
    assert climb.best.objective == min(climb.objective) < climb.objective[0]


def test_a_weighted_sum_over_layers_follows_its_own_gradient(tiny):
    total = 2 * unit("fc", 1) + -channel("conv", 2) + unit("conv", 0, 1, 3)
    climb = begin(tiny, Job(total, steady(lr=1e-3, iterations=2)))
    (moved,) = advance(tiny, [climb])
    slope = (moved.x - climb.x) / 1e-3
    data = climb.x.clone().requires_grad_()
    weights = tiny.net.parameters()
    blobs = functional(load_net(TINY), data[None], weights)
    conv = torch.nn.functional.conv2d(data[None], *weights["conv"], stride=2)  # before its ReLU
    value = 2 * blobs["fc"][0, 1] - conv[0, 2].mean() + conv[0, 0, 1, 3]
    (expected,) = torch.autograd.grad(value, data)
    torch.testing.assert_close(slope, expected, rtol=1e-2, atol=2e-2)


def test_an_inactive_unit_still_has_a_way_up(tiny):
    weights = tiny.net.parameters()["conv"]
    climb = begin(tiny, Job(unit("conv", 1), steady(lr=2000, iterations=40), seed=1))
    with torch.no_grad():
        bias = weights[1].clone()
        weights[1][1] = -60.0
        try:
            (climb,) = finish(tiny, [climb])
        finally:
            weights[1].copy_(bias)
    assert climb.objective[0] == 0 < climb.best.objective


def test_a_dead_unit_is_said_to_be_dead(caffenet_like):
    (climb,) = finish(caffenet_like, [begin(caffenet_like, Job(unit("pool5", 31, 0, 0), steady(), seed=25))])
    assert climb.outcome is Outcome.NO_GRADIENT and climb.iteration == 1
    assert "unit 31 of layer 'pool5' has no gradient at the start image (mean_plus_rand, seed 25)" in climb.trouble


def test_numbers_that_blow_up_are_said_to(tiny):
    climbs = [begin(tiny, Job(unit("fc", 0), steady())), begin(tiny, Job(unit("fc", 1), steady()))]
    bias = tiny.net.parameters()["fc"][1]
    kept = bias.clone()
    try:
        bias[0] = float("nan")
        lost, fine = finish(tiny, climbs)
    finally:
        bias.copy_(kept)
    assert lost.outcome is Outcome.NOT_FINITE and "no finite number in iteration 0" in lost.trouble
    assert fine.trouble is None and np.isfinite(fine.objective).all()


def test_nan_weights_are_found_and_named(tiny):
    bias = tiny.net.parameters()["fc"][1]
    kept = bias.clone()
    try:
        bias[2] = float("nan")
        with pytest.raises(OptimizeError, match=r"'fc' .* hold NaN"):
            check_weights(tiny.net)
    finally:
        bias.copy_(kept)
    check_weights(tiny.net)


@pytest.mark.parametrize("start, words", [("noise", "no start is named 'noise'")])
def test_unknown_start(tiny, start, words):
    with pytest.raises(OptimizeError, match=words):
        begin(tiny, Job(unit("fc", 0), steady(), start_at=start))


def test_seeds_and_start_images_are_checked(tiny):
    with pytest.raises(OptimizeError, match="random seed is -1"):
        begin(tiny, Job(unit("fc", 0), steady(), seed=-1))
    with pytest.raises(OptimizeError, match="start image has the shape"):
        begin(tiny, Job(unit("fc", 0), steady()), np.zeros((3, 12, 17), np.float32))
    with pytest.raises(OptimizeError, match="no finite numbers"):
        begin(tiny, Job(unit("fc", 0), steady()), np.full((2, 12, 17), np.nan, np.float32))


def test_starts():
    mean = np.full((3, 4, 5), 100.0)
    from deepvis.optimize.start import start_image

    np.testing.assert_array_equal(
        start_image("mean_plus_rand", 7, mean), np.random.RandomState(7).normal(0, 10, (3, 4, 5)).astype(np.float32)
    )
    randu = start_image("randu", 7, mean)
    np.testing.assert_allclose(randu, np.random.RandomState(7).uniform(0, 255, (3, 4, 5)) - 100, rtol=1e-5)
    assert not start_image("mean", 7, mean).any()
    assert abs(start_image("mean_plus_rand", 7, mean / 255, 1.0)).max() < 0.3  # an input of 0 to 1


def test_a_view_goes_back_the_way_it_came():
    """The gradient's way back is the transpose of the way there: <view(x), g> == <x, back(g)>."""
    x = torch.randn(3, 2, 10, 14)
    step = Step([4, 4, 4], [{"jitter": 3, "rotate_jitter": 20, "scale_jitter": 0.2}, {}, {"jitter": 2}], [1, 1, 9])
    views = look(x, step)
    seen, back = views.seen, views.pulled_back
    g = torch.randn_like(x)
    below = back(g)
    for n in range(3):
        there, again = (seen[n] * g[n]).sum(), (x[n] * below[n]).sum()
        torch.testing.assert_close(there, again, rtol=1e-4, atol=1e-4)
    assert torch.equal(seen[1], x[1])
    assert not torch.equal(seen[0], x[0])
    alone = look(x[:1], Step([4], [step.strengths[0]], [1]))
    torch.testing.assert_close(alone.seen, seen[:1])


BRANCHES = """
input: "data" input_shape { dim: 1 dim: 2 dim: 6 dim: 6 }
layer { name: "a" type: "Convolution" bottom: "data" top: "a" convolution_param { num_output: 3 kernel_size: 3 } }
layer { name: "relu_a" type: "ReLU" bottom: "a" top: "a" }
layer { name: "b" type: "Convolution" bottom: "data" top: "b" convolution_param { num_output: 2 kernel_size: 3 } }
layer { name: "relu_b" type: "ReLU" bottom: "b" top: "c" }
layer { name: "out" type: "Concat" bottom: "a" bottom: "c" top: "out" }
"""


def branches(bias: float) -> AscentNetwork:
    random = np.random.RandomState(1)
    shapes = {"a": (3, 2, 3, 3), "b": (2, 2, 3, 3)}
    weights = {
        n: [random.normal(0, 1, s).astype(np.float32), np.full(s[0], bias, np.float32)] for n, s in shapes.items()
    }
    return AscentNetwork(caffe_net(load_net(BRANCHES, weights)), torch.full((2, 6, 6), 100.0))


@pytest.mark.parametrize("channel, source", [(0, ("a", 0)), (2, ("a", 2)), (3, ("b", 0)), (4, ("b", 1))])
def test_the_rectifier_behind_a_concat_is_skipped_too(channel, source):
    """Channel 3 of 0..4 is the first of the second branch; inactive, it still has the gradient of its own filter."""
    dead = branches(bias=-1e4)
    assert dead.source("out", channel) == source
    climb = begin(dead, Job(unit("out", channel, 1, 2), steady(lr=1, iterations=2)))
    (moved,) = advance(dead, [climb])
    assert moved.objective == (0.0,)
    layer, index = source
    window = (moved.x - climb.x)[:, 1:4, 2:5]
    torch.testing.assert_close(window, dead.net.parameters()[layer][0][index], rtol=1e-4, atol=1e-4)


def test_even_steps_are_as_long_however_small_the_slope(tiny):
    for factor in (1.0, 1e-4):
        recipe = Recipe({}, "even", {"step": 0.5}, 2)
        climb = begin(tiny, Job(factor * unit("conv", 1), recipe))
        (moved,) = advance(tiny, [climb])
        step = (moved.x - climb.x)[moved.x != climb.x]
        assert len(step) == 2 * 3 * 3  # what the unit sees
        assert float(step.square().mean().sqrt()) == pytest.approx(0.5, rel=1e-3)
