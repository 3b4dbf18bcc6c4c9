"""What is to be made of a layer: its units under some presets, each block of a montage with its seeds.

A plan comes from the options of the command line. It says where everything lies that ``layer_images`` makes.
"""

from __future__ import annotations

import argparse
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any

from deepvis.core.unit_files import file_name, unit_image_paths
from deepvis.jobs.store import Store
from deepvis.models.model import Model
from deepvis.optimize.ascent_network import AscentNetwork
from deepvis.optimize.climb import Job
from deepvis.optimize.climb_files import climb_files
from deepvis.optimize.defaults import LAYER_JPEG_QUALITY
from deepvis.optimize.diversity import group_of
from deepvis.optimize.field_box import Box, field_box
from deepvis.optimize.field_only import field_only, place_in
from deepvis.optimize.objective import CENTRE, Objective, Term, resolve
from deepvis.optimize.optimize_error import OptimizeError
from deepvis.optimize.presets import TABLE_1, preset_of_units
from deepvis.optimize.recipe import Recipe
from deepvis.optimize.recipe_options import place_of, seeds_named, shortened
from deepvis.optimize.results import Origin, origin_of
from deepvis.optimize.units import channels_of

VERSION = 1
SHOWN_BLOCK = 2  # lower left: what the window shows
BLOCKS = 4
MOST_SEEDS = 9  # pictures in a block


@dataclass(frozen=True)
class LayerPlan:
    """What is to be made of a layer, and where each part of it lies, there or not."""

    folder: Path
    origin: Origin
    layer: str
    channels: tuple[int, ...]
    count: int  # channels that the layer has
    blocks: Mapping[int, tuple[str, Recipe]]  # block of the montage -> (preset's name, recipe)
    seeds: tuple[int, ...]
    place: tuple[int, ...] | str
    box: Box  # what a unit sees of the input
    longest: int = 0  # side of a picture in pixels; 0: as large as what the unit sees
    field_only: bool = False  # the network is run on what the unit sees alone: place and box are those in it
    quality: int = LAYER_JPEG_QUALITY  # of the JPEG files, 1 to 95

    @property
    def cell(self) -> tuple[int, int]:
        """(height, width) of one picture."""
        height, width = self.box[2] - self.box[0], self.box[3] - self.box[1]
        shrink = min(1.0, self.longest / max(height, width)) if self.longest else 1.0
        return max(round(height * shrink), 1), max(round(width * shrink), 1)

    def jobs(self) -> dict[Job, Path]:
        """Every job, unit by unit, and the piece that it makes."""
        return {self.job(*which): self.piece(*which) for which in product(self.channels, self.blocks, self.seeds)}

    def job(self, channel: int, block: int, seed: int) -> Job:
        recipe = self.blocks[block][1]
        objective = Objective((Term(self.layer, channel, self.place),))
        return Job(objective, recipe, seed, group=group_of(recipe, self.seeds))

    @property
    def pieces(self) -> Path:
        return self.whole.parent / "pieces"

    @property
    def shown_block(self) -> int:
        """The block that stands for a unit: the one that the window shows, or else the first."""
        return SHOWN_BLOCK if SHOWN_BLOCK in self.blocks else next(iter(self.blocks))

    @property
    def whole(self) -> Path:
        return unit_image_paths(self.folder, self.layer).whole_layer

    @property
    def how(self) -> Path:
        return unit_image_paths(self.folder, self.layer).how

    def montage(self, channel: int) -> Path:
        return unit_image_paths(self.folder, self.layer, channel).montage

    def piece(self, channel: int, block: int, seed: int) -> Path:
        """The image of a unit, a preset and a seed."""
        cut = {"field": list(self.box), "size": list(self.cell), "field_only": self.field_only}
        store = Store(self.pieces, self.origin.network, ".png")
        return store.path({"piece": self.job(channel, block, seed).as_dict(), **cut})

    def climbs(self, jobs: Iterable[Job]) -> dict[Job, Path]:
        """Where the climbs of jobs are kept on their way."""
        earlier = {job: path.with_name(f"{path.stem}_unfinished.npz") for job, path in self.earlier().items()}
        field_of = self.layer if self.field_only else None
        return climb_files(self.pieces, self.origin, jobs, field_of=field_of, earlier=earlier)

    def earlier(self) -> dict[Job, Path]:
        """The names that 0.1.0 gave to the pieces."""
        stem = file_name(self.layer)
        return {
            self.job(channel, block, seed): self.pieces / f"{stem}_{channel:04d}_p{block + 1}_s{seed}.png"
            for channel, block, seed in product(self.channels, self.blocks, self.seeds)
        }

    @property
    def earlier_name(self) -> str:
        """A regular expression of those names, of any piece of the layer and of its climbs."""
        return rf"{re.escape(file_name(self.layer))}_\d{{4,}}_p\d_s\d+(?:\.png|_unfinished\.npz)"

    def description(self) -> dict[str, Any]:
        """How the pictures of the layer are made, for how.json."""
        return {
            "version": VERSION,
            **self.origin.as_dict(),
            "layer": self.layer,
            "place": self.place if isinstance(self.place, str) else list(self.place),
            "field": list(self.box),
            "field_only": self.field_only,
            "size": list(self.cell),
            "quality": self.quality,
            "seeds": list(self.seeds),
            "blocks": {str(b + 1): {"preset": name, **r.as_dict()} for b, (name, r) in self.blocks.items()},
        }


