"""A gallery, from the network and the folders of pictures to the pages."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from deepvis import __version__
from deepvis.gallery.gallery_layers import GalleryLayer, GalleryLayers, gallery_layers
from deepvis.gallery.layer_pages import FIRST, SMALL, TRUE, LayerFacts, field_words, layer_facts, map_words, write_layer
from deepvis.gallery.missing import MissingCommands, MissingPart
from deepvis.gallery.neighbours import incoming_weights
from deepvis.gallery.output_folder import OutputFolder
from deepvis.gallery.statistics_file import StatisticsFile, find_statistics, read_statistics_file
from deepvis.gallery.unit_page import page_of
from deepvis.gallery.unit_sources import LayerSources, results_of_optimize
from deepvis.jobs.progress import Progress
from deepvis.live.filters import first_filters
from deepvis.live.own_folder import own_folder
from deepvis.live.provenance import provenance_of
from deepvis.live.unit_image_commands import Commands
from deepvis.models.model import Model
from deepvis.optimize.units import spread
from deepvis.pages.render import render

INPUT_PIXELS = 224  # about so many on the screen for the input's longer side, where things have their true size


@dataclass(frozen=True)
class GalleryOrder:
    """What the user asked for. folders: of pictures, before the model's own. layers (): all that the window shows."""

    output: Path
    folders: tuple[Path, ...] = ()
    layers: tuple[str, ...] = ()
    statistics: Path | None = None
    overwrite: bool = False


@dataclass(frozen=True)
class Built:
    """What a gallery has. is_new: something was written. notes: sentences on what was left out."""

    page: Path
    layers: int
    units: int
    is_new: bool
    missing: tuple[MissingPart, ...]
    notes: tuple[str, ...]


def build(model: Model, commands: Commands, order: GalleryOrder, progress: Progress | None = None) -> Built:
    """Write the gallery, as far as it is not there. Raises GalleryError, ModelError, OSError."""
    progress = progress or Progress()
    output = OutputFolder(order.output, model.name, model.identity, overwrite=order.overwrite)
    layers = gallery_layers(model, order.layers)
    folders = picture_folders(model, order.folders)
    statistics = read_statistics_file(
        find_statistics(order.statistics, (*folders, *(folder.parent for folder in folders[:1]))), model.identity
    )
    output.begin()
    usual = [name for name in model.layer_names if name not in model.remap and name in layers.shapes]
    making = MissingCommands(commands, order.folders, model.unit_image_dir, model.identity, usual)
    facts: list[LayerFacts] = []
    progress.begin(sum(layer.units for layer in layers.of_pages))
    try:
        for each in _all_facts(model, layers, folders, statistics):
            write_layer(output, each, making.of_layer(each.lacks), progress)
            facts.append(each)
    finally:
        progress.end()
    missing = tuple(making.of_network([each.lacks for each in facts]))
    notes = tuple(dict.fromkeys([*layers.missing, *(note for each in facts for note in each.notes)]))
    write_overview(output, model, facts, missing, (*model.notes, *notes))
    output.finish()
    units = sum(layer.units for layer in layers.of_pages)
    return Built(order.output / "index.html", len(facts), units, output.written > 0, missing, notes)


def picture_folders(model: Model, named: Sequence[Path]) -> tuple[Path, ...]:
    """Where the network's pictures may lie, best first: those named, the model's, the user's own of the window."""
    return tuple(dict.fromkeys([*named, model.unit_image_dir, *model.further_images, own_folder(model)]))


def _all_facts(
    model: Model, layers: GalleryLayers, folders: Sequence[Path], statistics: StatisticsFile
) -> Iterator[LayerFacts]:
    """The facts of each layer, one after the other."""
    provenance, size = provenance_of(model), model.preprocessor.size
    names = [layer.name for layer in layers.of_pages]
    there = [folder for folder in folders if folder.is_dir()]
    results = results_of_optimize(there, names, model.is_named)
    for layer in layers.of_pages:
        sources = LayerSources(there, layer.info, provenance, results)
        incoming = incoming_weights(model.graph, layers.shapes, layer.name, layer.units)
        yield layer_facts(layer, sources, statistics, incoming, size, first_filters(model, layer.name))


def write_overview(
    output: OutputFolder,
    model: Model,
    facts: Sequence[LayerFacts],
    missing: Sequence[MissingPart],
    notes: Sequence[str],
) -> None:
    """The first page, that of all units, that of true sizes, and what all pages share. Raises OSError."""
    height, width = model.preprocessor.size
    common = {
        "root": "",
        "model": model,
        "facts": facts,
        "small_file": SMALL,
        "true_file": TRUE,
        "size": (height, width),
    }
    rows = [_row(each) for each in facts]
    output.page(
        "index.html", "gallery_index.html", title=model.name, rows=rows, missing=missing, notes=notes,
        version=__version__, **common,
    )  # fmt: skip
    output.page("all-units.html", "gallery_all_units.html", title="All units", **common)
    scale = max(round(INPUT_PIXELS / max(height, width)), 1)
    shown = [_true_row(each) for each in facts if each.true_units]
    output.page("true-sizes.html", "gallery_true_sizes.html", title="True sizes", scale=scale, rows=shown, **common)
    output.text("assets/gallery.css", render("gallery.css"))
    output.text("assets/gallery.js", render("gallery.js"))
    output.text("assets/units.js", _units_script(model, [each.layer for each in facts]))


def _row(facts: LayerFacts) -> dict[str, Any]:
    layer = facts.layer
    shown = sorted(facts.pictured) or range(layer.units)
    first = [shown[place] for place in spread(len(shown), FIRST)]
    return {
        "facts": facts,
        "layer": layer,
        "words": [map_words(layer.info), field_words(layer, facts.size)],
        "has": _has_words(facts),
        "sheet": facts.sheet if facts.has_pictures else None,
        "first": [(n, layer.label(n), page_of(n)) for n in first],
    }


def _true_row(facts: LayerFacts) -> dict[str, Any]:
    units = [(channel, facts.layer.label(channel), page_of(channel)) for channel, _ in facts.true_units]
    return {"facts": facts, "sheet": facts.true_sheet, "units": units}


def _has_words(facts: LayerFacts) -> str:
    """ "preferred pictures, 12 of 64 with top 9, 3 dead"."""
    units = facts.layer.units
    counts = {"preferred pictures": facts.with_pictures, "top 9": facts.with_top}
    words = [
        what if n == units else f"{n} of {units} with {what}" if n else f"no {what} yet" for what, n in counts.items()
    ]
    return ", ".join([*words, *([f"{facts.dead} dead"] if facts.dead else [])])


def _units_script(model: Model, layers: Sequence[GalleryLayer]) -> str:
    """What the search looks through, as a script: a page opened from disk may read no other kind of file."""
    content = {
        "model": model.name,
        "layers": [{"name": l.name, "folder": l.folder, "units": l.units, "labels": list(l.labels)} for l in layers],
    }
    return f"const GALLERY = {json.dumps(content)};\n"
