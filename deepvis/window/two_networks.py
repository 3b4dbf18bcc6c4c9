"""Two networks on the same pictures: two toolboxes in one window, with one input.

Each half is the whole toolbox, with a layer, a unit, a back projection of its own. A picture of a camera or a video is
taken up once both have answered the one before, so that both show the same.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np

from deepvis.core.answers import NOTHING_YET, Answer
from deepvis.core.state import InputState
from deepvis.core.types import Frame
from deepvis.core.user_error import UsageError
from deepvis.live.input import InputWorker
from deepvis.models.model import Model
from deepvis.models.network_options import NETWORK
from deepvis.network.ref import SUFFIXES
from deepvis.settings.table import Settings
from deepvis.window.app import TITLE, Toolbox, check_sources, opened, opened_window, write_results
from deepvis.window.loop import Loop
from deepvis.window.making_parts import SharedInput, input_of
from deepvis.window.options import RunOptions
from deepvis.window.place import WindowPlace
from deepvis.window.record import Recorder
from deepvis.window.screen import Recording
from deepvis.window.screenshots import save_picture
from deepvis.window.session import Session
from deepvis.window.split_window import SplitWindow


def second_settings(settings: Settings) -> Settings:
    """The same window over the network of ``--compare``: nothing said of the first network holds for it."""
    defaults = Settings()
    plain = replace(settings, **{name: getattr(defaults, name) for name in NETWORK.rows}, compare=None)
    named = settings.compare or ""
    is_file = Path(named.partition(":")[0]).suffix.lower() in SUFFIXES or ":" in named
    return replace(plain, network=named) if is_file else replace(plain, model=named)


class SameFrames:
    """The input's answer that both networks look at. has_answered: has each network answered the frame?"""

    def __init__(self, input: InputWorker) -> None:
        self.has_answered: Callable[[Frame], bool] = lambda frame: True
        self._input = input
        self._now: Answer[InputState, Frame] = NOTHING_YET

    def __call__(self) -> Answer[InputState, Frame]:
        return self._now

    def take_newest(self) -> None:
        """Go on to the newest answer; from one frame of a moving source to the next once it was answered."""
        newest, shown = self._input.outbox.peek(), self._now.value
        if newest is None or newest is self._now:
            return
        follows = shown is not None and newest.value is not None and shown.moving and newest.value.moving
        if not follows or newest.value is shown or shown is None or self.has_answered(shown):
            self._now = newest


class HalfLoop(Loop):
    """The loop of one half. both: of which it is one; to be set before its first turn."""

    both: TwoLoops

    @property
    def plays_photos(self) -> bool:
        """One of the two goes on to the next photo, for both."""
        return self is self.both.loops[0]

    def turn_to_other(self) -> None:
        self.both.window.turn_to(1 - self.both.window.in_use)

    def take_script_key(self, key: str) -> None:
        """The script is the first half's; its keys go to the half in use, as those of the keyboard."""
        if self is self.both.used:
            super().take_script_key(key)
        else:
            self.both.used.take_script_key(key)

    def open_session(self, session: Session) -> None:
        """Of both networks in both halves, of one in this one."""
        loops = self.both.loops if session.second is not None else (self,)
        for loop, part in zip(loops, session.parts, strict=True):
            super(HalfLoop, loop).open_session(part)

    @property
    def missing(self) -> str:
        """What either half still waits for: a script goes on once both have settled."""
        first, second = (loop.own_missing for loop in self.both.loops)
        return first or second

    @property
    def own_missing(self) -> str:
        return super().missing

    @property
    def whole_picture(self) -> np.ndarray | None:
        return self.both.window.picture

    def draw(self) -> None:
        """Put the scene of now into the window."""
        self.window.show(self.screen.compose(self._scene_now()))


