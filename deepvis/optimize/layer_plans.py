"""What the command line asks of each layer, as plans for its pictures; and a layer's pictures made by its plan."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from deepvis.jobs.progress import Progress
from deepvis.models.model import Model
from deepvis.optimize import recipe_options, session
from deepvis.optimize.ascend import Climb, Job
from deepvis.optimize.ascent_network import AscentNetwork
from deepvis.optimize.field_only import field_only, place_in
from deepvis.optimize.layer_images import (
    LayerPlan,
    blocks_of,
    finish_layer,
    is_complete,
    write_how,
    write_montage,
    write_piece,
)
from deepvis.optimize.objective import CENTRE, Objective, Term, resolve
from deepvis.optimize.optimize_error import OptimizeError
from deepvis.optimize.pictures import field_box, shown
from deepvis.optimize.presets import TABLE_1, preset
from deepvis.optimize.tasks import Setup, origin
from deepvis.optimize.units import channels_of


def plan_of(args: argparse.Namespace, setup: Setup, model: Model, ready: AscentNetwork, layer: str) -> LayerPlan:
    """What the options ask of a layer."""
    recipes = {name: preset(name, args.presets_file) for name in args.presets or model.presets or TABLE_1}
    if args.max_iter is not None:
        length = recipe_options.whole("--max-iter", args.max_iter)
        recipes = {name: replace(recipe, max_iter=length) for name, recipe in recipes.items()}
    shapes = ready.net.shapes
    channels = channels_of(args.push_channel, layer, model, shapes)
    seeds = recipe_options.numbers("--rand-seed", args.rand_seed)
    if len(seeds) > 9:
        raise OptimizeError(f"--rand-seed names {len(seeds)} seeds; a block of the montage has room for 9")
    place = recipe_options.place_of(args.push_spatial)
    small = field_only(ready, layer) if args.field_only and place == CENTRE else ready
    place = place_in(small, ready, layer) if small is not ready else place
    term = resolve(Objective((Term(layer, channels[-1], place),)), small.net.shapes).leader
    return LayerPlan(
        folder=args.output or model.unit_image_dir,
        origin=origin(setup.network),
        layer=layer,
        channels=tuple(channels),
        count=shapes[layer][1] if len(shapes[layer]) > 1 else 1,
        blocks=blocks_of(recipes),
        seeds=tuple(seeds),
        place=term.place,
        box=field_box(small, term),
        longest=args.tile,
        field_only=small is not ready,
        quality=args.quality,
    )


def check_folders(plans: Sequence[LayerPlan]) -> None:
    """Raise OptimizeError where two layers' names become one folder's name."""
    folders: dict[Path, str] = {}
    for plan in plans:
        other = folders.setdefault(plan.whole.parent, plan.layer)
        if other != plan.layer:
            raise OptimizeError(
                f"the layers {other!r} and {plan.layer!r} have the same folder {plan.whole.parent}; make them with "
                "an --output each"
            )


def make_layer(
    plan: LayerPlan,
    left: Mapping[Job, Path],
    setup: Setup,
    work: session.Work,
    model: Model,
    progress: Progress,
    say: Callable[[str], None],
) -> session.Report:
    """Make the pieces of a layer that are left, each unit's montage with its last piece, and the layer's picture."""

    def write(climb: Climb) -> None:
        best = climb.best if climb.best and not climb.trouble else None
        x = best.x if best else climb.x * 0
        write_piece(plan, left[climb.job], climb, shown(x, colours, plan.box))
        write_montage(plan, climb.job.objective.channel)

    if not left and is_complete(plan):
        finish_layer(plan)  # as a kill at its end leaves it
        say(f"{plan.layer} is complete in {plan.whole.parent}")
        return session.Report()
    write_how(plan)
    if plan.field_only:
        setup = replace(setup, field_of=plan.layer)
    colours = model.preprocessor
    report = session.run(setup, list(left), work, progress, write, plan.climbs(left), title=plan.layer)
    if not (report.interrupted or report.full):
        for channel in plan.channels:
            write_montage(plan, channel)
        if finish_layer(plan):
            say(f"{plan.layer} is complete in {plan.whole.parent}")
    return report
