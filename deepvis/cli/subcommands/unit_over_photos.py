"""``deepvis unit-over-photos``: one unit over many photos as a sheet, its map beneath each (docs/compare.md)."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from deepvis.cli.guard import warn
from deepvis.cli.parser import Parser, whole
from deepvis.cli.photo_arguments import unit_named
from deepvis.cli.shared_options import add_network, add_overwrite
from deepvis.cli.subcommand import subcommand
from deepvis.core.files import write_file
from deepvis.core.json_file import read_table
from deepvis.core.user_error import UsageError
from deepvis.models.network_options import network_of

if TYPE_CHECKING:
    from deepvis.core.photo_answers import BestPhotos
    from deepvis.core.types import Unit
    from deepvis.scan.network import ScanNetwork

SUFFIXES = (".png", ".jpg", ".jpeg")
NAME = "deepvis unit-over-photos"
NAMED = 3  # of the photos that were skipped


def arguments(parser: Parser) -> None:
    add_network(parser)
    what = parser.add_argument_group("what to show")
    what.add_argument("--unit", type=unit_named, required=True, metavar="LAYER:N", help="the unit")
    what.add_argument(
        "--images", type=Path, required=True, metavar="DIR", help="photos: a folder with its sub-folders, or a list"
    )
    what.add_argument(
        "--output", type=Path, required=True, metavar="FILE.png", help="the sheet; beside it FILE.json with all values"
    )
    what.add_argument("--columns", type=whole(1), default=6, metavar="N", help="columns of the sheet (6)")
    what.add_argument("--top", type=whole(1), default=24, metavar="K", help="so many photos, the largest values (24)")
    what.add_argument("--size", type=whole(48), default=160, metavar="PIXELS", help="width of a photo (160)")
    what.add_argument("--stretch", action="store_true", help="stretch the photos instead of their centre crops")
    add_overwrite(what, "replace a sheet that is there already")
    what.add_argument("--json", action="store_true", help="print the values as JSON too")


@subcommand(
    "unit-over-photos",
    "show one unit over many photos as a sheet: the photos it answers most, its map beneath each",
    "--unit conv5:151 --images photos --output sheet.png",
    "--unit conv5:151 --images photos --output sheet.png --columns 8 --top 40",
    arguments=arguments,
)
def unit_over_photos(arguments: argparse.Namespace) -> int:
    """All photos are passed as far as the unit's layer; at the end the values are written, and last the sheet."""
    from deepvis.models.zoo import open_model
    from deepvis.scan.network import ScanNetwork
    from deepvis.scan.photo_passes import PhotoPasses

    output: Path = arguments.output
    values = output.with_suffix(".json")
    check_output(output, values, arguments.unit, arguments.images, overwrite=arguments.overwrite)
    paths = photos_in(arguments.images)
    model = open_model(network_of(vars(arguments)))
    network = ScanNetwork(model, (arguments.unit.layer,), arguments.device)
    found = look_at(PhotoPasses(network, arguments.unit), paths, arguments.top, network.rows, stretch=arguments.stretch)
    if not found.best:
        raise UsageError(f"--images {arguments.images}: no photo can be read or answered: {found.skipped[0]}")
    facts = facts_of(network, arguments.unit, arguments.images, found)
    write_file(values, (json.dumps(facts, indent=1, ensure_ascii=False) + "\n").encode("utf-8", "surrogateescape"))
    try:
        draw_sheet(output, network, arguments, found)
    except UsageError:
        values.unlink(missing_ok=True)  # where there is no room for the sheet, there are no values either
        raise
    if found.skipped:
        warn([f"skipped {len(found.skipped):,}: {'; '.join(found.skipped[:NAMED])}"], NAME)
    sys.stdout.write(json.dumps(facts, indent=1, ensure_ascii=False) + "\n" if arguments.json else table(facts, output))
    return 0


def check_output(output: Path, values: Path, unit: Unit, images: Path, *, overwrite: bool) -> None:
    """Before the work. Values without a sheet are of a run that was killed between the two. Raises UsageError."""
    if output.suffix.lower() not in SUFFIXES:
        expected = ", ".join(SUFFIXES)
        raise UsageError(f"--output {output}: found the suffix {output.suffix!r}, expected one of {expected}")
    if not output.parent.is_dir():
        raise UsageError(f"--output {output}: there is no folder {output.parent}; make it first")
    for path in (output, values):
        if path.exists() and not overwrite and (path is output or not are_values_of(values, unit, images)):
            raise UsageError(f"--output: {path} is there already; name another file, or replace it with --overwrite")


