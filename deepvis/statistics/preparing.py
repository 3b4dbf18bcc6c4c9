"""An order made ready to run: its network opened, its photos listed."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from pathlib import Path

from deepvis.core.files import path_beside, remove
from deepvis.core.types import Fit
from deepvis.jobs.pool import MOST_THREADS, cores
from deepvis.network.ref import NetworkRef
from deepvis.scan.images import ImageList, chunk_offsets, read_lines, write_list
from deepvis.scan.network import ScanNetwork, made_ready, open_network
from deepvis.statistics.first_convolution import FirstConvolution, first_convolution
from deepvis.statistics.statistics_error import StatisticsError
from deepvis.statistics.statistics_plan import StatisticsFolder, StatisticsPlan, photos_hash

PHOTOS = 32  # of the spectrum of the gradient


@dataclass(frozen=True)
class StatisticsOrder:
    """What the user asked for. layers (): all that the window shows. threads: 0: one a core. overwrite: begin anew."""

    network: NetworkRef
    images: str
    output: Path
    layers: tuple[str, ...] = ()
    fit: Fit = Fit.CROP
    device: str = "cpu"
    threads: int = 0
    gradient_photos: int = PHOTOS
    overwrite: bool = False


@dataclass(frozen=True, eq=False)
class Prepared:
    """An order made ready. offsets: of every batch's first photo in the list, in bytes."""

    network: ScanNetwork
    first: FirstConvolution | None
    plan: StatisticsPlan
    images: ImageList
    offsets: tuple[int, ...]
    fit: Fit
    threads: int

    def paths(self, batch: int) -> list[str]:
        """Of the photos of a batch."""
        names = read_lines(self.images.path, self.offsets[batch], self.plan.rows)
        return [os.path.join(self.images.folder, name) for name in names]

    def spread_paths(self) -> list[str]:
        """Of the photos of the gradient: evenly spread over the list."""
        count = min(self.plan.gradient_photos, self.plan.images)
        places = [n * self.plan.images // count for n in range(count)]
        found = []
        for place in places:
            batch, row = divmod(place, self.plan.rows)
            found.append(self.paths(batch)[row])
        return found


def prepare(order: StatisticsOrder, folder: StatisticsFolder) -> Prepared:
    """Open the network, then list the photos.

    In this order: Ctrl-C while libraries load ends the process at once (``cli/interrupts.py``), and then there is no
    list to leave behind.
    """
    was_there = folder.root.exists()
    try:
        network, first = opened(order)
        with path_beside(folder.images) as listing:
            images = write_list(order.images, listing, folder.root)
        images = replace(images, path=folder.images)
        plan = StatisticsPlan(
            identity=network.model.identity,
            layers=tuple((layer.name, layer.channels) for layer in network.layers),
            fit=order.fit.value,
            device=network.device.type,
            images=images.count,
            photos=photos_hash(images),
            rows=network.rows,
            gradient_photos=order.gradient_photos,
        )
        offsets = tuple(chunk_offsets(images.path, plan.rows))
        threads = order.threads or min(cores(), MOST_THREADS)
        return Prepared(network, first, plan, images, offsets, order.fit, threads)
    except BaseException:
        if not was_there:
            forget(folder)
        raise


def opened(order: StatisticsOrder) -> tuple[ScanNetwork, FirstConvolution | None]:
    """The network with the layers that are asked for, and what the section S1 needs besides."""
    network = open_network(order.network, order.layers, order.device)
    first = first_convolution(network.model.graph)
    names = [layer.name for layer in network.layers]
    if not names:
        raise StatisticsError(f"{network.model.name} has no layer with one row of values for each picture")
    if first is not None and first.activation not in names and first.activation in network.net.shapes:
        network = made_ready(network.model, (*names, first.activation), order.device)
    return network, first


def forget(folder: StatisticsFolder) -> None:
    """Remove what a run has written, and the folder itself where nothing else is in it."""
    remove((folder.result, folder.page, folder.images, folder.running), (folder.root, folder.root.parent))
