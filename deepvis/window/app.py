"""Builds the parts from the settings, runs the window over them, and shuts all down."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from functools import lru_cache, partial
from pathlib import Path

from deepvis.core.back_modes import DECONV, GRADIENT, OFF
from deepvis.core.panes import SMALLEST_WINDOW, LayoutError, PaneLayout
from deepvis.core.program import program
from deepvis.core.state import (
    GAMMA_BOOSTS,
    INDIVIDUAL_BOOSTS,
    OVERLAYS,
    AppState,
    ColourMap,
    InputState,
    Look,
    PaletteLists,
    ViewState,
)
from deepvis.core.types import FieldOf, Fit, Frame, LayerInfo, NetInfo
from deepvis.live.backends.base import open_backend
from deepvis.live.filters import first_filters
from deepvis.live.folder_scan import FolderScanWorker
from deepvis.live.folder_scans import FolderScans
from deepvis.live.input import InputWorker
from deepvis.live.network import NetworkWorker
from deepvis.live.optimize import OptimizeWorker
from deepvis.live.own_folder import identity_if_any, own_folder
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
from deepvis.models.model import Model
from deepvis.models.zoo import DEFAULT_MODEL, OVERRIDES, model_names, open_model
from deepvis.network.model_error import ModelError
from deepvis.network.ref import NetworkRef
from deepvis.scan.with_samples import RunningWithSamples
from deepvis.settings.table import Settings
from deepvis.sources.opening import (
    camera_present,
    images_problem,
    open_moving,
    open_still,
    video_name,
    video_problem,
)
from deepvis.sources.samples import is_sample
from deepvis.window.loop import Loop
from deepvis.window.options import RunOptions, UsageError
from deepvis.window.parts import Makers, Parts
from deepvis.window.stats import PassLog, Stats
from deepvis.window.ui.layer_list_layout import layout_for
from deepvis.window.ui.window import AnyWindow, MemoryWindow, OpenCVWindow, WindowError
from deepvis.window.ui.work_area import fitted, room_for_window

TITLE = "Deep Visualization Toolbox"
DESIGN_HEIGHT, DESIGN_WIDTH = 930, 1500
SWITCH_SECONDS = 0.001  # of Python's threads: the window must not wait the usual 5 ms for its turn


def run(settings: Settings, options: RunOptions, *, starts_moving: bool) -> int:
    """Run the toolbox until it is closed; the exit code. Raises UsageError for what the user got wrong.

    starts_moving: the command line named a camera or a video.
    """
    check_sources(settings)
    toolbox = Toolbox(settings, options, opened(settings), starts_moving=starts_moving)
    try:
        toolbox.loop.run()
        write_results(toolbox.loop, options, toolbox.passes)
    finally:
        toolbox.close()
    return 0


class Toolbox:
    """The window over an opened network, with its workers: made, turned and closed in one thread.

    title: of the window, as it is found by it too. Raises UsageError where there can be no window.
    """

    def __init__(
        self,
        settings: Settings,
        options: RunOptions,
        model: Model,
        *,
        starts_moving: bool,
        title: str = TITLE,
    ) -> None:
        sys.setswitchinterval(SWITCH_SECONDS)
        self.passes = PassLog()
        self._settings = settings
        self._shown = ShownModel(model)
        state = first_state(settings, model, first_back_mode(settings, options), starts_moving=starts_moving)
        layouts = Layouts(settings, model)
        layouts(state.info, *wanted_size(settings))  # a wrong table of panes is told before a window opens
        self._parts = make_parts(settings, self._shown, self.passes)
        self._parts.send_requests(state)  # the picture is read while the window opens
        self.window = open_window(settings, options, title)
        self.loop = Loop(state, self._parts, self.window, options, layouts, Path(settings.pictures), Stats())

    def renew(self, model: Model) -> None:
        """Show the same network with other weights: what was made with the earlier ones is marked."""
        self._shown.take(model)
        self._parts.renew(lambda: open_backend(self._settings.backend, model, self._settings.device))

    def close(self) -> None:
        self._parts.stop()
        self.window.close()


def check_sources(settings: Settings) -> None:
    """Raises UsageError for photos, a video or unit images that cannot be there."""
    problem = images_problem(settings.images) if settings.images else None
    problem = problem or (video_problem(settings.video) if settings.video else None)
    folder = settings.unit_image_dir
    if problem is None and folder is not None and not Path(folder).is_dir():
        problem = f"--unit-images {folder}: there is no such folder; {program()} optimize-layer makes one"
    if problem:
        raise UsageError(problem)


def network_of(settings: Settings) -> NetworkRef:
    """The network that the settings name."""
    s = settings
    chosen = {name: getattr(s, name, None) for name in OVERRIDES}
    options = tuple((name, value) for name, value in chosen.items() if value not in (None, False))
    return NetworkRef(s.model, s.network or s.prototxt, s.weights, s.mean, s.labels, options)


def opened(settings: Settings) -> Model:
    """The model that the settings name; its weights are read later. Raises UsageError."""
    try:
        return open_model(network_of(settings))
    except ModelError as error:
        raise UsageError(str(error)) from error


def first_back_mode(settings: Settings, options: RunOptions) -> str:
    """What the settings say; auto: a newcomer, who has named nothing and presses no keys, sees every pane at work."""
    if settings.back_mode != "auto":
        return settings.back_mode
    named = (settings.model, settings.network, settings.prototxt, settings.images, settings.video)
    return DECONV if not options.keys and all(value is None for value in named) else OFF


def first_state(settings: Settings, model: Model, back_mode: str, *, starts_moving: bool) -> AppState:
    """The state before anything was pressed; of the network only the names are known yet."""
    if settings.overlay % len(OVERLAYS) and back_mode == OFF:
        back_mode = GRADIENT
    view = ViewState(
        label_predictions=settings.label_predictions,
        back_mode=back_mode,
        unit_images=settings.unit_images and Layouts(settings, model).has("jpgvis"),
        gamma_boost=settings.gamma_boost % len(GAMMA_BOOSTS),
        individual_boost=settings.individual_boost % len(INDIVIDUAL_BOOSTS),
        look=Look(settings.look),
        colour_map=ColourMap(settings.colormap),
        fixed_scale=settings.fixed_scale,
        overlay=settings.overlay % len(OVERLAYS),
        debug=settings.debug % 3,
    )
    source = InputState(
        moving=starts_moving or is_moving_by_itself(settings),
        fit=Fit.STRETCH if settings.stretch else Fit.CROP,
        mirror=settings.mirror,
        images=settings.images,
    )
    layers = tuple(LayerInfo(name, "", 1, 1, 1, model.short_names.get(name, "")) for name in model.layer_names)
    channels, height, width = model.preprocessor.input_shape
    shape = (channels, height, width)
    info = NetInfo(model.name, layers, shape, model.labels, groups=model.groups, input_words=model.input_words)
    palette_lists = PaletteLists(models=model_names())
    return AppState(info, view, source, fast=settings.fast, initial_view=view, palette_lists=palette_lists)


def is_moving_by_itself(settings: Settings) -> bool:
    """Without --images: the video of the settings, or the camera if there is one; else the sample photos."""
    if settings.images is not None:
        return False
    return settings.video is not None or (settings.camera is not None and camera_present(settings.camera))


class Layouts:
    """(network, height, width) -> where the panes are. Raises UsageError for a table of panes that cannot be."""

    def __init__(self, settings: Settings, model: Model) -> None:
        self._panes = {**model.panes, **(settings.panes or {})}
        self._font_scale = settings.font_scale

    def has(self, pane: str) -> bool:
        """False if the table leaves the pane out: what it shows need not be made."""
        return all(self._panes.get(name, ()) is not None for name in (pane, f"caffevis_{pane}"))

    def __call__(self, info: NetInfo, height: int, width: int) -> PaneLayout:
        try:
            return layout_for(info, height, width, self._panes, self._font_scale)
        except LayoutError as error:
            raise UsageError(str(error)) from error


def wanted_size(settings: Settings) -> tuple[int, int]:
    """(height, width) in pixels that the settings ask for. Raises UsageError for a window too small to be one."""
    height, width = settings.window_size or (DESIGN_HEIGHT, DESIGN_WIDTH)
    size = round(height * settings.scale), round(width * settings.scale)
    if min(size) < SMALLEST_WINDOW:
        raise UsageError(f"a window of {size[1]}x{size[0]} pixels is too small; give a larger --scale or --size")
    return size


def window_size(settings: Settings, room: tuple[int, int] | None) -> tuple[int, int]:
    """(height, width) in pixels of the window at the start: no more than the room, unless the settings name a size."""
    size = wanted_size(settings)
    return size if settings.window_size else fitted(size, room)


def open_window(settings: Settings, options: RunOptions, title: str = TITLE) -> AnyWindow:
    """On the screen or, headless, in memory. Raises UsageError where there is no screen."""
    try:
        if options.headless:
            return MemoryWindow(title, *wanted_size(settings))
        return OpenCVWindow(title, *window_size(settings, room_for_window()))
    except WindowError as error:
        raise UsageError(str(error)) from error


def make_parts(settings: Settings, shown: ShownModel, passes: PassLog) -> Parts:
    """The workers. The backend is opened in its own thread: torch takes a second to load."""
    model = shown.model
    scans = FolderScans(lambda: (own_folder(shown.model), identity_if_any(shown.model)))
    stopped = StoppedPictures(lambda: shown.model)
    stream = RenewedStream(lambda: stream_of(settings, shown.model, scans, lambda: network.info))

    def open_images(info: NetInfo) -> UnitImagesWorker:
        return UnitImagesWorker(lambda: open_reader(settings, shown, info), [stream, stopped], scans.standings)

    network: NetworkWorker = NetworkWorker(
        lambda: open_backend(settings.backend, model, settings.device),
        partial(open_fields, model),
        [passes, stream.update],
        ScaleDoubt(model),
    )
    scan = partial(
        FolderScanWorker, scans, lambda: open_passes(settings.backend, shown.model, settings.device, network.idle)
    )
    camera = 0 if settings.camera is None else settings.camera
    return Parts(
        InputWorker(open_still, lambda: open_moving(camera, settings.video)),
        network,
        Makers(open_images, partial(OptimizeWorker, lambda: shown.model, settings.device, stopped=stopped), scan),
        stream,
        scans,
        moving_source=video_name(settings.video) if settings.video else f"camera {camera}",
    )


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


def open_reader(settings: Settings, shown: ShownModel, info: NetInfo) -> UnitImageReader:
    """What reads the pictures of units; of earlier weights last."""
    model, older = shown.model, shown.older_folders()
    shipped = [] if model.shipped_images is None else [model.shipped_images]
    folders = [model.unit_image_dir, *shipped, own_folder(model), *older.values()]
    commands = commands_for(model, vars(settings))
    provenance = provenance_of(model, older)
    return UnitImageReader(
        folders, info, commands, settings.unit_image_cache, provenance, partial(first_filters, model)
    )


def sample_frames() -> Iterator[Frame]:
    """The photos that come with scikit-image."""
    source = open_still(None)
    for index in range(source.count):
        if isinstance(frame := source.read(index), Frame):
            yield frame


def open_fields(model: Model) -> FieldOf | None:
    """The receptive fields; None for a network beyond the engine. Of a place that no rule knows there is none."""
    from deepvis.network.field import receptive_field
    from deepvis.network.field_rules import image_size
    from deepvis.network.shapes import infer_shapes

    try:
        graph = model.graph
        shapes = infer_shapes(graph, graph.inputs)
    except ModelError:
        return None

    @lru_cache(maxsize=4096)
    def field_of(layer: str, row: int, col: int) -> tuple[int, int, int, int] | None:
        if layer not in shapes:  # of the fake backend
            return None
        row %= image_size(shapes[layer])[0]  # the maps of a batch are stacked downwards
        try:
            field = receptive_field(graph, shapes, layer, row, col, model.data_blob, inside=False)
        except ModelError:
            return None
        return field.top, field.left, field.bottom, field.right

    return field_of


def write_results(loop: Loop, options: RunOptions, passes: PassLog) -> None:
    """The screenshot and the statistics. Raises UsageError for a file that could not be written, the video too."""
    info = loop.state.info
    try:
        if options.screenshot:
            loop.screenshot(options.screenshot)
        if options.stats:
            loop.stats.write(options.stats, passes, info.name, info.device)
    except OSError as error:
        raise UsageError(f"{error.filename or options.screenshot}: {error.strerror or error}") from error
    if loop.recording_error:
        raise UsageError(loop.recording_error)
