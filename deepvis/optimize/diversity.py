"""Diversity: the images of a unit are pushed apart, so that they show the different things that the unit answers to.

Images of one objective and recipe with several seeds are a group: they climb together, and beside the objective goes
down how alike they are in a layer two thirds of the way to the unit: the cosine between their matrices of inner
products of channels, which tell textures and shapes and not where they are. ``diversity`` is the weight of that cosine,
as a share of the objective's own value.

Source: Olah, Mordvintsev & Schubert 2017, "Diversity".
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from deepvis.optimize.regularizers import SETTINGS, Setting

if TYPE_CHECKING:  # the settings are options of the command line, whose help needs no torch
    from torch import Tensor

    from deepvis.optimize.recipe import Recipe

DIVERSITY = Setting(
    "diversity", 10, "push the pictures of a unit's seeds apart: a share of the unit's value", is_later=True
)
SETTINGS.put(DIVERSITY.name, DIVERSITY)


def group_of(recipe: Recipe, seeds: Sequence[int]) -> tuple[int, ...]:
    """The seeds that climb together, () where each goes alone."""
    return tuple(sorted(seeds)) if recipe.strengths[DIVERSITY.name] and len(seeds) > 1 else ()


@dataclass(frozen=True)
class Member:
    """An image of a group. group: the same for its images alone. layer: in which they differ. share: the setting."""

    group: Hashable
    layer: str
    share: float


def apart_of(
    members: Sequence[Member | None], owners: Sequence[int], blobs: Mapping[str, Tensor], values: Tensor
) -> dict[str, Tensor]:
    """layer -> which way its values go so that images of a group are less alike: (M, C, ...), as of ``blobs``.

    members: of each image, None of those that go alone. owners: of each row, its image. values: of each row, what the
    objective is. A row counts the other images as they stand now.
    """
    found = {}
    for layer in dict.fromkeys(member.layer for member in members if member is not None):
        of_rows = ((row, members[owner]) for row, owner in enumerate(owners))
        here = {row: member for row, member in of_rows if member is not None and member.layer == layer}
        directions = {row: _direction(blobs[layer][row]) for row in here}
        found[layer] = away = blobs[layer].new_zeros(blobs[layer].shape)
        for row, member in here.items():
            others = [directions[n] for n, other in here.items() if other == member and owners[n] != owners[row]]
            if others:
                away[row] = -member.share * values[row].abs() * _slope(blobs[layer][row], others)
    return found


def _slope(values: Tensor, others: Sequence[Tensor]) -> Tensor:
    """d (mean cosine with others) / d values, of one image (C, ...). others: their directions."""
    import torch

    towards = torch.stack(list(others)).mean(0)
    with torch.enable_grad():
        values = values.detach().requires_grad_()
        (found,) = torch.autograd.grad((_direction(values) * towards).sum(), values)
    return found


def _direction(values: Tensor) -> Tensor:
    """(C, C), of length 1: the inner products of the channels of one image, (C, ...)."""
    channels = values.flatten(1)
    products = channels @ channels.t()
    return products / products.norm().clamp(min=1e-12)
