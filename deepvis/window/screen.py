"""What stands in the window: scenes are drawn, shown, recorded and measured."""

from __future__ import annotations

import time
from collections.abc import Hashable
from pathlib import Path

import numpy as np

from deepvis.window.rates import Rate
from deepvis.window.record import Recorder
from deepvis.window.scene_maker import parts_of
from deepvis.window.stats import Stats
from deepvis.window.ui.compose import Composer
from deepvis.window.ui.scene import Scene
from deepvis.window.ui.window import AnyWindow


class Recording:
    """What is being recorded, of one screen or of two beside each other; recorder: None while nothing is."""

    def __init__(self, recorder: Recorder | None = None) -> None:
        self.recorder = recorder


class Screen:
    """Shows scenes in a window, where they look different from what stands there.

    scene, picture: what stands there, (H, W, 3) uint8 BGR; None before the first. has_frame: it has shown a picture of
    the source. changed_at: when something else than the status or the pointer has changed last. rate: of that.
    """

    def __init__(self, window: AnyWindow, stats: Stats, rate: Rate, record: Path | None = None) -> None:
        self.scene: Scene | None = None
        self.picture: np.ndarray | None = None
        self.has_frame = False
        self.opened_at = self.changed_at = time.monotonic()
        self.compose = Composer()
        self._window, self._stats, self._rate = window, stats, rate
        self.recording = Recording(Recorder(record) if record else None)
        self.is_half = False  # of a window of two screens, which records both
        self._option = self.recorder  # that of --record
        self._made_of: tuple[Hashable, ...] | None = None  # what the picture depends on
        self._pressed_at: list[float] = []  # of keys and buttons whose effect is not on the screen yet

    @property
    def recorder(self) -> Recorder | None:
        """The recording in progress."""
        return self.recording.recorder

    @property
    def recorded_seconds(self) -> int | None:
        """How long it has been recording; None while it does not."""
        recorder = self.recorder
        return None if recorder is None or recorder.is_over else int(recorder.seconds)

    @property
    def recording_error(self) -> str:
        """Why there is no recording though --record has asked for one, or ""."""
        return self._option.error if self._option else ""

    def start_recording(self, path: Path) -> None:
        """Record into an empty file of ours, from what stands there now."""
        self.recording.recorder = Recorder(path, is_reserved=True)
        if self.picture is not None:
            self._record()

    def stop_recording(self) -> Recorder | None:
        """The recording in progress, to be closed; None where there is none."""
        recorder, self.recording.recorder = self.recorder, None
        return recorder

    def close(self) -> None:
        if self.recorder and not self.is_half:
            self.recorder.close()

    def expect(self) -> None:
        """A key or a button was pressed: the next scene is shown even if it looks the same."""
        self._pressed_at.append(time.monotonic())

    def shows(self, scene: Scene) -> bool:
        """True if nothing that a pane looks at differs from what stands there."""
        return parts_of(scene) == self._made_of

    def show(self, scene: Scene, *, again: bool = False) -> None:
        """Draw and show a scene, unless a key comes meanwhile. again: even if nothing has changed."""
        if self.shows(scene) and not again:
            return
        began = time.monotonic()
        picture = self.compose(scene, self._has_newer_press, self._window.show_early if self._pressed_at else None)
        if self.compose.is_partial:
            return
        composed = time.monotonic()
        before, self._made_of, self.scene = self._made_of, parts_of(scene), scene
        if not (self.compose.has_changed or again or self._pressed_at):  # the pointer has moved, with nothing to say
            return
        self._window.show(picture)
        if before is None or self._made_of[:-3] != before[:-3]:
            self._rate.count()
            self.changed_at = composed
        self.picture = picture
        self.has_frame = self.has_frame or scene.frame is not None
        self._stats.shown(composed - began, scene.frame is not None, scene.snapshot_id)
        self._stats.key_seconds += [time.monotonic() - pressed for pressed in self._pressed_at]
        self._pressed_at.clear()
        self._record()

    def _has_newer_press(self) -> bool:
        """A key waits that this scene does not answer: one that does had better be drawn."""
        return not self._pressed_at and self._window.has_press

    def _record(self) -> None:
        """Record what stands there, without what lies over the panes."""
        if self.recorder and not self.is_half:
            self.recorder.show(self.compose.panes)
