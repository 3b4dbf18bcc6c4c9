"""The patches of a unit and their back projections, as the montages that the window reads."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np

from deepvis.core.program import program
from deepvis.core.types import Fit, Patch, Unit
from deepvis.core.unit_files import unit_image_paths, write_patches
from deepvis.jobs.pool import Stopped
from deepvis.jobs.progress import Progress
from deepvis.models.model import Model
from deepvis.network.maps import position_seed
from deepvis.network.ref import NetworkRef
from deepvis.scan.montage import back_tile, montage, patch_tile, write_jpeg
from deepvis.scan.network import ScanNetwork, network_of_identity, one_torch_thread
from deepvis.scan.results import has_patches, montage_path
from deepvis.scan.scan_error import ScanError, writing
from deepvis.scan.windows import Windows
from deepvis.sources.photos import PhotoError, load_rgb


@dataclass(frozen=True)
class UnitPatches:
    """A unit and the patches that excite it most, best first."""

    unit: Unit
    patches: tuple[Patch, ...]


@dataclass(frozen=True)
class CropTask:
    """The montages of a few units of one layer. folder: where the layout begins. root: of relative paths."""

    network: NetworkRef
    identity: str  # of the network that was scanned
    device: str
    fit: Fit
    root: str
    folder: Path
    units: tuple[UnitPatches, ...]
    modes: tuple[str, ...]

    @property
    def title(self) -> str:
        first = self.units[0].unit
        return f"{first.layer} from unit {first.channel}"

    def run(self, watch: Progress | None = None) -> tuple[int, int]:
        """Make the montages; units whose files are there are left as they are; (units, 0).

        Raises ScanError, ModelError; Stopped.
        """
        network = network_of_identity(self.network, self.identity, (), self.device)
        one_torch_thread()
        for unit in self.units:
            if watch is not None and watch.stopping.is_set():
                raise Stopped
            write_unit(network, self, unit)
            if watch is not None:
                watch.advance(1, 0)
        return len(self.units), 0


def check_scanned(model: Model, identity: str) -> None:
    """Raises ScanError where ``identity``, which a scan names, is not the model's."""
    if not model.is_named(identity):
        raise ScanError(
            f"the model {model.name} has changed since the scan (it is {model.identity}, expected "
            f"{identity[:12]}); scan again with {program()} scan --overwrite"
        )


def is_done(folder: Path, unit: UnitPatches, modes: Iterable[str], identity: str) -> bool:
    """True if the unit's montages are there, of these patches, in the network of that identity."""
    return has_patches(folder, unit.unit, unit.patches, identity) and all(
        montage_path(folder, unit.unit, mode).exists() for mode in (None, *modes)
    )


def write_unit(network: ScanNetwork, task: CropTask, unit: UnitPatches) -> None:
    """The montages of one unit and, last, the list of its patches, which says that they are complete."""
    if is_done(task.folder, unit, task.modes, network.model.identity):
        return
    pictures = [_seen(network, os.path.join(task.root, patch.path), task.fit) for patch in unit.patches]
    tiles = patch_tiles(network, unit, pictures)
    backs = back_tiles(network, unit, pictures, task.modes)
    with writing(f"the pictures of unit {unit.unit.channel} of {unit.unit.layer}", task.folder):
        write_jpeg(montage_path(task.folder, unit.unit, None), montage(tiles))
        for mode in task.modes:
            write_jpeg(montage_path(task.folder, unit.unit, mode), montage(backs[mode]))
        paths = unit_image_paths(task.folder, unit.unit.layer, unit.unit.channel)
        write_patches(paths.patches, unit.unit, unit.patches, network.model.identity)


def _seen(network: ScanNetwork, path: str, fit: Fit) -> np.ndarray | None:
    """What the network sees of a photo, (H, W, 3) uint8; None if it is gone by now."""
    try:
        return network.model.preprocessor.crop(load_rgb(path), fit)
    except PhotoError:
        return None


def patch_tiles(
    network: ScanNetwork, unit: UnitPatches, pictures: Sequence[np.ndarray | None]
) -> list[np.ndarray | None]:
    """The unit's window of each picture; None where there is no picture."""
    windows = windows_of(network)
    return [
        None if seen is None else patch_tile(seen, windows.window(unit.unit.layer, patch.row, patch.col))
        for patch, seen in zip(unit.patches, pictures, strict=True)
    ]


def back_tiles(
    network: ScanNetwork,
    unit: UnitPatches,
    pictures: Sequence[np.ndarray | None],
    modes: Sequence[str],
) -> dict[str, list[np.ndarray | None]]:
    """Mode -> the back projection of each patch from its own position, in the same windows, each normalised alone.

    The seed is 1 at the unit's position. One forward pass of all patches, one walk back for each mode.
    """
    pre, layer = network.model.preprocessor, unit.unit.layer
    there = [index for index, seen in enumerate(pictures) if seen is not None]
    tiles: dict[str, list[np.ndarray | None]] = {mode: [None] * len(pictures) for mode in modes}
    if not there or not modes:
        return tiles
    data = network.model.data_blob
    inputs = np.stack([pre.normalised(seen) for seen in pictures if seen is not None])
    tape = network.net.forward(network.inputs(inputs), until=layer)
    shape = (1, *tape.blobs[layer].shape[1:])
    patches = [unit.patches[index] for index in there]
    seeds = [position_seed(shape, unit.unit.channel, patch.row, patch.col) for patch in patches]
    for mode in modes:
        diffs = tape.backward(layer, np.concatenate(seeds), mode, to=data)[data].cpu().numpy()
        for row, index in enumerate(there):
            patch = unit.patches[index]
            window = windows_of(network).window(layer, patch.row, patch.col)
            tiles[mode][index] = back_tile(pre.diff_to_rgb(diffs[row]), window)
    return tiles


@lru_cache(maxsize=4)
def windows_of(network: ScanNetwork) -> Windows:
    return Windows(network.net.graph, network.net.shapes, network.model.data_blob)
