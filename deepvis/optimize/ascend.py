"""Climbing: a batch of images goes up its objectives, one iteration at a time.

A ``Climb`` (climb.py) is one image's whole story so far, an immutable value; ``advance`` maps a batch of them to the
next iteration. So the live window, the command lines and a resumed run share one loop, and a climb may change
the others of its batch between two iterations.

The loop of an iteration is the original's: clip to the pixel range, forward, record, keep the best, backward,
step, regularize; the last iteration only looks.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
import torch
from torch import Tensor

from deepvis.network.batch_invariance import steady
from deepvis.network.tape import Tape
from deepvis.optimize.any_term import AnyTerm
from deepvis.optimize.ascent_network import AscentNetwork
from deepvis.optimize.climb import Climb, Iterate, Job, Outcome
from deepvis.optimize.diversity import Member, apart_of
from deepvis.optimize.field_box import field_box
from deepvis.optimize.final_value import settled
from deepvis.optimize.objective import is_majority, measure, resolve, seed_of
from deepvis.optimize.parameterization import PIXELS, Parameterization, parameterization
from deepvis.optimize.recipe import Recipe
from deepvis.optimize.regularizers import Step, regularize, roughness_slope
from deepvis.optimize.start import given_image, start_image
from deepvis.optimize.steps import STEPS, Slope, adam_direction, learning_rate
from deepvis.optimize.transforms import is_transformed, look, within_field

BLIND_VIEWS = 20  # in a row without a gradient, after which a climb that is seen anew each time ends


def begin(ascent_net: AscentNetwork, job: Job, x0: np.ndarray | None = None) -> Climb:
    """A climb before its first iteration. x0: (C, H, W), mean-subtracted; then the job's start_at is not looked up.

    Raises OptimizeError where the network has no such layer, channel or position, or no such start.
    """
    shapes = ascent_net.net.shapes
    objective = resolve(job.objective, shapes)
    look = partial(_values_for, ascent_net)
    objective = replace(objective, terms=tuple(term.with_target(look) for term in objective.terms))
    job = replace(job, objective=objective)
    mean, device = ascent_net.mean_chw.cpu().numpy(), ascent_net.mean_chw.device
    given = None if x0 is None else torch.from_numpy(given_image(x0, mean)).to(device)
    pushed = [term.weighing(term.weight * objective.direction) for term in objective.terms]
    pushes = tuple(part for term in pushed for part in term.pushed_from(ascent_net.source))
    picture_of = _parameterization_of(ascent_net, job.recipe)
    if picture_of is None:
        x = torch.from_numpy(_drawn(ascent_net, job, mean)).to(device) if given is None else given
        return Climb(job, pushes, job.recipe.strengths, x)
    unit_chw = None if given is None else ascent_net.to_unit(given)
    start = picture_of.drawn(job.seed).to(device) if unit_chw is None else picture_of.from_picture(unit_chw)
    top, left, bottom, right = field_box(ascent_net, objective.leader)
    strengths = within_field(job.recipe.strengths, min(bottom - top, right - left), max(ascent_net.size))
    return Climb(job, pushes, strengths, ascent_net.from_unit(picture_of.picture(start)), start)


def _parameterization_of(ascent_net: AscentNetwork, recipe: Recipe) -> Parameterization | None:
    """None for pixels: they are their own parameters."""
    if recipe.parameterization == PIXELS:
        return None
    channels, height, width = ascent_net.mean_chw.shape
    return parameterization(recipe.parameterization, (channels, height, width), recipe.colours, recipe.statistics)


@torch.no_grad()
def _values_for(ascent_net: AscentNetwork, x_chw: np.ndarray, layer: str) -> Tensor:
    """The layer's values, (C, ...), for a picture that is the network's input already."""
    mean = ascent_net.mean_chw
    x = torch.from_numpy(given_image(x_chw, mean.cpu().numpy()))[None].to(mean.device)
    return ascent_net.forward(x, {layer}).blobs[layer][0].clone()


def _drawn(ascent_net: AscentNetwork, job: Job, mean_chw: np.ndarray) -> np.ndarray:
    """x0 of the job's start: drawn for blue, green, red, as for Caffe's networks, whatever the order of the colours."""
    std = np.ones((len(mean_chw), 1, 1), np.float32) if ascent_net.std is None else ascent_net.std.cpu().numpy()
    order = slice(None, None, -1 if ascent_net.is_rgb and len(mean_chw) == 3 else 1)
    drawn = start_image(job.start_at, job.seed, mean_chw[order], ascent_net.scale, std[order])
    return np.ascontiguousarray(drawn[order])


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
        [climb.strengths for climb in climbs],
        [climb.job.seed for climb in climbs],
    )
    grey = ascent_net.grey_level
    computed = [_computed(ascent_net, climb) for climb in climbs]
    starts = [climb.x if made is None else made.x.detach() for climb, made in zip(climbs, computed, strict=True)]
    x = ascent_net.clip(torch.stack(starts))
    views = look(x, step, grey)
    layers = {layer for objective in objectives for layer in objective.layers}
    members = [_member(ascent_net, climb) for climb in climbs]
    layers |= {member.layer for member in members if member is not None}
    seen_of = [objectives[n] for n in views.owners]
    with steady():
        tape = ascent_net.forward(views.seen, layers)
        values_seen = torch.stack(measure(seen_of, tape.blobs))
        pushes = [climbs[n].pushes for n in views.owners]
        apart = apart_of(members, views.owners, tape.blobs, values_seen)
        grad = views.pulled_back(gradient(tape, pushes, ascent_net.data_blob, apart)).contiguous()
    grad = grad if grey is None else grad * grey
    by_parameters = [
        None if made is None else _by_parameters(made, climb.strengths["total_variation"], grey, row)
        for climb, made, row in zip(climbs, computed, grad, strict=True)
    ]
    values, squares, counts, majority = _to_host(
        views.mean_of(values_seen),
        *_slopes(grad, by_parameters),
        views.first_of(is_majority(seen_of, tape.blobs)),
    )
    rates = [
        learning_rate(climb.job.recipe.lr_policy, climb.job.recipe.lr_params, Slope(value, square, int(count)))
        if square or not is_transformed(climb.strengths)
        else 0.0
        for climb, value, square, count in zip(climbs, values, squares, counts, strict=True)
    ]
    following = _following(ascent_net, climbs, x, grad, by_parameters, rates, step)
    now = [
        _record(climb, x[n], following[n], values[n], rates[n], squares[n], bool(majority[n]))
        for n, climb in enumerate(climbs)
    ]
    ended = iter(settled(ascent_net, [climb for climb in now if climb.outcome is not None]))
    return [climb if climb.outcome is None else next(ended) for climb in now]


@dataclass(frozen=True, eq=False)
class Following:
    """Where the next iteration begins: as of Climb. x None: it is computed from the parameters then."""

    x: Tensor | None
    parameters: Tensor | None = None
    moments: tuple[Tensor, Tensor] | None = None


@dataclass(frozen=True, eq=False)
class Computed:
    """A picture that is computed: x (C, H, W), the network's input, a function of the parameters for autograd."""

    x: Tensor
    parameters: Tensor


