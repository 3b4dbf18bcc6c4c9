"""A network that is none: quick, the same everywhere, and slow on command. For tests and for drawing."""

from __future__ import annotations

import itertools
import queue
import threading
from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from deepvis.core.attributions import LayerMaps, UnitFunction
from deepvis.core.types import (
    AttributionRequest,
    BackRequest,
    Contributions,
    Fit,
    LayerInfo,
    NetInfo,
    NetRequest,
    PassSeconds,
    Snapshot,
    Unit,
)
from deepvis.live.backend import BACKENDS, BackendError
from deepvis.live.showing import request_problem
from deepvis.network.back_modes import BACK_MODES

if TYPE_CHECKING:
    from deepvis.models.model import Model

FAKE_INFO = NetInfo(
    name="fake",
    layers=(
        LayerInfo("conv1", "Convolution", 8, 12, 12),
        LayerInfo("pool1", "Pooling", 8, 6, 6, borrows="conv1"),
        LayerInfo("mixed/output", "Concat", 20, 6, 6, short_name="mixed"),
        LayerInfo("fc2", "InnerProduct", 10, 1, 1),
        LayerInfo("prob", "Softmax", 10, 1, 1, borrows="fc2"),
    ),
    input_shape=(3, 24, 24),
    labels=tuple(f"class {index}" for index in range(10)),
    label_layers=frozenset({"fc2", "prob"}),
    prob_layer="prob",
    groups=(0, 0, 1, 2, 2),
)


class FakeBackend:
    """Answers every request from the frame's pixels alone.

    gate: ``run`` waits until it is set; None: it does not wait. begun: gets each request as its run begins, so
    that a test can wait for that without sleeping. requests: all that were begun. fails: an exception that
    ``run`` raises.
    """

    def __init__(self, info: NetInfo = FAKE_INFO, gate: threading.Event | None = None) -> None:
        self.info = info
        self.gate = gate
        self.begun: queue.SimpleQueue[NetRequest] = queue.SimpleQueue()
        self.requests: list[NetRequest] = []
        self.fails: Exception | None = None
        self.closed = False
        self._ids = itertools.count(1)

    def run(self, request: NetRequest) -> Snapshot:
        self.requests.append(request)
        self.begun.put(request)
        if self.gate is not None:
            self.gate.wait()
        if self.fails is not None:
            raise self.fails
        shapes = {layer.name: (1, layer.channels, layer.height, layer.width) for layer in self.info.layers}
        if problem := request_problem(request, shapes):
            raise BackendError(problem)
        rgb = _resized(request.frame.rgb, *self.info.input_shape[1:], request.fit)
        diffs, input_diff = _diffs(self.info, rgb, request.back) if request.back else ({}, None)
        return Snapshot(
            id=next(self._ids),
            request=request,
            activations={layer.name: _activation(layer, rgb) for layer in self.info.layers},
            diffs=diffs,
            input_diff=input_diff,
            input_rgb=_read_only(rgb),
            contributions=_contributions(self.info, rgb, request.why) if request.why else None,
            seconds=PassSeconds(0.02, 0.01 if request.back or request.why else 0.0),
        )

    def unit_function(self, request: NetRequest) -> UnitFunction:
        asked = request.attribution
        if asked is None:
            raise BackendError("found a request without an attribution, expected one")
        rgb = _resized(request.frame.rgb, *self.info.input_shape[1:], request.fit)
        return _FakeFunction(rgb.transpose(2, 0, 1).astype(np.float32) / 255, asked, self.info)

    def close(self) -> None:
        self.closed = True


class _FakeFunction:
    """f(x) = sum of w x, w a wave of the unit's own."""

    def __init__(self, x: np.ndarray, asked: AttributionRequest, info: NetInfo) -> None:
        self.layer = asked.unit.layer
        self.x, self._asked, self._info = x, asked, info
        rows, cols = np.indices(x.shape[1:])
        wave = np.sin(asked.unit.channel + rows * 0.3) * np.cos(cols * 0.2)
        self._weights = np.broadcast_to(wave, x.shape).astype(np.float32)

    def value(self, x: np.ndarray) -> float:
        return float((self._weights * x).sum())

    def gradient(self, x: np.ndarray) -> np.ndarray:
        return self._weights

    def relevance(self) -> np.ndarray:
        return self._weights * self.x

    def layer_maps(self) -> LayerMaps:
        names = [layer.name for layer in self._info.layers if layer.is_spatial]
        layer = self._info.layer(self._asked.layer or names[-1])
        maps = _activation(layer, (255 * self.x.transpose(1, 2, 0)).astype(np.uint8))
        return LayerMaps(layer.name, maps, np.cos(maps + self._asked.unit.channel))


