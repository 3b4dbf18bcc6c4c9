"""Objectives add, scale, resolve and complain."""

from __future__ import annotations

import pytest
import torch

from deepvis.optimize.objective import (
    WHOLE,
    Objective,
    channel,
    class_unit,
    is_majority,
    measure,
    resolve,
    seed_of,
    unit,
)
from deepvis.optimize.optimize_error import OptimizeError

SHAPES = {"data": (1, 3, 9, 9), "conv1": (1, 4, 5, 6), "fc": (1, 10)}


def blobs(n=2):
    return {"conv1": torch.arange(n * 120.0).reshape(n, 4, 5, 6), "fc": torch.arange(n * 10.0).reshape(n, 10)}


def test_the_centre_is_the_default():
    assert resolve(unit("conv1", 2), SHAPES).terms[0].place == (2, 3)
    assert resolve(unit("fc", 2), SHAPES).terms[0].place == ()
    assert resolve(unit("fc", 2, 0, 0), SHAPES).terms[0].place == ()


@pytest.mark.parametrize(
    "objective, words",
    [
        (unit("conv2", 0), "no layer 'conv2'; did you mean 'conv1'"),
        (unit("fc", 10), "no channel 10; its 10 channels are 0 to 9"),
        (unit("fc", -1), "no channel -1"),
        (unit("conv1", 0, 5, 0), r"no position \(5, 0\); the map of a channel is 5 x 6"),
        (unit("fc", 0, 1, 1), "a single value"),
        (Objective(()), "no terms"),
    ],
)
def test_what_the_network_does_not_have(objective, words):
    with pytest.raises(OptimizeError, match=words):
        resolve(objective, SHAPES)


def test_a_push_of_0_goes_nowhere():
    with pytest.raises(OptimizeError, match="push direction is 0"):
        unit("fc", 0).pushed(0)


def test_values_and_seeds_of_a_weighted_sum():
    total = resolve(2 * unit("fc", 3) + -channel("conv1", 1), SHAPES)
    whole = total.terms[1]
    assert (whole.place, whole.weight) == (WHOLE, -1)
    values = measure([total, total], blobs())
    assert values[0].item() == 2 * 3 - 44.5
    assert values[1].item() == 2 * 13 - 164.5
    seed = seed_of([total.terms, (-3 * total).terms], "conv1", blobs()["conv1"])
    assert seed[:, 1].flatten(1).sum(1).tolist() == pytest.approx([-1, 3])
    assert seed[:, [0, 2, 3]].abs().sum() == 0
    assert seed_of([total.terms, total.terms], "fc", blobs()["fc"])[1].tolist() == [0, 0, 0, 2] + [0] * 6


def test_the_seed_is_the_gradient_of_the_value():
    total = resolve(0.5 * unit("conv1", 3) + channel("conv1", 3), SHAPES)
    leaf = blobs(1)["conv1"].requires_grad_()
    (slope,) = torch.autograd.grad(measure([total], {"conv1": leaf})[0], leaf)
    torch.testing.assert_close(seed_of([total.terms], "conv1", leaf.detach()), slope)


def test_majority_is_the_first_of_the_largest():
    values = torch.zeros(3, 4, 5, 6)
    values[0, 2, 2, 3] = values[1, 2, 0, 0] = values[2, 2, 2, 3] = 1
    values[2, 1, 0, 0] = 1  # an equal before it
    one, whole = resolve(unit("conv1", 2), SHAPES), resolve(channel("conv1", 2), SHAPES)
    assert is_majority([one] * 3, {"conv1": values}).tolist() == [True, False, False]
    assert is_majority([whole] * 3, {"conv1": values}).tolist() == [True, True, False]


def test_classes_by_name():
    labels = ["n1 goldfish", "n2 great white shark", "n3 hammerhead shark"]
    assert class_unit("fc", "goldfish", labels).terms[0].channel == 0
    assert class_unit("fc", "2", labels).terms[0].channel == 2
    with pytest.raises(OptimizeError, match="2 classes"):
        class_unit("fc", "shark", labels)
    with pytest.raises(OptimizeError, match="no class"):
        class_unit("fc", "teapot", labels)


LABELS = [f"n{n:08d} thing {n}, kind {n}" for n in range(900)] + ["n02007558 flamingo", "n02110185 Siberian husky"]


@pytest.mark.parametrize(
    "name, sentence",
    [
        ("flamimgo", "no class is named 'flamimgo'; did you mean 'flamingo'?"),
        ("siberian huskey", "no class is named 'siberian huskey'; did you mean 'Siberian husky'?"),
        ("FLAMINGOS", "no class is named 'FLAMINGOS'; did you mean 'flamingo'?"),
    ],
)
def test_a_class_misspelt(name, sentence):
    with pytest.raises(OptimizeError) as caught:
        class_unit("fc", name, LABELS)
    assert str(caught.value) == sentence


def test_a_class_like_no_other_is_told_in_a_short_sentence():
    with pytest.raises(OptimizeError, match="no class is named 'zzzyxw'; there are 1802 names") as caught:
        class_unit("fc", "zzzyxw", LABELS)
    assert len(str(caught.value)) < 100


def test_a_layer_like_no_other_among_many():
    shapes = {f"inception_{n}/output": (1, 4) for n in range(200)}
    with pytest.raises(OptimizeError, match=r"no layer 'fc8'; there are 200 names, such as .* layers lists") as caught:
        resolve(unit("fc8", 0), shapes)
    assert len(str(caught.value)) < 400


def test_directions_do_not_mix():
    with pytest.raises(OptimizeError, match="do not add"):
        unit("fc", 1) + unit("fc", 2).pushed(-1)
