"""What the user does, done: a key, the mouse and what is given make the next state, and have effects carried out."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Protocol

import numpy as np

from deepvis.core.commands import COMMANDS, command_of
from deepvis.core.effects import OtherNetwork
from deepvis.core.history import closed
from deepvis.core.panes import PaneLayout
from deepvis.core.presenting import PanesNow, Presenting
from deepvis.core.state import AppState, Outcome
from deepvis.core.strips import strips_of, with_strips
from deepvis.core.typed import pasted, press
from deepvis.core.types import NetInfo
from deepvis.core.why import reason_selected
from deepvis.window.early_gestures import EarlyGestures
from deepvis.window.effects import EffectCarrier
from deepvis.window.gestures import start_of
from deepvis.window.given import given, given_words
from deepvis.window.options import RunOptions
from deepvis.window.parts import Parts
from deepvis.window.pauses import STEP_SECONDS, Pauses
from deepvis.window.pointer import pointed
from deepvis.window.presenter import SECONDS, PressedKey
from deepvis.window.replaying import Replaying
from deepvis.window.saver import Saver
from deepvis.window.scene_maker import SceneMaker
from deepvis.window.screen import Screen
from deepvis.window.screenshots import KeyPictures
from deepvis.window.shown_hints import ShownHints
from deepvis.window.stats import Stats
from deepvis.window.status import StatusReader
from deepvis.window.typist import Typist
from deepvis.window.ui.events import CameraEnded, CameraGiven, Closed, Event, Key, Pasted, PhotoGiven, Resized
from deepvis.window.ui.window import AnyWindow

ONE_NETWORK = "there is one network here; start with --compare NAME for a second beside it"
STILL_SAVING = "it is still being saved; backspace takes it back once that is done"


class MakesLayout(Protocol):
    """Where the panes are."""

    def __call__(
        self, info: NetInfo, height: int, width: int, /, *, presenting: Presenting, pixel_ratio: float
    ) -> PaneLayout: ...


class UserActions:
    """Holds the state of a window over the parts, and changes it as the user asks.

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
        self._early = EarlyGestures()
        self._status.waiting = self._early.waiting
        self._replaying = Replaying(options.replay)
        self._pauses = Pauses()
        self._typist = Typist()
        self._mouse: tuple[int, int] | None = None  # where it is, whatever was pressed since; None outside
        self._pointer: tuple[int, int] | None = None  # since it moved last; None once a key or a button was pressed
        self._pointed_at: tuple[int, int] | None = None  # where it was last, whatever was pressed since
        self._carry_out = EffectCarrier(window, parts, self._saver, self._pictures, self._status)
        self.screen = Screen(window, stats, self._status.shown, options.record)
        self._make_scene = SceneMaker(parts, self._status, window.reserved_keys)
        self._lay_out(*window.size)
        self._log = None  # of what is pressed
        if options.record_keys is not None:
            self._log = self._saver.gesture_log(options.record_keys, start_of(state, window.size, window.pixel_ratio))

    def _handle(self, event: Event) -> None:
        if self._log is not None:
            self._log.event(event)
        if isinstance(event, Closed):
            self.state = replace(self.state, quit=True)
        elif isinstance(event, Resized):
            self._replaying.resized(event.pixel_ratio)
            self._lay_out(event.height, event.width)
        elif isinstance(event, Key):
            if key := self._typist.key(event.code, is_typing=self.state.takes_letters):
                self._pointer = None
                self.press(key)
        elif isinstance(event, Pasted):
            self._pauses.acted()
            if self.parts.latest.info is None:  # the palette, where it goes, needs the network
                self._early.add(event)
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
            if self.parts.latest.info is None and self._early.holds_back(bound):
                self._early.add(key)
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
        self._status.acted()
        pause, recorded = self._pauses.acted(), self._replaying.pause
        if recorded is not None:
            pause = recorded
        layout = self._make_scene.layout
        under = layout.pane_at(*self._pointed_at) if self._pointed_at else None
        state = replace(self.state, panes=replace(self.state.panes, pointed=under or ""))
        return closed(state) if pause > STEP_SECONDS else state

    def _act(self, outcome: Outcome) -> None:
        """Take over the state that a key or the mouse has made, and carry out its effects."""
        before, (self.state, effects) = self.state, outcome
        if self.state.view != before.view:
            self._status.view_changed()
        if self.state.to_confirm and self.state.to_confirm != before.to_confirm:
            self._pauses.asked()
        if self.state.view.presenting != before.view.presenting:
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

    def _sort_tiles(self) -> None:
        """Take over the order of the tiles of the layer that is selected now."""
        order = self._make_scene.tile_order(self.state, is_held=self._pauses.is_walking)
        if order is not self.state.tile_order:
            self.state = reason_selected(replace(self.state, tile_order=order))

    def _lay_out(self, height: int, width: int) -> None:
        shown, strips = self.state.view.presenting, strips_of(self.state.view)
        recorded = self._replaying.pixel_ratio
        ratio = self.window.pixel_ratio if recorded is None else recorded
        layout = self._layouts(self.state.info, height, width, presenting=shown, pixel_ratio=ratio)
        self._make_scene.layout, self._strips = with_strips(layout, strips), strips
        area = self._make_scene.layout.tiles_area
        self.state = replace(self.state, layers_pane=(area.height, area.width))
        self.state = replace(self.state, panes=PanesNow(tuple(name for name, _ in self._make_scene.layout)))
