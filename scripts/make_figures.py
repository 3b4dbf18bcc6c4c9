#!/usr/bin/env python3
"""Draw the paper's figures 3, 4, 5 and S1 for any network, as png.

    scripts/make_figures.py --model bvlc-googlenet --classes flamingo pelican "school bus" --out docs/figures/googlenet

Pictures are kept in OUT/pieces: interrupted, it goes on where it was, and a figure can be drawn again for nothing.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from deepvis.cli.environment import use_environment

use_environment()

import numpy as np
from PIL import Image

from deepvis.models.zoo import Model
from deepvis.optimize import command, figures, options, session
from deepvis.optimize.ascend import Climb, Job
from deepvis.optimize.errors import OptimizeError
from deepvis.optimize.objective import resolve, unit
from deepvis.optimize.pictures import field_box, shown
from deepvis.optimize.presets import TABLE_1, preset
from deepvis.optimize.recipe import Recipe
from deepvis.optimize.results import write_jpeg, write_png
from deepvis.optimize.tasks import load, origin, specimen
from deepvis.optimize.units import Shapes, captions_of, channels_of, class_layer, label_of, layers_of, spread

NAME = "make_figures"
FIGURES = ("3", "4", "5", "S1")
SMALL_WIDTH, SMALL_QUALITY = 1200, 65


def parser() -> options.Parser:
    p = options.Parser(prog=NAME, description=__doc__.splitlines()[0])
    options.add_network(p)
    what = p.add_argument_group("what to draw")
    what.add_argument("--figures", nargs="+", metavar="N", help="of 3, 4, 5 and S1; none: all")
    what.add_argument("--out", type=Path, required=True, metavar="DIR", help="folder of the figures")
    what.add_argument("--classes", nargs="+", metavar="N", help="names or numbers for figures 3 (the first) and 4")
    what.add_argument("--push-layer", nargs="+", metavar="LAYER", help="of figures 5 and S1; none: eight, and all")
    what.add_argument("--units", default="8", metavar="N", help="of each layer in figure 5")
    what.add_argument("--most", default="512", metavar="N", help="channels of each layer in figure S1, at most")
    what.add_argument("--presets", nargs="+", default=list(TABLE_1), metavar="NAME", help="of figure 4")
    what.add_argument("--preset", default="3", metavar="NAME", help="of figures 5 and S1; its steps are figure 3's")
    what.add_argument("--presets-file", type=Path, metavar="YAML", help="your own presets")
    what.add_argument("--small", action="store_true", help="a jpg of a few hundred kilobytes beside each png")
    what.add_argument("--max-iter", metavar="N", help="iterations, in place of the presets'")
    options.add_work(p)
    return p


def main(argv: Sequence[str] | None = None) -> int:
    args = parser().parse_args(argv)
    setup, work = options.setup_of(args), command.work_of(args)
    model, ready = load(setup.network), specimen(setup)
    drawn = [resolved(figure, ready.net.shapes) for figure in wanted(args, model, ready.net.shapes)]
    pieces = figures.Pieces(args.out / "pieces", origin(setup.network))
    left = [job for job in dict.fromkeys(job for f in drawn for job in f.jobs) if not pieces.path(job).exists()]

    def write(climb: Climb) -> None:
        x = climb.x * 0 if climb.trouble or climb.best is None else climb.best.x
        pieces.write(climb.job, shown(x, model.preprocessor, field_box(ready, climb.job.objective.leader)))

    with command.progress_bar(left) as bar:
        report = session.run(setup, left, work, bar, write)
    for figure in drawn:
        if all(pieces.path(job).exists() for job in figure.jobs):
            drawing = figures.draw(figure, pieces.read)
            write_png(args.out / f"{figure.name}.png", drawing, tight=True)
            if args.small:
                page = Image.fromarray(drawing)
                page.thumbnail((SMALL_WIDTH, page.height), Image.Resampling.LANCZOS)
                write_jpeg(args.out / f"{figure.name}.jpg", np.asarray(page), SMALL_QUALITY)
    return command.last_words(report, NAME, len(left))


def wanted(args, model: Model, shapes: Shapes) -> list[figures.Figure]:
    """The figures that the options name."""
    names = args.figures or FIGURES
    unknown = [name for name in names if name not in FIGURES]
    if unknown:
        raise OptimizeError(f"--figures {unknown[0]!r} is not known; there are: {', '.join(FIGURES)}")
    recipe = shortened(preset(args.preset, args.presets_file), args.max_iter)
    layer = class_layer(model, shapes)
    classes = channels_of(args.classes, layer, model, shapes) if args.classes else spread(shapes[layer][1], 8)
    found: list[figures.Figure] = []
    if "3" in names:
        base = shortened(replace(recipe, strengths={}, max_iter=min(recipe.max_iter, 300)), args.max_iter)
        found.append(figures.sweeps(unit(layer, classes[0]), label_of(model, classes[0]), base))
    if "4" in names:
        columns = list(zip(captions_of(model, classes), (unit(layer, c) for c in classes), strict=True))
        recipes = {name: shortened(preset(name, args.presets_file), args.max_iter) for name in args.presets}
        found.append(figures.presets_by_class(columns, recipes))
    if "5" in names:
        layers = layers_of(args, model, shapes) if args.push_layer else a_choice_of_layers(model)
        count = options.whole("--units", args.units, 1)
        found.append(figures.features_by_layer({name: spread(shapes[name][1], count) for name in layers}, recipe))
    if "S1" in names:
        layers = layers_of(args, model, shapes) if args.push_layer else layers_with_units(model)
        most = options.whole("--most", args.most, 1)
        maps = {name: shapes[name][1] for name in layers if len(shapes[name]) == 4}
        if maps:
            found.append(figures.every_channel(maps, most, recipe))
        elif args.figures:
            raise OptimizeError(f"figure S1 cannot be drawn: {no_maps(args, model)}")
        else:
            command.warn([f"figure S1 is left out: {no_maps(args, model)}"], NAME)
    return found


def no_maps(args, model: Model) -> str:
    """Why figure S1 has nothing to show, and the next step."""
    if args.push_layer:
        return f"it is of convolutional layers, and {', '.join(args.push_layer)} is none; name one with --push-layer"
    return f"the network {model.name} has no convolutional layers; give --figures 3 4 5"


def layers_with_units(model: Model) -> list[str]:
    """The layers that have units of their own, in order; probabilities left out."""
    there = [name for name in model.layer_names if not model.missing_words(name)]
    return [name for name in there if name not in model.remap and name != model.prob_layer]


def a_choice_of_layers(model: Model) -> list[str]:
    """Up to eight of them, evenly."""
    own = layers_with_units(model)
    return [own[n] for n in spread(len(own), 8)]


def shortened(recipe: Recipe, max_iter: str | None) -> Recipe:
    return recipe if max_iter is None else replace(recipe, max_iter=options.whole("--max-iter", max_iter))


def resolved(figure: figures.Figure, shapes: Shapes) -> figures.Figure:
    """The figure with the places of its units fixed. Raises OptimizeError where the network has no such unit."""

    def job_of(job: Job) -> Job:
        return replace(job, objective=resolve(job.objective, shapes))

    return replace(figure, rows=tuple(replace(row, jobs=tuple(map(job_of, row.jobs))) for row in figure.rows))


if __name__ == "__main__":
    sys.exit(command.guarded(main, NAME))
