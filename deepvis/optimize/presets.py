"""Recipes with a name: the four rows of the paper's Table 1, the same for any network, later ones, the user's own.

The user's are kept in a YAML file::

    version: 1
    presets:
      soft-birds:
        blur_radius: 1.2
        blur_every: 4
        lr_policy: constant
        lr_params: {lr: 80}
        max_iter: 600
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import yaml

from deepvis.core.files import home_of_user, write_file
from deepvis.optimize.optimize_error import OptimizeError, nearest_or_examples
from deepvis.optimize.recipe import Recipe
from deepvis.schema.yaml_file import read_yaml

VERSION = 1

# Yosinski et al. 2015, Table 1, with the learning rates that the authors published with it.
TABLE_1: Mapping[str, Recipe] = {
    "1": Recipe(
        {"blur_radius": 0.5, "blur_every": 4, "small_norm_percentile": 50},
        "progress",
        {"max_lr": 100, "desired_prog": 2},
        500,
    ),
    "2": Recipe({"decay": 0.3, "small_norm_percentile": 20}, "constant", {"lr": 100}, 750),
    "3": Recipe({"decay": 0.0001, "blur_radius": 1.0, "blur_every": 4}, "constant", {"lr": 100}, 1000),
    "4": Recipe(
        {"blur_radius": 0.5, "blur_every": 4, "px_abs_benefit_percentile": 90},
        "progress",
        {"max_lr": 1e8, "desired_prog": 2},
        1000,
    ),
}

# The same regularizers, with steps that suit any network, and shorter: for the window, and for networks whose slopes
# are far from CaffeNet's, where a rate of 100 leaves the noise as it is or burns the picture.
ANY_NETWORK: Mapping[str, Recipe] = {
    f"{name}+": replace(recipe, lr_policy="even", lr_params={"step": 7.5 if name == "2" else 1.5}, max_iter=120)
    for name, recipe in TABLE_1.items()
}

# Beyond the paper: the network sees the picture shifted, scaled and turned a little differently each time, so that
# what it wants to see holds from every side; and even steps against a strong decay give it a photo's contrast, at which
# the features are those of photos: another network recognises it too.
ROBUST = Recipe(
    {
        "decay": 0.02,
        "blur_radius": 0.5,
        "blur_every": 4,
        "total_variation": 0.05,
        "jitter": 16,
        "scale_jitter": 0.15,
        "rotate_jitter": 10,
    },
    "even",
    {"step": 4},
    400,
)


def _computed(
    strengths: Mapping[str, float], lr: float, max_iter: int, *, by: str = "fourier", objective: str = "unit"
) -> Recipe:
    """A recipe of a picture that is computed, in colours that do not correlate, with Adam's steps."""
    how = {"parameterization": by, "colours": "decorrelated", "objective": objective}
    return Recipe(strengths, "adam", {"lr": lr}, max_iter, **how)


# Beyond the paper: a picture whose parameters are its frequencies, in colours that do not correlate (Olah, Mordvintsev
# & Schubert 2017): large shapes come as soon as fine ones, in far fewer iterations.
LUCID = _computed({"total_variation": 0.1, "jitter": 24, "scale_jitter": 0.25, "rotate_jitter": 15}, 0.05, 150)

# The same for pictures of some 100 pixels a side: smaller shifts, less grain, and fewer and larger steps.
LUCID_SMALL = _computed({"total_variation": 0.3, "jitter": 12, "scale_jitter": 0.25, "rotate_jitter": 15}, 0.08, 60)

# Several seeds of a unit climb together and away from each other: the different things that the unit answers to.
DIVERSE = replace(LUCID, strengths={**LUCID.strengths, "diversity": 0.6})

# A photo's magnitude at every frequency; the phases alone climb (Fel et al. 2023). No grain, no glare.
MACO = _computed({"crop": 0.5, "noise": 20, "rotate_jitter": 5}, 0.1, 200, by="maco")

# A photo in which a whole layer sees more of what it sees (Mordvintsev, Olah & Tyka 2015): start from the photo.
DREAM = _computed({"jitter": 16, "scale_jitter": 0.1}, 0.02, 60, objective="layer")

# The picture whose values in a layer are a photo's (Mahendran & Vedaldi 2015): what the layer has kept of it.
INVERT = _computed({"total_variation": 0.05}, 0.05, 250, objective="match")