@BACKENDS.add("fake")
def open_fake(model: Model | None, device: str) -> FakeBackend:
    """The same small network whatever the model."""
    return FakeBackend()


def _resized(rgb: np.ndarray, height: int, width: int, fit: Fit) -> np.ndarray:
    """(height, width, 3) uint8: nearest pixels of the picture, or of its centre part of the right shape."""
    rows, cols = rgb.shape[:2]
    if fit is Fit.CROP:
        side = min(rows / height, cols / width)
        tall, wide = max(1, round(side * height)), max(1, round(side * width))
        top, left = (rows - tall) // 2, (cols - wide) // 2
        rgb = rgb[top : top + tall, left : left + wide]
    rows, cols = rgb.shape[:2]
    return rgb[np.arange(height) * rows // height][:, np.arange(width) * cols // width]


def _activation(layer: LayerInfo, rgb: np.ndarray) -> np.ndarray:
    """(C, H, W) float32: each channel the picture's brightness under a wave of its own; prob sums to 1."""
    gray = _resized(rgb, layer.height, layer.width, Fit.STRETCH).mean(axis=2) / 255
    channel = np.arange(layer.channels)[:, None, None]
    rows, cols = np.indices(gray.shape)
    wave = np.cos(channel * 0.9 + rows * (channel % 3) * 0.7 + cols * (channel % 4) * 0.5)
    acts = gray * wave if layer.is_spatial else gray.mean() + wave
    if layer.type == "Softmax":
        acts = np.exp(3 * acts) / np.exp(3 * acts).sum()
    elif layer.type != "InnerProduct":
        acts = np.maximum(acts, 0)
    return _read_only(acts.astype(np.float32))


def _diffs(info: NetInfo, rgb: np.ndarray, back: BackRequest) -> tuple[Mapping[str, np.ndarray], np.ndarray]:
    names = [layer.name for layer in info.layers]
    origin = info.layer(back.unit.layer)
    acts = {layer.name: _activation(layer, rgb) for layer in info.layers}
    seed = np.zeros_like(acts[origin.name])
    if back.position is None:
        seed[back.unit.channel] = acts[origin.name][back.unit.channel]
    else:
        seed[back.unit.channel][back.position] = 1.0
    strength = 0.5 ** list(BACK_MODES).index(back.mode) * float(seed.sum() + 0.1)
    below = names[: names.index(origin.name)]
    diffs = {name: _read_only((acts[name] - acts[name].mean()) * np.float32(strength)) for name in below}
    diffs[origin.name] = _read_only(seed)
    phase = back.unit.channel + np.arange(info.input_shape[0])[:, None, None]
    rows, cols = np.indices(info.input_shape[1:])
    wave = np.sin(phase + rows * 0.5) * np.cos(cols * 0.4) * strength
    return diffs, _read_only(wave.astype(np.float32))


def _contributions(info: NetInfo, rgb: np.ndarray, chain: tuple[Unit, ...]) -> Contributions:
    """Of all layers before the chain's first unit: their diffs, weakened from unit to unit, times their activations."""
    places = {layer.name: place for place, layer in enumerate(info.layers)}
    maps, links = {}, {}
    for link, unit in enumerate(chain):
        diffs, _ = _diffs(info, rgb, BackRequest(unit, next(iter(BACK_MODES))))
        for name in (name for name in diffs if name != unit.layer and places[name] < places[unit.layer]):
            maps[name] = _read_only(diffs[name] * _activation(info.layer(name), rgb) * np.float32(0.5**link))
            links[name] = link
    value = float(_activation(info.layer(chain[0].layer), rgb)[chain[0].channel].sum())
    return Contributions(chain, value, maps, links)


def _read_only(array: np.ndarray) -> np.ndarray:
    array.setflags(write=False)
    return array
