"""The backend that runs a network's graph, on the CPU or on a GPU; settings and command line call it "engine"."""

from __future__ import annotations

import itertools
import time
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import torch

from deepvis.attribution.graph_function import GraphFunction
from deepvis.core.attributions import UnitFunction
from deepvis.core.interventions import intervention_of
from deepvis.core.types import Contributions, Fit, NetRequest, PassSeconds, Snapshot, Unit
from deepvis.live.backend import BACKENDS, BackendError
from deepvis.live.intervened_passes import IntervenedPasses
from deepvis.live.showing import LazyMaps, asked_layers, bad_weights, deepest, net_info, request_problem
from deepvis.models.model import Model
from deepvis.network.contribution import contributions
from deepvis.network.device import device_name, device_of
from deepvis.network.maps import position_seed
from deepvis.network.memory import keep_freed_memory
from deepvis.network.model_error import ModelError, in_file
from deepvis.network.net import GraphNet
from deepvis.network.tape import Tape

_snapshot_ids = itertools.count(1)  # of all backends: one that takes another's place goes on above it


@dataclass(frozen=True, eq=False)
class _Forward:
    """A forward pass that may serve several requests. blobs: those that it holds."""

    frame_id: int
    fit: Fit
    tape: Tape
    input_rgb: np.ndarray
    until: str | None
    shown: frozenset[str]


@BACKENDS.add("engine")
class GraphBackend:
    """A ``Backend`` over ``deepvis.network.net.GraphNet``.

    A pass stops after the deepest blob that is asked for, and a request for the same picture with another unit or mode
    takes up the forward pass of the one before. Activations on the CPU are views of the pass, without copies.
    device: "auto", "cpu", "cuda", "cuda:1".
    Raises BackendError where the network cannot be read or has layers that nothing here can run, ModelError where
    the device is not there.
    """

    def __init__(self, model: Model, device: str = "cpu") -> None:
        keep_freed_memory()
        self._device = device_of(device)
        self._model = model
        try:
            with in_file(model.file):
                self._net = GraphNet(model.graph, self._device)
        except ModelError as error:
            raise BackendError(str(error)) from error
        notes = bad_weights(model)
        self.info = net_info(model, self._net.shapes, device_name(self._device), notes, model.graph.unavailable)
        self._blobs = tuple(self._net.shapes)
        self._others = model.other_inputs()
        self._last: _Forward | None = None
        self._intervened = IntervenedPasses(self._net)

    def run(self, request: NetRequest) -> Snapshot:
        if problem := request_problem(request, self._net.shapes):
            raise BackendError(problem)
        try:
            began = time.perf_counter()
            forward = self._forward(request)
            _, tape = self._with_interventions(forward, request)
            forwarded = self._now()
            diffs = self._backward(tape, request) if request.back else {}
            contributed = self._contributed(tape, request.why) if request.why else None
            ended = self._now() if request.back or request.why else forwarded
        except (ModelError, RuntimeError, MemoryError) as error:  # RuntimeError: PyTorch's, out of memory among them
            self._last = None
            self._intervened.forget()
            raise BackendError(f"the network {self.info.name} could not be run: {error}") from error
        fetched = LazyMaps(diffs, _fetch)
        data = fetched.get(self._model.data_blob)
        return Snapshot(
            id=next(_snapshot_ids),
            request=request,
            activations=LazyMaps(tape.blobs, _fetch),
            diffs=fetched,
            input_diff=None if data is None else self._model.preprocessor.diff_to_rgb(data),
            input_rgb=forward.input_rgb,
            contributions=contributed,
            seconds=PassSeconds(forwarded - began, ended - forwarded),
            before=LazyMaps(forward.tape.blobs, _fetch) if request.interventions else None,
        )

    def unit_function(self, request: NetRequest) -> UnitFunction:
        asked = request.attribution
        if asked is None:
            raise BackendError("found a request without an attribution, expected one")
        if problem := request_problem(request, self._net.shapes):
            raise BackendError(problem)
        net, tape = self._with_interventions(self._forward(request), request)
        return GraphFunction(net, self._model, self._others, tape, asked.unit, layer=asked.layer)

    def close(self) -> None:
        self._last = None
        self._intervened.forget()

    def _forward(self, request: NetRequest) -> _Forward:
        """The pass for the request's picture, as far as it is needed: the last one where it serves."""
        until = deepest(request, self._blobs)
        last = self._last
        needed = until or self._blobs[-1]
        if last and (last.frame_id, last.fit) == (request.frame.id, request.fit) and needed in last.tape.blobs:
            return last
        self._last = None  # frees its blobs before the new ones are made
        self._intervened.forget()
        preprocessor = self._model.preprocessor
        input_rgb = preprocessor.crop(request.frame.rgb, request.fit)
        input_rgb.setflags(write=False)
        shown = {*(self._model.layer_names if request.shown is None else request.shown)}
        shown |= asked_layers(request)
        shape = self._net.graph.inputs[self._model.data_blob]
        picture = preprocessor.normalised(input_rgb)
        inputs = {**self._others, self._model.data_blob: picture.reshape(shape)}
        tape = self._net.forward(inputs, until=until, shown=shown)
        self._last = _Forward(request.frame.id, request.fit, tape, input_rgb, until, frozenset(shown))
        return self._last

    def _with_interventions(self, forward: _Forward, request: NetRequest) -> tuple[GraphNet, Tape]:
        """The network and the pass that panes show: those with the interventions, if there are any."""
        return self._intervened(forward.tape, request.interventions, forward.until, forward.shown)

    def _backward(self, tape: Tape, request: NetRequest) -> Mapping[str, torch.Tensor]:
        """blob -> diff from the data blob up to the asked layer.

        The walk begins below the layers in place of a blob, and so below an intervention on the unit itself: its
        factor is in the seed then.
        """
        back = request.back
        if back is None:
            return {}
        layer, channel = back.unit.layer, back.unit.channel
        blob = tape.blobs[layer]
        if back.position is not None:
            seed = torch.as_tensor(position_seed(blob.shape, channel, *back.position))
        else:
            seed = torch.zeros_like(blob)
            where = (slice(None), channel) if blob.ndim > 1 else (channel,)[: blob.ndim]
            seed[where] = blob[where]
        own = intervention_of(request.interventions, back.unit)
        if own is not None and tape.graph.start(layer) != tape.graph.last(layer):
            seed = seed * own.factor
        return tape.backward(layer, seed, back.mode, to=self._model.data_blob)

    def _contributed(self, tape: Tape, chain: tuple[Unit, ...]) -> Contributions:
        walk = contributions(tape, chain, self._model.data_blob)
        return Contributions(chain, walk.value, LazyMaps(walk.products, _fetch), walk.links)

    def _now(self) -> float:
        """Seconds, once the device has done what it was given."""
        if self._device.type == "cuda":
            torch.cuda.synchronize(self._device)
        return time.perf_counter()


def _fetch(blob: torch.Tensor) -> np.ndarray:
    """A tensor's values; on the CPU the tensor's own memory."""
    return blob.detach().cpu().numpy()