class TwoLoops:
    """Turns two loops over the halves of a window. frames: what both look at. The first runs the script."""

    def __init__(
        self, loops: tuple[HalfLoop, HalfLoop], window: SplitWindow, frames: SameFrames, record: Path | None = None
    ) -> None:
        self.loops, self.window = loops, window
        self._frames = frames
        self._recording = Recording(Recorder(record) if record else None)
        self._option = self._recording.recorder  # that of --record
        self._recorded: Recorder | None = None  # which the newest picture was shown to
        self._input = loops[0].state.input
        for loop in loops:
            loop.both = self
            loop.screen.recording, loop.screen.is_half = self._recording, True
        frames.has_answered = self._have_answered

    @property
    def used(self) -> HalfLoop:
        """That of the half to which keys go."""
        return self.loops[self.window.in_use]

    @property
    def standing_error(self) -> str:
        return next((loop.standing_error for loop in self.loops if loop.standing_error), "")

    @property
    def recording_error(self) -> str:
        return self._option.error if self._option else ""

    def run(self) -> None:
        """Until the end. Raises UsageError if a network cannot be opened at all."""
        began = time.monotonic()
        try:
            while not any(loop.state.quit for loop in self.loops) and not self._is_over(began):
                self.turn()
        finally:
            for loop in self.loops:
                loop.close()
            if self._recording.recorder:
                self._recording.recorder.close()

    def turn(self) -> None:
        """One turn of both."""
        self._frames.take_newest()
        for loop, other in (self.loops, self.loops[::-1]):
            loop.turn()
            if loop.state.input != self._input:  # what is looked at is one thing for both
                self._input = loop.state.input
                other.state = replace(other.state, input=self._input)
        has_shown, recorder = self.window.show(), self._recording.recorder
        if recorder is not None and self.window.picture is not None and (has_shown or recorder is not self._recorded):
            recorder.show(self.window.with_halves([loop.screen.compose.panes for loop in self.loops]))
        self._recorded = recorder

    def screenshot(self, path: Path) -> None:
        """Write the window as it is now. Raises OSError."""
        for loop in self.loops:
            loop.draw()
        if self.window.picture is not None:
            save_picture(path, self.window.picture)

    def _is_over(self, began: float) -> bool:
        return all(loop.is_over(began) for loop in self.loops)

    def _have_answered(self, frame: Frame) -> bool:
        """Both networks have answered the frame, or never will."""
        return all(
            loop.parts.latest.info is None
            or bool(loop.parts.latest.network.error)
            or ((snapshot := loop.parts.latest.snapshot) is not None and snapshot.request.frame.id == frame.id)
            for loop in self.loops
        )


def run_two(settings: Settings, options: RunOptions, *, starts_moving: bool, place: WindowPlace | None = None) -> int:
    """Run the toolbox over two networks until it is closed; the exit code. Raises UsageError as ``app.run``."""
    check_sources(settings)
    if options.record_keys or options.replay:
        raise UsageError(
            "--compare: recorded keys are those of one network; leave out --compare, or --record-keys and --replay"
        )
    both_settings = settings, second_settings(settings)
    models = opened(settings), _second_opened(both_settings[1])
    window = SplitWindow(opened_window(settings, options, TITLE, place), (models[0].name, models[1].name))
    worker = input_of(settings, place)
    frames = SameFrames(worker)
    shared = SharedInput(worker, frames)
    session = options.session.parts if options.session is not None else ()
    first_session, second_session = (*session, None, None)[:2]
    own_options = (
        replace(options, record=None, session=first_session),
        replace(options, record=None, keys=(), session=second_session),
    )
    toolboxes: list[Toolbox] = []
    try:
        for each, model, own, half in zip(both_settings, models, own_options, window.halves, strict=True):
            toolboxes.append(
                Toolbox(each, own, model, starts_moving=starts_moving, window=half, shared=shared, make_loop=HalfLoop)
            )
        first, second = (toolbox.loop for toolbox in toolboxes)
        assert isinstance(first, HalfLoop) and isinstance(second, HalfLoop)
        second.state = replace(second.state, input=first.state.input)
        for toolbox in toolboxes:
            toolbox.saver.halves = tuple(each.half for each in toolboxes)
        loops = TwoLoops((first, second), window, frames, options.record)
        loops.run()
        logs = [toolbox.passes for toolbox in toolboxes]
        write_results(options, loops, list(zip(loops.loops, logs, stats_files(options.stats), strict=True)))
    finally:
        for toolbox in toolboxes:
            toolbox.close()
        window.close()
    return 0


def _second_opened(settings: Settings) -> Model:
    try:
        return opened(settings)
    except UsageError as error:
        raise UsageError(f"--compare: {error}") from error


def stats_files(path: Path | None) -> tuple[Path | None, Path | None]:
    """Where the statistics of the first and the second network go: FILE.json and FILE_second.json."""
    return path, path and path.with_name(f"{path.stem}_second{path.suffix}")
