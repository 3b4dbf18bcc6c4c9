"""Climbing: a batch of images goes up its objectives, one iteration at a time.

A ``Climb`` is one image's whole story so far, an immutable value; ``advance`` maps a batch of them to the
next iteration. So the live window, the command lines and a resumed run share one loop, and a climb may change
the others of its batch between two iterations.

The loop of an iteration is the original's: clip to the pixel range, forward, record, keep the best, backward,
step, regularize; the last iteration only looks.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from enum import Enum
from typing import Any

import numpy as np
import torch
from torch import Tensor

from deepvis.network.batch_invariance import steady
from deepvis.network.tape import Tape
from deepvis.optimize.ascent_network import AscentNetwork
from deepvis.optimize.objective import Objective, Term, is_majority, measure, resolve, seed_of
from deepvis.optimize.recipe import Recipe
from deepvis.optimize.regularizers import Step, regularize
from deepvis.optimize.robust import look
from deepvis.optimize.start import STARTS, given_image, start_image
from deepvis.optimize.steps import Slope, learning_rate


class Outcome(Enum):
    """How a climb ended; the first three are the original's words."""

    MAJORITY = "majority success"
    NO_MAJORITY = "majority failure"
    NO_GRADIENT = "grad 0 failure"
    NOT_FINITE = "not a number failure"


@dataclass(frozen=True)
class Job:
    """One image to make.

    start_at: a name in STARTS; or, where x0 is handed to ``begin``, words that say where it came from: a path (the
    command lines), "frame" (the window) or "given".
    """

    objective: Objective
    recipe: Recipe
    seed: int = 0
    start_at: str = "mean_plus_rand"

    @property
    def start(self) -> str:
        """Where it begins, in words."""
        return f"{self.start_at}, seed {self.seed}" if self.start_at in STARTS else self.start_at

    def as_dict(self) -> dict[str, Any]:
        return {
            "objective": self.objective.as_dict(),
            "recipe": self.recipe.as_dict(),
            "seed": self.seed,
            "start_at": self.start_at,
        }


@dataclass(frozen=True, eq=False)
class Iterate:
    """The image of one iteration: (C, H, W), as the network saw it in that iteration, mean-subtracted."""

    x: Tensor
    objective: float
    iteration: int


@dataclass(frozen=True, eq=False)
class Climb:
    """One image on its way.

    pushes: the terms where the walk back begins, direction included. x: (C, H, W), where the next iteration begins.
    objective, learning_rate: one number per iteration so far.
    best, majority (the first iterate in which the unit is its layer's largest), last: iterates of it.
    outcome: None while it climbs.
    """

    job: Job
    pushes: tuple[Term, ...]
    x: Tensor
    objective: tuple[float, ...] = ()
    learning_rate: tuple[float, ...] = ()
    best: Iterate | None = None
    majority: Iterate | None = None
    last: Iterate | None = None
    outcome: Outcome | None = None

    @property
    def iteration(self) -> int:
        """How many iterations are behind it."""
        return len(self.objective)

    @property
    def trouble(self) -> str | None:
        """One sentence where the climb came to nothing, else None."""
        term = self.job.objective.leader
        where = f"unit {term.channel} of layer {term.layer!r}"
        if self.outcome is Outcome.NO_GRADIENT and self.iteration == 1:
            return (
                f"{where} has no gradient at the start image ({self.job.start}): it is 0 everywhere there, so there "
                "is no way up from it; try another seed or start, or another unit"
            )
        if self.outcome is Outcome.NOT_FINITE:
            return (
                f"the objective or the gradient of {where} is no finite number in iteration "
                f"{self.iteration - 1}; lower the learning rate, or look for NaN in the weights"
            )
        return None


def begin(ascent_net: AscentNetwork, job: Job, x0: np.ndarray | None = None) -> Climb:
    """A climb before its first iteration. x0: (C, H, W), mean-subtracted; then the job's start_at is not looked up.

    Raises OptimizeError where the network has no such layer, channel or position, or no such start.
    """
    shapes = ascent_net.net.shapes
    job = replace(job, objective=resolve(job.objective, shapes))
    mean = ascent_net.mean_chw.cpu().numpy()
    x0 = _drawn(ascent_net, job, mean) if x0 is None else given_image(x0, mean)
    pushes = tuple(_pushed(ascent_net, term, job.objective.direction) for term in job.objective.terms)
    return Climb(job, pushes, torch.from_numpy(x0).to(ascent_net.mean_chw.device))


def _drawn(ascent_net: AscentNetwork, job: Job, mean_chw: np.ndarray) -> np.ndarray:
    """x0 of the job's start: drawn for blue, green, red, as for Caffe's networks, whatever the order of the colours."""
    std = np.ones((len(mean_chw), 1, 1), np.float32) if ascent_net.std is None else ascent_net.std.cpu().numpy()
    order = slice(None, None, -1 if ascent_net.is_rgb and len(mean_chw) == 3 else 1)
    drawn = start_image(job.start_at, job.seed, mean_chw[order], ascent_net.scale, std[order])
    return np.ascontiguousarray(drawn[order])


