"""The backend that runs on an installed pycaffe: stock BVLC Caffe or the toolbox's fork.

pycaffe has no deconvolution in its stock form, and the fork's sums stale diffs of sibling branches. So
the way back is walked here, layer by layer (``net._backward(i, i)``), over the layers that the asked unit depends on
and over cleared diffs; the layers that a back mode treats otherwise (ReLU) are done by its rules, in numpy.
"""

from __future__ import annotations

import importlib
import itertools
import tempfile
import time
import warnings
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from google.protobuf import text_format

from deepvis.core.attributions import UnitFunction
from deepvis.core.device_names import EXPECTED, parsed
from deepvis.core.types import BackRequest, Fit, NetRequest, PassSeconds, Snapshot, Unit
from deepvis.formats.caffe.layer import kind_of, weight_count
from deepvis.formats.caffe.schema import NetParameter
from deepvis.formats.caffe.spec import NetworkSpec
from deepvis.formats.caffe.splits import Wired, as_caffe_builds
from deepvis.live.backend import BACKENDS, BackendError
from deepvis.live.caffe_function import CaffeFunction
from deepvis.live.pycaffe_contributions import contributions_of
from deepvis.live.showing import LazyMaps, deepest, net_info, request_problem
from deepvis.models.model import Model
from deepvis.network.back_modes import BACK_MODES
from deepvis.network.maps import position_seed
from deepvis.network.model_error import ModelError


@dataclass(frozen=True)
class _Done:
    """The forward pass that the blobs hold: for which picture, up to which layer."""

    frame_id: int
    fit: Fit
    last: int