def blocks_of(recipes: Mapping[str, Recipe]) -> dict[int, tuple[str, Recipe]]:
    """Which block of the montage each preset gets.

    One preset, or the first of the user's own, gets the block that the window shows; Table 1's rows have
    their own places; four stand in the order given. Raises OptimizeError for more than four.
    """
    if len(recipes) > BLOCKS:
        raise OptimizeError(f"{len(recipes)} presets are given; a montage has room for {BLOCKS}")
    if len(recipes) == BLOCKS:
        return dict(enumerate(recipes.items()))
    if len(recipes) == 1:
        return {SHOWN_BLOCK: next(iter(recipes.items()))}
    rows = list(TABLE_1)
    own = {name: rows.index(name.rstrip("+")) for name in recipes if name.rstrip("+") in rows}
    placed = {own[name]: (name, recipe) for name, recipe in recipes.items() if name in own}
    free = [block for block in (SHOWN_BLOCK, 0, 1, 3) if block not in placed]
    for name, recipe in recipes.items():
        if name not in own:
            placed[free.pop(0)] = (name, recipe)
    return dict(sorted(placed.items()))


def plan_of(args: argparse.Namespace, model: Model, ready: AscentNetwork, layer: str) -> LayerPlan:
    """What the options ask of a layer."""
    names = args.presets or model.presets or TABLE_1
    recipes = {name: shortened(preset_of_units(name, args.presets_file), args.max_iter) for name in names}
    shapes = ready.net.shapes
    channels = channels_of(args.push_channel, layer, model, shapes)
    seeds = seeds_named(args.rand_seed)
    if len(seeds) > MOST_SEEDS:
        raise OptimizeError(f"--rand-seed names {len(seeds)} seeds; a block of the montage has room for {MOST_SEEDS}")
    place = place_of(args.push_spatial)
    small = field_only(ready, layer) if args.field_only and place == CENTRE else ready
    place = place_in(small, ready, layer) if small is not ready else place
    term = resolve(Objective((Term(layer, channels[-1], place),)), small.net.shapes).leader
    return LayerPlan(
        folder=args.output or model.unit_image_dir,
        origin=origin_of(model),
        layer=layer,
        channels=tuple(channels),
        count=shapes[layer][1] if len(shapes[layer]) > 1 else 1,
        blocks=blocks_of(recipes),
        seeds=tuple(seeds),
        place=term.place,
        box=field_box(small, term),
        longest=args.tile,
        field_only=small is not ready,
        quality=args.quality,
    )


def check_folders(plans: Sequence[LayerPlan]) -> None:
    """Raise OptimizeError where two layers' names become one folder's name."""
    folders: dict[Path, str] = {}
    for plan in plans:
        other = folders.setdefault(plan.whole.parent, plan.layer)
        if other != plan.layer:
            raise OptimizeError(
                f"the layers {other!r} and {plan.layer!r} have the same folder {plan.whole.parent}; make them with "
                "an --output each"
            )
