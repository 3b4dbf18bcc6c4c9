"""One unit optimized while somebody looks on: the same loop, an iteration at a time.

Noise does not reach every unit: where the start image has no gradient at all, other seeds are tried, then the picture
that the window shows.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch

from deepvis.core.files import write_file
from deepvis.core.types import PREFERRED_INPUT, Fit, OptimizeProgress, PastPicture, Unit
from deepvis.core.unit_files import unit_image_paths
from deepvis.models.model import Model
from deepvis.optimize.ascend import advance, begin
from deepvis.optimize.ascent_network import AscentNetwork
from deepvis.optimize.climb import Climb, Job, Outcome
from deepvis.optimize.field_box import Box, field_box
from deepvis.optimize.final_value import settled
from deepvis.optimize.objective import Objective, of_kind
from deepvis.optimize.optimize_error import OptimizeError
from deepvis.optimize.pictures import shown
from deepvis.optimize.presets import ANY_NETWORK, FROM_A_PHOTO
from deepvis.optimize.presets import preset as preset_of
from deepvis.optimize.recipe import Recipe
from deepvis.optimize.results import info, origin_of, to_json, write_png
from deepvis.optimize.terms import CENTRE, WHOLE

SEEDS = 4  # that are tried, the first one included
FRAME = "frame"  # the job's word for a start from the window's picture


@dataclass(frozen=True, eq=False)
class LiveRun:
    """A unit on its way, as a value: ``onward`` gives the next one.

    box: what the unit sees of the input, all of it where a photo is changed; pictures are cut to it. shown_x:
    (C, H, W), the window's picture as the network's input, to start from where no noise gives a gradient. note: where
    it began, if not from the first noise.
    """

    ascent_net: AscentNetwork
    model: Model
    unit: Unit
    preset: str
    climb: Climb
    box: Box
    shown_x: np.ndarray | None = None
    note: str = ""
    moved: bool = False  # it was started anew at the place where the unit fires most

    @property
    def is_of_unit(self) -> bool:
        """Is its picture what the unit prefers, and not a photo changed, or a layer's?"""
        return self.preset not in FROM_A_PHOTO and self.climb.job.objective.leader.channel is not None

    @property
    def title(self) -> str:
        """What its picture is."""
        leader = self.climb.job.objective.leader
        by_kind = {"layer": "Deep dream", "match": "Inversion"}
        other = "Accentuation" if self.preset in FROM_A_PHOTO else PREFERRED_INPUT
        return by_kind.get(leader.kind, other)

    @property
    def value(self) -> float | None:
        """The unit's activation by the best picture; None where the objective is not one unit at one place."""
        terms, best = self.climb.job.objective.terms, self.climb.best
        is_one = len(terms) == 1 and terms[0].is_unit and terms[0].place != WHOLE and terms[0].weight == 1.0
        return best.objective if is_one and best is not None else None

    @property
    def done(self) -> bool:
        return self.climb.outcome is not None


def start(
    ascent_net: AscentNetwork,
    model: Model,
    unit: Unit,
    preset: str,
    *,
    rgb: np.ndarray | None = None,
    shown_rgb: np.ndarray | None = None,
    fit: Fit = Fit.CROP,
    seed: int = 0,
) -> LiveRun:
    """Begin with a unit, from noise, or from the picture ``rgb`` (H, W, 3) uint8 as the network would see it.

    shown_rgb: what the window shows, in the same form: the last resort where noise gives no gradient.
    preset: "1" to "4" mean "1+" to "4+": steps that suit any network, and fewer of them. "dream" and "accentuate"
    change shown_rgb, the latter where the unit fires most; "invert" looks for a picture that the unit's layer takes for
    it.
    Raises OptimizeError: no such unit, no such preset, no picture for one that needs it.
    """
    rgb = shown_rgb if rgb is None and preset in FROM_A_PHOTO else rgb
    preset = f"{preset}+" if f"{preset}+" in ANY_NETWORK else preset
    recipe = preset_of(preset)
    if recipe.objective == "match":
        shown_rgb, rgb = rgb if shown_rgb is None else shown_rgb, None  # from the photo itself there is no way up
    x0 = None if rgb is None else model.preprocessor.to_input(rgb, fit)
    shown_x = x0 if shown_rgb is None else model.preprocessor.to_input(shown_rgb, fit)
    start_at = "mean_plus_rand" if rgb is None else FRAME
    if shown_x is None and (preset in FROM_A_PHOTO or recipe.objective == "match"):
        raise OptimizeError(f"preset {preset} needs a picture; show one and press x again")
    place = strongest_place(ascent_net, unit, x0) if preset == "accentuate" and x0 is not None else None
    objective = objective_for(recipe, unit, place, shown_x)
    climb = begin(ascent_net, Job(objective, recipe, seed, start_at), x0)
    return LiveRun(ascent_net, model, unit, preset, climb, _box_of(ascent_net, preset, climb), shown_x)


def _box_of(ascent_net: AscentNetwork, preset: str, climb: Climb) -> Box:
    """What of the input its pictures are cut to: what the unit sees; of a photo that is changed, all."""
    return (0, 0, *ascent_net.size) if preset in FROM_A_PHOTO else field_box(ascent_net, climb.job.objective.leader)


def objective_for(recipe: Recipe, unit: Unit, place: tuple[int, ...] | None, shown_x: np.ndarray | None) -> Objective:
    """The recipe's kind of objective of a unit. place: in its map, None: the centre. shown_x: the photo to match."""
    photo = None if shown_x is None else (FRAME, shown_x)
    return of_kind(recipe.objective, unit.layer, unit.channel, CENTRE if place is None else place, photo)


