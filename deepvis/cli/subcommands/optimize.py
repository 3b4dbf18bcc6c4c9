"""``deepvis optimize``: the images that units prefer. ``docs/optimize.md`` describes its files and options."""

from __future__ import annotations

import argparse
import os
from pathlib import Path

from deepvis.cli.guard import warn
from deepvis.cli.optimize_options import add_recipe, add_start, add_units
from deepvis.cli.parser import Parser
from deepvis.cli.shared_options import add_climb_work, add_network, add_output, add_overwrite, optimizer_of, try_work
from deepvis.cli.subcommand import subcommand
from deepvis.optimize.defaults import RESULT_NAME

NAME = "deepvis optimize"
PREFIX = "optimize_results/opt"
TEMPLATE_WORDS = RESULT_NAME.replace("%", "%%")  # as argparse wants it


def arguments(parser: Parser) -> None:
    add_network(parser)
    add_units(parser)
    add_start(parser)
    add_recipe(parser)
    add_climb_work(parser)
    out = parser.add_argument_group("results")
    where = out.add_mutually_exclusive_group()
    add_output(where, f"folder of the files; none: {Path(PREFIX).parent}")
    where.add_argument("--output-prefix", metavar="PATH", help="folder and first part of the files' names, in one")
    out.add_argument("--output-template", metavar="T", help=f"the part after it; none: {TEMPLATE_WORDS}")
    add_overwrite(out, "overwrite results that are there", "--brave")
    out.add_argument("--skipbig", action="store_true", help="write no npz with the arrays")


@subcommand(
    "optimize",
    "find the images that units of a network prefer, by regularized gradient ascent",
    "--push-layer fc8 --push-channel pizza --preset 3+",
    "--model bvlc-googlenet --push-layer loss3/classifier --push-channel 130 --preset lucid",
    "--objective 'unit(fc8, 3) - 0.5*channel(conv5, 7)' --preset lucid --rand-seed 0-3",
    "--preset dream --push-layer conv4 --start-image photo.jpg",
    arguments=arguments,
    resumes=True,
)
def optimize(args: argparse.Namespace) -> int:
    """Writes <output>/opt_<layer>_<channel>_<seed>_best_X.jpg and more."""
    from deepvis.cli.progress import last_words
    from deepvis.jobs.progress import Bar
    from deepvis.optimize import image_jobs, session
    from deepvis.optimize.climb import Climb
    from deepvis.optimize.climb_files import FOLDER, climb_files
    from deepvis.optimize.pictures import pictures_of
    from deepvis.optimize.recipe_options import preset_named, recipe_of
    from deepvis.optimize.results import ResultPaths, origin_of, stem_of, write_results
    from deepvis.optimize.units import idle_seeds, jobs_of, unsaid_units

    recipe = recipe_of(args)
    warn([*recipe.warnings(), *idle_seeds(args, recipe)], NAME)
    named = preset_named(args, recipe)
    setup, work, model, ready = optimizer_of(args)
    jobs = jobs_of(args, model, ready.net.shapes, recipe)
    prefix = args.output_prefix or (os.fspath(args.output / Path(PREFIX).name) if args.output else PREFIX)
    paths = {job: ResultPaths(stem_of(prefix, job, args.output_template)) for job in jobs}
    photo = image_jobs.start_photo(args.start_image, model) if args.start_image else None
    made_in = origin_of(model)
    starts = dict.fromkeys(jobs, photo) if photo is not None else {}
    earlier = {job: found.unfinished for job, found in paths.items()}
    folder = Path(prefix).parent
    climbs = climb_files(folder / FOLDER, made_in, jobs, starts=starts, earlier=earlier)
    if args.overwrite:
        try_work(args, folder)  # before anything is removed
    left = image_jobs.jobs_left(
        paths,
        climbs,
        made_in,
        lambda said: warn([said], NAME),
        overwrite=args.overwrite,
        arrays=not args.skipbig,
    )

    if left and not args.overwrite:
        try_work(args, folder)
    if left:
        warn(unsaid_units(args, model, [job.objective for job in jobs]), NAME)

    def write(climb: Climb) -> None:
        pictures = pictures_of(climb.best.x if climb.best else climb.x, model.preprocessor)
        write_results(paths[climb.job], climb, pictures, made_in, arrays=not args.skipbig, named=named)

    report = session.run(setup, left, work, Bar("it"), write, climbs, starts)
    place = next(iter(paths.values())).best_x if len(jobs) == 1 else folder
    return last_words(report, NAME, len(left), place, overwrite=args.overwrite)
