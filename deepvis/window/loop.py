"""The main thread: events -> state, state -> requests, newest answers -> picture. It never waits for a worker."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from deepvis.core.answers import Answer, EffectReport
from deepvis.core.commands import COMMANDS, Group, command_of
from deepvis.core.commands.this_unit import optimization_ended
from deepvis.core.effects import KeepPicture, OpenPath, SavePicture, SaveTop, Say, StopOptimizing
from deepvis.core.history import closed, remembered_late
from deepvis.core.layer_list import described
from deepvis.core.panes import PaneLayout
from deepvis.core.scanning import scan_ended
from deepvis.core.state import AppState, GoTo, Outcome, PaletteLists
from deepvis.core.typed import files_opened, pasted, press
from deepvis.core.types import NetInfo
from deepvis.core.user_error import UsageError
from deepvis.live.folder_scan import ScanRequest
from deepvis.live.input import ListedPhotos
from deepvis.sources.directory import images_problem
from deepvis.window.card_picture import why_not_saved
from deepvis.window.given import given
from deepvis.window.options import RunOptions
from deepvis.window.parts import Parts
from deepvis.window.pointer import pointed
from deepvis.window.requests import missing, stopped_words
from deepvis.window.scene_maker import SceneMaker
from deepvis.window.screen import Screen
from deepvis.window.screenshots import picture_name, save_picture
from deepvis.window.script import Script
from deepvis.window.stats import Stats
from deepvis.window.status import HINT_SECONDS, StatusReader, error_words
from deepvis.window.typist import Typist
from deepvis.window.ui.compose import compose
from deepvis.window.ui.events import CameraGiven, Closed, Event, Key, Pasted, PhotoGiven, Resized
from deepvis.window.ui.scene import Scene
from deepvis.window.ui.window import AnyWindow

STILL_SAVING = "it is still being saved; backspace takes it back once that is done"
SAVING_SECONDS = 60.0  # that it says so, if nothing comes of it
BUSY_MS, IDLE_MS = 10, 15  # waits for a key while something changes, and after a second in which nothing did
NETWORK_WAITS = 0.5  # seconds at most until it loads: the window with the picture comes first
PICTURE_WAITS = 0.1  # seconds at most until the window is drawn without the picture
NEEDS_NETWORK = frozenset({Group.MOVE.value, Group.FIND.value, Group.BACK.value, Group.UNIT.value})
STEP_SECONDS = 1.0  # presses of a key that are this close belong to one step of undo
GO_TO_SECONDS = 1.0  # after the last digit the typed number is gone to
SCAN_SECONDS = 30.0  # for which it is said how a scan has ended: the user may have looked elsewhere
WALKING_SECONDS = 5.0  # after a key or a click in which sorted tiles stay where they are
CONSENT_SECONDS = 6.0  # in which the same key once more does what was refused


class Loop:
    """Runs a window over the parts until the user or the options end it.

    layouts: (network, height, width) -> where the panes are. pictures: folder for what key p saves.
    """

    def __init__(
        self,
        state: AppState,
        parts: Parts,
        window: AnyWindow,
        options: RunOptions,
        layouts: Callable[[NetInfo, int, int], PaneLayout],
        pictures: Path,
        stats: Stats,
    ) -> None:
        self.state, self.parts, self.window, self.options, self.stats = state, parts, window, options, stats
        self._layouts, self._pictures = layouts, pictures
        self._status = StatusReader()
        self._script = Script(options.keys)
        self._typist = Typist()
        self._acted_at = self._refused_at = float("-inf")  # when the user acted last, when an effect was refused
        self._early: list[str] = []  # keys that need the network, pressed before it was there
        self._not_saved = ""  # the error of the last picture that key p was to save
        self._to_save: list[SavePicture] = []  # once what was pressed before is on the screen
        self._pointer: tuple[int, int] | None = None  # since it moved last; None once a key or a button was pressed
        self.screen = Screen(window, stats, self._status.shown, options.record)
        self._make_scene = SceneMaker(parts, self._status)
        self._lay_out(*window.size)

    def run(self) -> None:
        """Until the end. Raises UsageError if the network cannot be opened at all."""
        began = time.monotonic()
        try:
            while not self.state.quit and not self._is_over(began):
                self.turn()
        finally:
            self.screen.close()

    @property
    def standing_error(self) -> str:
        """What went wrong and was not mended since, "". A bad photo among others is passed over."""
        latest = self.parts.latest
        has_passed = latest.input.value is not None
        return error_words(replace(latest, input=replace(latest.input, error="")) if has_passed else latest) or (
            self._not_saved
        )

    @property
    def missing(self) -> str:
        """What the panes still wait for, "" once they have settled."""
        return missing(self.state, self.parts.latest)

    def turn(self) -> None:
        """One turn: what the user did, what the workers gave, what to ask them, what to show."""
        idle = time.monotonic() - self.screen.changed_at > 1
        for event in self.window.poll(IDLE_MS if idle and self._script.is_done else BUSY_MS):
            self._handle(event)
        self._take_pauses()
        self._take_news()
        self.parts.send_requests(self.state)
        if self.screen.has_frame or time.monotonic() - self.screen.opened_at > NETWORK_WAITS:
            self.parts.start_network()
        self._run_script()
        self._show()
        self._save_pictures()

    # ------------------------------------------------------------------ events

    def _handle(self, event: Event) -> None:
        if isinstance(event, Closed):
            self.state = replace(self.state, quit=True)
        elif isinstance(event, Resized):
            self._lay_out(event.height, event.width)
        elif isinstance(event, Key):
            if key := self._typist.key(event.code, is_typing=self.state.typing is not None):
                self._pointer = None
                self.press(key)
        elif isinstance(event, Pasted):
            self._acted_at = time.monotonic()
            self.state = pasted(self.state, event.text)
        elif isinstance(event, (PhotoGiven, CameraGiven)):
            self.state = given(self._before_acting(), event)
        elif event.kind in ("move", "leave"):
            self._pointer = (event.row, event.col) if event.kind == "move" else None
        elif self.screen.scene is not None:
            self._pointer = None
            self.screen.expect()
            self._act(pointed(self._before_acting(), event, self.screen.scene))

    def press(self, key: str) -> None:
        """Do what a key does. One that needs the network waits until it is there, and so do those after it."""
        bound = command_of(key)
        if self.state.typing is None:
            waits = bool(self._early) or (bound is not None and bound.group in NEEDS_NETWORK)
            if self.parts.latest.info is None and waits and bound is not COMMANDS["quit"]:
                self._early.append(key)
                return
            if bound is None:
                return
        self.screen.expect()
        self._status.forget_first_hint()
        if bound in (COMMANDS["undo"], COMMANDS["redo"]) and self.state.typing is None:
            self._status.show_hint("")  # what it said may not be so any more
            if self.parts.is_saving:
                self._status.show_hint(STILL_SAVING)
                return
        self._act(press(self._before_acting(), key))

    def _before_acting(self) -> AppState:
        """The state; after a pause what comes is a new step of undo."""
        now = time.monotonic()
        pause, self._acted_at = now - self._acted_at, now
        return closed(self.state) if pause > STEP_SECONDS else self.state

    def _act(self, outcome: Outcome) -> None:
        """Take over the state that a key or the mouse has made, and carry out its effects."""
        self.state, effects = outcome
        for effect in effects:
            if isinstance(effect, SavePicture):
                self._to_save.append(effect)
            elif isinstance(effect, Say):
                self._status.show_hint(effect.sentence)
            elif isinstance(effect, OpenPath):
                self._open(effect.path)
            else:
                if isinstance(effect, KeepPicture) and (why := why_not_saved(self.state, self.parts.latest)):
                    self._status.show_hint(why)
                    continue
                if isinstance(effect, StopOptimizing):
                    self._status.show_hint(stopped_words(self.parts.latest))
                self.parts.carry_out(effect)
                if isinstance(effect, SaveTop) and self.parts.is_saving:
                    self._status.show_hint("saving the running top 9 ...", SAVING_SECONDS)
        self._sort_tiles()

    def _open(self, path: str) -> None:
        """Show what a path names; where it cannot be opened, say why and leave all as it is."""
        path = str(Path(path).expanduser())
        problem = images_problem(path)
        if problem is None:
            self.state = files_opened(self.state, path)
        else:
            self._status.show_hint(problem.removeprefix("--images "))

    def _sort_tiles(self) -> None:
        """Take over the order of the tiles of the layer that is selected now."""
        is_walking = time.monotonic() - self._acted_at < WALKING_SECONDS
        order = self._make_scene.tile_order(self.state, is_held=is_walking)
        if order is not self.state.tile_order:
            self.state = replace(self.state, tile_order=order)

    def _take_pauses(self) -> None:
        """What is done by waiting: a typed number is gone to, and what was refused is not asked about any more."""
        now = time.monotonic()
        typing, pause = self.state.typing, now - self._acted_at
        if isinstance(typing, GoTo) and typing.text and self._script.is_done and pause > GO_TO_SECONDS:
            self.press("enter")
        if self.state.refused is not None and now - self._refused_at > CONSENT_SECONDS:
            self.state = replace(self.state, refused=None)

    def _lay_out(self, height: int, width: int) -> None:
        self._make_scene.layout = self._layouts(self.state.info, height, width)
        area = self._make_scene.layout.tiles_area
        self.state = replace(self.state, layers_pane=(area.height, area.width))

    # -------------------------------------------------------------------- news

    def _take_news(self) -> None:
        """Look at what the workers have given, without waiting."""
        before, latest = self.parts.latest, self.parts.look()
        if latest.refusal:
            raise UsageError(latest.refusal)
        if latest.info is not None and before.info is None:
            self.state = described(self.state, latest.info)
            self._lay_out(*self.window.size)
            for key in self._early:
                self._act(press(self.state, key))
            self._early.clear()
        if latest.snapshot is not None and latest.snapshot is not before.snapshot:
            self._status.passes.count()
        if latest.ended_run is not None:
            self.state = optimization_ended(self.state, latest.ended_run)
        if latest.ended_scan is not None:
            self.state = scan_ended(self.state, latest.ended_scan)
        for answer in self.parts.answers():
            self._say(answer)
        self._update_palette_lists(self.parts.listed, self.state.palette_lists)
        self._sort_tiles()

    def _update_palette_lists(self, listed: ListedPhotos, before: PaletteLists) -> None:
        """Give the palette the photos that were listed since."""
        receives_text = self.window.receives_text
        facts = (listed.first, receives_text)
        if listed.photos is not before.photos or facts != (before.first_photo, before.receives_text):
            lists = PaletteLists(listed.photos, listed.first, before.models, receives_text)
            self.state = replace(self.state, palette_lists=lists)

    def _say(self, answer: Answer[Any, EffectReport]) -> None:
        """Show the sentence that answers an effect; if it was refused, the same key once more does it."""
        report = answer.value
        seconds = SCAN_SECONDS if isinstance(answer.request, ScanRequest) else HINT_SECONDS
        self._status.show_hint(answer.error or (report.sentence if report else ""), seconds)
        if report is not None and report.is_refused and isinstance(answer.request, SaveTop):
            self.state = replace(self.state, refused=answer.request)
            self._refused_at = time.monotonic()
        if report is not None and report.reverse is not None:
            self.state = remembered_late(self.state, report.reverse)

    def _run_script(self) -> None:
        """Send the script's next key, once the panes have settled."""
        if (key := self._script.take(self.missing)) is not None:
            self.state = closed(self.state)  # each key of a script is a step of undo, however fast it comes
            self.press(key)
            self.parts.send_requests(self.state)

    # ----------------------------------------------------------------- showing

    def _scene_now(self) -> Scene:
        return self._make_scene(self.state, self._pointer, is_recording=self.screen.is_recording)

    def _show(self) -> None:
        """Show the scene of now; at first wait a moment for the source's picture."""
        scene = self._scene_now()
        is_early = time.monotonic() - self.screen.opened_at < PICTURE_WAITS
        if self.screen.picture is None and scene.frame is None and is_early:
            return
        again = self.options.frames is not None and self._script.may_go_on(self.missing)
        self.screen.show(scene, again=again)

    def _save_pictures(self) -> None:
        """Carry out what key p has asked for, once there is a picture."""
        while self._to_save and self.screen.picture is not None:
            effect = self._to_save.pop(0)
            path = self._pictures / picture_name(self.state.info.name, self.state.unit)
            try:
                save_picture(path, self.screen.picture)
                self._say(Answer(effect, EffectReport(f"saved {path}")))
                self._not_saved = ""
            except OSError as error:
                self._not_saved = f"the picture {path} could not be saved: {error.strerror or error}"
                self._say(Answer(effect, error=self._not_saved))

    # ------------------------------------------------------------------ ending

    def _is_over(self, began: float) -> bool:
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
        save_picture(path, compose(self._scene_now()))