def onward(run: LiveRun) -> LiveRun:
    """One iteration on, or the next start where this one has no gradient.

    Raises OptimizeError where no start has a gradient or the numbers blow up.
    """
    (climb,) = advance(run.ascent_net, [run.climb])
    if climb.outcome is Outcome.NO_GRADIENT and not climb.has_moved:
        return restarted(run)
    if climb.trouble:
        raise OptimizeError(climb.trouble)
    return replace(run, climb=climb)


def restarted(run: LiveRun) -> LiveRun:
    """The same unit from the next start: another seed, then the picture shown, at the place where the unit fires most.

    Raises OptimizeError after the last.
    """
    job = run.climb.job
    seeds = job.seed + 1
    if job.start_at != FRAME and seeds < SEEDS:
        note = f"noise {'of seed 0' if seeds == 1 else f'of {seeds} seeds'} has no gradient here; trying seed {seeds}"
        return replace(run, climb=begin(run.ascent_net, replace(job, seed=seeds)), note=note)
    if job.objective.leader.channel is None:
        raise OptimizeError(
            f"{job.objective.leader.words} has no gradient at its start image ({job.start}), so there is no way up "
            "from there; take another layer or another preset"
        )
    is_noise = job.start_at != FRAME
    tried = f"noise of {seeds} seeds" if is_noise else "the middle of the input's picture"
    place = None if run.shown_x is None or run.moved else strongest_place(run.ascent_net, run.unit, run.shown_x)
    if run.shown_x is None or place is None:
        also = (
            f", and fires nowhere in the input's picture (it was tried from {tried})" if run.shown_x is not None else ""
        )
        raise OptimizeError(
            f"unit {run.unit.channel} of {run.unit.layer} has no gradient at its start image{also}, so there is no way "
            "up from there; show a picture that it fires at and press x again"
        )
    where = f", where it fires most (row {place[0]}, col {place[1]})" if place else ""
    note = f"{tried} has no gradient here; started from the input's picture{where}"
    objective = objective_for(job.recipe, run.unit, place, run.shown_x)
    climb = begin(run.ascent_net, replace(job, objective=objective, seed=0, start_at=FRAME), run.shown_x)
    return replace(run, climb=climb, box=_box_of(run.ascent_net, run.preset, climb), note=note, moved=True)


@torch.no_grad()
def strongest_place(ascent_net: AscentNetwork, unit: Unit, x_chw: np.ndarray) -> tuple[int, ...] | None:
    """Where in its map the unit fires most for an input, () for a unit without a map; None where it fires nowhere."""
    x = torch.from_numpy(x_chw)[None].to(ascent_net.mean_chw.device)
    values = ascent_net.forward(x, {unit.layer}).blobs[unit.layer][0, unit.channel]
    if not bool((values != 0).any()):
        return None
    return tuple(int(index) for index in np.unravel_index(int(values.argmax()), tuple(values.shape)))


def stopped(run: LiveRun) -> LiveRun:
    """The run as it ends before its time: its best picture is measured as it is, without transforms."""
    (climb,) = settled(run.ascent_net, [run.climb])
    return replace(run, climb=climb)


def past_picture(run: LiveRun) -> PastPicture | None:
    """The picture of the newest iteration, for the history; None before the first."""
    last = run.climb.last
    if last is None:
        return None
    rgb = shown(last.x, run.model.preprocessor, run.box)
    rgb.setflags(write=False)
    return PastPicture(run.climb.iteration, last.objective, rgb)


def progress_of(
    run: LiveRun,
    version: int,
    *,
    is_stopped: bool = False,
    past: tuple[PastPicture, ...] = (),
    number: int = 0,
) -> OptimizeProgress:
    """What the window shows: the picture as it is now, at the end the best one.

    is_stopped: it ends here. past: its history. number: as OptimizeProgress.run.
    """
    climb, is_over = run.climb, run.done or is_stopped
    image = climb.best if is_over else climb.last
    newest = past[-1] if past and not is_over and past[-1].iteration == climb.iteration else None
    return OptimizeProgress(
        unit=run.unit,
        preset=run.preset,
        iteration=climb.iteration,
        iterations=climb.job.recipe.max_iter,
        objective=image.objective if image else float("nan"),
        rgb=newest.rgb if newest else shown(image.x if image else climb.x, run.model.preprocessor, run.box),
        done=is_over,
        note=note_of(run),
        version=version,
        is_stopped=is_stopped,
        title=run.title,
        run=number,
        past=past,
        value=run.value if is_over else None,
    )


def note_of(run: LiveRun) -> str:
    """What is out of the ordinary in how it began or ended, "" if nothing is."""
    if run.climb.outcome is Outcome.NO_GRADIENT:
        return f"ended: the gradient became 0 in iteration {run.climb.iteration}"
    return run.note


def write_finished(run: LiveRun, folder: Path) -> Path:
    """Write the finished picture into the user's folder of the model, with its json beside it; returns its path."""
    path = unit_image_paths(folder, run.unit.layer, run.unit.channel).live
    content = {**info(run.climb, origin_of(run.model)), "preset": run.preset, "value": run.value}
    write_png(path, progress_of(run, 0).rgb)
    write_file(path.with_suffix(".json"), to_json(content))  # last, as all that says how a picture was made
    return path
