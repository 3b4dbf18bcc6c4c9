"""A model made ready for a scan: pictures in, the peak of every unit out."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import lru_cache
from math import prod

import numpy as np
import torch

from deepvis.core.nearest import nearest
from deepvis.models.model import Model
from deepvis.models.opened_once import forget_models, model_now, model_of_identity
from deepvis.network.device import device_of
from deepvis.network.maps import maps_shape
from deepvis.network.memory import keep_freed_memory
from deepvis.network.model_error import ModelError, in_file
from deepvis.network.net import GraphNet
from deepvis.network.ref import NetworkRef
from deepvis.network.shapes import infer_shapes
from deepvis.scan.peaks import peaks_of
from deepvis.scan.scan_error import ScanError
from deepvis.scan.tracker import Peaks, TrackedLayer

log = logging.getLogger(__name__)

ROWS = {"cpu": 16, "cuda": 64}
"""Pictures of one forward pass, by kind of device. Fixed: the last bits of a pass depend on its size."""


class ScanNetwork:
    """A model, the layers of it that are tracked, and a network for each thread over the same weights.

    layers: those of ``names``, by default all that the window shows. rows: pictures of a pass.
    Raises ScanError for a layer that is not there.
    """

    def __init__(self, model: Model, names: Sequence[str] = (), device: str = "cpu") -> None:
        keep_freed_memory()
        self.model, self.device = model, device_of(device)
        self.rows = ROWS.get(self.device.type, ROWS["cpu"])
        self._nets = threading.local()
        shapes = self.net.shapes if names else without_rows(self.net)
        self.layers = tracked_layers(model, shapes, names)
        left_out = [name for name in model.layer_names if name in self.net.shapes and name not in shapes]
        if not names:
            for sentence in model.left_out_words():
                log.warning("%s", sentence)
        if left_out:
            log.warning("%s left out: they do not give one row for each picture", ", ".join(left_out))

    @property
    def net(self) -> GraphNet:
        """This thread's network."""
        if not hasattr(self._nets, "net"):
            with in_file(self.model.file):
                self._nets.net = GraphNet(self.model.graph, self.device)
        return self._nets.net

    def inputs(self, pictures: np.ndarray) -> dict[str, np.ndarray]:
        """All inputs of the network for pictures (N, C, H, W): those that take none are the live view's."""
        others = self.model.other_inputs()
        repeated = {name: np.repeat(value, len(pictures), axis=0) for name, value in others.items() if value.ndim}
        return {**repeated, self.model.data_blob: pictures}

    def peaks(self, inputs: np.ndarray, limits: Mapping[str, np.ndarray]) -> dict[str, Peaks]:
        """(N, C, H, W) float32 -> layer -> its units' peaks; N is best ``rows``. limits: layer -> see ``peaks_of``."""
        found: dict[str, Peaks] = {}
        for name, blob in self.net.iter_values(self.inputs(inputs), limits.keys()):
            if blob.shape[0] != len(inputs):
                raise ScanError(
                    f"layer {name!r} gives {blob.shape[0]} rows for {len(inputs)} pictures, expected "
                    "one each; leave it out: name the other layers with --layers"
                )
            found[name] = peaks_of(blob, limits[name])
        return {name: _as_left_out(each) for name, each in found.items()} if self.net.graph.has_paths else found


def _as_left_out(peaks: Peaks) -> Peaks:
    """Of images that do not come by the layer, whose values are NaN throughout, -inf: they are no unit's best."""
    missed = np.isnan(peaks.values).all(axis=1, keepdims=True)
    return Peaks(np.where(missed, np.float32(-np.inf), peaks.values), peaks.places)


def without_rows(net: GraphNet) -> dict[str, tuple[int, ...]]:
    """The shapes of a network's values but for those that are as they are, however many pictures go through: priors."""
    shapes, inputs = net.shapes, net.graph.inputs
    two = {name: (2, *shape[1:]) if shape[:1] == (1,) else shape for name, shape in inputs.items()}
    try:
        with_two = infer_shapes(net.graph, two)
    except ModelError:  # a network for one picture at a time
        return dict(shapes)
    return {name: shape for name, shape in shapes.items() if shape[:1] != (1,) or with_two[name][:1] != (1,)}


def tracked_layers(
    model: Model, shapes: Mapping[str, tuple[int, ...]], names: Sequence[str] = ()
) -> tuple[TrackedLayer, ...]:
    """The layers to track, in the window's order. Raises ScanError for a name that the network has not."""
    for name in names:
        if name not in shapes:
            if said := model.missing_words(name):
                raise ScanError(f"{model.name} has no values of {said}")
            hint = nearest(
                name, model.layer_names, f"there are {', '.join(model.layer_names)}", cutoff=0.5, any_case=True
            )
            raise ScanError(f"{model.name} has no layer {name!r}; {hint}")
    tracked = [name for name in model.layer_names if _is_tracked(shapes.get(name, ()))]
    chosen = [name for name in tracked if not names or name in names]
    chosen += [name for name in names if name not in chosen]
    return tuple(TrackedLayer(name, *maps_shape((1, *shapes[name][1:]))) for name in dict.fromkeys(chosen))


def _is_tracked(shape: tuple[int, ...]) -> bool:
    """True for blobs that hold one row of values for each picture, as a detector's regions do not."""
    return len(shape) > 1 and shape[0] == 1 and prod(shape) > 0


_opening = threading.Lock()


@lru_cache(maxsize=2)
def _made_ready(model: Model, names: tuple[str, ...], device: str) -> ScanNetwork:
    return ScanNetwork(model, names, device)


def made_ready(model: Model, names: tuple[str, ...], device: str) -> ScanNetwork:
    """The model made ready; one for all threads of a process. Raises ModelError, ScanError."""
    with _opening:
        return _made_ready(model, names, device)


def open_network(network: NetworkRef, names: tuple[str, ...], device: str) -> ScanNetwork:
    """The network as its files are now, made ready; others are let go of. Raises ModelError, ScanError."""
    with _opening:
        _made_ready.cache_clear()
    forget_models()
    return made_ready(model_now(network), names, device)


def network_of_identity(network: NetworkRef, identity: str, names: tuple[str, ...], device: str) -> ScanNetwork:
    """The network of that identity made ready, for tasks, in any process. Raises ModelError, ScanError."""
    return made_ready(model_of_identity(network, identity), names, device)


@contextmanager
def torch_threads_restored() -> Iterator[None]:
    """Give torch back its number of threads at the end of a scan."""
    before = torch.get_num_threads()
    try:
        yield
    finally:
        torch.set_num_threads(before)


def one_torch_thread() -> None:
    """Have torch use one thread within an operation called from this thread.

    Another number changes the last bits of a result; several passes at a time use the cores as well.
    """
    torch.set_num_threads(1)
