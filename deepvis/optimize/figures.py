"""The paper's figures for any network: what is drawn in each, and how the page is laid out.

A figure is a value: rows of jobs with captions. Its pictures are made by a session, kept as pieces in a folder, and
drawn by ``draw``.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont, ImageOps

from deepvis.jobs.store import Store, adopt
from deepvis.optimize.climb import Job
from deepvis.optimize.objective import Objective, unit
from deepvis.optimize.presets import TABLE_1
from deepvis.optimize.recipe import Recipe
from deepvis.optimize.results import Origin
from deepvis.optimize.units import spread

PAGE, INK, FAINT = (255, 255, 255), (30, 32, 38), (120, 124, 132)
GAP, LABEL, MARGIN = 6, 20, 16  # pixels
SIDE = 64  # of a picture where all are of one size
NAMES = ("figure_3", "figure_4", "figure_5", "figure_S1")  # of the files
SWEEP_STEPS = 8
SWEEPS: Mapping[
    str, tuple[str, float, Mapping[str, float]]
] = {  # setting -> title, its strongest value, the other strengths
    "decay": ("L2 decay", 0.5, {}),
    "blur_radius": ("Gaussian blur radius", 2.1, {"blur_every": 4}),
    "small_norm_percentile": ("Small-norm clipping, percentile", 95.0, {}),
    "px_abs_benefit_percentile": ("Contribution clipping, percentile", 99.0, {}),
}


@dataclass(frozen=True)
class Row:
    """captions: one under each picture, or none."""

    title: str
    jobs: tuple[Job, ...]
    captions: tuple[str, ...] = ()


@dataclass(frozen=True)
class Figure:
    """wrap: most pictures side by side; longer rows go on below.

    side: pixels of the longer side of every picture; None: each at its own size.
    """

    name: str
    title: str
    rows: tuple[Row, ...]
    wrap: int = 16
    side: int | None = None

    @property
    def jobs(self) -> list[Job]:
        return list(dict.fromkeys(job for row in self.rows for job in row.jobs))


def sweeps(objective: Objective, label: str, base: Recipe) -> Figure:
    """Figure 3: each regularizer alone, from nothing (left) to strong (right), in even steps."""
    rows = []
    for name, (title, strongest, others) in SWEEPS.items():
        values = [round(strongest * n / (SWEEP_STEPS - 1), 4) for n in range(SWEEP_STEPS)]
        recipes = [replace(base, strengths={**(others if value else {}), name: value}) for value in values]
        jobs = tuple(Job(objective, recipe) for recipe in recipes)
        rows.append(Row(title, jobs, tuple(f"{value:.3g}" for value in values)))
    return Figure("figure_3", f"One regularizer at a time: {label}", tuple(rows))


def presets_by_class(classes: Sequence[tuple[str, Objective]], recipes: Mapping[str, Recipe] = TABLE_1) -> Figure:
    """Figure 4: class units (columns) under the four rows of Table 1. classes: caption and unit of each column."""
    names = tuple(name for name, _ in classes)
    rows = tuple(
        Row(f"Preset {name}", tuple(Job(objective, recipe) for _, objective in classes), names)
        for name, recipe in recipes.items()
    )
    return Figure("figure_4", "Classes under four presets", rows)


def features_by_layer(layers: Mapping[str, Sequence[int]], recipe: Recipe) -> Figure:
    """Figure 5: units of each layer, deepest first, as large as what they see."""
    rows = tuple(
        Row(layer, tuple(Job(unit(layer, channel), recipe) for channel in channels))
        for layer, channels in reversed(list(layers.items()))
    )
    return Figure("figure_5", "What units prefer, by layer, at true size", rows)


def every_channel(layers: Mapping[str, int], most: int, recipe: Recipe) -> Figure:
    """Figure S1: one picture per channel of the convolutional layers, all of one size, at most so many of a layer.

    layers: how many channels each has.
    """
    rows = []
    for layer, count in layers.items():
        channels = spread(count, most)
        shown = f"{len(channels)} of " if len(channels) < count else ""
        rows.append(
            Row(f"{layer}, {shown}{count} channels", tuple(Job(unit(layer, channel), recipe) for channel in channels))
        )
    return Figure("figure_S1", "One picture per channel", tuple(rows), wrap=28, side=SIDE)


def draw(figure: Figure, picture: Callable[[Job], np.ndarray]) -> np.ndarray:
    """The page: (H, W, 3) uint8 RGB. picture: the picture of a job, (h, w, 3) uint8, drawn at the figure's size."""
    blocks = [_draw_row(row, figure, picture) for row in figure.rows]
    width = max(block.width for block in blocks) + 2 * MARGIN
    title = ImageFont.load_default(18)
    width = max(width, int(title.getlength(figure.title)) + 2 * MARGIN)
    page = Image.new("RGB", (width, sum(block.height + GAP for block in blocks) + 2 * MARGIN + 30), PAGE)
    ImageDraw.Draw(page).text((MARGIN, MARGIN - 4), figure.title, INK, title)
    top = MARGIN + 30
    for block in blocks:
        page.paste(block, (MARGIN, top))
        top += block.height + GAP
    return np.asarray(page)


def _draw_row(row: Row, figure: Figure, picture: Callable[[Job], np.ndarray]) -> Image.Image:
    tiles = [_sized(Image.fromarray(picture(job)), figure.side) for job in row.jobs]
    wrap = figure.wrap
    cell = max(tile.width for tile in tiles), max(tile.height for tile in tiles)
    below = LABEL if row.captions else 0
    lines = -(-len(tiles) // wrap)
    width = min(len(tiles), wrap) * (cell[0] + GAP)
    block = Image.new("RGB", (max(width, 260), LABEL + lines * (cell[1] + GAP + below)), PAGE)
    pen, font = ImageDraw.Draw(block), ImageFont.load_default(13)
    pen.text((0, 2), row.title, INK, font)
    for n, tile in enumerate(tiles):
        left, top = (n % wrap) * (cell[0] + GAP), LABEL + (n // wrap) * (cell[1] + GAP + below)
        block.paste(tile, (left, top))
        if row.captions:
            pen.text((left, top + cell[1] + 2), _fitting(row.captions[n], font, cell[0]), FAINT, font)
    return block


def _sized(image: Image.Image, side: int | None) -> Image.Image:
    return image if side is None else ImageOps.contain(image, (side, side), Image.Resampling.LANCZOS)


def _fitting(text: str, font: ImageFont.FreeTypeFont | ImageFont.ImageFont, width: int) -> str:
    """The text, its end cut off where it is wider than so many pixels."""
    while text and font.getlength(text) > width:
        text = text[:-1]
    return text


def pieces(folder: Path, origin: Origin, jobs: Iterable[Job]) -> dict[Job, Path]:
    """Where the picture of each job lies, there or not. Those of 0.1.0 get their names of today."""
    store, found = Store(folder, origin.network, ".png"), {}
    for job in jobs:
        found[job] = store.path({"picture": job.as_dict()})
        made_by = json.dumps({**origin.as_dict(), **job.as_dict()}, sort_keys=True)
        digest = hashlib.sha256(made_by.encode()).hexdigest()[:12]
        earlier = folder / f"{job.objective.channel:04d}_{digest}.png"
        if earlier.exists():
            adopt(earlier, found[job])
    return found
