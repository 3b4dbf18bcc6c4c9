"""Lists of which a part is seen: where that begins, and the bar at their right edge."""

from __future__ import annotations

import numpy as np

from deepvis.core.geometry import Rect
from deepvis.window.ui import theme
from deepvis.window.ui.canvas import fill
from deepvis.window.ui.scene import Scene


def first_seen(chosen: int, visible: int, count: int) -> int:
    """The first of ``visible`` among ``count`` lines, so that the chosen one is seen, in the middle where it can be."""
    return min(max(chosen - visible // 2, 0), max(count - visible, 0))


def draw_scroll_bar(canvas: np.ndarray, scene: Scene, body: Rect, first: int, visible: int, count: int) -> None:
    """Which of ``count`` lines are seen, from the top of ``body`` to its bottom."""
    track = Rect(body.row, body.right - scene.px(3), body.height, scene.px(3))
    top, tall = first * track.height // count, visible * track.height // count
    fill(canvas, track, theme.TRACK)
    fill(canvas, Rect(track.row + top, track.col, tall, track.width), theme.FAINT)
