"""The window's own pictures of a layer: a montage for each unit and one of the whole layer, made piece by piece.

Beside the finished files of core/unit_files.py::

    <folder>/regularized_opt/<layer>/how.json                    how they are made, there from the beginning; with
                                                                 "units" once all of the layer is done
    <folder>/regularized_opt/<layer>/pieces/*.png                one image each, until the whole layer is done, named
                                                                 by the network, the job and the size

A piece carries its objective and its trouble (a sentence, where the unit was dead) in a text chunk of the PNG. A unit's
montage can be made anew from its pieces.
"""

from __future__ import annotations

import io
import json
import shutil
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, PngImagePlugin

from deepvis.core.files import written_beside
from deepvis.core.unit_files import file_name, unit_image_paths
from deepvis.jobs.store import Store, adopt
from deepvis.optimize.ascend import Climb, Job
from deepvis.optimize.climbs import kept_in
from deepvis.optimize.defaults import LAYER_JPEG_QUALITY
from deepvis.optimize.layout import montage, resized, whole_layer
from deepvis.optimize.objective import Objective, Term
from deepvis.optimize.optimize_error import OptimizeError
from deepvis.optimize.pictures import Box
from deepvis.optimize.presets import TABLE_1
from deepvis.optimize.recipe import Recipe
from deepvis.optimize.results import Origin, parameters, to_json, write_jpeg

VERSION = 1
SHOWN_BLOCK = 2  # lower left: what the window shows
BLOCKS = 4
TEXT = "deepvis"


@dataclass(frozen=True)
class LayerPlan:
    """What is to be made of a layer.

    blocks: block of the montage -> (preset's name, recipe). box: what a unit sees of the input.
    longest: the longer side of a picture in pixels, 0: as large as what the unit sees. field_only: the network is
    run on what the unit sees alone; place and box are then those in it. quality: of the JPEG files, 1 to 95.
    """

    folder: Path
    origin: Origin
    layer: str
    channels: tuple[int, ...]
    count: int
    blocks: Mapping[int, tuple[str, Recipe]]
    seeds: tuple[int, ...]
    place: tuple[int, ...] | str
    box: Box
    longest: int = 0
    field_only: bool = False
    quality: int = LAYER_JPEG_QUALITY

    @property
    def cell(self) -> tuple[int, int]:
        """(height, width) of one picture."""
        height, width = self.box[2] - self.box[0], self.box[3] - self.box[1]
        shrink = min(1.0, self.longest / max(height, width)) if self.longest else 1.0
        return max(round(height * shrink), 1), max(round(width * shrink), 1)

    def jobs(self) -> dict[Job, Path]:
        """Every job, unit by unit, and the piece that it makes."""
        return {self.job(*which): self.piece(*which) for which in self.each()}

    def each(self) -> Iterator[tuple[int, int, int]]:
        """(channel, block, seed) of every job."""
        return product(self.channels, self.blocks, self.seeds)

    def job(self, channel: int, block: int, seed: int) -> Job:
        return Job(Objective((Term(self.layer, channel, self.place),)), self.blocks[block][1], seed)

    @property
    def pieces(self) -> Path:
        return self.whole.parent / "pieces"

    @property
    def whole(self) -> Path:
        return unit_image_paths(self.folder, self.layer).whole_layer

    @property
    def how(self) -> Path:
        return unit_image_paths(self.folder, self.layer).how

    def montage(self, channel: int) -> Path:
        return unit_image_paths(self.folder, self.layer, channel).montage

    def piece(self, channel: int, block: int, seed: int) -> Path:
        """The image of a unit, a preset and a seed, there or not."""
        cut = {"field": list(self.box), "size": list(self.cell), "field_only": self.field_only}
        store = Store(self.pieces, self.origin.network, ".png")
        return store.path({"piece": self.job(channel, block, seed).as_dict(), **cut})

    def climbs(self, jobs: Iterable[Job]) -> dict[Job, Path]:
        """Where the climbs of jobs are kept on their way."""
        earlier = {job: path.with_name(f"{path.stem}_unfinished.npz") for job, path in self.earlier().items()}
        field_of = self.layer if self.field_only else None
        return kept_in(self.pieces, self.origin, jobs, field_of=field_of, earlier=earlier)

    def earlier(self) -> dict[Job, Path]:
        """The names that 0.1.0 gave to the pieces."""
        stem = file_name(self.layer)
        return {
            self.job(channel, block, seed): self.pieces / f"{stem}_{channel:04d}_p{block + 1}_s{seed}.png"
            for channel, block, seed in self.each()
        }

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


def rest_of(plan: LayerPlan) -> LayerPlan:
    """The plan of what is left of a layer: no channels where all is there. Changes nothing.

    Raises OptimizeError where there are pictures that were made in another way, or by another program.
    """
    recorded = _read_how(plan)
    if recorded is not None and not _fits(plan, recorded) and ("units" in recorded or any(plan.pieces.glob("*.png"))):
        raise OptimizeError(
            f"the pictures of {plan.layer} in {plan.folder} were made in another way ({plan.how} says how); "
            "give --overwrite to overwrite them, or another --output"
        )
    if recorded is None and not plan.pieces.exists():
        for path in filter(Path.exists, [plan.whole, *map(plan.montage, range(plan.count))]):
            raise OptimizeError(
                f"{path} is there already, and nothing says how it was made; give --overwrite to overwrite it, "
                "or another --output"
            )
    if is_complete(plan):
        return replace(plan, channels=tuple(c for c in plan.channels if not plan.montage(c).exists()))
    return plan