def are_values_of(path: Path, unit: Unit, images: Path) -> bool:
    """Does a file hold what this command writes of the unit over these photos?"""
    try:
        facts = read_table(path)
    except (OSError, ValueError):
        return False
    asked = {"version": 1, "layer": unit.layer, "unit": unit.channel, "images": str(images)}
    return "photos" in facts and {name: facts.get(name) for name in asked} == asked


def photos_in(source: Path) -> list[str]:
    """The absolute paths, in the order in which they are listed. Raises UsageError, ScanError."""
    from deepvis.scan.images import find_images

    if not source.exists():
        raise UsageError(f"--images {source}: found no such folder or list")
    paths = [os.path.abspath(os.path.join(source, path)) for path in find_images(source)]
    if not paths:
        raise UsageError(f"--images {source}: found no photos there (jpg, png, tif, webp, ...)")
    return paths


def look_at(passes: Any, paths: Sequence[str], top: int, rows: int, *, stretch: bool) -> BestPhotos:
    """The unit's answers to all photos, with the maps of the best."""
    from deepvis.core.photo_answers import BestPhotos
    from deepvis.core.types import Fit
    from deepvis.jobs.progress import Bar, Progress

    found, fit = BestPhotos(top), Fit.STRETCH if stretch else Fit.CROP
    progress = Bar(" photos") if sys.stderr.isatty() else Progress()
    progress.begin(len(paths))
    try:
        for first in range(0, len(paths), rows):
            found.add(*passes.run(paths[first : first + rows], first, fit))
            progress.advance(min(rows, len(paths) - first), len(found.skipped))
    finally:
        progress.end()
    return found


def facts_of(network: ScanNetwork, unit: Unit, images: Path, found: BestPhotos) -> dict[str, Any]:
    """What is written beside the sheet: every photo's value, the largest first."""
    return {
        "version": 1,
        "model": network.model.name,
        "identity": network.model.identity,
        "layer": unit.layer,
        "unit": unit.channel,
        "images": str(images),
        "photos": [
            {"rank": rank, "path": path, "value": -value, "row": row, "col": col}
            for rank, (value, _, path, (row, col)) in enumerate(found.values, start=1)
        ],
        "skipped": found.skipped,
    }


def draw_sheet(output: Path, network: ScanNetwork, arguments: argparse.Namespace, found: BestPhotos) -> None:
    """A heading with the scale, then the cells. Raises UsageError where it cannot be written."""
    from deepvis.window.screenshots import save_picture
    from deepvis.window.ui.photo_sheet import sheet_picture

    unit, model = arguments.unit, network.model
    label = model.labels[unit.channel] if unit.layer in model.label_layers and unit.channel < len(model.labels) else ""
    shown = "" if len(found.best) == len(found.values) else f"the {len(found.best)} largest of "
    title = f"{model.name}  {unit.layer}:{unit.channel} {label}".strip()
    title += f", {shown}{len(found.values):,} photos of {arguments.images}"
    try:
        save_picture(output, sheet_picture(found.best, title, arguments.columns, arguments.size))
    except OSError as error:
        raise UsageError(f"--output {output}: it cannot be written: {error.strerror or error}") from error


def table(facts: dict[str, Any], output: Path) -> str:
    """The best for people."""
    photos = facts["photos"]
    lines = [f"{facts['model']}, {facts['layer']}:{facts['unit']} over {len(photos):,} photos of {facts['images']}"]
    lines += [f"{photo['rank']:>6} {photo['value']:>11.4g}  {os.path.basename(photo['path'])}" for photo in photos[:10]]
    if len(photos) > 10:
        last = photos[-1]
        lines += [f"{'...':>6}", f"{last['rank']:>6} {last['value']:>11.4g}  {os.path.basename(last['path'])}"]
    return "\n".join([*lines, f"wrote {output} and {output.with_suffix('.json')}"]) + "\n"
