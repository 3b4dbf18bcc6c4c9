"""The paper's random search: recipes drawn at random, tried on a few units, looked at, and the good ones kept.

A folder of a search::

    search.json                        what is searched: model, units, how many, from which seed
    0017_fc8_0130.jpg  0017_fc8_0130.json   recipe 17 on one unit: the picture, and all about it
    index.html                         the contact sheet

Source: Yosinski et al. 2015, section 3.2: 300 combinations of hyperparameters, looked through by hand.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from scipy.ndimage import gaussian_filter

from deepvis.core.content_errors import CONTENT_ERRORS, reason
from deepvis.core.files import write_file
from deepvis.core.json_file import read_table
from deepvis.core.own_files import in_the_way, not_ours
from deepvis.core.unit_files import file_name
from deepvis.optimize.climb import Climb, Job
from deepvis.optimize.objective import Objective
from deepvis.optimize.optimize_error import OptimizeError
from deepvis.optimize.recipe import Recipe
from deepvis.optimize.results import Origin, info, to_json, write_jpeg

VERSION = 1
SMOOTH_SIGMA = 2.0  # pixels


@dataclass(frozen=True)
class Search:
    """recipes: how many to draw. seed: of the draw, and of the start image. max_iter: of each ascent."""

    origin: Origin
    objectives: tuple[Objective, ...]
    recipes: int = 300
    seed: int = 0
    max_iter: int = 300

    def jobs(self) -> dict[Job, tuple[int, str]]:
        """Every job, recipe by recipe: its recipe's number and the stem of its files."""
        found = {}
        for number in range(self.recipes):
            recipe = drawn(self.seed, number, self.max_iter)
            for objective in self.objectives:
                term = objective.leader
                stem = f"{number:04d}_{file_name(term.layer)}_{objective.channel:04d}"
                found[Job(objective, recipe, self.seed)] = (number, stem)
        return found

    def as_dict(self) -> dict[str, Any]:
        return {
            "version": VERSION,
            **self.origin.as_dict(),
            "objectives": [objective.as_dict() for objective in self.objectives],
            "seed": self.seed,
            "max_iter": self.max_iter,
        }


@dataclass(frozen=True)
class Tried:
    """One recipe on one unit, as its json tells."""

    number: int
    picture: str
    unit: str
    objective: float
    smoothness: float
    recipe: Recipe
    result: str


def drawn(seed: int, number: int, max_iter: int) -> Recipe:
    """The recipe of that number: each regularizer is on in half of them, its strength drawn from a wide range.

    Strengths over orders of magnitude are drawn evenly in their logarithm. The same for ever: depends on the two
    numbers alone.
    """
    random = np.random.default_rng([seed, number])

    def sometimes(value: float) -> float:
        return float(f"{value:.3g}") if random.random() < 0.5 else 0.0

    def magnitude(low: float, high: float) -> float:
        return float(f"{np.exp(random.uniform(np.log(low), np.log(high))):.3g}")

    blurs = random.random() < 0.5
    strengths = {
        "decay": sometimes(magnitude(1e-5, 0.5)),
        "blur_radius": float(f"{random.uniform(0.3, 2.0):.3g}") if blurs else 0.0,
        "blur_every": int(random.integers(1, 9)) if blurs else 0,
        "small_norm_percentile": sometimes(random.uniform(5, 80)),
        "px_abs_benefit_percentile": sometimes(random.uniform(5, 95)),
    }
    if random.random() < 0.5:
        return Recipe(strengths, "constant", {"lr": magnitude(3, 3000)}, max_iter)
    params = {"max_lr": magnitude(30, 1e8), "desired_prog": magnitude(0.3, 10)}
    return Recipe(strengths, "progress", params, max_iter)


def smoothness(rgb: np.ndarray) -> float:
    """Share of a picture's variance that is left after a blur of 2 pixels: noise 0, a gentle picture 1."""
    values = rgb.astype(np.float64)
    total = values.var(axis=(0, 1)).sum()
    soft = gaussian_filter(values, (SMOOTH_SIGMA, SMOOTH_SIGMA, 0)).var(axis=(0, 1)).sum()
    return float(soft / total) if total else 1.0


def open_search(folder: Path, search: Search) -> None:
    """Begin a search in a folder, or go on with it. Raises OptimizeError where it holds another."""
    file = folder / "search.json"
    try:
        there = read_table(file)
    except FileNotFoundError:
        if (path := not_ours([folder / "index.html"])) is not None:
            raise OptimizeError(in_the_way(path)) from None
        write_file(file, to_json(search.as_dict()))
        return
    except ValueError as error:
        raise OptimizeError(f"{file} cannot be read ({reason(error)}); choose another --output") from None
    if not search.origin.matches_all(there, search.as_dict()):
        raise OptimizeError(f"{folder} holds another search ({file} says which); choose another --output")


def write_tried(folder: Path, stem: str, climb: Climb, rgb: np.ndarray, origin: Origin) -> None:
    """Keep one picture; its json last."""
    write_jpeg(folder / f"{stem}.jpg", rgb)
    recorded = {**info(climb, origin), "smoothness": smoothness(rgb), "recipe": climb.job.recipe.as_dict()}
    write_file(folder / f"{stem}.json", to_json(recorded))


def read_tried(folder: Path, jobs: Mapping[Job, tuple[int, str]]) -> dict[int, list[Tried]]:
    """What has been tried so far, by the recipe's number."""
    rows: dict[int, list[Tried]] = {}
    for number, stem in jobs.values():
        path = folder / f"{stem}.json"
        try:
            tried = _tried(read_table(path), number, f"{stem}.jpg")
        except FileNotFoundError:
            continue
        except CONTENT_ERRORS as error:
            raise OptimizeError(f"{path} cannot be read ({reason(error)}); remove it, and it is tried again") from None
        rows.setdefault(number, []).append(tried)
    return rows


def _tried(recorded: Mapping[str, Any], number: int, picture: str) -> Tried:
    pushed, best = recorded["parameters"], recorded["best_objective"]
    unit = f"{pushed['push_layer']} {pushed['push_channel']}"
    objective = float("nan") if best is None else float(best)
    recipe = Recipe.from_dict(recorded["recipe"])
    return Tried(number, picture, unit, objective, float(recorded["smoothness"]), recipe, str(recorded["result"]))


def recipe_numbered(folder: Path, number: int) -> Recipe:
    """The recipe of a row of the sheet. Raises OptimizeError where there is none."""
    for path in sorted(folder.glob(f"{number:04d}_*.json")):
        try:
            return Recipe.from_dict(read_table(path)["recipe"])
        except CONTENT_ERRORS as error:
            raise OptimizeError(f"{path} holds no recipe ({reason(error)}); name another one") from None
    raise OptimizeError(f"{folder} has no recipe {number}; index.html shows which there are")
