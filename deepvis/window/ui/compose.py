"""From a scene to the window's pixels: one buffer, and only the panes that look different are drawn."""

from __future__ import annotations

import time
from collections.abc import Callable, Hashable
from dataclasses import replace
from itertools import combinations

import numpy as np

import deepvis.window.ui.overlays  # these two register what they hold
import deepvis.window.ui.panes  # noqa: F401
from deepvis.core.geometry import Rect
from deepvis.core.panes import PaneLayout
from deepvis.core.types import NetInfo
from deepvis.window.ui import theme
from deepvis.window.ui.canvas import bounds, fill, frame
from deepvis.window.ui.pane import OVERLAYS, PANES
from deepvis.window.ui.scene import Scene
from deepvis.window.ui.text import Cut, draw_text, line_height, noting_cuts, text_width, wrap

QUICK_PANES = ("control", "status")  # drawn in a millisecond; in the first of them it is seen where a key has gone
COVERS_ALL = {"help"}  # overlays under which nothing of the panes can be pointed at


class Composer:
    """Draws scenes into one buffer that it keeps; for the one thread that owns the window."""

    def __init__(self) -> None:
        self._buffer = np.empty((0, 0, 3), np.uint8)
        self._front = np.empty((0, 0, 3), np.uint8)  # the buffer with the overlays on top
        self._layout: PaneLayout | None = None
        self._info: NetInfo | None = None
        self._overlap = False
        self._drawn: dict[str, Hashable] = {}
        self._cuts: dict[str, list[Cut]] = {}  # pane -> its captions that were cut
        self._above: Hashable = None  # what lay over the panes
        self.has_changed = True
        self.is_partial = False  # it stopped before all panes were drawn
        self.seconds: dict[str, float] = {}  # pane -> what its last drawing took

    def __call__(
        self,
        scene: Scene,
        may_stop: Callable[[], bool] = lambda: False,
        show_early: Callable[[np.ndarray, list[Rect]], None] | None = None,
    ) -> np.ndarray:
        """(H, W, 3) uint8 BGR, valid until the next call.

        may_stop: asked before each pane; once it says so the others are left to the next call, and ``is_partial``.
        show_early: called with the picture once the quick panes are drawn, and where they are, if the list of layers is
        among them and others follow.
        """
        self.has_changed, self.is_partial = self.is_partial, False  # what was drawn before it stopped was not shown
        self._lay_out(scene)
        is_new = not self._drawn  # there is nothing to see yet of most panes
        debug = scene.state.view.debug
        needed: dict[str, Hashable] = {
            name: (debug, PANES[name].looks_at(scene)) for name, _ in scene.layout if name in PANES
        }
        everything = debug or (self._overlap and needed != self._drawn)
        to_draw = [
            (name, rect)
            for name, rect in scene.layout
            if name in needed and not rect.is_empty and (everything or self._drawn.get(name) != needed[name])
        ]
        quick = _quick_first(scene, to_draw) if show_early and not (everything or is_new) else 0
        for number, (name, rect) in enumerate(to_draw):
            if not everything and may_stop():
                self.is_partial = True
                return self._buffer
            if show_early and quick and number == quick:
                show_early(self._buffer, [rect for _, rect in to_draw[:quick]])
            self._draw(name, rect, scene)
            self._drawn[name] = needed[name]
        self._drawn = needed
        if debug:
            self._draw_borders(scene)
            self.has_changed = True
        return self._with_overlays(scene)

    @property
    def panes(self) -> np.ndarray:
        """The last scene without what lies over the panes: help, tooltips, marks; valid until the next."""
        return self._buffer

    def cut_at(self, row: int, col: int) -> str:
        """What a cut caption says in full, if one is there; else "". Under a screen that covers all: of its own."""
        covers = COVERS_ALL & self._cuts.keys()
        cuts = (cut for name in reversed(self._cuts) if name in covers or not covers for cut in self._cuts[name])
        return next((text for place, text in cuts if place.contains(row, col)), "")

    def _lay_out(self, scene: Scene) -> None:
        """Begin anew with another layout, or another network: ids of snapshots and frames may come again."""
        layout = scene.layout
        if layout == self._layout and scene.state.info is self._info:
            return
        self._layout, self._info = layout, scene.state.info
        self._drawn, self._cuts, self.has_changed = {}, {}, True
        if self._buffer.shape[:2] != (layout.height, layout.width):
            self._buffer = np.empty((layout.height, layout.width, 3), np.uint8)
        self._overlap = any(not a.clipped(b).is_empty for (_, a), (_, b) in combinations(layout, 2))
        fill(self._buffer, Rect(0, 0, layout.height, layout.width), theme.BACKGROUND)

    def _draw(self, name: str, rect: Rect, scene: Scene) -> None:
        start = time.perf_counter()
        with noting_cuts(self._buffer) as self._cuts[name]:
            PANES[name].draw(self._buffer[rect.slices], scene)
        self.seconds[name] = time.perf_counter() - start
        self.has_changed = True

    def _draw_borders(self, scene: Scene) -> None:
        """The debug levels: 1 borders and names of the panes, 2 also what their drawing takes."""
        px = scene.px(theme.SIZE_SMALL)
        for name, rect in scene.layout:
            frame(self._buffer, rect.inset(1), theme.ORIGIN)
            took = f"  {1000 * self.seconds.get(name, 0):.1f} ms" if scene.state.view.debug > 1 else ""
            text, high = name + took, line_height(px)
            plate = Rect(rect.bottom - high - 1, rect.col + 1, high, text_width(text, px) + 8).clipped(rect.inset(1))
            fill(self._buffer, plate, theme.BACKGROUND)
            draw_text(self._buffer, plate.row, plate.col + 4, text, px, theme.ORIGIN, width=max(plate.width - 4, 0))

    def _with_overlays(self, scene: Scene) -> np.ndarray:
        """The buffer, or a copy of it with what lies over the panes: overlays, the whole of a cut caption.

        A tooltip says that of the panes' captions itself.
        """
        for name in OVERLAYS:
            self._cuts.pop(name, None)
        if scene.pointer and (cut := self.cut_at(*scene.pointer)):
            scene = replace(scene, cut=cut)
        shown = {name: key for name in OVERLAYS if (key := OVERLAYS[name].looks_at(scene)) is not None}
        if shown:
            self._copy_to_front()
            for name in shown:
                with noting_cuts(self._front) as self._cuts[name]:
                    OVERLAYS[name].draw(self._front, scene)
        caption = self.cut_at(*scene.pointer) if scene.pointer and "hover" not in shown else ""
        if caption:
            if not shown:
                self._copy_to_front()
            draw_whole(self._front, scene, caption)
        above = (tuple(shown.items()), caption and (caption, scene.pointer))
        self.has_changed = self.has_changed or above != self._above
        self._above = above
        return self._front if shown or caption else self._buffer

    def _copy_to_front(self) -> None:
        if self._front.shape != self._buffer.shape:
            self._front = np.empty_like(self._buffer)
        np.copyto(self._front, self._buffer)


