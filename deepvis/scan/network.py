"""A model made ready for a scan: pictures in, the peak of every unit out."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import lru_cache
from math import prod

import numpy as np
import torch

from deepvis.models.zoo import Model, load_model
from deepvis.network.maps import maps_shape
from deepvis.network.memory import keep_freed_memory
from deepvis.network.net import Net
from deepvis.scan.errors import ScanError
from deepvis.scan.peaks import peaks_of
from deepvis.scan.plan import ModelRef
from deepvis.scan.tracker import Peaks, TrackedLayer

OVERRIDES = ("channel_order", "input_scale", "input_size", "data_blob", "fill")
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
        self.layers = tracked_layers(model, self.net.shapes, names)

    @property
    def net(self) -> Net:
        """This thread's network."""
        if not hasattr(self._nets, "net"):
            self._nets.net = Net(self.model.graph, self.device)
        return self._nets.net

    def inputs(self, pictures: np.ndarray) -> dict[str, np.ndarray]:
        """All inputs of the network for pictures (N, C, H, W): those that take none are the live view's."""
        others = self.model.other_inputs()
        repeated = {name: np.repeat(value, len(pictures), axis=0) for name, value in others.items() if value.ndim}
        return {**repeated, self.model.data_blob: pictures}

    def peaks(self, inputs: np.ndarray, limits: Mapping[str, np.ndarray]) -> dict[str, Peaks]:
        """(N, C, H, W) float32 -> layer -> its units' peaks; N is best ``rows``. limits: layer -> see ``peaks_of``."""
        found: dict[str, Peaks] = {}
        for name, blob in self.net.blobs_as_made(self.inputs(inputs), limits.keys()):
            if blob.shape[0] != len(inputs):
                raise ScanError(
                    f"layer {name!r} gives {blob.shape[0]} rows for {len(inputs)} pictures, expected "
                    "one each; leave it out: name the other layers with --layers"
                )
            found[name] = peaks_of(blob, limits[name])
        return found


def tracked_layers(
    model: Model, shapes: Mapping[str, tuple[int, ...]], names: Sequence[str] = ()
) -> tuple[TrackedLayer, ...]:
    """The layers to track, in the window's order. Raises ScanError for a name that the network has not."""
    for name in names:
        if name not in shapes:
            raise ScanError(f"{model.name} has no layer {name!r}; there are {', '.join(model.layer_names)}")
    tracked = [name for name in model.layer_names if _is_tracked(shapes.get(name, ()))]
    chosen = [name for name in tracked if not names or name in names]
    chosen += [name for name in names if name not in chosen]
    return tuple(_tracked(name, shapes[name]) for name in dict.fromkeys(chosen))


def _is_tracked(shape: tuple[int, ...]) -> bool:
    """True for blobs that hold one row of values for each picture, as a detector's regions do not."""
    return len(shape) > 1 and shape[0] == 1 and prod(shape) > 0


def _tracked(name: str, shape: tuple[int, ...]) -> TrackedLayer:
    return TrackedLayer(name, *maps_shape((1, *shape[1:])))


def model_hash(model: Model) -> str:
    """sha256 of all that decides what the network answers: layers, weights, preprocessing."""
    digest = hashlib.sha256()
    spec = model.opened.own()
    for blob, shape in spec.inputs.items():
        digest.update(f"{blob}{tuple(shape)}".encode())
    for layer in spec.layers:
        message = type(layer.message)()
        message.CopyFrom(layer.message)
        message.ClearField("blobs")
        digest.update(message.SerializeToString(deterministic=True))
        for array in layer.blobs:
            digest.update(str(array.shape).encode())
            digest.update(np.ascontiguousarray(array).view(np.uint8).data)
    pre = model.preprocessor
    digest.update(f"{pre.channel_order} {pre.scale}".encode())
    digest.update(np.ascontiguousarray(pre.mean_chw).view(np.uint8).data)
    return digest.hexdigest()


def device_of(name: str) -> torch.device:
    """The device of that name; "auto": the first GPU, or the CPU. Raises ScanError."""
    if name == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    try:
        device = torch.device(name)
        torch.empty(1, device=device)
    except (RuntimeError, AssertionError) as error:
        reason = str(error).strip().split("\n")[0]
        raise ScanError(f"the device {name!r} cannot be used ({reason}); expected auto, cpu or cuda") from error
    return device


def open_model(ref: ModelRef) -> Model:
    """Load what ``ref`` names. Raises ModelError."""
    overrides = {name: getattr(ref, name) for name in OVERRIDES}
    return load_model(
        ref.name,
        prototxt=ref.prototxt,
        weights=ref.weights,
        mean=ref.mean,
        labels=ref.labels,
        overrides=overrides,
    )


_opening = threading.Lock()


@lru_cache(maxsize=1)
def _opened_model(ref: ModelRef) -> tuple[Model, str]:
    model = open_model(ref)
    return model, model_hash(model)


@lru_cache(maxsize=2)
def _opened(ref: ModelRef, names: tuple[str, ...], device: str) -> tuple[ScanNetwork, str]:
    model, found = _opened_model(ref)
    return ScanNetwork(model, names, device), found


def open_network(ref: ModelRef, names: tuple[str, ...], device: str) -> tuple[ScanNetwork, str]:
    """(the network, the model's hash); one for all threads of a process. Raises ModelError, ScanError."""
    with _opening:
        return _opened(ref, names, device)


def forget_networks() -> None:
    """Let go of the networks, so that the next scan reads the model's files anew."""
    _opened.cache_clear()
    _opened_model.cache_clear()


@contextmanager
def torch_threads_kept() -> Iterator[None]:
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
