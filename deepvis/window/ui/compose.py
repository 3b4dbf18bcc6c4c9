"""From a scene to the window's pixels: one buffer, and only the panes that look different are drawn."""

from __future__ import annotations

import time
from collections.abc import Hashable
from itertools import combinations

import numpy as np

import deepvis.window.ui.panes  # noqa: F401  (registers them)
from deepvis.core.geometry import Rect
from deepvis.core.panes import PaneLayout
from deepvis.core.types import NetInfo
from deepvis.window.ui import theme
from deepvis.window.ui.canvas import fill, frame
from deepvis.window.ui.pane import OVERLAYS, PANES
from deepvis.window.ui.scene import Scene
from deepvis.window.ui.text import draw_text, line_height, text_width


class Composer:
    """Draws scenes into one buffer that it keeps; for the one thread that owns the window."""

    def __init__(self) -> None:
        self._buffer = np.empty((0, 0, 3), np.uint8)
        self._front = np.empty((0, 0, 3), np.uint8)  # the buffer with the overlays on top
        self._layout: PaneLayout | None = None
        self._info: NetInfo | None = None
        self._overlap = False
        self._drawn: dict[str, Hashable] = {}
        self.seconds: dict[str, float] = {}  # pane -> what its last drawing took

    def __call__(self, scene: Scene) -> np.ndarray:
        """(H, W, 3) uint8 BGR, valid until the next call."""
        self._lay_out(scene)
        debug = scene.state.view.debug
        wanted: dict[str, Hashable] = {
            name: (debug, PANES[name].looks_at(scene)) for name, _ in scene.layout if name in PANES
        }
        everything = debug or (self._overlap and wanted != self._drawn)
        for name, rect in scene.layout:
            if name in wanted and not rect.is_empty and (everything or self._drawn.get(name) != wanted[name]):
                self._draw(name, rect, scene)
        self._drawn = wanted
        if debug:
            self._draw_borders(scene)
        return self._with_overlays(scene)

    def _lay_out(self, scene: Scene) -> None:
        """Begin anew with another layout, or another network: ids of snapshots and frames may come again."""
        layout = scene.layout
        if layout == self._layout and scene.state.info is self._info:
            return
        self._layout, self._info = layout, scene.state.info
        self._drawn = {}
        if self._buffer.shape[:2] != (layout.height, layout.width):
            self._buffer = np.empty((layout.height, layout.width, 3), np.uint8)
        self._overlap = any(not a.clipped(b).is_empty for (_, a), (_, b) in combinations(layout, 2))
        fill(self._buffer, Rect(0, 0, layout.height, layout.width), theme.BACKGROUND)

    def _draw(self, name: str, rect: Rect, scene: Scene) -> None:
        start = time.perf_counter()
        PANES[name].draw(self._buffer[rect.slices], scene)
        self.seconds[name] = time.perf_counter() - start

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
        shown = [OVERLAYS[name] for name in OVERLAYS if OVERLAYS[name].looks_at(scene) is not None]
        if not shown:
            return self._buffer
        if self._front.shape != self._buffer.shape:
            self._front = np.empty_like(self._buffer)
        np.copyto(self._front, self._buffer)
        for layer in shown:
            layer.draw(self._front, scene)
        return self._front


_window = Composer()


def compose(scene: Scene) -> np.ndarray:
    """The scene as (H, W, 3) uint8 BGR, in the buffer of the program's one window; valid until the next call."""
    return _window(scene)