def _pushed(ascent_net: AscentNetwork, term: Term, direction: float) -> Term:
    layer, channel = ascent_net.source(term.layer, term.channel)
    return replace(term, layer=layer, channel=channel, weight=term.weight * direction)


def ascend(ascent_net: AscentNetwork, climbs: Sequence[Climb]) -> Iterator[list[Climb]]:
    """Yield the climbs after every iteration until all have ended, each in its own time."""
    now = list(climbs)
    while any(climb.outcome is None for climb in now):
        moved = iter(advance(ascent_net, [climb for climb in now if climb.outcome is None]))
        now = [next(moved) if climb.outcome is None else climb for climb in now]
        yield now


def finish(ascent_net: AscentNetwork, climbs: Sequence[Climb]) -> list[Climb]:
    """The climbs at their ends."""
    now = list(climbs)
    for now in ascend(ascent_net, climbs):  # noqa: B007
        pass
    return now


@torch.no_grad()
def advance(ascent_net: AscentNetwork, climbs: Sequence[Climb]) -> list[Climb]:
    """One iteration of all climbs together, none of which has ended: each as if it were alone, on a CPU to the bit."""
    objectives = [climb.job.objective for climb in climbs]
    step = Step(
        [climb.iteration for climb in climbs],
        [climb.job.recipe.strengths for climb in climbs],
        [climb.job.seed for climb in climbs],
    )
    x = ascent_net.clip(torch.stack([climb.x for climb in climbs]))
    seen, pull_back = look(x, step)
    layers = {layer for objective in objectives for layer in objective.layers}
    with steady():
        tape = ascent_net.forward(seen, layers)
        grad = pull_back(gradient(tape, [climb.pushes for climb in climbs], ascent_net.data_blob)).contiguous()
    grey = ascent_net.grey_level
    grad = grad if grey is None else grad * grey
    values, squares, counts, majority = _to_host(
        torch.stack(measure(objectives, tape.blobs)),
        grad.flatten(1).square().sum(1, dtype=torch.float64),
        grad.flatten(1).count_nonzero(1),
        is_majority(objectives, tape.blobs),
    )
    rates = [
        learning_rate(climb.job.recipe.lr_policy, climb.job.recipe.lr_params, Slope(value, square, int(count)))
        for climb, value, square, count in zip(climbs, values, squares, counts, strict=True)
    ]
    onward = x if grey is None else x / grey  # in grey levels, as the gradient
    onward = onward + torch.tensor(rates, dtype=x.dtype).to(x.device)[:, None, None, None] * grad
    onward = regularize(onward, grad, step)
    onward = onward if grey is None else onward * grey
    return [
        _record(climb, x[n], onward[n], values[n], rates[n], squares[n], bool(majority[n]))
        for n, climb in enumerate(climbs)
    ]


def gradient(tape: Tape, pushes: Sequence[Sequence[Term]], data_blob: str) -> Tensor:
    """d (weighted sum of pushes[n]) / d x of every image n: (N, C, H, W).

    The walk skips in-place layers of the blobs where it begins, so an inactive unit has a gradient too.
    """
    layers = dict.fromkeys(term.layer for terms in pushes for term in terms)
    seeds = {layer: seed_of(pushes, layer, tape.blobs[layer]) for layer in layers}
    return tape.backward_from(seeds, to=data_blob)[data_blob]


def _record(
    climb: Climb, x: Tensor, onward: Tensor, value: float, rate: float, grad_square: float, is_largest: bool
) -> Climb:
    """The climb one iteration on. x: the image seen in it; onward: where the next one would begin."""
    seen = Iterate(x, value, climb.iteration)
    best, majority = climb.best, climb.majority
    if best is None or climb.job.objective.is_better(value, best.objective):
        best = Iterate(x.clone(), value, climb.iteration)
    if majority is None and is_largest:
        majority = Iterate(x.clone(), value, climb.iteration)
    finite = math.isfinite(value) and math.isfinite(grad_square)
    is_last = climb.iteration + 1 >= climb.job.recipe.max_iter
    outcome = None
    if not finite:
        outcome = Outcome.NOT_FINITE
    elif grad_square == 0:
        outcome = Outcome.NO_GRADIENT
    elif is_last:
        outcome = Outcome.MAJORITY if majority else Outcome.NO_MAJORITY
    return replace(
        climb,
        x=onward if outcome is None else x,
        objective=(*climb.objective, value),
        learning_rate=(*climb.learning_rate, rate),
        best=best,
        majority=majority,
        last=seen,
        outcome=outcome,
    )


def as_array(x: Tensor | np.ndarray) -> np.ndarray:
    """The numbers of a tensor in main memory; of a CPU's the same memory."""
    return x.detach().cpu().numpy() if isinstance(x, Tensor) else x


def _to_host(*columns: Tensor) -> list[list[float]]:
    """The columns' numbers in Python, fetched from the device in one go."""
    return torch.stack([column.to(columns[0].device, torch.float64) for column in columns]).tolist()
