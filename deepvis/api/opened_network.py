"""What ``deepvis.open`` gives: a network's layers, values, back projections, preferred images and top 9."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from deepvis.api.activations import Values
from deepvis.api.channels import channel_of
from deepvis.api.notebook import Activations, AttributionMap, Picture, Projection
from deepvis.api.renewable import RenewableModel
from deepvis.core.back_pictures import back_picture
from deepvis.core.nearest import nearest
from deepvis.core.state import BackFilter
from deepvis.core.types import BackRequest, NetRequest, Unit
from deepvis.live.backend import BackendError
from deepvis.live.showing import request_problem
from deepvis.models.zoo import Model, memory_ref
from deepvis.network.field import receptive_field
from deepvis.network.maps import as_maps, from_maps, maps_shape
from deepvis.network.model_error import ModelError
from deepvis.network.ref import NetworkRef
from deepvis.optimize.optimize_error import OptimizeError
from deepvis.scan.network import ScanNetwork
from deepvis.scan.scan_error import ScanError

if TYPE_CHECKING:
    from deepvis.api.intervening import WhatIf
    from deepvis.api.live_module import LiveModule
    from deepvis.api.photos import Photos
    from deepvis.api.shown_network import ShownNetwork
    from deepvis.api.top_images import TopImages
    from deepvis.optimize.ascent_network import AscentNetwork

log = logging.getLogger(__name__)
PRESET = "3+"  # steps that suit any network
_NO_FRAME: Any = None  # what is checked of a request needs no picture


class ReceptiveField(NamedTuple):
    """Rows top .. bottom and columns left .. right of the input's pixels, half open; may reach over its edges."""

    top: int
    left: int
    bottom: int
    right: int

    @property
    def height(self) -> int:
        return self.bottom - self.top

    @property
    def width(self) -> int:
        return self.right - self.left


@contextmanager
def as_model_errors() -> Iterator[None]:
    """Whatever room an error comes from, callers catch one kind."""
    try:
        yield
    except (OptimizeError, ScanError, BackendError) as error:
        raise ModelError(str(error)) from error


