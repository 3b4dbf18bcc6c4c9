#!/usr/bin/env python3
"""Find the images that units of a network prefer, by regularized gradient ascent.

    scripts/optimize_image.py --model bvlc-googlenet --push-layer loss3/classifier --push-channel 130 --preset 3

Writes <prefix>_<layer>_<channel>_<seed>_best_X.jpg and more; docs/optimize.md describes the files and options.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from deepvis.cli.environment import use_environment

use_environment()

from deepvis.optimize import command, options, session
from deepvis.optimize.ascend import Climb, Job
from deepvis.optimize.errors import OptimizeError
from deepvis.optimize.pictures import pictures_of
from deepvis.optimize.results import (
    DEFAULT_TEMPLATE,
    Origin,
    ResultPaths,
    is_of_job,
    of_others,
    read_info,
    result_paths,
    stem_of,
    write_results,
)
from deepvis.optimize.tasks import load, origin, specimen
from deepvis.optimize.units import idle_seeds, jobs_of

NAME = "optimize_image"


def parser() -> options.Parser:
    p = options.Parser(prog=NAME, description=__doc__.splitlines()[0])
    options.add_network(p)
    options.add_units(p, None)
    options.add_start(p)
    options.add_recipe(p)
    options.add_work(p)
    out = p.add_argument_group("results")
    out.add_argument(
        "--output-prefix", default="optimize_results/opt", metavar="PATH", help="folder and first part of names"
    )
    out.add_argument("--output-template", default=DEFAULT_TEMPLATE, metavar="T", help="the part after it")
    out.add_argument("--brave", action="store_true", help="overwrite results that are there")
    out.add_argument("--skipbig", action="store_true", help="write no npz with the arrays")
    return p


def main(argv: Sequence[str] | None = None) -> int:
    args = parser().parse_args(argv)
    setup, recipe, work = options.setup_of(args), options.recipe_of(args), command.work_of(args)
    command.warn([*recipe.warnings(), *idle_seeds(args, recipe)], NAME)
    model = load(setup.network)
    jobs = jobs_of(args, model, specimen(setup).net.shapes, recipe)
    paths = {job: result_paths(stem_of(args.output_prefix, job, args.output_template)) for job in jobs}
    photo = start_photo(args.start_image, model) if args.start_image else None
    made_in = origin(setup.network)
    left = jobs_left(paths, made_in, brave=args.brave)
    starts = dict.fromkeys(left, photo) if photo is not None else {}

    def write(climb: Climb) -> None:
        pictures = pictures_of(climb.best.x if climb.best else climb.x, model.preprocessor)
        write_results(paths[climb.job], climb, pictures, made_in, arrays=not args.skipbig)

    with command.progress_bar(left) as bar:
        unfinished = {job: paths[job].unfinished for job in left}
        report = session.run(setup, left, work, bar, write, unfinished, starts)
    return command.last_words(report, NAME, len(left), brave=args.brave)


def jobs_left(paths: dict[Job, ResultPaths], made_in: Origin, *, brave: bool) -> list[Job]:
    """The jobs without results. Raises OptimizeError where results would have to be overwritten."""
    files = [found.info for found in paths.values()]
    if len(set(files)) < len(files):
        raise OptimizeError(
            "several images would have the same file name; let --output-template name %(p.push_layer)s, "
            "%(p.push_channel)04d and %(p.rand_seed)d"
        )
    if brave:
        for found in paths.values():
            found.info.unlink(missing_ok=True)
            found.unfinished.unlink(missing_ok=True)
        return list(paths)
    done = {job for job, found in paths.items() if found.info.exists()}
    others = [job for job in done if not is_of_job(read_info(paths[job].info), job, made_in)]
    refused = others or (done if len(done) == len(paths) else [])
    if refused:
        first = paths[next(job for job in paths if job in refused)].info
        made = "made with other parameters or another network" if others else "finished"
        raise OptimizeError(
            f"{first} is there already, {made}; give --brave to overwrite it, or another --output-prefix"
        )
    for job in (job for job in paths if job not in done):
        foreign = of_others(paths[job])
        if foreign is not None:
            raise OptimizeError(
                f"{foreign} is there already and was not made by this program; move it away, give --brave to "
                "overwrite it, or another --output-prefix"
            )
    if done:
        command.warn([f"{len(done)} of {len(paths)} images are there already; going on with the others"], NAME)
    for job in done:
        paths[job].unfinished.unlink(missing_ok=True)
    return [job for job in paths if job not in done]


def start_photo(path: Path, model):
    """The photo as the network's input. Raises OptimizeError where it is none."""
    from deepvis.sources.photos import PhotoError, load_rgb

    try:
        return model.preprocessor.to_input(load_rgb(path))
    except (PhotoError, OSError) as error:
        raise OptimizeError(f"--start-image {path}: {error}") from None


if __name__ == "__main__":
    sys.exit(command.guarded(main, NAME))
