"""One preferred image, from its start to its end."""

from __future__ import annotations

from deepvis.api.notebook import Picture
from deepvis.core.types import Unit
from deepvis.models.model import Model
from deepvis.optimize.ascend import begin
from deepvis.optimize.ascent_network import AscentNetwork
from deepvis.optimize.climb import Job
from deepvis.optimize.field_box import field_box
from deepvis.optimize.live_run import LiveRun, note_of, onward
from deepvis.optimize.objective import unit as push
from deepvis.optimize.pictures import shown
from deepvis.optimize.presets import preset as preset_of
from deepvis.optimize.transforms import check_shift


def preferred(network: AscentNetwork, model: Model, unit: Unit, preset: str, seed: int) -> Picture:
    """Climb from the noise of the seed; where it has no gradient, from the next one's, which the note says.

    Raises OptimizeError where no start has a gradient, or for an unknown preset.
    """
    recipe = preset_of(preset)
    check_shift(recipe.strengths, network.size)
    climb = begin(network, Job(push(unit.layer, int(unit.channel)), recipe, seed))
    run = LiveRun(network, model, unit, preset, climb, field_box(network, climb.job.objective.leader))
    while not run.done:
        run = onward(run)
    best = run.climb.best or run.climb.last
    x = run.climb.x if best is None else best.x
    return Picture(
        rgb=shown(x, model.preprocessor, run.box),
        x=x.detach().cpu().numpy().copy(),
        activation=float("nan") if best is None else best.objective,
        layer=unit.layer,
        channel=int(unit.channel),
        preset=preset,
        seed=run.climb.job.seed,
        iterations=run.climb.iteration,
        note=note_of(run),
    )
