"""The main thread: events -> state, state -> requests, newest answers -> picture. It never waits for a worker."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from deepvis.core.answers import Answer, EffectReport
from deepvis.core.commands import COMMANDS, Group, command_of
from deepvis.core.commands.this_unit import optimization_ended
from deepvis.core.effects import OpenPath, SavePicture, SaveTop, Say, StopOptimizing
from deepvis.core.history import closed, remembered, remembered_late
from deepvis.core.layer_list import described
from deepvis.core.panes import PaneLayout
from deepvis.core.scanning import scan_ended
from deepvis.core.state import PRESETS, AppState, GoTo, Outcome, Palette, PaletteLists
from deepvis.core.typed import clicked_while_typing, files_opened, pasted, press
from deepvis.core.types import NetInfo
from deepvis.live.folder_scan import ScanRequest
from deepvis.live.input import ListedPhotos
from deepvis.sources.directory import images_problem
from deepvis.window.fixed_scales import FixedScales
from deepvis.window.options import RunOptions, UsageError
from deepvis.window.parts import Parts
from deepvis.window.pointer import HELP, clicked, wheeled
from deepvis.window.record import Recorder
from deepvis.window.requests import missing, shown_frame, shown_progress, stopped_words
from deepvis.window.screenshots import picture_name, save_picture
from deepvis.window.script import Script
from deepvis.window.stats import Stats
from deepvis.window.status import HINT_SECONDS, StatusReader
from deepvis.window.tile_orders import TileOrders
from deepvis.window.typist import Typist
from deepvis.window.ui.compose import compose, has_changed
from deepvis.window.ui.events import Closed, Event, Key, Mouse, Pasted, Resized
from deepvis.window.ui.hit import hit
from deepvis.window.ui.panes.palette import candidate_at
from deepvis.window.ui.scene import Scene
from deepvis.window.ui.window import AnyWindow

STILL_SAVING = "the top 9 is still being saved; backspace takes it back once that is done"
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

Layouts = Callable[[NetInfo, int, int], PaneLayout]  # of (network, height, width)


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
        layouts: Layouts,
        pictures: Path,
        stats: Stats,
    ) -> None:
        self.state, self.parts, self.window, self.options, self.stats = state, parts, window, options, stats
        self._layouts, self._pictures = layouts, pictures
        self._status = StatusReader()
        self._with_fixed_scale = FixedScales()
        self._tile_orders = TileOrders()
        self._script = Script(options.keys)
        self._typist = Typist()
        self._help_rows = (*COMMANDS.values(), *HELP)
        self._acted_at = float("-inf")  # when the user pressed or clicked last
        self._refused_at = float("-inf")
        self._early: list[str] = []  # keys that need the network, pressed before it was there
        self._pressed_at: list[float] = []  # of keys whose effect is not on the screen yet
        self._to_save: list[SavePicture] = []  # once what was pressed before is on the screen
        self._on_screen: Any = None  # what the shown picture was made of
        self._scene: Scene | None = None
        self._shown: np.ndarray | None = None
        self._opened_at = self._changed_at = time.monotonic()
        self._has_picture = False
        self._pointer: tuple[int, int] | None = None  # since it moved last; None once a key or a button was pressed
        self._recorder = Recorder(options.record) if options.record else None
        self._lay_out(*window.size)

    def run(self) -> None:
        """Until the end. Raises UsageError if the network cannot be opened at all."""
        began = time.monotonic()
        try:
            while not self.state.quit and not self._is_over(began):
                self.turn()
        finally:
            if self._recorder:
                self._recorder.close()

    @property
    def missing(self) -> str:
        """What the panes still wait for, "" once they have settled."""
        return missing(self.state, self.parts.latest)

    @property
    def _is_recording(self) -> bool:
        return self._recorder is not None and not self._recorder.error

    @property
    def recording_error(self) -> str:
        """Why there is no recording though one was asked for, or ""."""
        return self._recorder.error if self._recorder else ""

    @property
    def scene(self) -> Scene | None:
        """What is on the screen."""
        return self._scene

    def turn(self) -> None:
        """One turn: what the user did, what the workers gave, what to ask them, what to show."""
        idle = time.monotonic() - self._changed_at > 1
        for event in self.window.poll(IDLE_MS if idle and self._script.is_done else BUSY_MS):
            self._handle(event)
        self._take_pauses()
        self._take_news()
        self.parts.send_requests(self.state)
        if self._has_picture or time.monotonic() - self._opened_at > NETWORK_WAITS:
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
            key = self._typist.key(event.code, is_typing=self.state.typing is not None)
            if key:
                self._pointer = None
                self.press(key)
        elif isinstance(event, Pasted):
            self._acted_at = time.monotonic()
            self.state = pasted(self.state, event.text)
        elif event.kind in ("move", "leave"):
            self._pointer = (event.row, event.col) if event.kind == "move" else None
        elif self._scene is not None:
            self._pointer = None
            self._point(event, self._scene)

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
        self._pressed_at.append(time.monotonic())
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
        order = self._tile_orders(self._bare_scene(), is_held=is_walking)
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

    def _point(self, event: Mouse, scene: Scene) -> None:
        target = hit(scene, event.row, event.col)
        self._pressed_at.append(time.monotonic())
        before = self._before_acting()
        if before.typing is not None:
            self._act(self._pointed_while_typing(before, event, scene))
            return
        if event.kind == "press":
            after, effects = clicked(before, target)
            grows = ""
        else:
            after, effects = wheeled(before, target, event.steps)
            grows = f"wheel over {target.pane}"
        self._act((remembered(before, after, grows, effects), effects))

    @staticmethod
    def _pointed_while_typing(state: AppState, event: Mouse, scene: Scene) -> Outcome:
        """A click on a candidate takes it, one elsewhere closes the palette; the wheel goes through the candidates."""
        if event.kind == "press":
            is_open = isinstance(scene.state.typing, Palette) and scene.state.typing == state.typing
            return clicked_while_typing(state, candidate_at(scene, event.row, event.col) if is_open else None)
        for _ in range(abs(event.steps)):
            state, _effects = press(state, "up" if event.steps > 0 else "down")
        return state, ()

    def _lay_out(self, height: int, width: int) -> None:
        self._layout = self._layouts(self.state.info, height, width)
        area = self._layout.tiles_area
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

    def _update_palette_lists(self, listed: ListedPhotos, palette_lists: PaletteLists) -> None:
        """Tell the palette of photos that were listed since."""
        facts = (listed.photos, listed.first, self.window.receives_text)
        if listed.photos is not palette_lists.photos or facts[1:] != (
            palette_lists.first_photo,
            palette_lists.receives_text,
        ):
            self.state = replace(self.state, palette_lists=PaletteLists(*facts[:2], palette_lists.models, facts[2]))

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
        key = self._script.take(self.missing)
        if key is not None:
            self.state = closed(self.state)  # each key of a script is a step of undo, however fast it comes
            self.press(key)
            self.parts.send_requests(self.state)

    # ----------------------------------------------------------------- showing

    def _bare_scene(self) -> Scene:
        """What the network has given, without what else the window shows."""
        latest, state = self.parts.latest, self.state
        field_of = latest.network.value.field_of if latest.network.value else None
        frame = shown_frame(state, latest)
        return Scene(state, self._layout, frame, latest.snapshot, field_of=field_of)

    def _make_scene(self) -> Scene:
        latest, state = self.parts.latest, self.state
        scene = replace(
            self._bare_scene(),
            unit_images=latest.unit_images,
            whole_layer=latest.whole_layer,
            optimize=shown_progress(state, latest),
            status=self._status.read(state, latest, self.parts.moving_source, recording=self._is_recording),
            commands=self._help_rows,
            preset_names=PRESETS,
            pointer=self._pointer,
        )
        scene = self._with_fixed_scale(scene)
        return scene if self._pointer is None else self._hovered(scene, *self._pointer)

    def _hovered(self, scene: Scene, row: int, col: int) -> Scene:
        """The scene with what lies under the pointer."""
        under = hit(scene, row, col)
        if under.channel is not None:
            self.parts.peek()
        return replace(scene, hover=under)

    def _show(self) -> None:
        """Compose and show, if anything that a pane looks at has changed."""
        scene = self._make_scene()
        if self._shown is None and scene.frame is None and time.monotonic() - self._opened_at < PICTURE_WAITS:
            return
        made_of = _parts_of(scene)
        again = self.options.frames is not None and self._script.may_go_on(self.missing)
        if made_of == self._on_screen and not again:
            return
        began = time.monotonic()
        picture = compose(scene)
        composed = time.monotonic()
        if not (has_changed() or again or self._pressed_at):  # the pointer has moved, and there is nothing to tell
            self._on_screen, self._scene = made_of, scene
            return
        self.window.show(picture)
        if self._on_screen is None or made_of[:-3] != self._on_screen[:-3]:  # not the status or the pointer alone
            self._status.shown.count()
            self._changed_at = composed
        self._on_screen, self._scene, self._shown = made_of, scene, picture
        self._has_picture = self._has_picture or scene.frame is not None
        self.stats.shown(composed - began, scene.frame is not None, scene.snapshot_id)
        self.stats.key_seconds += [time.monotonic() - pressed for pressed in self._pressed_at]
        self._pressed_at.clear()
        if self._recorder:
            self._recorder.show(picture)

    def _save_pictures(self) -> None:
        """Carry out what key p has asked for, once there is a picture."""
        if self._shown is None:
            return
        for effect in self._to_save:
            self._say(self._saved(effect, self._shown))
        self._to_save.clear()

    def _saved(self, effect: SavePicture, bgr: np.ndarray) -> Answer[SavePicture, EffectReport]:
        path = self._pictures / picture_name(self.state.info.name, self.state.unit)
        try:
            save_picture(path, bgr)
        except OSError as error:
            return Answer(effect, error=f"the picture {path} could not be saved: {error.strerror or error}")
        return Answer(effect, EffectReport(f"saved {path}"))

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
        if self._shown is None or not self._script.may_go_on(self.missing):
            return False
        return bool(self.missing) or _parts_of(self._make_scene()) == self._on_screen

    def screenshot(self, path: Path) -> None:
        """Write the window as it is now. Raises OSError."""
        save_picture(path, compose(self._make_scene()))


def _parts_of(scene: Scene) -> tuple[Any, ...]:
    """The ids and values that the scene's picture depends on."""
    images, layer, progress = scene.unit_images, scene.whole_layer, scene.optimize
    return (
        scene.state,
        scene.layout,
        scene.frame_id,
        scene.snapshot_id,
        images and (images.unit, images.version),
        layer and (layer.layer, layer.version),
        progress and (progress.unit, progress.version),
        scene.status,
        scene.pointer,
        scene.hover,
    )
