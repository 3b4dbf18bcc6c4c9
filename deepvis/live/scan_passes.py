"""Passes of the photos of a scan: in batches through the graph, or one by one through another backend."""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from deepvis.core.types import Fit, NetRequest
from deepvis.live.backend import Backend, backend_of, open_backend
from deepvis.scan.running_top_parts import Maps
from deepvis.scan.tracker import Peaks, TrackedLayer
from deepvis.sources.base import new_frame
from deepvis.sources.photos import PhotoError, load_photo

if TYPE_CHECKING:
    from deepvis.models.model import Model

ROWS = 8  # photos of a pass on a CPU: short enough for the window's own to get their turn
MOST_THREADS = 8  # each holds the blobs of a pass
NICENESS = 10  # of the threads: a core that they share with the window's network is nearly all the window's
TURN_SECONDS = 0.25  # that a pass waits at most for the window's own: a camera's never end
NOT_FINITE = "the network answers {} with numbers that are not finite"


@dataclass(frozen=True, eq=False)
class Passed:
    """A batch that went through the network. peaks: of all its rows. unused: row -> why it is skipped."""

    paths: Sequence[str]
    peaks: Mapping[str, Peaks]
    unused: Mapping[int, str]


class ScanPasses(ABC):
    """A network for a scan. rows: photos of a batch. threads: batches that are best in work at a time."""

    layers: tuple[TrackedLayer, ...]
    rows: int
    threads: int

    @abstractmethod
    def run(self, paths: Sequence[str], fit: Fit, limits: Mapping[str, np.ndarray]) -> Passed:
        """Pass a batch; called from so many threads, with 0 of them from the one that made this."""

    def begin(self) -> None:  # noqa: B027 (most have nothing to set up)
        """Called once in each thread before its first batch."""

    def close(self) -> None:  # noqa: B027
        """Let go of what is open."""


def open_passes(backend: str, model: Model, device: str, turn: threading.Event) -> ScanPasses:
    """The engine in batches, any other backend photo by photo. backend: its name, as of ``open_backend``."""
    if backend_of(backend) == "engine":
        return GraphPasses(model, device, turn)
    return BackendPasses(lambda: open_backend(backend, model, device), turn)


class GraphPasses(ScanPasses):
    """Batches through the engine, as the offline scan has them; on a CPU one core each, at a low priority.

    turn: set while the window's network has nothing to do.
    """

    def __init__(self, model: Model, device: str, turn: threading.Event) -> None:
        from deepvis.jobs.pool import cores
        from deepvis.scan.network import ScanNetwork

        self._network = ScanNetwork(model, (), device)
        self._turn = turn
        self.layers = self._network.layers
        is_cpu = self._network.device.type == "cpu"
        self.rows = ROWS if is_cpu else self._network.rows
        self.threads = min(cores(), MOST_THREADS) if is_cpu else 2

    def begin(self) -> None:
        from deepvis.live.worker import stand_back
        from deepvis.network.threads import use_one_core

        stand_back(NICENESS)
        use_one_core()

    def run(self, paths: Sequence[str], fit: Fit, limits: Mapping[str, np.ndarray]) -> Passed:
        from deepvis.scan.chunk import read_batch, run_pass

        batch = read_batch(self._network, paths, self.rows, fit)
        self._turn.wait(TURN_SECONDS)
        peaks, unused = run_pass(self._network, batch, limits)
        return Passed(paths, peaks, unused)


class BackendPasses(ScanPasses):
    """Photo by photo through any backend, in the thread that makes this."""

    rows, threads = 1, 0

    def __init__(self, open_backend: Callable[[], Backend], turn: threading.Event) -> None:
        self._backend, self._turn = open_backend(), turn
        self.layers = tuple(
            TrackedLayer(layer.name, layer.channels, layer.height, layer.width) for layer in self._backend.info.live
        )

    def run(self, paths: Sequence[str], fit: Fit, limits: Mapping[str, np.ndarray]) -> Passed:
        (path,) = paths
        try:
            frame = new_frame(load_photo(path).rgb.copy(), path=path)
        except PhotoError as error:
            return Passed(paths, {}, {0: str(error)})
        self._turn.wait(TURN_SECONDS)
        activations = self._backend.run(NetRequest(frame, fit=fit)).activations
        peaks = {layer.name: _peaks(activations[layer.name]) for layer in self.layers}
        is_finite = all(np.isfinite(found.values).all() for found in peaks.values())
        return Passed(paths, peaks, {} if is_finite else {0: NOT_FINITE.format(path)})

    def close(self) -> None:
        self._backend.close()


def _peaks(acts_chw: np.ndarray) -> Peaks:
    maps = Maps(acts_chw)
    places = maps.places(np.arange(len(acts_chw))).astype(np.int32)
    return Peaks(np.asarray(maps.highest, np.float32)[None], places[None])
