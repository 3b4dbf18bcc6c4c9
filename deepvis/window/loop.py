"""The main thread: events -> state, state -> requests, newest answers -> picture. It never waits for a worker."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from deepvis.core.answers import Answer, EffectReport
from deepvis.core.commands import COMMANDS, Group, command_of
from deepvis.core.commands.this_unit import optimization_ended
from deepvis.core.effects import OtherNetwork, SaveTop
from deepvis.core.history import closed, remembered, remembered_late
from deepvis.core.layer_list import described
from deepvis.core.names_file import content_of
from deepvis.core.panes import PaneLayout
from deepvis.core.presenting import PanesNow, Presenting
from deepvis.core.saving import OF_FILES
from deepvis.core.scanning import scan_ended
from deepvis.core.state import AppState, GoTo, Outcome
from deepvis.core.strips import strips_of, with_strips
from deepvis.core.typed import pasted, press
from deepvis.core.types import NetInfo, Snapshot
from deepvis.core.user_error import UsageError
from deepvis.core.why import reason_selected
from deepvis.live.folder_scan import ScanRequest
from deepvis.window.autoplay import AutoplayClock
from deepvis.window.effects import EffectCarrier
from deepvis.window.gestures import Gesture, start_of
from deepvis.window.given import given, given_words
from deepvis.window.options import RunOptions
from deepvis.window.palette_watch import PaletteWatch
from deepvis.window.parts import Parts
from deepvis.window.pointer import pointed
from deepvis.window.presenter import SECONDS, PressedKey
from deepvis.window.requests import has_shown, missing, shown_frame
from deepvis.window.saver import Saver
from deepvis.window.scene_maker import SceneMaker
from deepvis.window.screen import Screen
from deepvis.window.screenshots import KeyPictures, save_picture
from deepvis.window.script import Script
from deepvis.window.session import Session, restored
from deepvis.window.shown_hints import ShownHints
from deepvis.window.stats import Stats
from deepvis.window.status import HINT_SECONDS, StatusReader, error_words
from deepvis.window.typist import Typist
from deepvis.window.ui.events import CameraEnded, CameraGiven, Closed, Event, Key, Pasted, PhotoGiven, Resized
from deepvis.window.ui.scene import Scene
from deepvis.window.ui.window import AnyWindow
from deepvis.window.watching import OverTimeWatch

ONE_NETWORK = "there is one network here; start with --compare NAME for a second beside it"
STILL_SAVING = "it is still being saved; backspace takes it back once that is done"
BUSY_MS, IDLE_MS = 10, 15  # waits for a key while something changes, and after a second in which nothing did
NETWORK_WAITS = 0.5  # seconds at most until it loads: the window with the picture comes first
PICTURE_WAITS = 0.1  # seconds at most until the window is drawn without the picture
NEEDS_NETWORK = frozenset(
    group.value for group in (Group.MOVE, Group.FIND, Group.BACK, Group.TIME, Group.UNIT, Group.KEEP)
)
STEP_SECONDS = 1.0  # presses of a key that are this close belong to one step of undo
GO_TO_SECONDS = 1.0  # after the last digit the typed number is gone to
FREEZE_SECONDS = 600.0  # for which it is said why the source was frozen
SCAN_SECONDS = 30.0  # for which it is said how a scan has ended: the user may have looked elsewhere
WALKING_SECONDS = 5.0  # after a key or a click in which sorted tiles stay where they are
CONFIRM_SECONDS = 6.0  # in which the same key once more does what was asked about


class MakesLayout(Protocol):
    """Where the panes are."""

    def __call__(
        self, info: NetInfo, height: int, width: int, /, *, presenting: Presenting, pixel_ratio: float
    ) -> PaneLayout: ...


class Loop:
    """Runs a window over the parts until the user or the options end it.

    layouts: says where the panes are. pictures: folder for what key p saves.
    """

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
        self.state = replace(state, is_watched_elsewhere=not window.opens_paths)
        self.parts, self.window, self.options, self.stats = parts, window, options, stats
        self._layouts, self._pictures = layouts, KeyPictures(pictures)
        self._saver = saver or Saver(pictures)
        is_timeless = options.headless or options.is_timeless
        self._pressed = PressedKey(float("inf") if is_timeless else SECONDS)  # until the next key of a script
        self._hints = ShownHints(options.hints, headless=options.headless)
        self._status = StatusReader(self._pressed, self._hints, is_timeless=options.is_timeless)
        # keys that need the network, pressed before it was there, and what came after them; texts to be pasted
        self._early: list[str | Pasted] = []
        self._status.waiting = self._early
        self._replayed = list(options.replay.gestures) if options.replay is not None else []
        self._script = Script([gesture.token for gesture in self._replayed] or options.keys)
        # of what is being done again; None: the window's own
        self._replayed_ratio = None if options.replay is None else options.replay.start.pixel_ratio
        self._replayed_pause: float | None = None  # before what is being done again
        self._typist = Typist()
        self._autoplay = AutoplayClock()
        self._palette = PaletteWatch()
        self._over_time = OverTimeWatch()
        self._acted_at = self._asked_at = float("-inf")  # when the user acted last, when an effect asked back
        self._mouse: tuple[int, int] | None = None  # where it is, whatever was pressed since; None outside
        self._pointer: tuple[int, int] | None = None  # since it moved last; None once a key or a button was pressed
        self._pointed_at: tuple[int, int] | None = None  # where it was last, whatever was pressed since
        self._carry_out = EffectCarrier(window, parts, self._saver, self._pictures, self._status)
        self.screen = Screen(window, stats, self._status.shown, options.record)
        self._make_scene = SceneMaker(parts, self._status, window.reserved_keys)
        self._lay_out(*window.size)
        self._is_closed = False
        self._log = None  # of what is pressed
        if options.record_keys is not None:
            self._log = self._saver.gesture_log(options.record_keys, start_of(state, window.size, window.pixel_ratio))

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

    # ------------------------------------------------------------------ events

    def _handle(self, event: Event) -> None:
        if self._log is not None:
            self._log.event(event)
        if isinstance(event, Closed):
            self.state = replace(self.state, quit=True)
        elif isinstance(event, Resized):
            self._replayed_ratio = None if self._replayed_ratio is None else event.pixel_ratio
            self._lay_out(event.height, event.width)
        elif isinstance(event, Key):
            if key := self._typist.key(event.code, is_typing=self.state.takes_letters):
                self._pointer = None
                self.press(key)
        elif isinstance(event, Pasted):
            self._acted_at = time.monotonic()
            if self.parts.latest.info is None:  # the palette, where it goes, needs the network
                self._early.append(event)
            else:
                self.state = pasted(self.state, event.text)
        elif isinstance(event, (PhotoGiven, CameraGiven, CameraEnded)):
            before = self._before_acting()
            self.state = given(before, event)
            if words := given_words(before, self.state):
                self._status.show_hint(words)
        elif event.kind in ("move", "leave"):
            self._pointer = self._mouse = (event.row, event.col) if event.kind == "move" else None
            self._pointed_at = self._pointer
        elif self.screen.scene is not None:
            self._pointer = None
            self.screen.expect()
            before = self._before_acting()
            outcome = pointed(before, event, self.screen.scene)
            self._act(outcome)
            kind = "click" if event.kind == "press" else "wheel"
            self._pressed.note_gesture(kind, before, *outcome)
            self._hints.did(kind)

    def press(self, key: str) -> None:
        """Do what a key does. One that needs the network waits until it is there, and so do those after it."""
        if self._log is not None:
            self._log.key(key)
        bound = command_of(key)
        if not self.state.takes_letters:
            waits = bool(self._early) or (bound is not None and bound.group in NEEDS_NETWORK)
            if self.parts.latest.info is None and waits and bound is not COMMANDS["quit"]:
                self._early.append(key)
                self._hints.did(bound.name if bound is not None else "")
                return
            if bound is None:
                return
        self.screen.expect()
        self._status.forget_first_hint()
        if bound in (COMMANDS["undo"], COMMANDS["redo"]) and not self.state.takes_letters:
            self._status.show_hint("")  # what it said may not be so any more
            if self.parts.is_saving:
                self._status.show_hint(STILL_SAVING)
                return
        before = self._before_acting()
        outcome = press(before, key)
        self._act(outcome)
        self._pressed.note_key(key, before, *outcome)
        if bound is not None and not before.takes_letters:
            self._hints.did(bound.name)

    def _before_acting(self) -> AppState:
        """The state, with the pane under the pointer; after a pause what comes is a new step of undo."""
        now = time.monotonic()
        self._status.acted()
        pause, self._acted_at = now - self._acted_at, now
        pause = pause if self._replayed_pause is None else self._replayed_pause
        layout = self._make_scene.layout
        under = layout.pane_at(*self._pointed_at) if self._pointed_at else None
        state = replace(self.state, panes=replace(self.state.panes, pointed=under or ""))
        return closed(state) if pause > STEP_SECONDS else state

    def _act(self, outcome: Outcome) -> None:
        """Take over the state that a key or the mouse has made, and carry out its effects."""
        before = self.state.view
        self.state, effects = outcome
        if self.state.view != before:
            self._status.view_changed()
        if self.state.view.presenting != before.presenting:
            self._lay_out(*self.window.size)
        for effect in effects:
            if isinstance(effect, OtherNetwork):
                self.turn_to_other()
            else:
                self.state = self._carry_out(effect, self.state)
        self._lay_out_strips()
        self._sort_tiles()

    @property
    def plays_photos(self) -> bool:
        """Autoplay goes on to the next photo in this loop."""
        return True

    def turn_to_other(self) -> None:
        """Have keys go to the other network."""
        self._status.show_hint(ONE_NETWORK)

    @property
    def whole_picture(self) -> np.ndarray | None:
        """What stands in the window, (H, W, 3) uint8 BGR; None before the first."""
        return self.screen.picture

    def _lay_out_strips(self) -> None:
        """Make room for a strip that was turned on, or take back that of one that was turned off."""
        if strips_of(self.state.view) != self._strips:
            self._lay_out(*self.window.size)

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

    def _sort_tiles(self) -> None:
        """Take over the order of the tiles of the layer that is selected now."""
        is_walking = time.monotonic() - self._acted_at < WALKING_SECONDS
        order = self._make_scene.tile_order(self.state, is_held=is_walking)
        if order is not self.state.tile_order:
            self.state = reason_selected(replace(self.state, tile_order=order))

    def _take_pauses(self) -> None:
        """What is done by waiting: a typed number is gone to, and what was asked about is not meant any more."""
        now = time.monotonic()
        typing, pause = self.state.typing, now - self._acted_at
        if isinstance(typing, GoTo) and typing.text and self._script.is_done and pause > GO_TO_SECONDS:
            self.press("enter")
        if self.state.to_confirm and now - max(self._acted_at, self._asked_at) > CONFIRM_SECONDS:
            self.state = replace(self.state, to_confirm="")
        if self.plays_photos:
            has_photo = self.state.input.autoplay.is_on and has_shown(self.state, self.parts.latest)
            self.state = self._autoplay(self.state, now, is_shown=has_photo)

    def _lay_out(self, height: int, width: int) -> None:
        shown, strips = self.state.view.presenting, strips_of(self.state.view)
        ratio = self.window.pixel_ratio if self._replayed_ratio is None else self._replayed_ratio
        layout = self._layouts(self.state.info, height, width, presenting=shown, pixel_ratio=ratio)
        self._make_scene.layout, self._strips = with_strips(layout, strips), strips
        area = self._make_scene.layout.tiles_area
        self.state = replace(self.state, layers_pane=(area.height, area.width))
        self.state = replace(self.state, panes=PanesNow(tuple(name for name, _ in self._make_scene.layout)))

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
            for early in self._early:
                if isinstance(early, Pasted):
                    self.state = pasted(self.state, early.text)
                else:
                    self._act(press(self.state, early))
            self._early.clear()
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
            self._asked_at = time.monotonic()
        if report is not None and report.reverse is not None:
            self.state = remembered_late(self.state, report.reverse)

    def _run_script(self) -> None:
        """Send the script's next key, once the panes have settled."""
        if (key := self._script.take(self.missing)) is not None and self._replayed:
            self._do_again(self._replayed.pop(0))
            self.parts.send_requests(self.state)
        elif key is not None:
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
        self._replayed_pause = gesture.after
        if gesture.after > CONFIRM_SECONDS:
            self.state = replace(self.state, to_confirm="")
        if gesture.kind == "key":
            self._pointer = None
            self.press(gesture.text)
        elif gesture.kind == "names":
            self.state = replace(self.state, naming=replace(self.state.naming, filed=gesture.names()))
        elif (event := gesture.event()) is not None:
            self._handle(event)
        self._replayed_pause = None

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