class Network(RenewableModel):
    """A network that was opened; made by ``deepvis.open``. All methods raise ModelError, one sentence.

    ref: how other processes find it; None for a module in memory. live: that module. labels: named by the user.
    """

    def __init__(
        self,
        model: Model,
        device: str,
        *,
        ref: NetworkRef | None = None,
        live: LiveModule | None = None,
        labels: tuple[str, ...] | None = None,
    ) -> None:
        self._ref = ref
        super().__init__(model, device, live, labels)

    def _take(self, model: Model) -> None:
        with as_model_errors():
            network = ScanNetwork(model, (), self._device)
        super()._take(model)
        self._network, self._values = network, Values(network)
        self._ascent_network: AscentNetwork | None = None

    @property
    def layers(self) -> tuple[str, ...]:
        """The layers of the window's list; the other methods take every value's name, see ``activations``."""
        return self._model.layer_names

    @property
    def shapes(self) -> dict[str, tuple[int, int, int]]:
        """Layer of the list -> (C, H, W); (C, 1, 1) for vectors."""
        return {name: maps_shape(self._network.net.shapes[name]) for name in self.layers}

    @property
    def input_shape(self) -> tuple[int, int, int]:
        """(C, H, W) of the network's own input."""
        return self._model.preprocessor.input_shape

    @property
    def labels(self) -> tuple[str, ...]:
        return tuple(self._model.labels)

    @property
    def identity(self) -> str:
        """One word for structure, weights and preprocessing: what is made with the network is written under it."""
        return self._model.identity

    def __repr__(self) -> str:
        return f"<Network {self.name}: {self._model.input_words}; {len(self.layers)} layers>"

    def activations(self, photos: Any, layers: str | Sequence[str] | None = None) -> Activations:
        """The values of layers for photos.

        photos: a path, a folder, a text file of paths, a PIL picture, uint8 (H, W, 3) RGB; or floats (C, H, W) or
        (N, C, H, W), which are the network's own input; or a list of these. layers: names, or paths of modules (what
        they return in their first call); None: those of the list.
        Returns a mapping of float32 arrays: (C, H, W), (C,) for vectors, with N in front for several photos.
        """
        names = self.layers if layers is None else (layers,) if isinstance(layers, str) else tuple(layers)
        with self._lock, as_model_errors():
            self._values.check(names)
            given = self._photos(photos)
            found = self._values.of(given.batches(self._network.rows), names)
        return Activations({k: v if given.is_batch else v[0] for k, v in found.items()}, is_batch=given.is_batch)

    def project(
        self,
        photo: Any,
        layer: str,
        channel: int | str,
        mode: str = "gradient",
        position: tuple[int, int] | None = None,
    ) -> Projection:
        """What of a photo made the unit fire: float32 (C, H, W) at the network's own input, N in front for several.

        channel: its number; in a layer of classes also (a part of) a label. mode: a back mode, as "gradient", "deconv",
        "guided". position None: the seed is the unit's whole activation map, as in the window; (row, col): that cell's
        activation alone.
        """
        with self._lock, as_model_errors():
            channel = channel_of(self._model, layer, channel)
            self._check_unit(layer, channel, mode, position)
            given = self._photos(photo)
            maps = [self._projected(item.x()[np.newaxis], layer, channel, mode, position) for item in given.items]
        values = np.stack(maps) if given.is_batch else maps[0]
        if not values.any():
            log.warning(
                "%s: the back projection of layer %s, channel %d, by %s is all 0: nothing of the unit reaches the "
                "input (it is 0 or negative there, or the layer is detached, rounded or quantized)",
                self.name, layer, channel, mode,
            )  # fmt: skip
        return Projection.of(values, self._drawn)

    def attribution(
        self,
        photo: Any,
        layer: str,
        channel: int | str,
        method: str = "grad_cam",
        position: tuple[int, int] | None = None,
        *,
        maps: str = "",
    ) -> AttributionMap | list[AttributionMap]:
        """Which part of a photo speaks for the unit; a list for several.

        channel: as of ``project``; of class probabilities the score before the softmax counts. method: "grad_cam",
        "layer_cam", "input_x_gradient", "integrated_gradients", "smooth_grad", "occlusion" (docs/attribution.md).
        position None: f is the sum of the unit's map; (row, col): its value there. maps: of Grad-CAM and LayerCAM, the
        layer whose maps are looked at; "": the last with maps below the unit.
        """
        from deepvis.api.attributing import attributed

        with self._lock, as_model_errors():
            channel = channel_of(self._model, layer, channel)
            self._check_unit(layer, channel, position=position)
            if maps:
                self._check_layer(maps)
            given = self._photos(photo)
            unit = Unit(layer, channel)
            found = [attributed(self._network, item.x(), unit, method, position, maps) for item in given.items]
        return found if given.is_batch else found[0]

    def what_if(
        self,
        photo: Any,
        off: Any = (),
        *,
        clamp: Mapping[Any, float] | None = None,
        scale: Mapping[Any, float] | None = None,
        layers: str | Sequence[str] | None = None,
    ) -> WhatIf | list[WhatIf]:
        """A photo's classes and values before and after units are changed; a list for several photos.

        off: units to switch off, each ("conv5", 151) or "conv5:151". clamp: unit -> the value that it has everywhere.
        scale: unit -> the factor. layers: whose values are given, besides the classes'; None: those of the list.
        """
        from deepvis.api.intervening import intervened, interventions_of

        def checked(layer: str, channel: Any) -> int:
            found = channel_of(self._model, layer, channel)
            self._check_unit(layer, found)
            return found

        names = self.layers if layers is None else (layers,) if isinstance(layers, str) else tuple(layers)
        with self._lock, as_model_errors():
            for name in names:
                self._check_layer(name)
            interventions = interventions_of(off, clamp or {}, scale or {}, checked)
            given = self._photos(photo)
            found = [intervened(self._network, item.x(), interventions, names) for item in given.items]
        return found if given.is_batch else found[0]

    def receptive_field(self, layer: str, row: int = 0, col: int = 0) -> ReceptiveField:
        """The pixels of the input that the cell (row, col) of a layer's map sees: (top, left, bottom, right)."""
        with self._lock:
            self._check_layer(layer)
            net = self._network.net
            found = receptive_field(net.graph, net.shapes, layer, row, col, self._model.data_blob)
        return ReceptiveField(found.top, found.left, found.bottom, found.right)

    def optimize(self, layer: str, channel: int | str, preset: str = PRESET, seed: int = 0) -> Picture:
        """An image that the unit would like to see, from the noise of ``seed``.

        channel: its number; in a layer of classes also (a part of) a label, as "flamingo".
        preset: "1" to "4", the paper's Table 1; "1+" to "4+", the same with steps that suit any network; "robust"; or
        one of your own.
        """
        from deepvis.api.preferred import preferred

        with self._lock, as_model_errors():
            channel = channel_of(self._model, layer, channel)
            self._check_unit(layer, channel)
            return preferred(self._ready_to_climb(), self._model, Unit(layer, channel), preset, seed)

    def scan(
        self,
        photos: Any,
        layers: str | Sequence[str] | None = None,
        *,
        top: int = 9,
        folder: str | os.PathLike[str] | None = None,
        crops: bool = False,
        workers: int = 0,
        fresh: bool = False,
    ) -> TopImages:
        """The photos that excite every unit of the layers most, with values, paths, positions and crops.

        folder: keeps the scan, as the offline one does: killed at any moment, the same call goes on. crops: write the
        window's pictures there too. workers: processes; 0: threads of this one. fresh: forget an earlier scan.
        """
        from deepvis.api.top_images import ScanOptions, scan

        names = () if layers is None else (layers,) if isinstance(layers, str) else tuple(layers)
        with self._lock, as_model_errors():
            for name in names:
                self._check_layer(name)
            if workers and self._ref is None:
                raise ModelError(
                    f"scan: found workers={workers} for a module in memory, which other processes cannot open, "
                    "expected 0; or open the network as FILE.py:NAME"
                )
            order = ScanOptions(names, top, None if folder is None else Path(folder), workers, crops, fresh)
            ref = self._ref or memory_ref(self._model)
            return scan(self._network, ref, self._device, self._photos(photos).items, order)

    def show(
        self, images: str | os.PathLike[str] | None = None, *, block: bool | None = None, **options: Any
    ) -> ShownNetwork[Network]:
        """Open the window on the network; see ``deepvis.show``."""
        from deepvis.api.shown_network import show_network

        return show_network(self, images, block=block, **options)

    def refresh(self) -> None:
        """Take up the weights that the module has now. Raises ModelError for a network that is no module in memory."""
        self.take_weights()

    # --- parts ------------------------------------------------------------------------------------

    def _photos(self, given: Any) -> Photos:
        from deepvis.api.photos import photos_of

        return photos_of(given, self._model.preprocessor)

    def _ready_to_climb(self) -> AscentNetwork:
        if self._ascent_network is None:
            from deepvis.optimize.ascent_network import ascent_net_of

            self._ascent_network = ascent_net_of(self._model, self._device)
        return self._ascent_network

    def _check_layer(self, layer: str) -> None:
        shapes = self._network.net.shapes
        if layer not in shapes:
            if missing := self._model.missing_words(str(layer)):
                raise ModelError(f"{self.name} has no values of {missing}")
            names = dict.fromkeys([*self.layers, *shapes])
            hint = nearest(str(layer), names, f"there are: {', '.join(self.layers)}")
            raise ModelError(f"{self.name} has no layer {layer!r}; {hint}")

    def _check_unit(
        self, layer: str, channel: int, mode: str = "gradient", position: tuple[int, int] | None = None
    ) -> None:
        self._check_layer(layer)
        if isinstance(channel, bool) or not isinstance(channel, (int, np.integer)):
            raise ModelError(f"channel {channel!r}: expected a whole number, the unit's place in layer {layer}")
        place = None if position is None else _place(position)
        request = NetRequest(_NO_FRAME, BackRequest(Unit(layer, int(channel)), mode, place))
        if problem := request_problem(request, self._network.net.shapes):
            raise ModelError(problem)

    def _projected(
        self, x: np.ndarray, layer: str, channel: int, mode: str, position: tuple[int, int] | None
    ) -> np.ndarray:
        import torch

        net, data = self._network.net, self._model.data_blob
        tape = net.forward(self._network.inputs(x), until=layer)
        blob = tape.blobs[layer]
        maps = as_maps(blob.detach().cpu().numpy())
        seed = np.zeros_like(maps)
        where: Any = channel if position is None else (channel, *position)
        seed[where] = maps[where]
        back = tape.backward(layer, torch.from_numpy(from_maps(seed, blob.shape)).to(blob.device), mode, to=data)
        return back[data].detach().cpu().numpy().reshape(self.input_shape)

    def _drawn(self, diff_chw: np.ndarray) -> np.ndarray:
        return back_picture(self._model.preprocessor.diff_to_rgb(diff_chw), BackFilter.RAW)


def _place(position: Any) -> tuple[int, int]:
    if not isinstance(position, (tuple, list)) or len(position) != 2:
        raise ModelError(f"position is {position!r}, expected (row, col) in the unit's map")
    return int(position[0]), int(position[1])
