"""The readers of what the optimizer has written and reads back: climbs, results, searches, pieces, montages."""

from __future__ import annotations

import io
import json
from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

from PIL import Image, PngImagePlugin

from deepvis.core.unit_files import network_in, unit_image_paths
from deepvis.gallery.layer_recipe import read_recipe
from deepvis.gallery.montage_file import cut_units, filled_blocks, is_picture, read_rgb
from deepvis.gallery.single_captions import window_caption
from deepvis.gallery.unit_sources import results_of_optimize
from deepvis.live.reached_values import ReachedValues
from deepvis.live.users_nine import comment_of, held_by, is_alone, read_json
from deepvis.optimize.ascend import advance, begin
from deepvis.optimize.ascent_network import AscentNetwork, ascent_net_of
from deepvis.optimize.climb import Climb, Job
from deepvis.optimize.climb_files import read_climb, write_climb
from deepvis.optimize.layer_images import TEXT, discard, read_piece_text, rest_of
from deepvis.optimize.layer_plans import LayerPlan
from deepvis.optimize.objective import unit
from deepvis.optimize.optimize_error import OptimizeError
from deepvis.optimize.presets import preset
from deepvis.optimize.results import Origin, ResultPaths, info, is_of_job, of_others, read_info, to_json
from deepvis.optimize.search import Search, open_search, read_tried, recipe_numbered
from tests.faults import structured
from tests.faults.input_reader import Files, reader
from tests.faults.network_inputs import any_model
from tests.faults.picture_inputs import _pixels

ORIGIN = Origin("small", "0123456789ab")


@cache
def _network() -> AscentNetwork:
    return ascent_net_of(any_model())


@cache
def _climbs() -> tuple[Climb, ...]:
    """Two after two iterations: of pixels, and of frequencies with Adam's moments."""
    found = []
    for name in ("3", "lucid-small"):
        job = Job(unit("fc", 1), replace(preset(name), max_iter=9), seed=3)
        climb = begin(_network(), job)
        for _ in range(2):
            (climb,) = advance(_network(), [climb])
        found.append(climb)
    return tuple(found)


def _saved_climbs(folder: Path) -> Sequence[Files]:
    found = []
    for n, climb in enumerate(_climbs()):
        write_climb(folder / f"climb{n}.npz", climb)
        found.append({f"climb{n}.npz": (folder / f"climb{n}.npz").read_bytes()})
    return found


@reader("climb.npz", _saved_climbs, structured.NPZ)
def unfinished_climb(file: Path) -> None:
    """Read it, and climb on."""
    fresh = begin(_network(), _climbs()[int(file.stem[-1])].job)
    advance(_network(), [read_climb(file, fresh)])


def _info(climb: Climb) -> dict[str, Any]:
    return {**info(climb, ORIGIN), "preset": "3", "changed": {"max_iter": 9}, "value": 1.5}


def _infos(folder: Path) -> Sequence[Files]:
    picture = _jpeg()
    return [{"opt_fc_info.json": to_json(_info(climb)), "opt_fc_best_X.jpg": picture} for climb in _climbs()]


@reader("info.json", _infos, structured.JSON)
def result_of_optimize(file: Path) -> None:
    """As ``optimize`` reads it that is given again, as the gallery, and as the window."""
    results_of_optimize([file.parent], ["fc"], lambda word: True)
    window_caption(file), network_in(file), ReachedValues().of_live(file)
    is_of_job(read_info(file), _climbs()[0].job, ORIGIN)


@cache
def _layer_plan(folder: Path) -> LayerPlan:
    blocks = {2: ("3", preset("3")), 3: ("lucid", preset("lucid"))}
    return LayerPlan(folder, ORIGIN, "fc", (0, 1), 2, blocks, (0,), "whole", (0, 0, 16, 16))


def _hows(folder: Path) -> Sequence[Files]:
    plan = _layer_plan(folder)
    name = str(plan.how.relative_to(folder))
    description = plan.description()
    pictures = {str(path.relative_to(folder)): _jpeg() for path in (plan.whole, plan.montage(0))}
    return [{name: to_json(content), **pictures} for content in (description, {**description, "units": [1.5, None]})]


@reader("how.json", _hows, structured.JSON)
def layer_recipe(file: Path) -> None:
    """As the gallery, the window and ``optimize-layer`` read it, with --overwrite too."""
    read_recipe(file), network_in(file)
    values = ReachedValues()
    values.of_layer(file, 0), values.of_layer(file, 1)
    plan = _layer_plan(file.parents[2])
    try:
        rest_of(plan)
    except OptimizeError:
        discard(plan)
        raise


@cache
def _search() -> Search:
    return Search(ORIGIN, (unit("fc", 0),), recipes=2, max_iter=9)


def _searches(first: str):
    def seeds(folder: Path) -> Sequence[Files]:
        files = {"search.json": to_json(_search().as_dict())}
        for _, stem in _search().jobs().values():
            climb = _climbs()[0]
            recorded = {**info(climb, ORIGIN), "smoothness": 0.5, "recipe": climb.job.recipe.as_dict()}
            files[f"{stem}.json"], files[f"{stem}.jpg"] = to_json(recorded), b"x"
        return [{first: files[first], **files}]

    return seeds


@reader("search.json", _searches("search.json"), structured.JSON, names=False)  # the folder may be named
@reader("tried.json", _searches("0001_fc_0000.json"), structured.JSON, names=False)
def search(file: Path) -> None:
    open_search(file.parent, _search())
    for row in read_tried(file.parent, _search().jobs()).values():
        sorted(row, key=lambda tried: tried.objective)
    recipe_numbered(file.parent, 1)


# --- pictures --------------------------------------------------------------------------------------


def _jpeg(comment: bytes = b"deepvis") -> bytes:
    content = io.BytesIO()
    Image.fromarray(_pixels(96, 96)).save(content, "JPEG", quality=80, comment=comment)
    return content.getvalue()


def _pieces(folder: Path) -> Sequence[Files]:
    text = PngImagePlugin.PngInfo()
    text.add_text(TEXT, json.dumps({"version": 1, "objective": 1.5, "trouble": None}))
    content = io.BytesIO()
    Image.fromarray(_pixels(24, 24)).save(content, "PNG", pnginfo=text)
    return [{"piece.png": content.getvalue()}]


@reader("piece.png", _pieces, structured.BYTES)
def piece(file: Path) -> None:
    from deepvis.optimize.layer_images import piece_objective

    read_piece_text(file), piece_objective(file)


def _montages(folder: Path) -> Sequence[Files]:
    place = unit_image_paths(folder, "fc", 0)
    kept = place.of_user / "fc_0000_00.png"
    files = {
        place.montage: _jpeg(comment_of([kept])),
        kept: _pieces(folder)[0]["piece.png"],
        kept.with_suffix(".json"): to_json(_info(_climbs()[0])),
        place.live: _pieces(folder)[0]["piece.png"],
        place.live.with_suffix(".json"): to_json(_info(_climbs()[0])),
    }
    return [{str(path.relative_to(folder)): content for path, content in files.items()}]


@reader("montage", _montages, structured.BYTES)
def montage(file: Path) -> None:
    """As the window and the gallery look at it; a picture in the way of ``optimize``."""
    place = unit_image_paths(file.parents[2], "fc", 0)
    held_by(file, [place.of_user / "fc_0000_00.png"])
    is_alone(place, [place.of_user / "fc_0000_00.png"], read_json)
    if is_picture(file):
        filled_blocks(file)
        cut_units(read_rgb(file), 9, (8, 8))
    paths = ResultPaths(file.parent / "x")
    paths.best_x = file
    of_others(paths)
