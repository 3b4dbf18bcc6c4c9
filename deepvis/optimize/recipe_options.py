"""What to push and how, from the words of the command line (the original's names) to checked values.

They are read as values (numbers, lists, YAML), never evaluated.
"""

from __future__ import annotations

import argparse
import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from deepvis.core.number_ranges import numbers
from deepvis.core.words import whole_number
from deepvis.optimize.objective import CENTRE, WHOLE
from deepvis.optimize.optimize_error import OptimizeError
from deepvis.optimize.presets import preset
from deepvis.optimize.recipe import Recipe
from deepvis.optimize.regularizers import SETTINGS
from deepvis.optimize.start import LARGEST_SEED
from deepvis.schema.yaml_file import yaml_of

DEFAULT_RECIPE = Recipe()


def recipe_of(args: argparse.Namespace) -> Recipe:
    """The preset's recipe, or the original's defaults, with the options given in place of its values."""
    given = vars(args)
    base = preset(args.preset, args.presets_file) if args.preset else DEFAULT_RECIPE
    values = base.as_dict()
    values.update({name: number(f"--{name.replace('_', '-')}", given[name]) for name in SETTINGS if name in given})
    if "lr_params" in given:
        values["lr_params"] = table("--lr-params", given["lr_params"])
    values.update(
        {name: given[name] for name in ("max_iter", "lr_policy", "parameterization", "colours") if name in given}
    )
    if "photo_statistics" in given:
        from deepvis.optimize.photo_statistics import named_statistics

        values["statistics"] = named_statistics(given["photo_statistics"])
    return Recipe.from_dict(values)


def preset_named(args: argparse.Namespace, recipe: Recipe) -> dict[str, Any]:
    """For the json of a picture: "preset", its name or None, and "changed", what the options have changed of it."""
    if not args.preset:
        return {"preset": None}
    base, values = preset(args.preset, args.presets_file).as_dict(), recipe.as_dict()
    changed = {name: values.get(name, 0) for name in {**base, **values} if values.get(name) != base.get(name)}
    return {"preset": args.preset, **({"changed": changed} if changed else {})}


def shortened(recipe: Recipe, max_iter: int | None) -> Recipe:
    """The recipe with the iterations that the option gives, if it does."""
    return recipe if max_iter is None else replace(recipe, max_iter=max_iter)


def seeds_named(words: Sequence[str]) -> list[int]:
    """The numbers of --rand-seed. Raises UsageError."""
    return numbers("--rand-seed", words, largest=LARGEST_SEED)


def number(option: str, word: Any) -> float:
    try:
        return float(word)
    except (TypeError, ValueError, OverflowError):
        raise OptimizeError(f"{option} is {word!r}; expected a number") from None


def whole(option: str, word: str) -> int:
    """The word as a whole number of 0 or more. Raises OptimizeError."""
    found = whole_number(word)
    if found is None or found < 0:
        raise OptimizeError(f"{option} is {word!r}; expected a whole number of 0 or more")
    return found


def table(option: str, text: str) -> dict[str, Any]:
    """'{"lr": 100}', '{lr: 1e8}', 'dict(lr=100)' or 'lr=100,max_lr=3' -> a dict of words and numbers."""
    bare = re.sub(r"^dict\((.*)\)$", r"\1", text.strip())
    if "{" not in bare and "=" in bare:
        bare = "{" + bare.replace("=", ": ") + "}"
    try:
        found = yaml_of(bare)
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise OptimizeError(f"{option} is {text!r}; expected a table of names and numbers such as '{{lr: 100}}'")
    return {str(name): value for name, value in found.items()}


def place_of(word: str | None) -> tuple[int, ...] | str:
    """The original's --push-spatial: "None" for the centre, "(6,6)"; and "whole" for the whole channel."""
    if word is None or word.strip().lower() == "none":
        return CENTRE
    if word.strip().lower() == WHOLE:
        return WHOLE
    parts = word.strip("()[] ").replace("x", ",").replace(",", " ").split()
    if len(parts) != 2 or not all(part.isdigit() for part in parts):
        raise OptimizeError(f"--push-spatial is {word!r}; expected two whole numbers such as (6,6)")
    return int(parts[0]), int(parts[1])
