"""Builds the parts from the settings, runs the window over them, and shuts all down."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Protocol

from deepvis.core.first_hints import Hints
from deepvis.core.program import program
from deepvis.core.state import AppState
from deepvis.core.user_error import UsageError
from deepvis.live.backend import open_backend
from deepvis.live.own_folder import identity_if_any
from deepvis.live.photo_thread import ANSWER_SECONDS, within
from deepvis.live.shown_model import ShownModel
from deepvis.models.model import Model
from deepvis.models.zoo import OVERRIDES, open_model
from deepvis.network.model_error import ModelError
from deepvis.network.ref import NetworkRef
from deepvis.settings.table import Settings
from deepvis.sources.directory import images_problem
from deepvis.sources.video import video_problem
from deepvis.window.first_state import first_back_mode, first_state
from deepvis.window.gestures import Replay
from deepvis.window.layouts import Layouts, open_window, size_in_settings
from deepvis.window.loop import Loop
from deepvis.window.making_parts import SharedInput, make_parts
from deepvis.window.options import RunOptions
from deepvis.window.place import WindowPlace
from deepvis.window.saver import Half, Saver
from deepvis.window.session import other_network
from deepvis.window.session_settings import opened_with
from deepvis.window.stats import PassLog, Stats
from deepvis.window.ui.window import AnyWindow

TITLE = "Deep Visualization Toolbox"
SWITCH_SECONDS = 0.001  # of Python's threads: the window must not wait the usual 5 ms for its turn


def run(settings: Settings, options: RunOptions, *, starts_moving: bool, place: WindowPlace | None = None) -> int:
    """Run the toolbox until it is closed; the exit code. Raises UsageError for what the user got wrong.

    starts_moving: the command line named a camera or a video. place: of the window, None: this machine's screen.
    """
    check_sources(settings)
    toolbox = Toolbox(settings, options, opened(settings), starts_moving=starts_moving, place=place)
    try:
        toolbox.loop.run()
        write_results(options, toolbox.loop, [(toolbox.loop, toolbox.passes, options.stats)])
    finally:
        toolbox.close()
    return 0


class Toolbox:
    """The window over an opened network, with its workers: for one thread.

    title: of the window, as it is found by it too. window, shared: of two toolboxes side by side, which close them
    themselves. Raises UsageError where there can be no window.
    """

    def __init__(
        self,
        settings: Settings,
        options: RunOptions,
        model: Model,
        *,
        starts_moving: bool,
        title: str = TITLE,
        window: AnyWindow | None = None,
        shared: SharedInput | None = None,
        make_loop: type[Loop] = Loop,
        place: WindowPlace | None = None,
    ) -> None:
        sys.setswitchinterval(SWITCH_SECONDS)
        self.passes = PassLog()
        self._settings = settings
        self._shown = ShownModel(model)
        state = first_state(settings, model, first_back_mode(settings, options), starts_moving=starts_moving)
        if options.session is not None:
            if why := other_network(options.session, model.name, identity_if_any(model)):
                raise UsageError(why)
            state = replace(state, input=options.session.input)
        if options.replay is not None:
            state = started_again(state, options.replay)
        layouts = Layouts(settings, model)
        layouts(state.info, *size_in_settings(settings))  # a wrong table of panes is an error before a window opens
        self._parts = make_parts(settings, self._shown, self.passes, shared, place)
        self._parts.send_requests(state)  # the picture is read while the window opens
        self.window = window or opened_window(settings, options, title, place)
        self._parts.hold_for(self.window.key_hold)
        options = replace(options, hints=Hints(settings.hints))
        pictures = Path(settings.pictures)
        self.saver = Saver(pictures, self._identity, opened=opened_with(settings))
        self.loop = make_loop(state, self._parts, self.window, options, layouts, pictures, Stats(), self.saver)

    @property
    def half(self) -> Half:
        """What a session of two networks has of this one."""
        return Half(lambda: self.loop.state, self._identity, opened_with(self._settings))

    def _identity(self) -> str:
        return identity_if_any(self._shown.model)

    def renew(self, model: Model) -> None:
        """Show the same network with other weights: what was made with the earlier ones is marked."""
        self._shown.take(model)
        self._parts.renew(lambda: open_backend(self._settings.backend, model, self._settings.device))

    def close(self) -> None:
        self.loop.close()
        self._parts.stop()
        self.window.close()


def opened_window(settings: Settings, options: RunOptions, title: str, place: WindowPlace | None) -> AnyWindow:
    """The window, on the screen or in another place. Raises UsageError."""
    return open_window(settings, options, title) if place is None else place.open_window(*size_in_settings(settings))


def check_sources(settings: Settings) -> None:
    """Raises UsageError for photos, a video or unit images that cannot be there.

    A disk or a share that gives no answer is not waited for: the window opens, and says so (live/photo_reading.py).
    """
    unknown: str | None = None
    if problem := within(ANSWER_SECONDS, lambda: sources_problem(settings), unknown):
        raise UsageError(problem)


def sources_problem(settings: Settings) -> str | None:
    """Why these photos, this video or these unit images cannot be there; None where they may."""
    problem = images_problem(settings.images) if settings.images else None
    problem = problem or (video_problem(settings.video) if settings.video else None)
    folder = settings.unit_image_dir
    if problem is None and folder is not None and not Path(folder).is_dir():
        problem = f"--unit-images {folder}: there is no such folder; {program()} optimize-layer makes one"
    return problem


def network_of(settings: Settings) -> NetworkRef:
    """The network that the settings name."""
    s = settings
    chosen = {name: getattr(s, name, None) for name in OVERRIDES}
    options = tuple((name, value) for name, value in chosen.items() if value not in (None, False))
    return NetworkRef(s.model, s.network or s.prototxt, s.weights, s.mean, s.labels, options)


def opened(settings: Settings) -> Model:
    """The model that the settings name; its weights are read later. Raises UsageError.

    With a dictionary they are read now: that of another network is an error before a window opens.
    """
    try:
        model = open_model(network_of(settings))
        if model.dictionary is not None:
            _ = model.graph
        return model
    except ModelError as error:
        raise UsageError(str(error)) from error


def started_again(state: AppState, replay: Replay) -> AppState:
    """The state from which a recording began. Raises UsageError for one of another network."""
    start = replay.start
    if start.model != state.info.name:
        raise UsageError(f"--replay {replay.path} was recorded with {start.model}, and this is {state.info.name}")
    live = replace(state.live, preset=start.preset)
    return replace(state, view=start.view, initial_view=start.view, input=start.source, live=live)


class Shown(Protocol):
    """What a run has shown, of one network or of two."""

    @property
    def standing_error(self) -> str: ...

    @property
    def recording_error(self) -> str: ...

    def screenshot(self, path: Path) -> None: ...


def write_results(options: RunOptions, shown: Shown, passes: Sequence[tuple[Loop, PassLog, Path | None]]) -> None:
    """The end of a run: the screenshot, and the statistics of each network.

    Raises UsageError for a file that could not be written, the video too; and for what went wrong where nobody has
    looked at the status line.
    """
    try:
        if options.screenshot:
            shown.screenshot(options.screenshot)
        for loop, log, path in passes:
            if path is not None:
                loop.stats.write(path, log, loop.state.info.name, loop.state.info.device)
    except OSError as error:
        raise UsageError(f"{error.filename or options.screenshot}: {error.strerror or error}") from error
    if shown.recording_error:
        raise UsageError(shown.recording_error)
    if (options.headless or options.ends_when_done) and shown.standing_error:
        raise UsageError(shown.standing_error)