def discard(plan: LayerPlan) -> None:
    """Forget what there is of the plan's channels; of the whole layer where it was made in another way.

    Montages made in the same way stay until new ones take their places.
    """
    try:
        recorded = _read_how(plan)
    except OptimizeError:
        recorded = None
    if recorded is None or not _fits(plan, recorded):
        shutil.rmtree(plan.pieces, ignore_errors=True)
        for path in (plan.how, plan.whole, *map(plan.montage, range(plan.count))):
            path.unlink(missing_ok=True)
        return
    jobs = plan.jobs()
    for path in (*jobs.values(), *plan.climbs(jobs).values(), *plan.earlier().values()):
        path.unlink(missing_ok=True)
    if len(plan.channels) == plan.count:
        plan.how.unlink()


def _fits(plan: LayerPlan, recorded: dict[str, Any]) -> bool:
    """Was a layer made as the plan says? What an earlier version did not write down is taken to fit."""
    return plan.origin.made_as({name: value for name, value in recorded.items() if name != "units"}, plan.description())


def write_how(plan: LayerPlan) -> None:
    """Say how the layer is made, before its first picture is."""
    if not is_complete(plan):
        with written_beside(plan.how) as file:
            file.write(to_json(plan.description()))


def is_complete(plan: LayerPlan) -> bool:
    """Has the whole layer been made once, in this way? Single montages may be gone since."""
    recorded = _read_how(plan)
    return recorded is not None and _fits(plan, recorded) and "units" in recorded and plan.whole.exists()


def _read_how(plan: LayerPlan) -> dict[str, Any] | None:
    try:
        content = json.loads(plan.how.read_text(encoding="utf-8"))
        if not isinstance(content, dict):
            raise ValueError("no table")
        return content
    except FileNotFoundError:
        return None
    except ValueError as error:
        raise OptimizeError(f"{plan.how} cannot be read ({error}); delete it, or give --overwrite") from None


def jobs_left(plan: LayerPlan) -> dict[Job, Path]:
    """The jobs whose pieces are not there yet. Pieces that 0.1.0 has left get their names of today, if they fit."""
    paths = plan.jobs()
    for job, earlier in plan.earlier().items():
        recorded = read_piece_text(earlier)
        if (
            recorded
            and plan.origin.made(recorded)
            and recorded["parameters"] == json.loads(json.dumps(parameters(job)))
        ):
            adopt(earlier, paths[job])
    return {job: path for job, path in paths.items() if not path.exists()}


def write_piece(plan: LayerPlan, path: Path, climb: Climb, rgb: np.ndarray) -> None:
    """One image, at its size in the montage, with its story. rgb: cut to the field."""
    recorded = PngImagePlugin.PngInfo()
    best = climb.best.objective if climb.best else None
    recorded.add_text(
        TEXT,
        json.dumps(
            {"version": VERSION, "objective": best, "trouble": climb.trouble},
        ),
    )
    encoded = io.BytesIO()
    Image.fromarray(resized(rgb, plan.cell)).save(encoded, "PNG", pnginfo=recorded)
    with written_beside(path) as file:
        file.write(encoded.getvalue())


def read_piece_text(path: Path) -> dict[str, Any] | None:
    """What a piece says of itself; None where there is no such file, or not a whole one."""
    try:
        with Image.open(path) as image:
            return json.loads(image.text[TEXT])  # type: ignore[attr-defined]
    except (OSError, KeyError, ValueError, AttributeError):
        return None


def write_montage(plan: LayerPlan, channel: int) -> bool:
    """Make a unit's montage if all of its pieces are there; says whether."""
    rows = {block: [plan.piece(channel, block, seed) for seed in plan.seeds] for block in plan.blocks}
    if not all(path.exists() for paths in rows.values() for path in paths):
        return False
    blocks = [[_read(path) for path in rows.get(block, [])] for block in range(BLOCKS)]
    write_jpeg(plan.montage(channel), montage(blocks, plan.cell), plan.quality)
    return True


def finish_layer(plan: LayerPlan) -> bool:
    """Make the layer's picture, say that it is done, and clear the pieces away, if all of them are there."""
    units = range(plan.count)
    if not is_complete(plan):
        whole = replace(plan, channels=tuple(units))
        if not all(path.exists() for path in whole.jobs().values()):
            return False
        for channel in units:
            if not plan.montage(channel).exists():
                write_montage(plan, channel)
        best = [max((plan.piece(c, plan_block(plan), seed) for seed in plan.seeds), key=_objective) for c in units]
        write_jpeg(plan.whole, whole_layer([_read(path) for path in best], plan.cell), plan.quality)
        with written_beside(plan.how) as file:
            file.write(to_json({**plan.description(), "units": [_round(_objective(path)) for path in best]}))
    shutil.rmtree(plan.pieces, ignore_errors=True)
    return True


def plan_block(plan: LayerPlan) -> int:
    """The block that stands for a unit: the one that the window shows, or else the first."""
    return SHOWN_BLOCK if SHOWN_BLOCK in plan.blocks else next(iter(plan.blocks))


def _objective(path: Path) -> float:
    recorded = read_piece_text(path)
    value = recorded["objective"] if recorded else None
    return float("-inf") if value is None or value != value else float(value)


def _round(value: float) -> float | None:
    return round(value, 4) if np.isfinite(value) else None


def _read(path: Path) -> np.ndarray:
    with Image.open(path) as image:
        return np.asarray(image.convert("RGB"))