# A photo changed by small steps towards what a unit wants (after Hamblin et al. 2024): start from the photo. Few steps
# alone keep it near the photo.
ACCENTUATE = _computed({"jitter": 8, "scale_jitter": 0.1, "rotate_jitter": 5}, 0.02, 80)
BEYOND_2015: Mapping[str, Recipe] = {
    "robust": ROBUST,
    "lucid": LUCID,
    "lucid-small": LUCID_SMALL,
    "diverse": DIVERSE,
    "maco": MACO,
    "dream": DREAM,
    "invert": INVERT,
    "accentuate": ACCENTUATE,
}
FROM_A_PHOTO = ("dream", "accentuate")  # they change a photo, and need one
BUILT_IN: Mapping[str, Recipe] = {**TABLE_1, **ANY_NETWORK, **BEYOND_2015}

MOST_NAMED = 40  # presets that an error lists
_NAME = re.compile(r"[A-Za-z0-9][\w.+-]*")


def presets_file(environ: Mapping[str, str] = os.environ) -> Path:
    """Where the user's own presets are.

    ``$DEEPVIS_PRESETS``, else ``deepvis/presets.yaml`` in ``$XDG_CONFIG_HOME`` or ``~/.config``.
    """
    own = environ.get("DEEPVIS_PRESETS")
    if own:
        return Path(own)
    return home_of_user("XDG_CONFIG_HOME", ".config", environ) / "presets.yaml"


def preset(name: str, file: Path | None = None) -> Recipe:
    """A recipe of BUILT_IN, or a named one of the file. Raises OptimizeError with the nearest name.

    Other presets of the file may be wrong, and a file that cannot be read bars no built-in recipe; one of its presets
    that has a built-in's name does, for nobody could say which of the two is meant.
    """
    if name in BUILT_IN:
        _refuse_second(name, file or presets_file())
        return BUILT_IN[name]
    if file is not None and not file.exists():
        raise OptimizeError(f"the presets file {file} is not there; give another --presets-file")
    file = file or presets_file()
    named = _tables(file)
    if name not in named:
        hint = nearest_or_examples(name, [*BUILT_IN, *named], most=MOST_NAMED)
        raise OptimizeError(f"no preset is named {name!r}; {hint}")
    return _recipe(file, name, named[name])


def _refuse_second(name: str, file: Path) -> None:
    """Raise OptimizeError where the file has a preset with this built-in's name."""
    try:
        named = _tables(file)
    except OptimizeError:
        return
    if name in named:
        raise OptimizeError(f"preset {name!r} in {file} has the name of a built-in one; give it another name there")


def preset_of_units(name: str, file: Path | None = None) -> Recipe:
    """The same of a recipe whose pictures are those of single units. Raises OptimizeError for others."""
    found = preset(name, file)
    if found.objective in ("layer", "match") or name in FROM_A_PHOTO:
        raise OptimizeError(f"preset {name!r} makes no pictures of units; deepvis optimize makes its pictures")
    return found


def _tables(file: Path) -> dict[str, object]:
    """The settings of each preset as the file has them, not checked. Raises OptimizeError where they are no tables."""
    try:
        content = read_yaml(file)
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise OptimizeError(f"the presets file {file} cannot be read: {error}") from error
    if not isinstance(content, dict) or content.get("version") != VERSION:
        raise OptimizeError(f"the presets file {file} does not begin with version: {VERSION}; write that line into it")
    named = content.get("presets") or {}
    if not isinstance(named, dict):
        raise OptimizeError(f"presets in {file} is no table of names; expected presets: {{name: {{...}}}}")
    return {str(name): values for name, values in named.items()}


def keep_preset(name: str, recipe: Recipe, file: Path | None = None) -> Path:
    """Add a preset to the file, or replace the one of that name; the others stay as they are. Returns the file."""
    if name in BUILT_IN or not _NAME.fullmatch(name):
        raise OptimizeError(
            f"a preset cannot be named {name!r}; take letters, digits, '.', '_', '+', '-', other than "
            f"{', '.join(BUILT_IN)}"
        )
    file = file or presets_file()
    content = {"version": VERSION, "presets": {**_tables(file), name: recipe.active}}
    write_file(file, yaml.safe_dump(content, sort_keys=False).encode())
    return file


def _recipe(file: Path, name: str, values: object) -> Recipe:
    if not isinstance(values, dict):
        raise OptimizeError(f"preset {name!r} in {file} is no table of settings; expected {{decay: 0.001, ...}}")
    try:
        return Recipe.from_dict(values)
    except OptimizeError as error:
        raise OptimizeError(f"preset {name!r} in {file}: {error}") from error
