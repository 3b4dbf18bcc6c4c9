#!/usr/bin/env python3
"""Try random combinations of regularizers and learning rates on a few units, and look at them side by side.

    scripts/search_hyperparameters.py --push-layer fc8 --push-channel 19 25 --recipes 300 --out search
    scripts/search_hyperparameters.py --out search --keep 17 --name soft
    scripts/optimize_image.py --preset soft ...

The first ends in search/index.html; interrupted, it goes on where it was. The second keeps a row as a named preset.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from deepvis.cli.environment import use_environment

use_environment()

from deepvis.core.files import written_beside
from deepvis.optimize import command, options, session
from deepvis.optimize.ascend import Climb
from deepvis.optimize.errors import OptimizeError
from deepvis.optimize.pictures import field_box, shown
from deepvis.optimize.presets import keep_preset
from deepvis.optimize.search import Search, by_recipe, open_search, read_tried, recipe_numbered, write_tried
from deepvis.optimize.sheet import contact_sheet
from deepvis.optimize.start import LARGEST_SEED
from deepvis.optimize.tasks import load, origin, specimen
from deepvis.optimize.units import channels_of, layers_of, objective_at

NAME = "search_hyperparameters"
MOST_RECIPES = 10**6


def parser() -> options.Parser:
    p = options.Parser(prog=NAME, description=__doc__.splitlines()[0])
    options.add_network(p)
    options.add_units(p, None)
    what = p.add_argument_group("the search")
    what.add_argument("--out", type=Path, required=True, metavar="DIR", help="folder of the search")
    what.add_argument("--recipes", default="300", metavar="N", help="how many to try; more than before goes on")
    what.add_argument("--rand-seed", default="0", metavar="N", help="of the draw and of the start image")
    what.add_argument("--max-iter", default="300", metavar="N", help="iterations of each image")
    keep = p.add_argument_group("keeping a row")
    keep.add_argument("--keep", metavar="NUMBER", help="the row's recipe")
    keep.add_argument("--name", metavar="NAME", help="its name as a preset")
    keep.add_argument("--presets-file", type=Path, metavar="YAML", help="where presets are kept; none: the user's own")
    options.add_work(p)
    return p


def main(argv: Sequence[str] | None = None) -> int:
    args = parser().parse_args(argv)
    if args.keep is not None:
        return keep(args)
    setup, work = options.setup_of(args), command.work_of(args)
    model, ready = load(setup.network), specimen(setup)
    shapes = ready.net.shapes
    objectives = [
        objective_at(args, layer, channel, shapes)
        for layer in layers_of(args, model, shapes)
        for channel in channels_of(args.push_channel, layer, model, shapes)
    ]
    recipes = options.whole("--recipes", args.recipes, 1, MOST_RECIPES)
    max_iter = options.whole("--max-iter", args.max_iter, 1)
    seed = options.whole("--rand-seed", args.rand_seed, 0, LARGEST_SEED)
    search = Search(origin(setup.network), tuple(objectives), recipes, seed, max_iter)
    open_search(args.out, search)
    jobs = search.jobs()
    left = [job for job, (_, stem) in jobs.items() if not (args.out / f"{stem}.json").exists()]

    def write(climb: Climb) -> None:
        box = field_box(ready, climb.job.objective.leader)
        picture = shown(climb.best.x if climb.best else climb.x, model.preprocessor, box)
        write_tried(args.out, jobs[climb.job][1], climb, picture, search.origin)

    with command.progress_bar(left) as bar:
        report = session.run(setup, left, work, bar, write)
    write_sheet(args.out, model.name, search)
    return command.last_words(report, NAME, len(left))


def write_sheet(folder: Path, model: str, search: Search) -> None:
    rows = by_recipe(read_tried(folder, search.jobs()))
    with written_beside(folder / "index.html") as file:
        file.write(contact_sheet(f"Recipes tried on {model}", rows).encode())
    command.warn([f"{len(rows)} recipes are in {folder / 'index.html'}"], NAME)


def keep(args) -> int:
    """Keep a row of the sheet as a preset."""
    if not args.name:
        raise OptimizeError("--keep needs --name, the preset's name")
    recipe = recipe_numbered(args.out, options.whole("--keep", args.keep))
    file = keep_preset(args.name, recipe, args.presets_file)
    command.warn([f"kept recipe {args.keep} as preset {args.name!r} in {file}"], NAME)
    return 0


if __name__ == "__main__":
    sys.exit(command.guarded(main, NAME))
