"""The pages of one layer: its grid of units, a page each, and the drawings that they share."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from deepvis.core.types import LayerInfo
from deepvis.core.words import field_size_words
from deepvis.gallery.drawings import GAP, Sheet, digest_of, small_files, small_pictures, small_sheet, true_pictures
from deepvis.gallery.gallery_layers import GalleryLayer
from deepvis.gallery.missing import LayerLacks, MissingPart, lacks_of
from deepvis.gallery.neighbours import Incoming, nearest_units
from deepvis.gallery.output_folder import OutputFolder
from deepvis.gallery.statistics_file import StatisticsFile
from deepvis.gallery.unit_page import UnitRecord, page_of, picture_names, standing_words, unit_values
from deepvis.gallery.unit_sources import LayerSources, Montage
from deepvis.jobs.progress import Progress
from deepvis.optimize.units import spread

SMALL, TRUE = "units.jpg", "true-size.jpg"  # drawings, in the layer's folder
MOST_TRUE, TRUE_PIXELS = 12, 230_000  # units at their true size, and pixels of all of them
RUNS = 4  # pictures of such a unit, as in the paper's Figure 5
FIRST = 10  # units in the overview


@dataclass(frozen=True, eq=False)
class LayerFacts:
    """A layer with what there is of its units."""

    layer: GalleryLayer
    units: tuple[UnitRecord, ...]
    whole: Path | None  # the picture of all units
    lacks: LayerLacks
    notes: tuple[str, ...]  # what was left out, and why
    weights_of: tuple[str, ...]  # layers whose weights the nearest units were found by
    size: tuple[int, int]  # (height, width) of the input
    filters: (
        np.ndarray | None
    )  # of the first convolution, where there are no preferred pictures: (units, h, w, 3) uint8

    @property
    def sheet(self) -> Sheet:
        """The drawing of all units, small."""
        montages = [montage for unit in self.units for montage in unit.sources.montages[:1]]
        cell = next((montage.recipe.cell for montage in montages if montage.recipe.cell), None)
        if self.filters is not None:
            cell = self.filters.shape[1:3]
        return small_sheet(self.layer.units, cell or (1, 1))

    @cached_property
    def pictured(self) -> frozenset[int]:
        """The units that have a small picture."""
        if self.whole is not None or self.filters is not None:
            return frozenset(range(self.layer.units))
        return frozenset(unit.channel for unit in self.units if small_files(unit.sources))

    @property
    def has_pictures(self) -> bool:
        return bool(self.pictured)

    @property
    def true_units(self) -> list[tuple[int, Montage]]:
        """The units that are drawn at their true size, evenly spread, with their montages."""
        there = [(unit.channel, unit.sources.montages[0]) for unit in self.units if unit.sources.montages]
        height, width = self.true_cell
        most = min(MOST_TRUE, max(TRUE_PIXELS // max(self.runs * height * width, 1), 3))
        return [there[n] for n in spread(len(there), most)] if there else []

    @property
    def true_cell(self) -> tuple[int, int]:
        """(height, width) of what a unit sees, in pixels of the input; the whole input where that is not known."""
        recipes = [unit.sources.montages[0].recipe for unit in self.units if unit.sources.montages]
        recorded = recipes[0].field if recipes else None
        if recorded is not None:
            return recorded
        box = self.layer.field
        return self.size if box is None else (box[2] - box[0], box[3] - box[1])

    @property
    def runs(self) -> int:
        recipes = [unit.sources.montages[0].recipe for unit in self.units if unit.sources.montages]
        return RUNS if recipes and recipes[0].pictures >= RUNS else 1

    @property
    def true_sheet(self) -> Sheet:
        side, (height, width) = math.isqrt(self.runs), self.true_cell
        gaps = (side - 1) * GAP
        return Sheet(max(len(self.true_units), 1), (side * height + gaps, side * width + gaps))

    @property
    def with_pictures(self) -> int:
        """Units that have preferred pictures."""
        return self.layer.units - len(self.lacks.units)

    @property
    def with_top(self) -> int:
        return self.layer.units - len(self.lacks.top)

    @property
    def dead(self) -> int | None:
        """None where nobody ran photos through."""
        counted = any(unit.statistics is not None or unit.sources.standing is not None for unit in self.units)
        return sum(unit.is_dead for unit in self.units) if counted else None


def layer_facts(
    layer: GalleryLayer,
    sources: LayerSources,
    statistics: StatisticsFile,
    incoming: list[Incoming],
    size: tuple[int, int],
    filters: np.ndarray | None,
) -> LayerFacts:
    """size: (height, width) of the input. filters: of a first convolution, which stand in for preferred pictures."""
    found = [sources.unit(channel) for channel in range(layer.units)]
    near = nearest_units(incoming, layer.units)
    units = tuple(UnitRecord(unit, statistics.unit(layer.name, unit.channel), near[unit.channel]) for unit in found)
    has_statistics = statistics.has(layer.name) or any(unit.standing is not None for unit in found)
    whole = sources.whole[0] if sources.whole else None
    made_by = tuple(dict.fromkeys(each.made_by for each in incoming))
    lacks = lacks_of(layer, found, has_statistics)
    has_some = whole is not None or any(unit.montages or unit.singles for unit in found)
    shown = None if has_some or filters is None or len(filters) != layer.units else filters
    return LayerFacts(layer, units, whole, lacks, tuple(sources.left_out), made_by, size, shown)


def write_layer(
    output: OutputFolder, facts: LayerFacts, missing: Mapping[str, MissingPart], progress: Progress
) -> None:
    """Write the pages of a layer, its pictures and drawings, as far as they are not there. Raises OSError."""
    layer = facts.layer
    write_drawings(output, facts)
    sheet = facts.sheet if facts.has_pictures else None
    for unit in facts.units:
        for name, path in picture_names(unit.sources).items():
            output.copy(f"{layer.folder}/{name}", path)
        values = unit_values(layer, unit, facts.size, sheet, missing)
        standing = unit.sources.standing
        words = "" if standing is None else standing_words(standing)
        values |= {"standing_words": words, "weights_of": facts.weights_of, "pictured": facts.pictured}
        values |= {"has_filters": facts.filters is not None}
        output.page(f"{layer.folder}/{page_of(unit.channel)}", "gallery_unit.html", **values)
        progress.advance(1)
    output.page(f"{layer.folder}/index.html", "gallery_layer.html", **_layer_values(facts, missing))


def write_drawings(output: OutputFolder, facts: LayerFacts) -> None:
    folder, sources = facts.layer.folder, [unit.sources for unit in facts.units]
    if facts.has_pictures:
        sheet = facts.sheet
        filters = facts.filters
        files = (
            [facts.whole]
            if facts.whole
            else []
            if filters is not None
            else [path for unit in sources for path in small_files(unit)]
        )
        shown = [unit.montages[0].recipe.shown if unit.montages else None for unit in sources]
        drawn = b"" if filters is None else filters.tobytes()
        digest = digest_of(sheet, [bool(small_files(unit)) for unit in sources], shown, drawn, files=files)

        def draw() -> np.ndarray:
            there = list(filters) if filters is not None else small_pictures(sources, facts.whole, sheet.cell)
            return sheet.draw(there)

        output.drawing(f"{folder}/{SMALL}", digest, draw)
    chosen = [montage for _, montage in facts.true_units]
    if chosen:
        sheet_of_true, cell, runs = facts.true_sheet, facts.true_cell, facts.runs
        digest = digest_of(sheet_of_true, runs, [m.recipe.shown for m in chosen], files=[m.path for m in chosen])
        output.drawing(f"{folder}/{TRUE}", digest, lambda: sheet_of_true.draw(true_pictures(chosen, cell, runs)))


def _layer_values(facts: LayerFacts, missing: Mapping[str, MissingPart]) -> dict[str, Any]:
    layer = facts.layer
    return {
        "title": layer.name,
        "root": "../",
        "layer": layer,
        "facts": facts,
        "sheet": facts.sheet if facts.has_pictures else None,
        "units": [
            {
                "channel": unit.channel,
                "page": page_of(unit.channel),
                "label": layer.label(unit.channel),
                "is_dead": unit.is_dead,
                "mean": unit.mean,
                "maximum": unit.maximum,
            }
            for unit in facts.units
        ],
        "orders": [name for name in ("mean", "maximum") if any(getattr(u, name) is not None for u in facts.units)],
        "field_words": field_words(layer, facts.size),
        "map_words": map_words(layer.info),
        "missing": list(missing.values()),
    }


def field_words(layer: GalleryLayer, size: tuple[int, int]) -> str:
    """ "sees 69 × 69 pixels". size: (height, width) of the input."""
    return "" if layer.field is None else field_size_words(layer.field, *size)


def map_words(info: LayerInfo) -> str:
    return f"map of {info.height} × {info.width}" if info.is_spatial else "no map"
