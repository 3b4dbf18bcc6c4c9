"""``deepvis search``: random combinations of regularizers and learning rates on a few units, side by side.

It ends in <output>/index.html. With --keep it keeps a row of that page as a named preset.
"""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING

from deepvis.cli.guard import warn
from deepvis.cli.optimize_options import add_presets_file, add_units
from deepvis.cli.parser import Parser, whole
from deepvis.cli.shared_options import Optimizer, add_climb_work, add_network, add_output, optimizer_of, try_output
from deepvis.cli.subcommand import subcommand
from deepvis.core.user_error import UsageError

if TYPE_CHECKING:
    from deepvis.optimize.search import Search

NAME = "deepvis search"
MOST_RECIPES, MOST_SEED = 10**6, 2**32 - 1  # numpy's RandomState takes no larger seed


def arguments(parser: Parser) -> None:
    add_network(parser)
    add_units(parser)
    what = parser.add_argument_group("the search")
    add_output(what, "folder of the search", "--out", required=True)
    what.add_argument(
        "--recipes",
        type=whole(1, MOST_RECIPES),
        default=300,
        metavar="N",
        help="how many to try; more than before goes on",
    )
    what.add_argument(
        "--rand-seed", type=whole(0, MOST_SEED), default=0, metavar="N", help="of the draw and of the start image"
    )
    what.add_argument("--max-iter", type=whole(1), default=300, metavar="N", help="iterations of each image")
    keep = parser.add_argument_group("keeping a row")
    keep.add_argument("--keep", type=whole(), metavar="NUMBER", help="the row's recipe")
    keep.add_argument("--name", metavar="NAME", help="its name as a preset")
    add_presets_file(keep, "where presets are kept; none: the user's own")
    add_climb_work(parser)


@subcommand(
    "search",
    "try random combinations of regularizers and learning rates on a few units, and look at them side by side",
    "--push-layer fc8 --push-channel 19 25 --recipes 300 --output search",
    "--output search --keep 17 --name soft",
    arguments=arguments,
    resumes=True,
)
def search(args: argparse.Namespace) -> int:
    if args.keep is not None:
        return keep(args)
    from deepvis.cli.progress import last_words
    from deepvis.jobs.pool import try_scheduler
    from deepvis.jobs.progress import Bar
    from deepvis.optimize import session
    from deepvis.optimize.climb import Climb
    from deepvis.optimize.climb_files import FOLDER, climb_files
    from deepvis.optimize.field_box import field_box
    from deepvis.optimize.pictures import shown
    from deepvis.optimize.search import open_search, write_tried
    from deepvis.optimize.units import unsaid_units

    optimizer = optimizer_of(args)
    setup, work, model, ready = optimizer
    asked = search_of(args, optimizer)
    jobs = asked.jobs()
    left = [job for job, (_, stem) in jobs.items() if not (args.output / f"{stem}.json").exists()]
    try_output(args.output)
    if left:
        try_scheduler(args.scheduler)
    open_search(args.output, asked)
    warn(unsaid_units(args, model, asked.objectives), NAME)

    def write(climb: Climb) -> None:
        box = field_box(ready, climb.job.objective.leader)
        picture = shown(climb.best.x if climb.best else climb.x, model.preprocessor, box)
        write_tried(args.output, jobs[climb.job][1], climb, picture, asked.origin)

    climbs = climb_files(args.output / FOLDER, asked.origin, jobs)
    report = session.run(setup, left, work, Bar("it"), write, climbs)
    write_sheet(args, model.name, asked)
    return last_words(report, NAME, len(left), args.output / "index.html")


def search_of(args: argparse.Namespace, optimizer: Optimizer) -> Search:
    """The search that the options ask for."""
    from deepvis.optimize.results import origin_of
    from deepvis.optimize.search import Search
    from deepvis.optimize.units import objectives_of

    model = optimizer.model
    objectives = objectives_of(args, model, optimizer.ready.net.shapes)
    return Search(origin_of(model), tuple(objectives), args.recipes, args.rand_seed, args.max_iter)


def write_sheet(args: argparse.Namespace, model: str, asked: Search) -> None:
    from deepvis.core.files import write_file
    from deepvis.optimize.search import read_tried
    from deepvis.optimize.sheet import contact_sheet

    rows = read_tried(args.output, asked.jobs())
    write_file(args.output / "index.html", contact_sheet(f"Recipes tried on {model}", rows).encode())


def keep(args: argparse.Namespace) -> int:
    """Keep a row of the sheet as a preset."""
    from deepvis.optimize.presets import keep_preset
    from deepvis.optimize.search import recipe_numbered

    if not args.name:
        raise UsageError("--keep needs --name, the preset's name")
    if not args.output.is_dir():
        raise UsageError(f"there is no folder {args.output}; --output names that of a search, whose row is kept")
    recipe = recipe_numbered(args.output, args.keep)
    file = keep_preset(args.name, recipe, args.presets_file)
    sys.stdout.write(f"kept recipe {args.keep} as preset {args.name!r} in {file}\n")
    return 0
