"""What a gallery lacks, and the exact commands that make it."""

from __future__ import annotations

import shlex
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar

from deepvis.core.back_modes import DECONV
from deepvis.core.program import program
from deepvis.core.unit_files import OPTIMIZED_FOLDER
from deepvis.gallery.gallery_layers import GalleryLayer
from deepvis.gallery.unit_sources import UnitSources
from deepvis.live.unit_image_commands import Commands, short_path
from deepvis.scan.plan import ScanFolder, ScanPlan, read_plan
from deepvis.scan.scan_error import ScanError

PREFERRED, TOP, BACK, STATISTICS = "preferred pictures", "top 9", "deconv of the top 9", "statistics"
NAMED = 6  # layers that are named one by one
K = TypeVar("K", bound=Hashable)


@dataclass(frozen=True)
class MissingPart:
    """One thing that some layers lack.

    arguments: of the command that makes it, from the subcommand on; "" where none can. partly: words where it is not
    all.
    """

    what: str
    layers: tuple[str, ...]
    arguments: str
    partly: str = ""

    @property
    def command(self) -> str:
        """For pages, which are read on other machines too: without the place of this program."""
        return f"deepvis {self.arguments}" if self.arguments else ""

    @property
    def words(self) -> str:
        """ "preferred pictures of fc6 and fc7"."""
        if not self.layers:
            return self.what
        if len(self.layers) > NAMED:
            return f"{self.what} of {len(self.layers)} layers"
        *most, last = self.layers
        return f"{self.what} of {' and '.join(filter(None, [', '.join(most), last]))}"

    @property
    def sentence(self) -> str:
        """For the terminal, ready to be typed there."""
        return f"{self.words} ({program()} {self.arguments})" if self.arguments else self.words


@dataclass(frozen=True)
class LayerLacks:
    """What is missing of a layer. units: channels without preferred pictures, of all its units or of some."""

    layer: GalleryLayer
    units: tuple[int, ...]
    top: tuple[int, ...]
    backs: tuple[int, ...]
    statistics: bool
    recipe_options: str  # by which the preferred pictures that are there were made

    @property
    def has_some(self) -> bool:
        """Some of its units have preferred pictures, others have none."""
        return 0 < len(self.units) < self.layer.units


def lacks_of(layer: GalleryLayer, units: Sequence[UnitSources], has_statistics: bool) -> LayerLacks:
    montages = [montage for unit in units for montage in unit.montages[:1]]
    return LayerLacks(
        layer,
        tuple(unit.channel for unit in units if not unit.montages),
        tuple(unit.channel for unit in units if unit.top is None),
        tuple(unit.channel for unit in units if unit.top is not None and DECONV not in unit.backs),
        not has_statistics,
        montages[0].recipe.options if montages else "",
    )


