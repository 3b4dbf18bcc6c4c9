"""The main thread: events -> state, state -> requests, newest answers -> picture. It never waits for a worker."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path
from typing import Any

from deepvis.core.answers import Answer, EffectReport
from deepvis.core.commands import command_of
from deepvis.core.commands.this_unit import optimization_ended
from deepvis.core.effects import SaveTop
from deepvis.core.history import closed, remembered, remembered_late
from deepvis.core.layer_list import described
from deepvis.core.names_file import content_of
from deepvis.core.saving import OF_FILES
from deepvis.core.scanning import scan_ended
from deepvis.core.state import AppState, GoTo
from deepvis.core.typed import pasted, press
from deepvis.core.types import Snapshot
from deepvis.core.user_error import UsageError
from deepvis.live.folder_scan import ScanRequest
from deepvis.window.autoplay import AutoplayClock
from deepvis.window.gestures import Gesture
from deepvis.window.options import RunOptions
from deepvis.window.palette_watch import PaletteWatch
from deepvis.window.parts import Parts
from deepvis.window.pauses import CONFIRM_SECONDS
from deepvis.window.requests import has_shown, missing, shown_frame
from deepvis.window.saver import Saver
from deepvis.window.screenshots import save_picture
from deepvis.window.script import Script
from deepvis.window.session import Session, restored
from deepvis.window.stats import Stats
from deepvis.window.status import HINT_SECONDS, error_words
from deepvis.window.ui.events import Pasted
from deepvis.window.ui.scene import Scene
from deepvis.window.ui.window import AnyWindow
from deepvis.window.user_actions import MakesLayout, UserActions
from deepvis.window.watching import OverTimeWatch

BUSY_MS, IDLE_MS = 10, 15  # waits for a key while something changes, and after a second in which nothing did
NETWORK_WAITS = 0.5  # seconds at most until it loads: the window with the picture comes first
PICTURE_WAITS = 0.1  # seconds at most until the window is drawn without the picture
FREEZE_SECONDS = 600.0  # for which it is said why the source was frozen
SCAN_SECONDS = 30.0  # for which it is said how a scan has ended: the user may have looked elsewhere


class Loop(UserActions):
    """Runs a window over the parts until the user or the options end it. What it is made of: ``UserActions``."""

    def __init__(
        self,
        state: AppState,
        parts: Parts,
        window: AnyWindow,
        options: RunOptions,
        layouts: MakesLayout,
        pictures: Path,
        stats: Stats,
        saver: Saver | None = None,
    ) -> None:
        super().__init__(state, parts, window, options, layouts, pictures, stats, saver)
        self._script = Script(self._replaying.tokens or options.keys)
        self._autoplay = AutoplayClock()
        self._palette = PaletteWatch()
        self._over_time = OverTimeWatch()
        self._is_closed = False

    def run(self) -> None:
        """Until the end. Raises UsageError if the network cannot be opened at all."""
        began = time.monotonic()
        try:
            while not self.state.quit and not self.is_over(began):
                self.turn()
        finally:
            self.close()

    def close(self) -> None:
        """Complete what is being written, recordings too. A second call does nothing."""
        if self._is_closed:
            return
        self._is_closed = True
        if self._log is not None:
            self._log.close()
        if self.options.replay is None:
            self._saver.names.close(self.state.naming, self.state.info.name)
        self._saver.close()
        self._saver.names.end(self.state.naming)
        self.screen.close()

    @property
    def standing_error(self) -> str:
        """What went wrong and was not mended since, "". A bad photo among others is passed over."""
        latest = self.parts.latest
        has_passed = latest.input.value is not None
        return error_words(replace(latest, input=replace(latest.input, error="")) if has_passed else latest) or (
            self._pictures.error
            or self._saver.error
            or self._saver.names.unsaved_words
            or (self._log.error if self._log else "")
        )

    @property
    def recording_error(self) -> str:
        """Why there is no recording though --record has asked for one, or ""."""
        return self.screen.recording_error

    @property
    def missing(self) -> str:
        """What the panes still wait for, "" once they have settled."""
        return missing(self.state, self.parts.latest) or self._saver.missing

    def turn(self) -> None:
        """One turn: what the user did, what the workers gave, what to ask them, what to show."""
        idle = time.monotonic() - self.screen.changed_at > 1
        for event in self.window.poll(IDLE_MS if idle and self._script.is_done else BUSY_MS):
            self._handle(event)
        self._take_pauses()
        self._take_news()
        if self.parts.latest.snapshot is not None:  # the identity reads the weights: not before the network has
            self._sync_names()
        self.parts.send_requests(self.state)
        if self.screen.has_frame or time.monotonic() - self.screen.opened_at > NETWORK_WAITS:
            self.parts.start_network()
        self._run_script()
        self._show()
        if self.screen.compose.is_partial:
            return
        saved = self._pictures.turn(self.whole_picture, self.state)
        for answer in (*saved, *self._saver.turn(self.screen, self._mouse)):
            self._say(answer)
        if (session := self._saver.take_session()) is not None:
            self.open_session(session)

    def open_session(self, session: Session) -> None:
        """Look at what a session says, as one step of the history."""
        try:
            self.state = remembered(self.state, restored(self.state, session))
        except UsageError as error:
            self._status.show_hint(str(error))

    def _sync_names(self) -> None:
        """Write what the user calls units where that has changed, and take over what another window has written."""
        if self.options.replay is not None:
            return  # it has names of its own, and leaves the user's alone
        before = self._saver.names.error
        naming = self._saver.names.turn(self.state.naming, self.state.info.name)
        if naming is not self.state.naming:
            if self._log is not None and naming.filed != self.state.naming.filed:
                self._log.names(content_of(naming.filed, "", ""))
            self.state = replace(self.state, naming=naming)
        if self._saver.names.error not in ("", before):
            self._status.show_hint(self._saver.names.error)

    def _take_pauses(self) -> None:
        """What is done by waiting: a typed number is gone to, and what was asked about is not meant any more."""
        typing = self.state.typing
        if isinstance(typing, GoTo) and typing.text and self._script.is_done and self._pauses.goes_to_typed:
            self.press("enter")
        if self.state.to_confirm and self._pauses.is_asked_no_more:
            self.state = replace(self.state, to_confirm="")
        if self.plays_photos:
            has_photo = self.state.input.autoplay.is_on and has_shown(self.state, self.parts.latest)
            self.state = self._autoplay(self.state, time.monotonic(), is_shown=has_photo)

    # -------------------------------------------------------------------- news

    def _take_news(self) -> None:
        """Look at what the workers have given, without waiting."""
        before, latest = self.parts.latest, self.parts.look()
        if latest.refusal:
            raise UsageError(latest.refusal)
        if latest.info is not None and before.info is None:
            self.state = described(self.state, latest.info)
            if self.options.session is not None:
                self.state = restored(self.state, self.options.session)
            self._lay_out(*self.window.size)
            for early in self._early.take():
                if isinstance(early, Pasted):
                    self.state = pasted(self.state, early.text)
                else:
                    self._act(press(self.state, early))
        if latest.snapshot is not None and latest.snapshot is not before.snapshot:
            self._status.passes.count()
        self._look_over_time(latest.snapshot)
        if latest.ended_run is not None:
            self.state = optimization_ended(self.state, latest.ended_run)
        if latest.ended_scan is not None:
            self.state = scan_ended(self.state, latest.ended_scan)
        for answer in self.parts.answers():
            self._say(answer)
        if (frame := shown_frame(self.state, latest)) is not self.state.frame:
            self.state = replace(self.state, frame=frame)
        self.state = self._palette(self.state, self.parts.listed, receives_text=self.window.receives_text)
        self._sort_tiles()

    def _look_over_time(self, snapshot: Snapshot | None) -> None:
        watch = self._over_time
        self.state = watch.look(self.state, snapshot, time.monotonic())
        self._make_scene.lines = watch.lines
        self.parts.compare(watch.pair)
        if watch.said:
            self._status.show_hint(watch.said, FREEZE_SECONDS)
        elif watch.over:
            self._status.take_back(watch.over)

    def _say(self, answer: Answer[Any, EffectReport]) -> None:
        """Show the sentence that answers an effect; if it was refused, the same key once more does it."""
        report = answer.value
        seconds = SCAN_SECONDS if isinstance(answer.request, (ScanRequest, *OF_FILES)) else HINT_SECONDS
        sentence, path = (report.sentence, report.path) if report else ("", "")
        if path and not self.window.opens_paths:  # who reads it sits at another machine
            sentence = f"on the server: {sentence}"
        self._status.show_hint(answer.error or sentence, seconds, path)
        if report is not None and report.is_refused and isinstance(answer.request, SaveTop):
            self.state = replace(self.state, to_confirm="save_top")
            self._pauses.asked()
        if report is not None and report.reverse is not None:
            self.state = remembered_late(self.state, report.reverse)

    def _run_script(self) -> None:
        """Send the script's next key, once the panes have settled."""
        if (key := self._script.take(self.missing)) is None:
            return
        if (gesture := self._replaying.take()) is not None:
            self._do_again(gesture)
            self.parts.send_requests(self.state)
        else:
            self.take_script_key(key)

    def take_script_key(self, key: str) -> None:
        """Press a key of the script."""
        self.state = closed(self.state)  # each key of a script is a step of undo, however fast it comes
        if (row := command_of(key)) is not None and row.name == "quit":
            self.state = replace(self.state, to_confirm=row.name)  # a script means it
        self.press(key)
        self.parts.send_requests(self.state)

    def _do_again(self, gesture: Gesture) -> None:
        """Do what was recorded; a pause before it counts as long as it was."""
        self._replaying.pause = gesture.after
        if gesture.after > CONFIRM_SECONDS:
            self.state = replace(self.state, to_confirm="")
        if gesture.kind == "key":
            self._pointer = None
            self.press(gesture.text)
        elif gesture.kind == "names":
            self.state = replace(self.state, naming=replace(self.state.naming, filed=gesture.names()))
        elif (event := gesture.event()) is not None:
            self._handle(event)
        self._replaying.pause = None

    # ----------------------------------------------------------------- showing

    def _scene_now(self) -> Scene:
        return self._make_scene(self.state, self._pointer, recorded=self.screen.recorded_seconds)

    def _show(self) -> None:
        """Show the scene of now; at first wait a moment for the source's picture."""
        scene = self._scene_now()
        is_early = time.monotonic() - self.screen.opened_at < PICTURE_WAITS
        if self.screen.picture is None and scene.frame is None and is_early:
            return
        again = self.options.frames is not None and self._script.may_go_on(self.missing)
        self.screen.show(scene, again=again)

    # ------------------------------------------------------------------ ending

    def is_over(self, began: float) -> bool:
        """True once the options end the run. began: when, in seconds of ``time.monotonic``."""
        options = self.options
        if options.seconds is not None and time.monotonic() - began >= options.seconds:
            return True
        if not self._script.is_done:
            return False
        if options.frames is not None:
            return self.parts.latest.info is not None and self.stats.frames_shown >= options.frames
        return options.ends_when_done and self._is_finished()

    def _is_finished(self) -> bool:
        """The panes have settled, and the picture of that is on the screen; or they were waited for long enough."""
        if self.screen.picture is None or not self._script.may_go_on(self.missing):
            return False
        return bool(self.missing) or self.screen.shows(self._scene_now())

    def screenshot(self, path: Path) -> None:
        """Write the window as it is now. Raises OSError."""
        save_picture(path, self.screen.compose(self._scene_now()))
