"""Views: where the network looks, and that the teacher is read at the same place."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from default_model.light import LightRanges, random_light
from default_model.teacher import Maps, fit_classifier, fit_projection, targets_of
from default_model.views import ViewRanges, centre_view, look, random_view


def smooth_photo(height: int, width: int) -> np.ndarray:
    """Red grows with the row, green with the column, so that a colour tells a place."""
    rgb = np.zeros((height, width, 3), np.uint8)
    rgb[..., 0] = np.linspace(0, 255, height)[:, None]
    rgb[..., 1] = np.linspace(0, 255, width)[None]
    return rgb


@pytest.mark.parametrize("shape", [(60, 60), (60, 100), (100, 60)])
def test_the_centre_view_is_the_centre_square(shape: tuple[int, int]) -> None:
    photo = np.random.default_rng(0).integers(0, 256, (*shape, 3), np.uint8)
    top, left = (shape[0] - 60) // 2, (shape[1] - 60) // 2
    assert np.array_equal(look(photo, centre_view(*shape), 60), photo[top : top + 60, left : left + 60])


def test_a_mirrored_view_is_the_view_mirrored() -> None:
    photo = np.random.default_rng(1).integers(0, 256, (50, 70, 3), np.uint8)
    view = np.array([[0.5, 0.0, 0.1], [0.0, 0.7, -0.2]])
    mirrored = view * np.array([[-1, 1, 1], [1, 1, 1]])
    difference = look(photo, mirrored, 40).astype(int) - look(photo, view, 40)[:, ::-1]
    assert np.abs(difference).max() <= 1


def test_views_keep_within_their_ranges() -> None:
    rng = np.random.default_rng(2)
    ranges = ViewRanges(side=(0.5, 1.2), afar=0, aspect=0, rotation=0)
    views = np.stack([random_view(80, 120, ranges, rng) for _ in range(400)])
    height = views[:, 1, 1]
    assert height.min() >= 0.5 and height.max() <= 1.2
    assert height.min() < 0.55 and height.max() > 1.1
    inside = height <= 1
    assert (np.abs(views[inside, 1, 2]) + height[inside] <= 1 + 1e-9).all()
    assert 0.4 < (views[:, 0, 0] < 0).mean() < 0.6


def test_views_from_afar_show_the_photo_small_on_its_border() -> None:
    ranges = ViewRanges(afar=1, afar_side=2.2, aspect=0, rotation=0, flip=0)
    view = random_view(40, 40, ranges, np.random.default_rng(0))
    assert 1.2 <= view[0, 0] <= 2.2
    framed = np.full((40, 40, 3), 90, np.uint8)
    framed[10:30, 10:30] = 200
    seen = look(framed, view * np.array([[1, 1, 0], [1, 1, 0]]), 60)
    assert (seen[0] == 90).all() and (seen[:, -1] == 90).all() and (seen[30, 30] == 200).all()


def test_the_teacher_is_read_where_the_view_lies() -> None:
    """A teacher whose map is the photo itself must say what the student sees, mirrored views included."""
    photo = smooth_photo(64, 64)
    grids = []
    for rgb in (photo, photo[:, ::-1]):
        grids.append(np.ascontiguousarray(rgb)[None].astype(np.float16))
    maps = Maps(tuple(grids), tuple(grids), tuple(grids))
    rng = np.random.default_rng(5)
    for _ in range(20):
        view = random_view(64, 64, ViewRanges(side=(0.4, 0.8), afar=0, rotation=10), rng)
        seen = look(photo, view, 26).astype(np.float32)
        said = targets_of(maps, np.array([0]), view[None], 26, soften=1.0).maps[0].permute(1, 2, 0).numpy()
        assert np.median(np.abs(said - seen)[..., :2]) < 1 and np.abs(said - seen)[6:20, 6:20, :2].max() < 4


def test_softened_scores_are_probabilities() -> None:
    scores = np.zeros((1, 7, 7, 3), np.float16)
    scores[..., 1] = 4
    maps = Maps((scores, scores), (scores, scores), (scores, scores))
    targets = targets_of(maps, np.array([0, 0]), np.stack([centre_view(9, 9)] * 2), 5, soften=2.0)
    expected = np.exp([0, 2, 0]) / np.exp([0, 2, 0]).sum()
    assert np.allclose(targets.scores.numpy(), expected, atol=1e-5)


def test_light_keeps_range_and_shape_and_follows_its_seed() -> None:
    rgb = torch.rand(6, 3, 20, 20, generator=torch.Generator().manual_seed(0)) * 255
    first, again = (random_light(rgb.clone(), LightRanges(), torch.Generator().manual_seed(7)) for _ in range(2))
    assert torch.equal(first, again)
    assert first.shape == rgb.shape and first.min() >= 0 and first.max() <= 255
    assert not torch.equal(first, rgb)


def test_light_of_no_strength_changes_nothing() -> None:
    rgb = torch.rand(2, 3, 9, 9) * 255
    still = LightRanges(0, 0, 0, 0, gray=0, ramp=0, blur=0, noise=0)
    assert torch.allclose(random_light(rgb.clone(), still, torch.Generator()), rgb, atol=1e-3)


def test_light_without_saturation_is_gray() -> None:
    rgb = torch.rand(2, 3, 9, 9) * 255
    gray = random_light(rgb, LightRanges(0, 0, 0, 0, gray=1, ramp=0, blur=0, noise=0), torch.Generator())
    luma = (rgb * torch.tensor([0.299, 0.587, 0.114]).view(1, 3, 1, 1)).sum(1, keepdim=True)
    assert torch.allclose(gray, luma.expand_as(gray), atol=1e-3)


def test_a_projection_keeps_the_order_of_variances_and_evens_them() -> None:
    rng = np.random.default_rng(0)
    samples = rng.normal(size=(4000, 5)) * [10, 4, 1, 0.5, 0.1] + 3
    projected = fit_projection(samples, 3)(samples)
    variances = projected.var(0)
    assert projected.mean(0) == pytest.approx(np.zeros(3), abs=1e-3)
    assert variances.mean() == pytest.approx(1, rel=0.01)
    assert variances / variances[0] == pytest.approx(np.array([1, 0.4, 0.1]), rel=0.1)


def test_the_linear_classifier_tells_separable_classes_apart() -> None:
    rng = np.random.default_rng(0)
    labels = np.repeat(np.arange(3), 40)
    features = (np.eye(3)[labels] * 4 + rng.normal(0, 0.5, (120, 3))).astype(np.float32)
    weights, bias = fit_classifier(features, labels, 3)
    assert ((features @ weights + bias).argmax(1) == labels).mean() > 0.98
