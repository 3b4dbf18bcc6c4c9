"""Each regularizer against numpy and scipy, alone and in a batch."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.ndimage import gaussian_filter

from deepvis.optimize.blur import gaussian_blur
from deepvis.optimize.percentile import row_percentiles
from deepvis.optimize.regularizers import REGULARIZERS, SETTINGS, Step, regularize

ON = {
    "decay": {"decay": 0.1},
    "blur": {"blur_radius": 1.0, "blur_every": 2},
    "small_val": {"small_val_percentile": 30},
    "small_norm": {"small_norm_percentile": 40},
    "px_benefit": {"px_benefit_percentile": 25},
    "px_abs_benefit": {"px_abs_benefit_percentile": 60},
    "total_variation": {"total_variation": 2.0},
}


def noise(*shape, seed=0):
    return torch.from_numpy(np.random.RandomState(seed).normal(0, 30, shape).astype(np.float32))


def step(*strengths, iteration=0):
    return Step([iteration] * len(strengths), list(strengths), [0] * len(strengths))


@pytest.mark.parametrize("sigma", [0.05, 0.13, 0.3, 0.5, 1.0, 1.37, 4.0, 10.0, 40.0])
@pytest.mark.parametrize("size", [(5, 9), (67, 67), (40, 224)])
def test_blur_equals_scipy(sigma, size):
    x = torch.rand(2, 2, *size, generator=torch.Generator().manual_seed(1)) * 255 - 120
    expected = np.stack([[gaussian_filter(plane.astype(float), sigma) for plane in image] for image in x.numpy()])
    assert abs(gaussian_blur(x, [sigma, sigma]).numpy() - expected).max() < 1e-4


def test_blur_of_several_sigmas_in_one_batch():
    x = noise(4, 3, 20, 31)
    sigmas = [0.0, 0.5, 2.0, 0.5]
    blurred = gaussian_blur(x, sigmas)
    for n, sigma in enumerate(sigmas):
        assert torch.equal(blurred[n : n + 1], gaussian_blur(x[n : n + 1], [sigma]))
    assert torch.equal(blurred[0], x[0])


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.integers(-4, 4) | st.floats(-100, 100, width=32), min_size=1, max_size=40),
    st.lists(st.floats(0, 100) | st.sampled_from([0, 20, 50, 90, 100]), min_size=1, max_size=4),
)
def test_percentile_equals_numpy_s(values, percents):
    rows = np.array([np.roll(values, n) for n in range(len(percents))], np.float32)
    expected = [np.percentile(row.astype(float), p) for row, p in zip(rows, percents, strict=True)]
    np.testing.assert_allclose(row_percentiles(torch.from_numpy(rows), percents), expected, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("name", list(REGULARIZERS))
def test_shape_and_dtype_stay_and_strength_0_changes_nothing(name):
    x, grad = noise(2, 4, 7, 9), noise(2, 4, 7, 9, seed=1)
    assert REGULARIZERS[name](x, grad, step({}, {})) is x
    changed = REGULARIZERS[name](x, grad, step({}, ON[name]))
    assert changed.shape == x.shape and changed.dtype == x.dtype
    assert torch.equal(changed[0], x[0])
    assert not torch.equal(changed[1], x[1])


@pytest.mark.parametrize("name", list(REGULARIZERS))
@pytest.mark.parametrize("channels", [1, 3, 5])
def test_an_image_does_not_care_for_its_company(name, channels):
    x, grad = noise(3, channels, 11, 6), noise(3, channels, 11, 6, seed=1)
    strengths = [{**ON[name]}, {}, {key: value / 2 for key, value in ON[name].items()}]
    together = REGULARIZERS[name](x, grad, step(*strengths))
    for n in range(3):
        alone = REGULARIZERS[name](x[n : n + 1], grad[n : n + 1], step(strengths[n]))
        assert torch.equal(together[n : n + 1], alone)


def test_every_regularizer_has_a_strength_here():
    assert set(ON) == set(REGULARIZERS)
    assert all(name in SETTINGS for strengths in ON.values() for name in strengths)


def test_the_blur_takes_its_turns():
    x = noise(1, 3, 12, 12)
    on = ON["blur"]
    assert torch.equal(regularize(x, x, step(on, iteration=1)), x)
    assert not torch.equal(regularize(x, x, step(on, iteration=2)), x)


def test_pixels_of_small_norm_lose_all_their_colours():
    x = torch.tensor([[[[1.0, 5.0, 0.0, 9.0]], [[1.0, -2.0, 3.0, 0.0]]]])  # norms 1.4 5.4 3 9
    clipped = REGULARIZERS["small_norm"](x, x, step({"small_norm_percentile": 50}))
    assert clipped.tolist() == [[[[0.0, 5.0, 0.0, 9.0]], [[0.0, -2.0, 0.0, 0.0]]]]


def test_contribution_is_gradient_times_what_its_removal_would_change():
    x = torch.tensor([[[[1.0, -3.0, 2.0, 4.0]]]])
    grad = torch.tensor([[[[1.0, 1.0, -4.0, 0.5]]]])  # grad * -x: -1 3 8 -2; absolute: 1 3 8 2
    assert REGULARIZERS["px_benefit"](x, grad, step({"px_benefit_percentile": 50})).tolist() == [[[[0, -3, 2, 0]]]]
    clipped = REGULARIZERS["px_abs_benefit"](x, grad, step({"px_abs_benefit_percentile": 50}))
    assert clipped.tolist() == [[[[0, -3, 2, 0]]]]


def test_total_variation_goes_down_its_own_gradient():
    x = noise(1, 2, 6, 5).double()

    def total(x):
        padded = torch.nn.functional.pad
        down, across = padded(x.diff(dim=-2), (0, 0, 0, 1)), padded(x.diff(dim=-1), (0, 1))
        return (down**2 + across**2 + 1).sqrt().sum()

    leaf = x.clone().requires_grad_()
    (slope,) = torch.autograd.grad(total(leaf), leaf)
    stepped = REGULARIZERS["total_variation"](x, x, step({"total_variation": 0.5}))
    torch.testing.assert_close(stepped, x - 0.5 * slope)
