"""The photos that excite units most: the offline scan for files, the same in memory for arrays."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache, partial
from pathlib import Path
from typing import Any

import numpy as np

from deepvis.api.notebook import TopPhoto, img_of, png_of
from deepvis.api.photos import InputPhoto, paths_of
from deepvis.core.types import Patch, Unit, UnitStanding
from deepvis.jobs.pool import Where
from deepvis.jobs.workers import JobError
from deepvis.models.preprocess import Preprocessor
from deepvis.network.model_error import ModelError
from deepvis.network.ref import NetworkRef
from deepvis.scan.crops import UnitPatches, patch_tiles
from deepvis.scan.layout import CropOrder, run_crops
from deepvis.scan.montage import montage
from deepvis.scan.network import ScanNetwork
from deepvis.scan.results import read_scan
from deepvis.scan.resumable_scan import ScanOrder, run_scan
from deepvis.scan.scan_error import ScanError
from deepvis.scan.tracker import TopActivations, Tracker, usable
from deepvis.sources.photos import PhotoError, load_rgb

LIST_NAME = "photos.txt"
SHOWN_UNITS = 9  # in a notebook


@dataclass(frozen=True, eq=False)
class TopImages:
    """The best photos of every unit of the scanned layers.

    ``scan[layer][channel]`` or ``scan.top(layer, channel)``: a tuple of TopPhoto, best first.
    ``values(layer)``: (units, K).
    skipped: (path, why) of photos that could not be used. folder: where the scan lies, to go on with; None: nowhere.
    """

    top_activations: TopActivations
    network: ScanNetwork
    paths: Mapping[int, str]
    cropped: Callable[[int], np.ndarray | None] = field(repr=False)  # index -> what the network sees of the photo
    skipped: tuple[tuple[str, str], ...] = ()
    folder: Path | None = None

    @property
    def layers(self) -> tuple[str, ...]:
        return tuple(layer.name for layer in self.top_activations.layers)

    @property
    def images(self) -> int:
        """Photos that were used."""
        return self.top_activations.seen

    def __getitem__(self, layer: str) -> tuple[tuple[TopPhoto, ...], ...]:
        """For each channel of the layer. Raises ModelError for a layer that was not scanned."""
        return tuple(self.top(layer, channel) for channel in range(self._tracked(layer).channels))

    def top(self, layer: str, channel: int) -> tuple[TopPhoto, ...]:
        """Best first; fewer where there are fewer photos. Raises ModelError for an unknown unit."""
        tracked = self._tracked(layer)
        if not 0 <= channel < tracked.channels:
            raise ModelError(f"layer {layer} has the channels 0 to {tracked.channels - 1}, there is no {channel}")
        found = self.top_activations.best(layer, channel)
        return tuple(self._top(Unit(layer, channel), *each) for each in found)

    def values(self, layer: str) -> np.ndarray:
        """(units, K) float32, falling; -inf where there are fewer photos."""
        self._tracked(layer)
        return self.top_activations.values[self.top_activations.units_of(layer)].copy()

    def standing(self, layer: str, channel: int) -> UnitStanding:
        """The unit's statistics over all photos: mean, std, how often it is active."""
        self._tracked(layer)
        return self.top_activations.standing(layer, channel)

    def montage(self, layer: str, channel: int) -> np.ndarray:
        """The unit's crops in a square, (H, W, 3) uint8 RGB, as in the window."""
        found = self.top(layer, channel)
        return montage([*(each.rgb for each in found), *[None] * (self.top_activations.top - len(found))])

    def _top(self, unit: Unit, value: float, image: int, row: int, col: int) -> TopPhoto:
        path = self.paths.get(image, "")
        patch = Patch(value, path, row, col)
        return TopPhoto(value, image, path, row, col, crop=partial(self._crop, UnitPatches(unit, (patch,)), image))

    def _crop(self, unit: UnitPatches, image: int) -> np.ndarray | None:
        return patch_tiles(self.network, unit, [self.cropped(image)])[0]

    def _tracked(self, layer: str) -> Any:
        try:
            return self.top_activations.layer(layer)
        except KeyError as error:
            raise ModelError(str(error.args[0])) from None

    def __repr__(self) -> str:
        left_out = f", {len(self.skipped)} left out" if self.skipped else ""
        return f"<TopImages of {self.images} photos{left_out}: {', '.join(self.layers)}>"

    def _repr_html_(self) -> str:
        layer = self.layers[-1]
        units = range(min(self.top_activations.layer(layer).channels, SHOWN_UNITS))
        return "".join(img_of(self.montage(layer, unit), f"{layer} {unit}") for unit in units)

    def _repr_png_(self) -> bytes:
        return png_of(self.montage(self.layers[-1], 0))


