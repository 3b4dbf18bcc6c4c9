"""From a scan to the folder that the window reads: which montages are to be made, and the statistics beside them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

import numpy as np

from deepvis.core.types import Unit
from deepvis.core.unit_files import network_in, unit_image_paths, write_patches, write_stats
from deepvis.jobs.pool import IN_PROCESS, Where, run_all, try_scheduler
from deepvis.jobs.progress import Progress
from deepvis.scan.crops import CropTask, UnitPatches, check_scanned, is_done
from deepvis.scan.network import open_network, torch_threads_restored
from deepvis.scan.results import Scan, back_folders, read_scan
from deepvis.scan.scan_error import ScanError, writing
from deepvis.scan.statistics import BINS, EDGES, mean_and_std
from deepvis.scan.tracker import TopActivations

UNITS_PER_TASK = 8


@dataclass(frozen=True)
class CropOrder:
    """What the user asked for. scan: the scan's folder. output: where the layout begins. layers, units (): all."""

    scan: Path
    output: Path
    layers: tuple[str, ...] = ()
    units: tuple[int, ...] = ()
    modes: tuple[str, ...] = ("deconv",)
    device: str = "cpu"
    where: Where = IN_PROCESS
    borrowed_too: bool = False


def run_crops(order: CropOrder, progress: Progress | None = None) -> int:
    """Write the layout of a scan; what is there already stays. Returns the number of units with montages.

    Layers that borrow another layer's pictures get only their statistics, unless ``borrowed_too``.
    Raises ScanError, ModelError.
    """
    progress = progress or Progress()
    for mode in order.modes:
        if mode not in back_folders():
            raise ScanError(f"no back mode is named {mode!r}; there are {', '.join(back_folders())}")
    scan = read_scan(order.scan)
    network = open_network(scan.plan.network, (), order.device)
    check_scanned(network.model, scan.plan.identity)
    identity = network.model.identity
    layers = order.layers or tuple(layer.name for layer in scan.top_activations.layers)
    for layer in layers:
        try:
            scan.top_activations.units_of(layer)
        except KeyError as error:
            raise ScanError(error.args[0]) from None
    remap = {} if order.borrowed_too or order.layers else network.model.remap
    own = [layer for layer in layers if remap.get(layer, layer) == layer or remap[layer] not in layers]
    asked = frozenset(order.units)
    chosen = [unit for unit in units_of(scan.top_activations, own) if not asked or unit.channel in asked]
    if order.units and not chosen:
        most = max(scan.top_activations.layer(layer).channels for layer in layers)
        named = ", ".join(map(str, order.units))
        raise ScanError(f"no scanned layer has a unit {named}; they have {most} at most, numbered from 0")
    units = [UnitPatches(unit, scan.patches(unit.layer, unit.channel)) for unit in chosen]
    done = {unit: is_done(order.output, unit, order.modes, identity) for unit in units}
    missing = [unit for unit in units if not done[unit]]
    if missing:
        try_scheduler(order.where.scheduler)
    for layer in layers:
        write_layer_stats(order.output, scan.top_activations, layer, identity)
    name_network(order.output, [unit for unit in units if done[unit]], identity)
    with torch_threads_restored():
        run_all(order.where, list(tasks_for(order, scan, missing)), progress, len(units), len(units) - len(missing))
    return len(units)


def units_of(top_activations: TopActivations, layers: Sequence[str]) -> Iterator[Unit]:
    for layer in layers:
        for channel in range(top_activations.layer(layer).channels):
            yield Unit(layer, channel)


def tasks_for(order: CropOrder, scan: Scan, units: Sequence[UnitPatches]) -> Iterator[CropTask]:
    """A few units of one layer to a task."""
    plan, output = scan.plan, order.output.absolute()
    for _, group in groupby(units, lambda each: each.unit.layer):
        of_layer = tuple(group)
        for start in range(0, len(of_layer), UNITS_PER_TASK):
            chosen = of_layer[start : start + UNITS_PER_TASK]
            yield CropTask(
                plan.network, plan.identity, order.device, plan.fit, plan.folder, output, chosen, order.modes
            )


def name_network(folder: Path, units: Iterable[UnitPatches], identity: str) -> None:
    """Write the network beside montages that 0.1.0 made in it."""
    for unit in units:
        path = unit_image_paths(folder, unit.unit.layer, unit.unit.channel).patches
        if not network_in(path):
            write_patches(path, unit.unit, unit.patches, identity)


def write_layer_stats(folder: Path, top_activations: TopActivations, layer: str, identity: str) -> None:
    """The layer's statistics, its histogram without the bins that no unit fills."""
    units = top_activations.units_of(layer)
    mean, std = mean_and_std(top_activations.sums[units], top_activations.seen)
    histogram = top_activations.histogram[units]
    filled = np.flatnonzero(histogram.any(axis=0))
    low, high = (int(filled[0]), int(filled[-1]) + 1) if len(filled) else (BINS // 2, BINS // 2 + 1)
    with writing(f"the statistics of {layer}", folder):
        write_stats(
            unit_image_paths(folder, layer).stats,
            network=identity,
            images=top_activations.seen,
            mean=mean,
            std=std,
            active=top_activations.active[units] / max(top_activations.seen, 1),
            edges=np.tile(EDGES[low : high + 1], (histogram.shape[0], 1)),
            counts=histogram[:, low:high],
        )
