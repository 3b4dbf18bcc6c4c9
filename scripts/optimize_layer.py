#!/usr/bin/env python3
"""Make the window's pictures of what the units of whole layers prefer.

    scripts/optimize_layer.py --model bvlc-googlenet --push-layer inception_4c/output

Writes regularized_opt/<layer>/<layer>_0000_montage.jpg and so on, and whole_layer.jpg, into the model's
folder of unit images. An interrupted run goes on where it was; docs/optimize.md says how to spread it over
many machines.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from deepvis.cli.environment import use_environment

use_environment()

from deepvis.models.zoo import Model
from deepvis.optimize import command, options, session
from deepvis.optimize.ascend import Climb, Job
from deepvis.optimize.errors import OptimizeError
from deepvis.optimize.field_only import field_only, place_in
from deepvis.optimize.layer_images import (
    JPEG_QUALITY,
    LayerPlan,
    blocks_of,
    finish_layer,
    give_up,
    is_complete,
    jobs_left,
    rest_of,
    unfinished,
    write_how,
    write_montage,
    write_piece,
)
from deepvis.optimize.objective import CENTRE, Objective, Term, resolve
from deepvis.optimize.pictures import field_box, shown
from deepvis.optimize.presets import TABLE_1, preset
from deepvis.optimize.specimen import Specimen
from deepvis.optimize.tasks import Setup, load, origin, specimen
from deepvis.optimize.units import channels_of, layers_of

NAME = "optimize_layer"


def parser() -> options.Parser:
    p = options.Parser(prog=NAME, description=__doc__.splitlines()[0])
    options.add_network(p)
    what = p.add_argument_group("what to make")
    what.add_argument("--push-layer", nargs="+", metavar="LAYER", help="layers; none: all that the window shows")
    what.add_argument("--push-channel", nargs="+", default=["all"], metavar="N", help="12, 0-31, several, or all")
    what.add_argument("--push-spatial", metavar="(R,C)", help="place in the map; none: the centre")
    what.add_argument("--presets", nargs="+", metavar="NAME", help="one to four; none: 1 2 3 4, or the model's own")
    what.add_argument("--presets-file", type=Path, metavar="YAML", help="your own presets")
    what.add_argument("--rand-seed", nargs="+", default=["0-8"], metavar="N", help="up to nine seeds for each preset")
    what.add_argument("--max-iter", metavar="N", help="iterations, in place of the presets'")
    what.add_argument("--unit-jpg-dir", type=Path, metavar="DIR", help="none: the model's own folder of unit images")
    what.add_argument(
        "--tile", type=int, default=0, metavar="PX", help="longest side of a picture; 0: what the unit sees"
    )
    what.add_argument(
        "--quality", type=int, default=JPEG_QUALITY, choices=range(1, 96), metavar="1..95", help="of the JPEG files"
    )
    what.add_argument("--field-only", action="store_true", help="run the network on what a unit sees alone: faster")
    what.add_argument("--brave", action="store_true", help="overwrite pictures that are there")
    options.add_work(p)
    return p


def main(argv: Sequence[str] | None = None) -> int:
    args = parser().parse_args(argv)
    setup, work = options.setup_of(args), command.work_of(args)
    model, ready = load(setup.network), specimen(setup)
    if not args.push_layer:
        shapes = ready.net.shapes
        args.push_layer = [layer for layer in model.layer_names if layer not in model.remap and layer in shapes]
        command.warn(model.left_out_words(), NAME)
    plans = [plan_of(args, setup, model, ready, layer) for layer in layers_of(args, model, ready.net.shapes)]
    check_folders(plans)
    if not args.brave:
        plans = [rest_of(plan) for plan in plans]
    lefts = [plan.jobs() if args.brave else jobs_left(plan) for plan in plans]
    report = session.Report()
    for plan, left in zip(plans, lefts, strict=True):
        if not (report.interrupted or report.full):
            if args.brave:
                give_up(plan)
            report.take(make(plan, left, setup, work, model))
    return command.last_words(report, NAME, sum(map(len, lefts)), brave=args.brave)


def make(plan: LayerPlan, left: dict[Job, Path], setup: Setup, work: session.Work, model: Model) -> session.Report:
    """Make the pieces of a layer that are left, each unit's montage with its last piece, and the layer's picture."""

    def write(climb: Climb) -> None:
        best = climb.best if climb.best and not climb.trouble else None
        x = best.x if best else climb.x * 0
        write_piece(plan, left[climb.job], climb, shown(x, colours, plan.box))
        write_montage(plan, climb.job.objective.leader.channel)

    if not left and is_complete(plan):
        command.warn([f"{plan.layer} is complete in {plan.whole.parent}"], NAME)
        return session.Report()
    write_how(plan)
    if plan.field_only:
        setup = replace(setup, field_of=plan.layer)
    colours = model.preprocessor
    kept = {job: unfinished(path) for job, path in left.items()}
    with command.progress_bar(list(left), plan.layer) as bar:
        report = session.run(setup, list(left), work, bar, write, kept)
    if not (report.interrupted or report.full):
        for channel in plan.channels:
            write_montage(plan, channel)
        if finish_layer(plan):
            command.warn([f"{plan.layer} is complete in {plan.whole.parent}"], NAME)
    return report


def check_folders(plans: Sequence[LayerPlan]) -> None:
    """Raise OptimizeError where two layers' names become one folder's name."""
    folders: dict[Path, str] = {}
    for plan in plans:
        other = folders.setdefault(plan.whole.parent, plan.layer)
        if other != plan.layer:
            raise OptimizeError(
                f"the layers {other!r} and {plan.layer!r} have the same folder {plan.whole.parent}; make them with "
                "an --unit-jpg-dir each"
            )


def plan_of(args, setup: Setup, model: Model, ready: Specimen, layer: str) -> LayerPlan:
    """What the options ask of a layer."""
    recipes = {name: preset(name, args.presets_file) for name in args.presets or model.presets or TABLE_1}
    if args.max_iter is not None:
        length = options.whole("--max-iter", args.max_iter)
        recipes = {name: replace(recipe, max_iter=length) for name, recipe in recipes.items()}
    shapes = ready.net.shapes
    channels = channels_of(args.push_channel, layer, model, shapes)
    seeds = options.numbers("--rand-seed", args.rand_seed)
    if len(seeds) > 9:
        raise OptimizeError(f"--rand-seed names {len(seeds)} seeds; a block of the montage has room for 9")
    place = options.place_of(args.push_spatial)
    small = field_only(ready, layer) if args.field_only and place == CENTRE else ready
    place = place_in(small, ready, layer) if small is not ready else place
    term = resolve(Objective((Term(layer, channels[-1], place),)), small.net.shapes).leader
    return LayerPlan(
        folder=args.unit_jpg_dir or model.unit_image_dir,
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


if __name__ == "__main__":
    sys.exit(command.guarded(main, NAME))
