"""Pictures computed from frequencies and phases: there and back, gradients, what stays fixed."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from deepvis.optimize.optimize_error import OptimizeError
from deepvis.optimize.parameterization import PARAMETERIZATIONS, PIXELS, parameterization
from deepvis.optimize.photo_statistics import statistics_named
from deepvis.optimize.recipe import Recipe

NAMES = [name for name in PARAMETERIZATIONS if name != PIXELS]
SHAPES = [(3, 12, 16), (3, 9, 7), (1, 8, 8), (4, 10, 6)]


@pytest.mark.parametrize("colours", ["rgb", "decorrelated"])
@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("name", NAMES)
def test_a_seed_is_a_picture(name, shape, colours):
    found = parameterization(name, shape, colours)
    picture = found.picture(found.drawn(3))
    assert picture.shape == shape and picture.dtype == torch.float32
    assert picture.min() >= 0 and picture.max() <= 1
    assert torch.equal(picture, found.picture(found.drawn(3)))
    assert not torch.equal(picture, found.picture(found.drawn(4)))


@pytest.mark.parametrize("colours", ["rgb", "decorrelated"])
@pytest.mark.parametrize("shape", SHAPES)
def test_a_photo_comes_back_from_its_frequencies(shape, colours):
    photo = torch.from_numpy(np.random.default_rng(0).uniform(0.05, 0.95, shape).astype(np.float32))
    found = parameterization("fourier", shape, colours)
    torch.testing.assert_close(found.picture(found.from_picture(photo)), photo, atol=1e-4, rtol=0)


def test_of_a_photo_maco_keeps_the_phases_alone():
    """So edges stay where they are, in a picture of another contrast."""
    photo = torch.full((3, 32, 32), 0.3)
    photo[:, 8:24, 8:24] = 0.7
    found = parameterization("maco", (3, 32, 32), "decorrelated")
    again = found.picture(found.from_picture(photo))
    assert again[:, 12:20, 12:20].mean() > again[:, :6].mean() + 0.05


def test_the_magnitude_stays_while_the_phases_climb():
    shape = (3, 16, 16)
    found = parameterization("maco", shape, "rgb")
    magnitude = torch.from_numpy(statistics_named("").magnitude_of(*shape))
    for seed in range(2):
        values = torch.logit(found.picture(found.drawn(seed)).double())
        there = torch.fft.rfft2(values).abs()
        torch.testing.assert_close(there, magnitude.double(), rtol=2e-2, atol=2e-2)


@pytest.mark.parametrize("name", NAMES)
def test_gradients_are_those_of_the_formula(name):
    found = parameterization(name, (3, 6, 8), "decorrelated")
    weight = torch.from_numpy(np.random.default_rng(1).standard_normal((3, 6, 8)).astype(np.float32))
    parameters = found.drawn(0).requires_grad_()
    (grad,) = torch.autograd.grad((found.picture(parameters) * weight).sum(), parameters)
    step = torch.from_numpy(np.random.default_rng(2).standard_normal(grad.shape).astype(np.float32)) * 1e-2
    ahead, behind = found.picture(parameters + step), found.picture(parameters - step)
    numeric = ((ahead - behind) * weight).sum() / 2
    torch.testing.assert_close(numeric, (grad * step).sum(), rtol=2e-2, atol=1e-4)


@pytest.mark.parametrize(
    "words, values",
    [
        ("no parameterization is named 'furier'; did you mean 'fourier'?", {"parameterization": "furier"}),
        ("colours is 'hsv'; expected rgb or decorrelated", {"parameterization": "fourier", "colours": "hsv"}),
        ("decorrelated colours need a", {"colours": "decorrelated"}),
        ("blur_radius changes pixels, and parameterization maco", {"parameterization": "maco", "blur_radius": 1}),
        ("no objective is named 'unitt'; did you mean 'unit'?", {"objective": "unitt"}),
    ],
)
def test_a_recipe_that_does_not_fit_together_is_a_sentence(words, values):
    with pytest.raises(OptimizeError, match=words[:20]) as error:
        Recipe.from_dict(values)
    assert words in str(error.value)


def test_a_recipe_written_down_is_read_again_and_those_of_2015_are_as_they_were():
    recipe = Recipe({"crop": 0.5}, "adam", {"lr": 0.1}, 9, "maco", "decorrelated", "channel")
    assert Recipe.from_dict(recipe.as_dict()) == recipe
    assert not {"parameterization", "colours", "objective", "statistics", "crop", "noise", "views"} & set(
        Recipe().as_dict()
    )
