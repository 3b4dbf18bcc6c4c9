"""One unit optimized while somebody looks on: the same loop, an iteration at a time."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from deepvis.core.files import written_beside
from deepvis.core.types import Fit, OptimizeProgress, Unit
from deepvis.core.unit_files import unit_image_paths
from deepvis.models.zoo import Model
from deepvis.optimize.ascend import Climb, Job, advance, begin
from deepvis.optimize.errors import OptimizeError
from deepvis.optimize.objective import unit as push
from deepvis.optimize.pictures import Box, field_box, shown
from deepvis.optimize.presets import ANY_NETWORK
from deepvis.optimize.presets import preset as preset_of
from deepvis.optimize.results import info, origin_of, to_json, write_png
from deepvis.optimize.specimen import Specimen


@dataclass(frozen=True, eq=False)
class LiveRun:
    """A unit on its way, as a value: ``onward`` gives the next one.

    box: what the unit sees of the input; pictures are cut to it.
    """

    specimen: Specimen
    model: Model
    unit: Unit
    preset: str
    climb: Climb
    box: Box

    @property
    def done(self) -> bool:
        return self.climb.outcome is not None


def start(
    specimen: Specimen,
    model: Model,
    unit: Unit,
    preset: str,
    *,
    rgb: np.ndarray | None = None,
    fit: Fit = Fit.CROP,
    seed: int = 0,
) -> LiveRun:
    """Begin with a unit, from noise, or from the picture ``rgb`` (H, W, 3) uint8 as the network would see it.

    preset: "1" to "4" mean "1+" to "4+": steps that suit any network, and fewer of them.
    Raises OptimizeError: no such unit, no such preset.
    """
    x0 = None if rgb is None else model.preprocessor.to_input(rgb, fit)
    start_at = "mean_plus_rand" if rgb is None else "frame"
    preset = f"{preset}+" if f"{preset}+" in ANY_NETWORK else preset
    recipe = preset_of(preset)
    climb = begin(specimen, Job(push(unit.layer, unit.channel), recipe, seed, start_at), x0)
    return LiveRun(specimen, model, unit, preset, climb, field_box(specimen, climb.job.objective.leader))


def onward(run: LiveRun) -> LiveRun:
    """One iteration on. Raises OptimizeError where the unit is dead or the numbers blow up."""
    (climb,) = advance(run.specimen, [run.climb])
    if climb.trouble:
        raise OptimizeError(climb.trouble)
    return replace(run, climb=climb)


def progress_of(run: LiveRun, version: int) -> OptimizeProgress:
    """What the window shows: the picture as it is now, at the end the best one."""
    climb = run.climb
    kept = climb.best if run.done else climb.last
    return OptimizeProgress(
        unit=run.unit,
        preset=run.preset,
        iteration=climb.iteration,
        iterations=climb.job.recipe.max_iter,
        objective=kept.objective if kept else float("nan"),
        rgb=shown(kept.x if kept else climb.x, run.model.preprocessor, run.box),
        done=run.done,
        version=version,
    )


def keep(run: LiveRun, folder: Path) -> Path:
    """Write the finished picture into the user's folder of the model, with its json beside it; returns its path."""
    path = unit_image_paths(folder, run.unit.layer, run.unit.channel).live
    content = {**info(run.climb, origin_of(run.model)), "preset": run.preset}
    with written_beside(path.with_suffix(".json")) as file:
        file.write(to_json(content))
    write_png(path, progress_of(run, 0).rgb)
    return path