@BACKENDS.add("caffe")
class PycaffeBackend:
    """A ``Backend`` over pycaffe. ``caffe`` is the module, by default the one that is installed.

    device: "cpu", "cuda", "cuda:1"; "auto" is the CPU.

    Must be made and run in one thread: Caffe's CPU or GPU mode belongs to the thread. Raises BackendError
    where there is no pycaffe, or where it does not take the network (Caffe itself ends the process for
    some faults of a prototxt; the network is read by deepvis first, which names them).
    """

    def __init__(self, model: Model, device: str = "cpu", caffe: Any = None) -> None:
        self._model = model
        self._caffe = caffe if caffe is not None else _installed()
        _set_mode(self._caffe, device)
        try:
            self._wired = as_caffe_builds(_spec_of(model))
            self._net = _open_net(self._caffe, model, self._wired)
        except (ModelError, RuntimeError, OSError) as error:
            raise BackendError(f"pycaffe could not open {model.name}: {error}") from error
        self._blobs = dict(self._net.blobs)
        if list(self._net._layer_names) != [layer.name for layer, _, _ in self._wired]:
            raise BackendError(f"pycaffe built other layers of {model.name} than expected; use --backend engine")
        self._shapes = {
            blob: tuple(self._blobs[blob].data.shape) for layer, _, tops in self._wired if layer.type != "Split"
            for blob in tops
        }  # fmt: skip
        self.info = net_info(model, self._shapes, f"pycaffe {device}")
        self._ids = itertools.count(1)
        self._done: _Done | None = None
        self._input_rgb: np.ndarray | None = None

    def run(self, request: NetRequest) -> Snapshot:
        if problem := request_problem(request, self._shapes):
            raise BackendError(problem)
        try:
            began = time.perf_counter()
            self._forward(request)
            forwarded = time.perf_counter()
            diffs = self._backward(request.back) if request.back else {}
            why = contributions_of(self._net, self._wired, request.why, self._shapes) if request.why else None
            ended = time.perf_counter()
        except RuntimeError as error:
            self._done = None
            raise BackendError(f"pycaffe could not run {self.info.name}: {error}") from error
        data = diffs.get(self._model.data_blob)
        filled = {blob for layer, _, tops in self._wired[: self._done.last + 1] for blob in tops}  # type: ignore[union-attr]
        activations = {blob: self._blobs[blob].data.copy() for blob in self._shapes if blob in filled}
        fetched = LazyMaps(diffs, np.asarray)
        return Snapshot(
            id=next(self._ids),
            request=request,
            activations=LazyMaps(activations, np.asarray),
            diffs=fetched,
            input_diff=None if data is None else self._model.preprocessor.diff_to_rgb(fetched[self._model.data_blob]),
            input_rgb=self._input_rgb,
            contributions=why,
            seconds=PassSeconds(forwarded - began, ended - forwarded if request.back or request.why else 0.0),
        )

    def unit_function(self, request: NetRequest) -> UnitFunction:
        asked = request.attribution
        if asked is None:
            raise BackendError("found a request without an attribution, expected one")
        if problem := request_problem(request, self._shapes):
            raise BackendError(problem)
        self._forward(request)
        maker, bottoms, _ = self._wired[_last_maker(self._wired, asked.unit.layer)]
        is_probability = maker.type == "Softmax" and asked.unit.layer in (
            *self._model.label_layers,
            self._model.prob_layer,
        )
        unit = Unit(bottoms[0], asked.unit.channel) if is_probability else asked.unit
        return CaffeFunction(self, self._model, self._blobs, replace(asked, unit=unit))

    def blobs_at(self, x: np.ndarray, layer: str) -> None:
        """Fill the blobs up to a layer for an input (C, H, W); a later ``run`` fills them anew."""
        self._done = None
        blob = self._blobs[self._model.data_blob]
        blob.data[...] = x.reshape(blob.data.shape)
        self._net._forward(0, _last_maker(self._wired, layer))

    def diffs_of(self, layer: str, seed: np.ndarray) -> dict[str, np.ndarray]:
        """blob -> gradient of the sum of ``seed`` times a layer's last value: of values as they stand in the blobs.

        Of blobs that layers work on in place the diff is read before the layer that did so goes back over it.
        """
        path = _behind(self._wired, _last_maker(self._wired, layer))
        for index in path:
            for blob in (*self._wired[index][1], *self._wired[index][2]):
                self._blobs[blob].diff[...] = 0
        self._blobs[layer].diff[...] = seed
        found: dict[str, np.ndarray] = {}
        for index in reversed(path):
            own, _, tops = self._wired[index]
            for top in tops:
                found.setdefault(top, self._blobs[top].diff.copy())
            if own.type != "Input":
                self._net._backward(index, index)
        return {blob: diff for blob, diff in found.items() if blob in self._shapes}

    def close(self) -> None:
        self._net = self._done = None
        self._blobs = {}

    def _forward(self, request: NetRequest) -> None:
        """Fill the blobs as far as the request needs, unless they hold that already."""
        until = deepest(request, tuple(self._shapes))
        last = len(self._wired) - 1 if until is None else _last_maker(self._wired, until)
        done = self._done
        if done is not None and (done.frame_id, done.fit) == (request.frame.id, request.fit) and done.last >= last:
            return
        self._done = None
        preprocessor = self._model.preprocessor
        self._input_rgb = preprocessor.crop(request.frame.rgb, request.fit)
        self._input_rgb.setflags(write=False)
        blob = self._blobs[self._model.data_blob]
        blob.data[...] = preprocessor.normalised(self._input_rgb).reshape(blob.data.shape)
        self._net._forward(0, last)
        self._done = _Done(request.frame.id, request.fit, last)

    def _backward(self, back: BackRequest) -> dict[str, np.ndarray]:
        """blob -> diff of the blobs between the data and the asked layer, both included."""
        start = _first_maker(self._wired, back.unit.layer)
        path = _behind(self._wired, start)
        for index in path:
            for blob in (*self._wired[index][1], *self._wired[index][2]):
                self._blobs[blob].diff[...] = 0
        self._blobs[back.unit.layer].diff[...] = self._seed(back)
        rules = BACK_MODES[back.mode].rules
        for index in reversed(path):
            layer, bottoms, tops = self._wired[index]
            rule = rules.get(kind_of(layer))
            if rule is not None:
                bottom, top = self._blobs[bottoms[0]], self._blobs[tops[0]]
                bottom.diff[...] = rule(bottom.data, top.data, top.diff)
            elif layer.type != "Input":
                self._net._backward(index, index)
        reached = {blob for index in path for blob in self._wired[index][2]}
        return {blob: self._blobs[blob].diff.copy() for blob in self._shapes if blob in reached}

    def _seed(self, back: BackRequest) -> np.ndarray:
        blob = self._blobs[back.unit.layer]
        if back.position is not None:
            return position_seed(blob.data.shape, back.unit.channel, *back.position)
        seed = np.zeros_like(blob.data)
        where = (slice(None), back.unit.channel) if seed.ndim > 1 else (back.unit.channel,)
        seed[where] = blob.data[where]
        return seed


