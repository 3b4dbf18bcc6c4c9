"""What can be pushed beside a unit: the formulas, their gradients, what is refused, and the words that write them."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from deepvis.optimize.objective import Objective, is_majority, measure, resolve, seed_of
from deepvis.optimize.objective_words import objective_of
from deepvis.optimize.optimize_error import OptimizeError
from deepvis.optimize.terms import ContrastTerm, DirectionTerm, LayerTerm, MatchTerm, Term

SHAPES = {"data": (1, 3, 8, 8), "conv": (1, 4, 3, 5), "fc": (1, 6), "one": (1, 1)}
WITH_CLASSES = SimpleNamespace(label_layers=("classes",), labels=("cat", "dog", "n01860187 black swan, Cygnus atratus"))


def values_of(layer: str, images: int = 2) -> torch.Tensor:
    random = np.random.default_rng(5)
    return torch.from_numpy(random.standard_normal((images, *SHAPES[layer][1:])).astype(np.float32))


def test_a_class_minus_the_others_is_the_log_odds_of_its_probability():
    values = values_of("fc")
    found = torch.stack(measure([Objective((ContrastTerm("fc", 2),))] * 2, {"fc": values}))
    share = torch.softmax(values, 1)[:, 2]
    torch.testing.assert_close(found, torch.log(share / (1 - share)))


def test_a_layer_is_half_the_mean_square():
    values = values_of("conv")
    (found, _) = measure([Objective((LayerTerm("conv"),))] * 2, {"conv": values})
    torch.testing.assert_close(found, 0.5 * (values[0] ** 2).mean())


def test_a_direction_is_a_weighted_sum_of_length_one():
    objective = resolve(Objective((DirectionTerm("conv", (0, 3), (3.0, -4.0)),)), SHAPES)
    values = values_of("conv")
    (found, _) = measure([objective] * 2, {"conv": values})
    torch.testing.assert_close(found, 0.6 * values[0, 0].mean() - 0.8 * values[0, 3].mean())
    assert resolve(objective, SHAPES) == objective, "so a job is found again"


def test_a_perfect_match_is_0_and_all_others_are_below():
    values = values_of("conv")
    term = MatchTerm("conv", "a photo", target=values[0])
    here, there = measure([Objective((term,))] * 2, {"conv": values})
    assert here == 0 > there


@pytest.mark.parametrize(
    "term",
    [
        Term("conv", 1, (1, 2), 0.5),
        Term("conv", 1, "whole", -2.0),
        ContrastTerm("conv", 3),
        ContrastTerm("fc", 0, 0.3),
        LayerTerm("conv", 2.0),
        DirectionTerm("conv", (0, 2), (0.6, -0.8), (2, 4)),
        DirectionTerm("fc", (5,), (1.0,), ()),
        MatchTerm("conv", "a photo", target=torch.ones(4, 3, 5)),
    ],
)
def test_where_the_walk_back_begins_is_the_gradient(term):
    values = values_of(term.layer).double()
    if isinstance(term, MatchTerm):
        term = MatchTerm(term.layer, term.photo, target=term.target.double())
    seed = seed_of([[term], []], term.layer, values)
    assert not seed[1].any()
    step = torch.from_numpy(np.random.default_rng(6).standard_normal(tuple(values[0].shape))) * 1e-5
    ahead, behind = term.value(values[0] + step), term.value(values[0] - step)
    torch.testing.assert_close(term.weight * (ahead - behind) / 2, (seed[0] * step).sum(), rtol=1e-5, atol=1e-12)


def test_the_largest_class_has_the_majority_and_a_layer_has_none():
    values = values_of("fc")
    largest = int(values[0].argmax())
    objectives = [Objective((ContrastTerm("fc", largest),)), Objective((LayerTerm("fc"),))]
    assert is_majority(objectives, {"fc": values}).tolist() == [True, False]


@pytest.mark.parametrize(
    "term, words",
    [
        (ContrastTerm("one", 0), "layer 'one' has one channel; there are no others to push it against"),
        (ContrastTerm("fc", 6), "layer 'fc' has no channel 6; its 6 channels are 0 to 5"),
        (LayerTerm("fd"), "the network has no layer 'fd'; did you mean 'fc'?"),
        (DirectionTerm("conv", (4,), (1.0,)), "layer 'conv' has no channel 4"),
        (DirectionTerm("conv", (1,), (0.0,)), "a direction of layer 'conv' needs channels with weights"),
        (DirectionTerm("conv", (1, 1), (1.0, 2.0)), "a direction of layer 'conv' names a channel twice"),
        (DirectionTerm("conv", (), ()), "a direction of layer 'conv' needs channels with weights"),
        (MatchTerm("cv", "x"), "the network has no layer 'cv'; did you mean 'conv'?"),
    ],
)
def test_what_the_network_has_not_is_a_sentence(term, words):
    with pytest.raises(OptimizeError) as error:
        resolve(Objective((term,)), SHAPES)
    assert words in str(error.value)


def test_a_sum_in_words():
    model = SimpleNamespace()
    found = objective_of("unit(fc, 3) - 0.5*channel(conv, 1)+2 * unit( conv , 0, 2,1 ) - layer(fc)", model)
    assert found.terms == (
        Term("fc", 3),
        Term("conv", 1, "whole", -0.5),
        Term("conv", 0, (2, 1), 2.0),
        LayerTerm("fc", -1.0),
    )
    assert objective_of("-contrast(a/b.c, 7)", model).terms == (ContrastTerm("a/b.c", 7, -1.0),)
    (direction,) = objective_of("direction(conv, 3:0.5, 0:-1)", model).terms
    assert direction == DirectionTerm("conv", (3, 0), (0.5, -1.0))


def test_a_direction_from_a_file(tmp_path: Path):
    np.save(tmp_path / "d.npy", np.array([0, 2.0, 0, -1]))
    (term,) = objective_of(f"direction(conv, {tmp_path / 'd.npy'})", SimpleNamespace()).terms
    assert (term.channels, term.shares) == ((1, 3), (2.0, -1.0))
    (tmp_path / "d.npy").rename(tmp_path / "d, 2.npy")
    assert objective_of(f"direction(conv, {tmp_path}/d, 2.npy)", SimpleNamespace()).terms == (term,)
    (tmp_path / "d, 2.npy").rename(tmp_path / "d (2).npy")
    assert objective_of(f'direction("conv", "{tmp_path}/d (2).npy")', SimpleNamespace()).terms == (term,)
    with pytest.raises(OptimizeError, match=r"the direction .*gone.npy cannot be read"):
        objective_of(f"direction(conv, {tmp_path / 'gone.npy'})", SimpleNamespace())


@pytest.mark.parametrize(
    "words, said",
    [
        ("unit(fc 3)", "--objective unit takes a layer, a channel"),
        ("unit(fc, x)", "--objective is 'x'; expected a whole number"),
        ("unit(fc, 1) unit(fc, 2)", "cannot be read at 'unit(fc, 2)'"),
        ("unti(fc, 1)", "--objective has no 'unti'; did you mean 'unit'?"),
        ("y*unit(fc, 1)", "--objective is 'y'; expected a number"),
        ("unit(fc, 1) - __import__('os')", "--objective has no '__import__'"),
        ("direction(fc, 3)", "--objective direction takes a layer and channels with weights"),
        ("unit(classes, duck)", "no class is named 'duck'; there are:"),
        ("minimum(fc, 3)", "the least of a unit is -unit(LAYER, CHANNEL), or --push-dir -1"),
    ],
)
def test_words_that_are_no_objective(words, said):
    with pytest.raises(OptimizeError) as error:
        objective_of(words, WITH_CLASSES)
    assert said in str(error.value)


def test_a_class_is_named_in_a_layer_of_classes():
    words = "unit(classes, cat) - contrast(classes, dog) + direction(classes, black swan:2, 0:-1) + unit(classes, 1)"
    assert objective_of(words, WITH_CLASSES).terms == (
        Term("classes", 0),
        ContrastTerm("classes", 1, -1.0),
        DirectionTerm("classes", (2, 0), (2.0, -1.0)),
        Term("classes", 1),
    )
