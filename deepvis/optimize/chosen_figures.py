"""Which of the paper's figures the command line asks for, and what is drawn in each, for a network at hand."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import replace

from deepvis.models.model import Model
from deepvis.optimize import figures
from deepvis.optimize.objective import resolve, unit
from deepvis.optimize.optimize_error import OptimizeError
from deepvis.optimize.presets import preset_of_units
from deepvis.optimize.recipe_options import shortened
from deepvis.optimize.units import Shapes, captions_of, channels_of, class_layer, label_of, layers_of, spread

FIGURES = ("3", "4", "5", "S1")


def asked_figures(
    args: argparse.Namespace, model: Model, shapes: Shapes, say: Callable[[str], None]
) -> list[figures.Figure]:
    """The figures that the options name. Raises OptimizeError where the network has no such unit."""
    names = args.figures or FIGURES
    unknown = [name for name in names if name not in FIGURES]
    if unknown:
        raise OptimizeError(f"--figures {unknown[0]!r} is not known; there are: {', '.join(FIGURES)}")
    recipe = shortened(preset_of_units(args.preset, args.presets_file), args.max_iter)
    layer = class_layer(model, shapes)
    classes = channels_of(args.classes, layer, model, shapes) if args.classes else spread(shapes[layer][1], 8)
    found: list[figures.Figure] = []
    if "3" in names:
        base = shortened(replace(recipe, strengths={}, max_iter=min(recipe.max_iter, 300)), args.max_iter)
        found.append(figures.sweeps(unit(layer, classes[0]), label_of(model, classes[0]), base))
    if "4" in names:
        columns = list(zip(captions_of(model, classes), (unit(layer, c) for c in classes), strict=True))
        recipes = {name: shortened(preset_of_units(name, args.presets_file), args.max_iter) for name in args.presets}
        found.append(figures.presets_by_class(columns, recipes))
    if "5" in names:
        layers = layers_of(args, model, shapes) if args.push_layer else a_choice_of_layers(model)
        found.append(figures.features_by_layer({name: spread(shapes[name][1], args.units) for name in layers}, recipe))
    if "S1" in names:
        layers = layers_of(args, model, shapes) if args.push_layer else layers_with_units(model)
        maps = {name: shapes[name][1] for name in layers if len(shapes[name]) == 4}
        if maps:
            found.append(figures.every_channel(maps, args.most, recipe))
        elif args.figures:
            raise OptimizeError(f"figure S1 cannot be drawn: {no_maps(args, model)}")
        else:
            say(f"figure S1 is left out: {no_maps(args, model)}")
    return [resolved(figure, shapes) for figure in found]


def no_maps(args: argparse.Namespace, model: Model) -> str:
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


def resolved(figure: figures.Figure, shapes: Shapes) -> figures.Figure:
    """The figure with the places of its units fixed. Raises OptimizeError where the network has no such unit."""
    rows = []
    for row in figure.rows:
        jobs = (replace(job, objective=resolve(job.objective, shapes)) for job in row.jobs)
        rows.append(replace(row, jobs=tuple(jobs)))
    return replace(figure, rows=tuple(rows))