def _spec_of(model: Model) -> NetworkSpec:
    """Caffe's description of the network. Raises ModelError."""
    spec = model.opened.own()
    if not isinstance(spec, NetworkSpec):
        raise ModelError(f"{model.name} is no Caffe network; use --backend engine")
    return spec


def _installed() -> Any:
    try:
        module = importlib.import_module("caffe")
    except ImportError as error:
        raise BackendError(
            f"no pycaffe is installed ({error}); use --backend engine, which needs none, or put Caffe's python "
            "folder on PYTHONPATH"
        ) from error
    if not hasattr(module, "Net"):
        raise BackendError(f"the module caffe ({getattr(module, '__file__', '?')}) is no pycaffe; try --backend engine")
    return module


def _set_mode(caffe: Any, device: str) -> None:
    kind, number = parsed(device) or ("", 0)  # PyTorch's GPUs are not asked: Caffe may see others
    if not kind:
        raise BackendError(f"there is no device {device!r}; expected {EXPECTED}")
    if kind != "cuda":
        caffe.set_mode_cpu()
        return
    try:
        caffe.set_device(number)
        caffe.set_mode_gpu()
    except (RuntimeError, ValueError) as error:
        raise BackendError(f"pycaffe has no device {device!r} ({error}); use --device cpu") from error


def _open_net(caffe: Any, model: Model, wired: list[Wired]) -> Any:
    """A caffe.Net of the model as deepvis reads it: current format, TEST rules applied, gradients down to the data.

    lr_mult 0 keeps Caffe from computing gradients of weights, half of the way back.
    """
    net = NetParameter(name=model.name, force_backward=True)
    for layer, _, _ in wired:
        if layer.type == "Split" and not layer.message.HasField("phase"):
            continue  # Caffe adds those itself
        message = net.layer.add()
        message.CopyFrom(layer.message)
        message.ClearField("phase")
        if layer.type == "LRN":
            message.lrn_param.ClearField("deconv_ignore")  # unknown to stock Caffe; the back modes heed it
        while len(message.param) < (weight_count(message) or 0):
            message.param.add()
        for param in message.param:
            param.lr_mult = 0
    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # the argument order that old and new pycaffe take
        file = Path(folder) / "deploy.prototxt"
        file.write_text(text_format.MessageToString(net), encoding="utf-8")
        if model.weights is None:
            return caffe.Net(str(file), caffe.TEST)
        return caffe.Net(str(file), str(model.weights), caffe.TEST)


def _first_maker(wired: list[Wired], blob: str) -> int:
    """Index of the layer where a walk from ``blob`` begins: the one of its name, or the first that makes it."""
    makers = [index for index, (_, _, tops) in enumerate(wired) if blob in tops]
    return next((index for index in makers if wired[index][0].name == blob), makers[0])


def _last_maker(wired: list[Wired], blob: str) -> int:
    return max(index for index, (_, _, tops) in enumerate(wired) if blob in tops)


def _behind(wired: list[Wired], start: int) -> list[int]:
    """Indices of the layers that the layer ``start`` depends on, itself included, lowest first."""
    needed, found = set(wired[start][1]), [start]
    for index in range(start - 1, -1, -1):
        if needed.intersection(wired[index][2]):
            found.append(index)
            needed.update(wired[index][1])
    return found[::-1]
