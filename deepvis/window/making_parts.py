"""From the settings to the workers beside the window, and to what they open in their threads."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from deepvis.core.playing import MovingSource
from deepvis.core.types import Frame, NetInfo, Unit
from deepvis.live.backend import BackendError, backend_of, open_backend
from deepvis.live.core_share import CoreShare
from deepvis.live.fields import open_fields
from deepvis.live.filters import first_filters
from deepvis.live.folder_scan import FolderScanWorker
from deepvis.live.folder_scans import FolderScans
from deepvis.live.freed_memory import FreedMemory
from deepvis.live.input import InputWorker
from deepvis.live.network import NetworkWorker
from deepvis.live.optimize import OptimizeWorker
from deepvis.live.own_folder import identity_if_any, own_folder
from deepvis.live.picture_keeper import PictureKeeper
from deepvis.live.provenance import provenance_of
from deepvis.live.renewed_stream import RenewedStream
from deepvis.live.scale_doubt import ScaleDoubt
from deepvis.live.scan_passes import open_passes
from deepvis.live.shown_model import ShownModel
from deepvis.live.stopped_pictures import StoppedPictures
from deepvis.live.stream_top import Opened, StreamTop
from deepvis.live.unit_image_commands import commands_for
from deepvis.live.unit_image_reader import UnitImageReader
from deepvis.live.unit_images import UnitImagesWorker
from deepvis.live.unit_over_photos import OverPhotosWorker
from deepvis.models.model import Model
from deepvis.models.zoo import DEFAULT_MODEL
from deepvis.scan.with_samples import RunningWithSamples
from deepvis.settings.table import Settings
from deepvis.sources.camera import camera_present
from deepvis.sources.capture import FrameSource
from deepvis.sources.opening import open_moving, open_still
from deepvis.sources.samples import is_sample
from deepvis.window.parts import Frames, Makers, Parts
from deepvis.window.place import WindowPlace
from deepvis.window.stats import PassLog

if TYPE_CHECKING:
    from deepvis.scan.network import ScanNetwork


def input_of(settings: Settings, place: WindowPlace | None = None) -> InputWorker:
    """The worker that opens the sources that the state names. place: as of Toolbox."""
    return InputWorker(open_still, lambda source: moving_source(settings, source, place))


@dataclass(frozen=True, eq=False)
class SharedInput:
    """One input of two networks. frames: see ``Parts``."""

    worker: InputWorker
    frames: Frames


def make_parts(
    settings: Settings,
    shown: ShownModel,
    passes: PassLog,
    shared: SharedInput | None = None,
    place: WindowPlace | None = None,
) -> Parts:
    """The workers. The backend is opened in its own thread: torch takes a second to load.

    shared: the input, where another network's parts have the same. place: as of Toolbox.
    """
    model = shown.model
    scans = FolderScans(lambda: (own_folder(shown.model), identity_if_any(shown.model)))
    stopped = StoppedPictures(lambda: shown.model)
    saved = PictureKeeper(lambda: own_folder(shown.model), lambda unit: own_nine(settings, shown, network.info, unit))
    share = CoreShare()
    stream = RenewedStream(lambda: stream_of(settings, shown.model, scans, lambda: network.info))

    def open_images(info: NetInfo) -> UnitImagesWorker:
        return UnitImagesWorker(lambda: open_reader(settings, shown, info), [stream, stopped], scans.standings, saved)

    network: NetworkWorker = NetworkWorker(
        lambda: open_backend(settings.backend, model, settings.device),
        partial(open_fields, model),
        [passes, stream.update, FreedMemory()],
        ScaleDoubt(model),
        share,
    )
    scan = partial(
        FolderScanWorker, scans, lambda: open_passes(settings.backend, shown.model, settings.device, share.idle)
    )
    return Parts(
        shared.worker if shared else input_of(settings, place),
        network,
        Makers(
            open_images,
            partial(OptimizeWorker, lambda: shown.model, settings.device, stopped=stopped, share=share),
            scan,
            lambda: OverPhotosWorker(partial(open_layer, settings, shown), share.idle),
        ),
        stream,
        scans,
        saved,
        frames=shared.frames if shared else None,
    )


def moving_source(settings: Settings, source: MovingSource, place: WindowPlace | None) -> FrameSource:
    """The video or the camera; in another place than the screen what that makes of them, if they are there."""
    if place is None:
        return open_moving(source)
    is_there = bool(source.video) or (settings.camera is not None and camera_present(source.camera))
    return place.moving_source((lambda: open_moving(source)) if is_there else None)


def stream_of(settings: Settings, model: Model, scans: FolderScans, info: Callable[[], NetInfo | None]) -> StreamTop:
    """The running top 9 of a network."""
    running = RunningWithSamples(info, is_sample=lambda frame: is_sample(frame.path or ""))

    def open_running() -> Opened:
        from deepvis.live.folder_images import FolderImages
        from deepvis.live.running_images import RunningImages
        from deepvis.network.threads import use_one_core

        use_one_core()  # what it projects back must not hold up the network's threads
        backend = open_backend(settings.backend, model, settings.device)
        return backend, FolderImages(model, RunningImages(running, model, lambda: backend), scans)

    samples = sample_frames if model.name == DEFAULT_MODEL else tuple
    return StreamTop(running, open_running, partial(own_folder, model), samples)


def open_layer(settings: Settings, shown: ShownModel, layer: str) -> ScanNetwork:
    """The network for passes up to a layer. Raises BackendError for a backend that is not this project's."""
    from deepvis.scan.network import ScanNetwork

    if (name := backend_of(settings.backend)) != "engine":
        raise BackendError(f"backend {name} does not run photos beside the window; use --backend engine")
    return ScanNetwork(shown.model, (layer,), settings.device)


def open_reader(settings: Settings, shown: ShownModel, info: NetInfo) -> UnitImageReader:
    """What reads the pictures of units; of earlier weights last."""
    model, older = shown.model, shown.older_folders()
    folders = [model.unit_image_dir, *model.further_images, own_folder(model), *older.values()]
    commands = commands_for(model, vars(settings))
    provenance = provenance_of(model, older)
    return UnitImageReader(
        folders, info, commands, settings.unit_image_cache, provenance, partial(first_filters, model)
    )


def own_nine(settings: Settings, shown: ShownModel, info: NetInfo | None, unit: Unit) -> np.ndarray | None:
    """The nine of a unit that its layer has, without those that the user has kept."""
    return None if info is None else open_reader(settings, shown, info).own_nine(unit)


def sample_frames() -> Iterator[Frame]:
    """The photos that come with scikit-image."""
    source = open_still(None)
    for index in range(source.count):
        if isinstance(frame := source.read(index), Frame):
            yield frame
