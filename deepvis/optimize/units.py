"""Which units the command lines push: layers and channels by number, range, name or default."""

from __future__ import annotations

import argparse
import re
from collections import Counter
from collections.abc import Mapping, Sequence

from deepvis.core.number_ranges import numbers
from deepvis.models.model import Model
from deepvis.optimize.any_term import layer_lister
from deepvis.optimize.climb import Job
from deepvis.optimize.defaults import DEFAULT_CHANNEL
from deepvis.optimize.diversity import group_of
from deepvis.optimize.objective import Objective, class_names, class_unit, of_kind, resolve
from deepvis.optimize.objective_words import is_expression, named_photo, objective_of
from deepvis.optimize.optimize_error import OptimizeError, nearest_or_examples
from deepvis.optimize.parameterization import PIXELS
from deepvis.optimize.presets import FROM_A_PHOTO
from deepvis.optimize.recipe import Recipe
from deepvis.optimize.recipe_options import number, place_of, seeds_named
from deepvis.optimize.start import DEFAULT_START, SEEDLESS, name_of_photo
from deepvis.optimize.terms import OF_A_UNIT
from deepvis.optimize.transforms import check_shift, is_transformed

Shapes = Mapping[str, Sequence[int]]
DEFAULT_LAYER = "fc8"  # the original's


def layers_of(args: argparse.Namespace, model: Model, shapes: Shapes) -> list[str]:
    """The layers named, or the one that holds the classes before the softmax.

    A word with commas names several layers, if the network has none of that very name.
    """
    if not args.push_layer:
        return [class_layer(model, shapes)]
    words = [[word] if word in shapes else word.split(",") for word in args.push_layer]
    names = list(dict.fromkeys(name for some in words for name in some))
    for name in names:
        if name not in shapes:
            if said := model.missing_words(name):
                raise OptimizeError(f"the network {model.name} has no values of {said}")
            hint = nearest_or_examples(name, shapes, lister=layer_lister())
            raise OptimizeError(f"the network {model.name} has no layer {name!r}; {hint}")
    return names


def class_layer(model: Model, shapes: Shapes) -> str:
    """fc8, or the deepest layer of classes that is not the probabilities, or the network's last layer."""
    there = [layer for layer in model.layer_names if layer in shapes]
    classes = [layer for layer in there if layer in model.label_layers and layer != model.prob_layer]
    if DEFAULT_LAYER in shapes:
        return DEFAULT_LAYER
    return classes[-1] if classes else list(shapes)[-1]


def channels_of(words: Sequence[str] | None, layer: str, model: Model, shapes: Shapes) -> list[int]:
    """Numbers, ranges, "all", and in a layer of classes their names."""
    count = shapes[layer][1] if len(shapes[layer]) > 1 else 1
    if words is None:
        return [DEFAULT_CHANNEL if count > DEFAULT_CHANNEL else 0]
    found: dict[int, None] = {}
    for word in words:
        if layer in model.label_layers and model.labels and not re.fullmatch(r"[\d,\s-]+|all", word):
            found[class_unit(layer, word, model.labels).channel] = None
        else:
            found.update(dict.fromkeys(numbers("--push-channel", [word], count)))
    return list(found)


def seeds_of(args: argparse.Namespace, recipe: Recipe) -> list[int]:
    """The seeds that the options name; the first alone where every seed would make the same image."""
    named = seeds_named(args.rand_seed)
    makes_no_difference = bool(args.start_image or args.start_at in SEEDLESS) and not is_transformed(recipe.strengths)
    return named[:1] if makes_no_difference else named


def idle_seeds(args: argparse.Namespace, recipe: Recipe) -> list[str]:
    """A sentence where seeds are named that make no difference."""
    named, used = seeds_named(args.rand_seed), seeds_of(args, recipe)
    start = args.start_image or f"--start-at {args.start_at}"
    alike = f"from {start} all {len(named)} seeds make the same image; one is made, with seed {used[0]}"
    return [alike] if len(used) < len(named) else []


def unsaid_units(args: argparse.Namespace, model: Model, objectives: Sequence[Objective]) -> list[str]:
    """A sentence where the options name no unit: which one is taken of each layer."""
    taken = {(o.leader.layer, o.leader.channel): o for o in objectives if o.leader.channel is not None}
    if args.push_channel is not None or not taken or is_expression(args.objective or ""):
        return []
    words = [
        f"{o.leader.words}{f' ({label_of(model, channel)})' if layer in model.label_layers and model.labels else ''}"
        for (layer, channel), o in taken.items()
    ]
    return [f"no --push-channel names a unit; taken: {', '.join(words)}"]


