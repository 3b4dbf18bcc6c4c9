"""Batches of views, made one ahead in a thread; what batch k of epoch e holds depends on the seed alone."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from default_model.batch import Batch, mixed
from default_model.light import random_light
from default_model.photos import PhotoCache
from default_model.recipe import Recipe
from default_model.student import INPUT_STD
from default_model.teacher import Maps, targets_of
from default_model.views import centre_view, look, random_view

MIX_CELLS = 13  # without a teacher


@dataclass(frozen=True, eq=False)
class Material:
    """What views are made of: the cache, the labels of all its photos, the rows to train on, the mean, the size.

    mean_rgb: (3,) of 0..255. maps: of the teacher, rows as in the cache, or None. grid: of the student's map.
    classes: names, for the recipe's favour.
    """

    cache: PhotoCache
    labels: np.ndarray
    rows: np.ndarray
    mean_rgb: np.ndarray
    size: int
    maps: Maps | None = None
    grid: int = 0
    classes: tuple[str, ...] = ()


def epoch_rows(material: Material, recipe: Recipe, epoch: int) -> np.ndarray:
    """The rows that an epoch draws, in order, with repetition; large classes come up less often per photo."""
    labels = material.labels[material.rows]
    weight = np.bincount(labels)[labels].astype(np.float64) ** (recipe.balance - 1)
    factor = dict(recipe.favour)
    weight *= np.array([factor.get(material.classes[label], 1.0) if material.classes else 1.0 for label in labels])
    rng = np.random.default_rng([recipe.seed, epoch, 1])
    # systematic sampling: every photo comes up floor or ceil of its expected number of times
    order = rng.permutation(len(labels))
    edges = np.cumsum(weight[order]) / weight.sum() * len(labels)
    drawn = np.searchsorted(edges, np.arange(len(labels)) + rng.random())
    return material.rows[order[np.minimum(drawn, len(labels) - 1)]][rng.permutation(len(labels))]


def epoch_batches(material: Material, recipe: Recipe, epoch: int) -> Iterator[Batch]:
    """The batches of one epoch; the last rows that fill no batch are left out (one batch at least)."""
    rows = epoch_rows(material, recipe, epoch)
    count = max(len(rows) // recipe.batch, 1)
    with ThreadPoolExecutor(1) as thread:

        def start(number: int):
            part = rows[number * recipe.batch : (number + 1) * recipe.batch]
            return thread.submit(make_batch, material, recipe, part, [recipe.seed, epoch, 2 + number])

        ahead = start(0)
        for number in range(count):
            batch = ahead.result()
            if number + 1 < count:
                ahead = start(number + 1)
            yield batch


def make_batch(material: Material, recipe: Recipe, rows: np.ndarray, seed: list[int]) -> Batch:
    """Random views of the photos ``rows`` in random light, and what the teacher says of them."""
    rng = np.random.default_rng(seed)
    views = np.stack([random_view(*material.cache.shapes[row], recipe.views, rng) for row in rows])
    pixels = [look(material.cache[row], view, material.size) for row, view in zip(rows, views, strict=True)]
    generator = torch.Generator().manual_seed(int(rng.integers(2**62)))
    x = student_input(random_light(_tensor(pixels), recipe.light, generator), material.mean_rgb)
    targets = None
    if material.maps is not None:
        targets = targets_of(material.maps, rows, views, material.grid, recipe.soften)
    return mixed(Batch(x, _one_hot(material, rows), targets), material.grid or MIX_CELLS, recipe, rng)


def favoured_rows(material: Material, recipe: Recipe) -> np.ndarray:
    """The rows to train on that are of a class which the recipe favours."""
    names = {name for name, factor in recipe.favour if factor > 1}
    wanted = [number for number, name in enumerate(material.classes) if name in names]
    return material.rows[np.isin(material.labels[material.rows], wanted)]


def centre_batches(material: Material, rows: np.ndarray, size: int = 128) -> Iterator[Batch]:
    """The photos ``rows`` as the live window shows them, in batches."""
    for at in range(0, len(rows), size):
        part = rows[at : at + size]
        pixels = [look(material.cache[row], centre_view(*material.cache.shapes[row]), material.size) for row in part]
        x = student_input(_tensor(pixels), material.mean_rgb)
        yield Batch(x, _one_hot(material, part), None)


def student_input(rgb: Tensor, mean_rgb: np.ndarray) -> Tensor:
    """(N, 3, H, W) float RGB 0..255 -> BGR, centred and scaled for the network in training."""
    mean_bgr = torch.from_numpy(np.asarray(mean_rgb, np.float32)[::-1].copy()).view(1, 3, 1, 1)
    bgr = rgb[:, [2, 1, 0]].contiguous(memory_format=torch.channels_last)
    return bgr.sub_(mean_bgr).div_(INPUT_STD)


def mean_colour(cache: PhotoCache, rows: np.ndarray) -> np.ndarray:
    """(3,) float32 RGB: the mean over the photos ``rows`` of their mean colours, rounded to a hundredth."""
    means = [cache[row].reshape(-1, 3).mean(0) for row in rows]
    return np.round(np.mean(means, 0), 2).astype(np.float32)


def _one_hot(material: Material, rows: np.ndarray) -> Tensor:
    return torch.from_numpy(np.eye(material.labels.max() + 1, dtype=np.float32)[material.labels[rows]])


def _tensor(pixels: list[np.ndarray]) -> Tensor:
    return torch.from_numpy(np.stack(pixels)).permute(0, 3, 1, 2).float()