def _quick_first(scene: Scene, to_draw: list[tuple[str, Rect]]) -> int:
    """Put the quick panes first. How many they are; 0 where they had better not be shown before the others."""
    to_draw.sort(key=lambda each: each[0] not in QUICK_PANES)
    names = [name for name, _ in to_draw]
    quick = sum(name in QUICK_PANES for name in names)
    is_covered = any(OVERLAYS[name].looks_at(scene) is not None for name in OVERLAYS)
    return 0 if QUICK_PANES[0] not in names or quick == len(names) or is_covered else quick


def draw_whole(canvas: np.ndarray, scene: Scene, text: str) -> None:
    """All of a caption on a plate beside the pointer, inside the window."""
    whole, px, margin = bounds(canvas), scene.px(theme.SIZE_TEXT), scene.px(8)
    row, col = scene.pointer or (0, 0)
    lines = wrap(text, px, max(min(scene.px(460), whole.width - 4 * margin), px))
    high = line_height(px) + scene.px(1)
    tall, wide = len(lines) * high + margin, max(text_width(line, px) for line in lines) + 2 * margin
    below = row + scene.px(20)
    top = below if below + tall <= whole.bottom else max(row - tall - scene.px(8), 0)
    plate = Rect(top, max(min(col, whole.right - wide - 2), 1), tall, wide)
    fill(canvas, plate, theme.BACKGROUND)
    frame(canvas, plate.inset(1), theme.SOFT)
    for i, line in enumerate(lines):
        draw_text(canvas, plate.row + margin // 2 + i * high, plate.col + margin, line, px, theme.TEXT)