class MissingCommands:
    """The commands for a network's pictures.

    named: folders that the user named, which are looked at first. own: the model's, where commands write to by
    themselves. network: the identity; a scan of another is none. usual: the layers that commands take where none are
    named.
    """

    def __init__(
        self, commands: Commands, named: Sequence[Path], own: Path, network: str, usual: Sequence[str] = ()
    ) -> None:
        self._commands, self._own, self._usual = commands, own, frozenset(usual)
        self._folders = (*named, own)
        self._scans = {folder: plan for folder in self._folders if (plan := _scan_in(folder, network))}

    def of_network(self, lacks: Sequence[LayerLacks]) -> list[MissingPart]:
        """Everything that is missing, a command for all layers that need the same one."""
        found = [self._preferred(*group) for group in _grouped((self._way(each), each) for each in lacks if each.units)]
        for what, some in ((TOP, [x for x in lacks if x.top]), (BACK, [x for x in lacks if x.backs])):
            found += [self._top(what, *group) for group in _grouped((self._scan_of(each), each) for each in some)]
        without = [each.layer.name for each in lacks if each.statistics]
        if without:
            command = f"statistics {self._commands.network} --images FOLDER"
            found.append(MissingPart(STATISTICS, tuple(without), self._command(command)))
        return found

    def of_layer(self, lacks: LayerLacks) -> dict[str, MissingPart]:
        """What is missing -> the same, of one layer."""
        units, counts = lacks.layer.units, {PREFERRED: len(lacks.units), TOP: len(lacks.top), BACK: len(lacks.backs)}
        return {
            each.what: replace(each, partly=f"missing for {count} of {units} units")
            if (count := counts.get(each.what, units)) < units
            else each
            for each in self.of_network([lacks])
        }

    def _way(self, lacks: LayerLacks) -> str:
        """Further options: where some units have pictures, the others' must be made in the same way."""
        return lacks.recipe_options if lacks.has_some else ""

    def _preferred(self, options: str, lacks: Sequence[LayerLacks]) -> MissingPart:
        layers = _names(lacks)
        folder = next((each for each in self._folders if (each / OPTIMIZED_FOLDER).is_dir()), self._own)
        words = f"optimize-layer {self._commands.network}{self._layers('--push-layer', layers)}"
        return MissingPart(
            PREFERRED, layers, self._command(" ".join(filter(None, [words, options])) + self._output(folder))
        )

    def _top(self, what: str, scan: Path | None, lacks: Sequence[LayerLacks]) -> MissingPart:
        """Crops of the scan that has these layers, or another scan with crops: a folder holds one scan."""
        layers = _names(lacks)
        if scan is not None:
            return MissingPart(what, layers, f"crops --scan {short_path(scan)} --layers {_quoted(layers)}")
        free = [each for each in reversed(self._folders) if not ScanFolder(each).plan.exists()]
        scanned, images, overwrite, folder = layers, "FOLDER", "", free[0] if free else self._own
        if not free and folder in self._scans:
            plan = self._scans[folder]
            scanned = tuple(dict.fromkeys([*(layer.name for layer in plan.layers), *layers]))
            overwrite, images = " --overwrite", short_path(plan.folder) if plan.folder else "FOLDER"
        words = f"scan {self._commands.network}{self._layers('--layers', scanned)} --images {images} --crop"
        return MissingPart(what, layers, self._command(f"{words}{overwrite}{self._output(folder)}"))

    def _scan_of(self, lacks: LayerLacks) -> Path | None:
        """The folder of the scan that has the layer."""
        name = lacks.layer.name
        return next((f for f, plan in self._scans.items() if any(layer.name == name for layer in plan.layers)), None)

    def _layers(self, option: str, layers: Sequence[str]) -> str:
        return "" if self._usual == set(layers) else f" {option} {_quoted(layers)}"

    def _output(self, folder: Path) -> str:
        return "" if folder == self._own else f" --output {short_path(folder)}"

    def _command(self, words: str) -> str:
        """ "" for a network in the memory of this process, which no other command can open."""
        return "" if self._commands.is_in_memory else words


def closing_words(missing: Sequence[MissingPart]) -> str:
    return "; ".join(each.sentence for each in missing)


def _names(lacks: Sequence[LayerLacks]) -> tuple[str, ...]:
    return tuple(each.layer.name for each in lacks)


def _quoted(layers: Iterable[str]) -> str:
    return " ".join(map(shlex.quote, layers))


def _grouped(pairs: Iterable[tuple[K, LayerLacks]]) -> list[tuple[K, list[LayerLacks]]]:
    groups: dict[K, list[LayerLacks]] = {}
    for key, lacks in pairs:
        groups.setdefault(key, []).append(lacks)
    return list(groups.items())


def _scan_in(folder: Path, network: str) -> ScanPlan | None:
    """The plan of the finished scan of this network in a folder."""
    place = ScanFolder(folder.absolute())
    if not place.result.is_file():
        return None
    try:
        plan = read_plan(place)
    except ScanError:
        return None
    return plan if plan.identity == network else None