def _computed(ascent_net: AscentNetwork, climb: Climb) -> Computed | None:
    """None where the pixels are the parameters."""
    picture_of = _parameterization_of(ascent_net, climb.job.recipe)
    if picture_of is None or climb.parameters is None:
        return None
    with torch.enable_grad():
        parameters = climb.parameters.detach().requires_grad_()
        return Computed(ascent_net.from_unit(picture_of.picture(parameters)), parameters)


def _by_parameters(computed: Computed, total_variation: float, grey: Tensor | None, grad: Tensor) -> Tensor:
    """The gradient by the parameters, from that by the grey levels (C, H, W).

    Total variation is a part of what is climbed here; its strength is the length of its gradient as a share of the
    objective's.
    """
    with torch.enable_grad():
        levels = computed.x if grey is None else computed.x / grey
    if total_variation:
        slope = roughness_slope(levels.detach())
        grad = grad - total_variation * grad.norm() / slope.norm().clamp(min=1e-12) * slope
    (found,) = torch.autograd.grad(levels, computed.parameters, grad)
    return found


def _slopes(grad: Tensor, by_parameters: Sequence[Tensor | None]) -> tuple[Tensor, Tensor]:
    """Of each image's gradient: the sum of squares, and how many values are not 0."""
    squares = grad.flatten(1).square().sum(1, dtype=torch.float64)
    counts = grad.flatten(1).count_nonzero(1)
    for n, found in enumerate(by_parameters):
        if found is not None:
            squares[n], counts[n] = found.square().sum(dtype=torch.float64), found.count_nonzero()
    return squares, counts