@dataclass(frozen=True)
class ScanOptions:
    """What is asked of a scan. folder None: nothing is kept. crops: write the window's pictures into the folder too."""

    layers: tuple[str, ...] = ()
    top: int = 9
    folder: Path | None = None
    workers: int = 0
    crops: bool = False
    fresh: bool = False


def scan(
    network: ScanNetwork, ref: NetworkRef, device: str, photos: Sequence[InputPhoto], order: ScanOptions
) -> TopImages:
    """Scan the photos; into a folder it goes on where an earlier scan of the same was ended. Raises ModelError."""
    paths = paths_of(photos)
    try:
        if paths is not None:
            if order.folder is not None:
                return _of_files(network, ref, device, paths, order, order.folder.expanduser())
            with tempfile.TemporaryDirectory(prefix="deepvis-") as folder:
                return _of_files(network, ref, device, paths, order, Path(folder))
        if order.folder is not None or order.workers:
            raise ModelError(
                "scan: found photos from memory, expected files where a folder or workers are named; give a folder of "
                "photos or a list of paths"
            )
        return _in_memory(network, photos, order)
    except (ScanError, JobError) as error:
        raise ModelError(str(error)) from error


def _of_files(
    network: ScanNetwork, ref: NetworkRef, device: str, paths: Sequence[str], order: ScanOptions, folder: Path
) -> TopImages:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        names = folder / LIST_NAME
        names.write_bytes("".join(f"{path}\n" for path in paths).encode("utf-8", "surrogateescape"))
    except OSError as error:
        raise ModelError(f"{folder} cannot be written ({error.strerror or error}); name another folder") from error
    where = Where(order.workers, None)
    scan_order = ScanOrder(
        ref, os.fspath(names), folder, order.layers, order.top, device=device, where=where, fresh=order.fresh
    )
    part = run_scan(scan_order)
    if order.crops:
        run_crops(CropOrder(folder, folder, order.layers, device=device, where=where))
    found = read_scan(folder)
    return TopImages(
        part.top_activations,
        network,
        found.paths,
        _cropping(network.model.preprocessor, found.paths),
        tuple((each.path, each.reason) for each in part.skipped),
        order.folder,
    )


def _cropping(pictures: Preprocessor, paths: Mapping[int, str]) -> Callable[[int], np.ndarray | None]:
    @lru_cache(maxsize=32)
    def cropped(index: int) -> np.ndarray | None:
        try:
            return pictures.crop(load_rgb(paths[index]))
        except PhotoError:
            return None

    return cropped


def _in_memory(network: ScanNetwork, photos: Sequence[InputPhoto], order: ScanOptions) -> TopImages:
    if order.top < 1:
        raise ModelError(f"top {order.top} keeps no image; expected 1 or more")
    chosen = ScanNetwork(network.model, order.layers, str(network.device)) if order.layers else network
    tracker, rows, skipped = Tracker(chosen.layers, order.top), chosen.rows, []
    for start in range(0, len(photos), rows):
        batch = np.zeros((rows, *network.model.preprocessor.input_shape), np.float32)
        used = []
        for row, photo in enumerate(photos[start : start + rows]):
            batch[row] = photo.x()
            used.append(row)
        peaks = chosen.peaks(batch, tracker.limits())
        fine = usable(peaks, len(batch))
        finite = [row for row in used if fine[row]]
        skipped += [("", f"photo {start + row} gives numbers that are not finite") for row in used if row not in finite]
        if finite:
            tracker.add([start + row for row in finite], finite, peaks)

    def cropped(index: int) -> np.ndarray:
        pictures, photo = network.model.preprocessor, photos[index]
        return pictures.to_rgb(photo.x()) if photo.rgb is None else pictures.crop(photo.rgb())

    paths = {index: photo.path for index, photo in enumerate(photos) if photo.path}
    return TopImages(tracker.result(), chosen, paths, cropped, tuple(skipped))
