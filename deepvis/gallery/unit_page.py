"""The page of a unit: what the template is filled with, and which pictures stand in it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from deepvis.core.types import Patch, UnitStanding
from deepvis.core.words import field_size_words
from deepvis.gallery.drawings import Sheet
from deepvis.gallery.gallery_layers import Box, GalleryLayer
from deepvis.gallery.layer_recipe import MARGIN, SIDE
from deepvis.gallery.missing import MissingPart
from deepvis.gallery.neighbours import Neighbour
from deepvis.gallery.statistics_file import SHOWN, UnitStatistics
from deepvis.gallery.unit_sources import Montage, UnitSources
from deepvis.network.back_modes import BACK_MODES
from deepvis.scan.report import histogram_of

SHARES = ("active",)  # statistics that are shares of the photos
NEARLY_0 = 1e-3  # the bin of a scan's histogram that holds 0 begins below it


@dataclass(frozen=True, eq=False)
class UnitRecord:
    """All that the gallery says of one unit."""

    sources: UnitSources
    statistics: UnitStatistics | None
    neighbours: tuple[Neighbour, ...]

    @property
    def channel(self) -> int:
        return self.sources.channel

    @property
    def is_dead(self) -> bool:
        """It has never fired in the photos that somebody ran; of layers whose values go below 0 none is."""
        if self.statistics is not None and self.statistics.dead is not None:
            return self.statistics.dead
        standing = self.sources.standing
        return standing is not None and standing.active == 0 and min(standing.edges, default=0.0) > -NEARLY_0

    @property
    def mean(self) -> float | None:
        if self.statistics is not None and "mean" in self.statistics.values:
            return self.statistics.values["mean"]
        return None if self.sources.standing is None else self.sources.standing.mean

    @property
    def maximum(self) -> float | None:
        """In the photos."""
        if self.statistics is not None and "maximum" in self.statistics.values:
            return self.statistics.values["maximum"]
        return max((patch.value for patch in self.sources.patches), default=None)


def page_of(channel: int) -> str:
    """The file of a unit's page, in its layer's folder."""
    return f"{channel:04d}.html"


def picture_names(unit: UnitSources) -> dict[str, Path]:
    """Name in the layer's folder -> the file that is copied there."""
    found: dict[str, Path] = {}
    for kind, paths in (
        ("montage", [montage.path for montage in unit.montages]),
        ("single", [single.path for single in unit.singles]),
        ("top", [unit.top] if unit.top else []),
        *((mode, [path]) for mode, path in unit.backs.items()),
    ):
        for number, path in enumerate(paths):
            found[f"pictures/{unit.channel:04d}-{kind}{number or ''}{path.suffix.lower()}"] = path
    return found


def unit_values(
    layer: GalleryLayer,
    unit: UnitRecord,
    size: tuple[int, int],
    sheet: Sheet | None,
    missing: Mapping[str, MissingPart],
) -> dict[str, Any]:
    """For gallery_unit.html. size: (height, width) of the input. missing: of the layer."""
    sources, names = unit.sources, {path: name for name, path in picture_names(unit.sources).items()}
    channel = unit.channel
    return {
        "title": f"{layer.name} {channel}",
        "root": "../",
        "layer": layer,
        "channel": channel,
        "label": layer.label(channel),
        "previous": page_of(channel - 1) if channel else "",
        "next": page_of(channel + 1) if channel + 1 < layer.units else "",
        "dead_words": _dead_words(unit),
        "blocks": [block for m in sources.montages for block in _blocks(m, names[m.path], channel)],
        "singles": [{"address": names[s.path], "caption": s.caption} for s in sources.singles],
        "true_size": _true_size(sources.montages, names, layer.field, size),
        "top": names[sources.top] if sources.top else "",
        "top_caption": sources.top_caption,
        "backs": [{"title": _mode_title(mode), "address": names[path]} for mode, path in sources.backs.items()],
        "patches": [_patch_words(patch) for patch in sources.patches],
        "statistics": _numbers(unit.statistics),
        "standing": sources.standing,
        "histogram": None if sources.standing is None else histogram_of(sources.standing),
        "neighbours": [(near, layer.label(near.channel), page_of(near.channel)) for near in unit.neighbours],
        "sheet": sheet,
        "missing": missing,
    }


def _blocks(montage: Montage, address: str, channel: int) -> list[dict[str, Any]]:
    """Each filled block as a window on the montage: where it lies, in blocks."""
    recipe = montage.recipe
    value = recipe.value(channel)
    return [
        {
            "address": address,
            "row": block.index // 2,
            "col": block.index % 2,
            "preset": block.preset if recipe.is_named else f"row {block.preset} of the paper's Table 1",
            "words": block.words,
            "pictures": recipe.pictures,
            "value": value if block.index == recipe.shown else None,
            "caption": montage.caption,
            "ratio": _ratio(recipe.cell),
        }
        for block in recipe.blocks
    ]


def _ratio(cell: tuple[int, int] | None) -> str:
    """Width by height of a block, as CSS has it."""
    height, width = cell or (1, 1)
    return f"{width + 2 * MARGIN} / {height + 2 * MARGIN}"


def _true_size(
    montages: Sequence[Montage], names: Mapping[Path, str], field: Box | None, size: tuple[int, int]
) -> dict[str, Any] | None:
    """The first picture where the unit sees it in the input: shares of the input's size, in percent.

    image: how the montage lies in that place, so that its first picture fills it.
    """
    found = next((montage for montage in montages if montage.recipe.cell), None)
    if found is None or found.recipe.cell is None or field is None:
        return None
    top, left, bottom, right = field
    cell, shown = found.recipe.cell, found.recipe.shown
    starts = [SIDE * place * (side + 2 * MARGIN) + MARGIN for place, side in zip(divmod(shown, 2), cell, strict=True)]
    spans = [2 * SIDE * (side + 2 * MARGIN) for side in cell]
    return {
        "address": names[found.path],
        "size": size,
        "box": _percent((top, left, bottom - top, right - left), size),
        "words": field_size_words(field, *size),
        "image": _percent((-starts[0], -starts[1], *spans), cell),
    }


def _percent(box: Sequence[float], of: tuple[int, int]) -> list[float]:
    """(top, left, height, width) in percent of a (height, width)."""
    return [100 * value / of[n % 2] for n, value in enumerate(box)]


def _patch_words(patch: Patch) -> str:
    return f"{patch.value:.4g} {patch.path or 'a camera frame'} at {patch.row}, {patch.col}"


def _dead_words(unit: UnitRecord) -> str:
    if not unit.is_dead:
        return ""
    standing = unit.sources.standing
    return (
        "dead: it fires in none of the photos"
        if standing is None
        else f"dead: it fires in none of {standing.images:,} photos"
    )


def _numbers(statistics: UnitStatistics | None) -> list[tuple[str, str]]:
    """What the statistics' file says, as (name, number)."""
    if statistics is None:
        return []
    shown = [
        (SHOWN[name], f"{value:.1%} of the photos" if name in SHARES else f"{value:.4g}")
        for name, value in statistics.values.items()
    ]
    return [*shown, ("dead", "yes")] if statistics.dead else shown


def _mode_title(mode: str) -> str:
    return BACK_MODES[mode].title if mode in BACK_MODES else mode


def standing_words(standing: UnitStanding) -> str:
    """Of a scan's statistics, in a line."""
    return (
        f"over {standing.images:,} photos: active in {standing.active:.1%}, mean of the maxima {standing.mean:.4g}, "
        f"deviation {standing.std:.4g}"
    )
