"""A batch, and three ways to make new pictures of two."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from default_model.recipe import Recipe
from default_model.teacher import Targets

GUEST_SHARE = 0.85


@dataclass(frozen=True, eq=False)
class Batch:
    """x: (N, 3, S, S) float32, the student's input. labels: (N, classes) float32, the share of each class in it.

    targets: None without a teacher.
    """

    x: Tensor
    labels: Tensor
    targets: Targets | None

    def to(self, device: torch.device) -> Batch:
        if device.type == "cpu":
            return self
        t = self.targets
        moved = None if t is None else Targets(t.scores.to(device), t.maps.to(device), t.vector.to(device))
        return Batch(self.x.to(device), self.labels.to(device), moved)


@dataclass(frozen=True)
class Window:
    """A rectangle of whole cells of a grid of cells x cells that covers the picture."""

    top: int
    left: int
    height: int
    width: int
    cells: int

    def slices(self, size: int) -> tuple[slice, slice]:
        """Rows and columns of the rectangle in a picture or map of size x size."""
        ends = (self.top, self.top + self.height, self.left, self.left + self.width)
        top, bottom, left, right = (round(end * size / self.cells) for end in ends)
        return slice(top, bottom), slice(left, right)


def mixed(batch: Batch, cells: int, recipe: Recipe, rng: np.random.Generator) -> Batch:
    """The batch as it is, cut, or with insets, as often as the recipe says."""
    chance = rng.random()
    if chance < recipe.cut:
        return cut(batch, cells, rng)
    return inset(batch, cells, rng) if chance < recipe.cut + recipe.inset else batch


def cut(batch: Batch, cells: int, rng: np.random.Generator) -> Batch:
    """A rectangle of each picture comes from the same place of the one before it.

    It is the same for all, of whole cells, so that the maps of the targets are cut where the picture is; what has
    no place is averaged by area.
    Source: Yun et al. 2019 (CutMix), with the teacher's maps cut too.
    """
    share = rng.uniform(0.1, 0.5) ** 0.5
    sides = np.clip(np.round(cells * share * np.exp(rng.normal(0, 0.25, 2))), 1, cells).astype(int)
    window = _placed(*sides, cells, rng)
    return _combined(
        batch, window, window.height * window.width / cells**2, lambda value, rows, columns: value[..., rows, columns]
    )


def inset(batch: Batch, cells: int, rng: np.random.Generator) -> Batch:
    """Each picture carries the one before it as a whole, made small: things are seen from afar, amid others.

    What has no place is averaged; the small picture, whole as it is, counts by the root of its side, not by its area.
    """
    side = max(round(cells * rng.uniform(0.35, 0.75)), 1)
    return _combined(batch, _placed(side, side, cells, rng), (side / cells) ** 0.5, _made_small)


def with_guests(batch: Batch, guests: Batch, rng: np.random.Generator) -> Batch:
    """The first pictures of the batch each carry one of ``guests``, small, anywhere, with soft edges.

    The guest counts most: a face somewhere in a room makes the picture one of a face. The maps of the targets are
    left as they are: this is for training the layers above them.
    """
    size = batch.x.shape[2]
    x = batch.x.clone()
    for number, guest in enumerate(guests.x):
        side = max(int(size * rng.uniform(0.28, 0.7)), 1)
        rows, columns = _placed(side, side, size, rng).slices(size)
        small = _made_small(guest[None], rows, columns)[0]
        mask = _mask(side, side, float(rng.uniform(0, 0.45)))
        x[number, :, rows, columns] = torch.lerp(x[number, :, rows, columns], small, mask)

    def shared(value: Tensor, guest: Tensor) -> Tensor:
        mixture = torch.lerp(value[: len(guest)], guest, GUEST_SHARE)
        return torch.cat([mixture, value[len(guest) :]])

    t, u = batch.targets, guests.targets
    targets = None
    if t is not None and u is not None:
        targets = Targets(shared(t.scores, u.scores), t.maps, shared(t.vector, u.vector))
    return Batch(x, shared(batch.labels, guests.labels), targets)


def _made_small(value: Tensor, rows: slice, columns: slice) -> Tensor:
    size = (rows.stop - rows.start, columns.stop - columns.start)
    return F.interpolate(value, size, mode="bilinear", antialias=True)


def _mask(height: int, width: int, soft: float) -> Tensor:
    """(height, width) of weights that rise from the border to 1 over the share ``soft`` of the side; 0: all 1."""
    if soft <= 0:
        return torch.ones(height, width)
    ramps = []
    for size in (height, width):
        place = (torch.arange(size) + 0.5) / size
        ramps.append((torch.minimum(place, 1 - place) / soft).clamp(max=1))
    return ramps[0][:, None] * ramps[1]


def _placed(height: int, width: int, cells: int, rng: np.random.Generator) -> Window:
    top, left = rng.integers(0, cells - height + 1), rng.integers(0, cells - width + 1)
    return Window(int(top), int(left), int(height), int(width), cells)


def _combined(
    batch: Batch,
    window: Window,
    share: float,
    patch: Callable[[Tensor, slice, slice], Tensor],
) -> Batch:
    """Pictures and maps get the patch of the one before them in the window; labels and vectors ``share`` of it."""

    def averaged(value: Tensor) -> Tensor:
        return value * (1 - share) + value.roll(1, 0) * share

    def pasted(value: Tensor) -> Tensor:
        rows, columns = window.slices(value.shape[2])
        result = value.clone()
        result[..., rows, columns] = patch(value.roll(1, 0), rows, columns)
        return result

    t = batch.targets
    targets = None if t is None else Targets(averaged(t.scores), pasted(t.maps), averaged(t.vector))
    return Batch(pasted(batch.x), averaged(batch.labels), targets)