def jobs_of(args: argparse.Namespace, model: Model, shapes: Shapes, recipe: Recipe) -> list[Job]:
    """A job for every objective and seed that the options name, checked."""
    height, width = shapes[model.data_blob][-2:]
    check_shift(recipe.strengths, (height, width))
    if args.preset in FROM_A_PHOTO and args.start_image is None:
        raise OptimizeError(f"preset {args.preset} changes a photo; give --start-image FILE")
    if recipe.parameterization != PIXELS and args.start_at != DEFAULT_START:
        raise OptimizeError(
            f"--start-at {args.start_at} is a start of pixels, and parameterization {recipe.parameterization} begins "
            "with numbers of its own; leave --start-at out, or give --start-image"
        )
    seeds = seeds_of(args, recipe)
    start = name_of_photo(args.start_image) if args.start_image else args.start_at
    return [
        Job(objective, recipe, seed, start, group_of(recipe, seeds))
        for objective in objectives_of(args, model, shapes, recipe.objective)
        for seed in seeds
    ]


def objectives_of(args: argparse.Namespace, model: Model, shapes: Shapes, usual: str = "unit") -> list[Objective]:
    """What the options name, checked: a sum in words, or a kind of objective of every layer or unit.

    usual: the kind where the options name none. Raises OptimizeError.
    """
    kind = usual if args.objective is None else args.objective
    _check_idle(args, kind)
    if is_expression(kind):
        named = [objective_of(kind, model)]
    else:
        if kind not in OF_A_UNIT:
            raise OptimizeError(f"--objective is {kind!r}; {nearest_or_examples(kind, OF_A_UNIT)}")
        named = [
            objective
            for layer in layers_of(args, model, shapes)
            for objective in _of_layer(args, kind, layer, model, shapes)
        ]
    if any(model.data_blob in objective.layers for objective in named):
        raise OptimizeError(f"{model.data_blob!r} is the network's picture, not a layer to push; name a layer")
    direction = number("--push-dir", args.push_dir)
    return [resolve(objective.pushed(direction), shapes) for objective in named]


def _check_idle(args: argparse.Namespace, kind: str) -> None:
    """Raise OptimizeError for an option that the kind of objective has no use for."""
    idle = {"photo": kind != "match", "push_spatial": kind != "unit"}
    if is_expression(kind):
        idle.update(push_layer=True, push_channel=True)
    if kind in ("layer", "match"):
        idle.update(push_channel=True)
    for name, is_idle in idle.items():
        if is_idle and getattr(args, name) is not None:
            option = f"--{name.replace('_', '-')}"
            raise OptimizeError(f"{option} says nothing to --objective {kind!r}; leave {option} out")


def _of_layer(args: argparse.Namespace, kind: str, layer: str, model: Model, shapes: Shapes) -> list[Objective]:
    """The objectives of a kind in a layer: one for each unit, or the one of the whole layer."""
    if kind in ("layer", "match"):
        if kind == "match" and args.photo is None:
            begins = "; --start-image only says where to begin" if args.start_image else ""
            raise OptimizeError(f"there is no photo to match; give --photo FILE{begins}")
        return [of_kind(kind, layer, 0, photo=None if args.photo is None else named_photo(args.photo, model))]
    place = place_of(args.push_spatial)
    return [of_kind(kind, layer, channel, place) for channel in channels_of(args.push_channel, layer, model, shapes)]


def spread(count: int, most: int) -> list[int]:
    """Up to ``most`` numbers of 0..count - 1, evenly spread, the first included."""
    most = max(min(count, most), 1)
    return [n * count // most for n in range(most)]


def captions_of(model: Model, channels: Sequence[int]) -> list[str]:
    """A class's first name each; where several of the classes share it, the number too: "crane 134", "crane 517"."""
    names = [label_of(model, channel) for channel in channels]
    shared = {name for name, count in Counter(names).items() if count > 1}
    return [f"{name} {channel}" if name in shared else name for name, channel in zip(names, channels, strict=True)]


def label_of(model: Model, channel: int) -> str:
    """A class's first name, or its number where it has none."""
    return class_names(model.labels[channel])[0] if channel < len(model.labels) else str(channel)