def _following(
    ascent_net: AscentNetwork,
    climbs: Sequence[Climb],
    x: Tensor,
    grad: Tensor,
    by_parameters: Sequence[Tensor | None],
    rates: Sequence[float],
    step: Step,
) -> list[Following]:
    """Every image a step on; pixels are regularized then. x, grad: (N, C, H, W)."""
    ways, moments = _ways(climbs, grad, by_parameters)
    following: dict[int, Following] = {}
    for n, climb in enumerate(climbs):
        if climb.parameters is not None:
            following[n] = Following(None, climb.parameters + rates[n] * ways[n], moments[n])
    pixels = [n for n in range(len(climbs)) if n not in following]
    if pixels:
        grey = ascent_net.grey_level
        onward = x[pixels] if grey is None else x[pixels] / grey  # in grey levels, as the gradient
        speeds = torch.tensor([rates[n] for n in pixels], dtype=x.dtype).to(x.device)[:, None, None, None]
        onward = onward + speeds * torch.stack([ways[n] for n in pixels])
        onward = regularize(onward, grad[pixels], step.of(pixels))
        onward = onward if grey is None else onward * grey
        following.update({n: Following(onward[i], None, moments[n]) for i, n in enumerate(pixels)})
    return [following[n] for n in range(len(climbs))]


def _ways(
    climbs: Sequence[Climb], grad: Tensor, by_parameters: Sequence[Tensor | None]
) -> tuple[list[Tensor], list[tuple[Tensor, Tensor] | None]]:
    """In which direction every image goes, in its parameters or else its pixels; and Adam's moments from now on."""
    ways, moments = [], []
    for climb, levels, parameters in zip(climbs, grad, by_parameters, strict=True):
        way, remembered = levels if parameters is None else parameters, climb.moments
        if STEPS[climb.job.recipe.lr_policy].adapts:
            way, remembered = adam_direction(way, remembered, climb.iteration)
        ways.append(way)
        moments.append(remembered)
    return ways, moments


def _member(ascent_net: AscentNetwork, climb: Climb) -> Member | None:
    """Its place in its group; None where it climbs alone, or no layer is there to differ in."""
    group = climb.job.of_group
    layer = ascent_net.diversity_layer(climb.job.objective.leader.layer) if group else None
    return None if layer is None else Member(group, layer, climb.strengths["diversity"])


def gradient(
    tape: Tape, pushes: Sequence[Sequence[AnyTerm]], data_blob: str, besides: Mapping[str, Tensor] | None = None
) -> Tensor:
    """d (weighted sum of pushes[n]) / d x of every image n: (N, C, H, W).

    besides: layer -> what is added to the gradient by its values.
    The walk skips in-place layers of the blobs where it begins, so an inactive unit has a gradient too.
    """
    layers = dict.fromkeys(term.layer for terms in pushes for term in terms)
    seeds = {layer: seed_of(pushes, layer, tape.blobs[layer]) for layer in layers}
    for layer, more in (besides or {}).items():
        seeds[layer] = seeds[layer] + more if layer in seeds else more
    return tape.backward_from(seeds, to=data_blob)[data_blob]


def _record(
    climb: Climb, x: Tensor, following: Following, value: float, rate: float, grad_square: float, is_largest: bool
) -> Climb:
    """The climb one iteration on. x: the image seen in it; following: where the next one would begin."""
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
    elif grad_square == 0 and _is_stuck(climb):
        outcome = Outcome.NO_GRADIENT
    elif is_last:
        has_unit = climb.job.objective.leader.channel is not None
        outcome = Outcome.DONE if not has_unit else Outcome.MAJORITY if majority else Outcome.NO_MAJORITY
    return replace(
        climb,
        x=x if outcome is not None or following.x is None else following.x,
        parameters=following.parameters,
        moments=following.moments,
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


def _is_stuck(climb: Climb) -> bool:
    """Without a gradient now, has it none for good? Another view may have one, so some in a row are waited for."""
    if not is_transformed(climb.strengths):
        return True
    return not any(climb.learning_rate[-BLIND_VIEWS + 1 :]) and climb.iteration + 1 >= BLIND_VIEWS


def _to_host(*columns: Tensor) -> list[list[float]]:
    """The columns' numbers in Python, fetched from the device in one go."""
    return torch.stack([column.to(columns[0].device, torch.float64) for column in columns]).tolist()
