"""``deepvis optimize-layer``: the window's pictures of what the units of whole layers prefer.

Writes regularized_opt/<layer>/<layer>_0000_montage.jpg and so on, and whole_layer.jpg. ``docs/optimize.md`` says how to
spread it over many machines.
"""

from __future__ import annotations

import argparse

from deepvis.cli.guard import warn
from deepvis.cli.optimize_options import add_layers, add_presets_file
from deepvis.cli.parser import Parser, whole
from deepvis.cli.shared_options import add_climb_work, add_network, add_output, add_overwrite, optimizer_of, try_work
from deepvis.cli.subcommand import subcommand
from deepvis.optimize.defaults import LAYER_JPEG_QUALITY

NAME = "deepvis optimize-layer"


def arguments(parser: Parser) -> None:
    add_network(parser)
    what = parser.add_argument_group("what to make")
    add_layers(what, "layers; none: all that the window shows")
    what.add_argument(
        "--push-channel", "--units", nargs="+", default=["all"], metavar="N", help="12, 0-31, several, or all"
    )
    what.add_argument("--push-spatial", metavar="(R,C)", help="place in the map; none: the centre")
    what.add_argument("--presets", nargs="+", metavar="NAME", help="one to four; none: 1 2 3 4, or the model's own")
    add_presets_file(what)
    what.add_argument("--rand-seed", nargs="+", default=["0-8"], metavar="N", help="up to nine seeds for each preset")
    what.add_argument("--max-iter", type=whole(1), metavar="N", help="iterations, in place of the presets'")
    add_output(what, "none: the model's own folder of unit images, where the window looks", "--unit-jpg-dir")
    what.add_argument(
        "--tile", type=whole(), default=0, metavar="PX", help="longest side of a picture; 0: what the unit sees"
    )
    what.add_argument(
        "--quality", type=whole(1, 95), default=LAYER_JPEG_QUALITY, metavar="1..95", help="of the JPEG files"
    )
    what.add_argument("--field-only", action="store_true", help="run the network on what a unit sees alone: faster")
    add_overwrite(what, "overwrite pictures that are there", "--brave")
    add_climb_work(parser)


@subcommand(
    "optimize-layer",
    "make the window's pictures of what the units of whole layers prefer",
    "--push-layer conv5 --push-channel 0-7 --presets 3+",
    "--model bvlc-googlenet --push-layer inception_4c/output",
    arguments=arguments,
    resumes=True,
)
def optimize_layer(args: argparse.Namespace) -> int:
    from deepvis.cli.progress import last_words
    from deepvis.jobs.progress import Bar
    from deepvis.optimize import session
    from deepvis.optimize.layer_images import discard, jobs_left, make_layer, rest_of
    from deepvis.optimize.layer_plans import check_folders, plan_of
    from deepvis.optimize.units import layers_of

    setup, work, model, ready = optimizer_of(args)
    if not args.push_layer:
        shapes = ready.net.shapes
        args.push_layer = [layer for layer in model.layer_names if layer not in model.remap and layer in shapes]
        warn(model.left_out_words(), NAME)
    plans = [plan_of(args, model, ready, layer) for layer in layers_of(args, model, ready.net.shapes)]
    check_folders(plans)
    if not args.overwrite:
        plans = [rest_of(plan) for plan in plans]
    lefts = [plan.jobs() if args.overwrite else jobs_left(plan) for plan in plans]
    if any(lefts):
        try_work(args, args.output or model.unit_image_dir)
    report = session.Report()
    for plan, left in zip(plans, lefts, strict=True):
        if not (report.interrupted or report.ended_early):
            if args.overwrite:
                discard(plan)
            report.take(make_layer(plan, left, setup, work, model, Bar("it"), lambda said: warn([said], NAME)))
    folders = {plan.whole.parent for plan in plans}
    place = folders.pop() if len(folders) == 1 else plans[0].whole.parent.parent
    return last_words(report, NAME, sum(map(len, lefts)), place, overwrite=args.overwrite)
