"""What a climb has reached in the end: its objective for the picture as it is, as nobody turns or shifts it.

Under transforms an iteration's objective is that of one view, and the largest of them is the luckiest: of that
iterate and the last one, the better as they are is the best.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import torch

from deepvis.network.batch_invariance import steady
from deepvis.optimize.ascent_network import AscentNetwork
from deepvis.optimize.objective import measure
from deepvis.optimize.transforms import is_transformed

if TYPE_CHECKING:
    from deepvis.optimize.climb import Climb, Iterate


@torch.no_grad()
def settled(ascent_net: AscentNetwork, climbs: Sequence[Climb]) -> list[Climb]:
    """The climbs with the best iterate that they really have; those without transforms as they are.

    Each as if it were alone, on a CPU to the bit.
    """
    return [
        _settled(ascent_net, climb) if climb.best is not None and is_transformed(climb.strengths) else climb
        for climb in climbs
    ]


def _settled(ascent_net: AscentNetwork, climb: Climb) -> Climb:
    candidates = [image for image in (climb.best, climb.last) if image is not None]
    if len({image.iteration for image in candidates}) == 1:
        candidates = candidates[:1]
    values = [_value(ascent_net, climb, image) for image in candidates]
    best, value = candidates[0], values[0]
    if len(values) > 1 and climb.job.objective.is_better(values[1], value):
        best, value = candidates[1], values[1]
    return replace(climb, best=replace(best, x=best.x.clone(), objective=value))


def _value(ascent_net: AscentNetwork, climb: Climb, image: Iterate) -> float:
    """The objective of one picture: one at a time, as not every network takes several."""
    objective = climb.job.objective
    with steady():
        tape = ascent_net.forward(ascent_net.clip(image.x[None]), set(objective.layers))
        return float(measure([objective], tape.blobs)[0])
