"""Steadiness in the layer list: in each name's plate a bar, how much the layer changes from frame to frame."""

from __future__ import annotations

import math
from collections.abc import Hashable

import numpy as np

from deepvis.core.geometry import Rect
from deepvis.window.ui import theme
from deepvis.window.ui.canvas import bar
from deepvis.window.ui.scene import Scene

HEIGHT = 3  # of a bar at text scale 1


def bars_key(scene: Scene) -> Hashable:
    """What the bars depend on; None without."""
    return scene.steadiness.version if has_bars(scene) and scene.steadiness is not None else None


def has_bars(scene: Scene) -> bool:
    return scene.state.view.over_time.steadiness and scene.steadiness is not None


def share_of(change: float) -> float:
    """0..1 of the bar that a relative change fills: its square root, so that 1 % and 10 % are both seen."""
    return min(math.sqrt(change), 1.0) if change > 0 else 0.0


def draw_bar(canvas: np.ndarray, scene: Scene, layer: str, chip: Rect) -> None:
    """Along the lower edge of the plate."""
    change = scene.steadiness.changes.get(layer) if scene.steadiness is not None else None
    if change is None:
        return
    high = max(scene.px(HEIGHT), 2)
    bar(canvas, Rect(chip.bottom - high, chip.col, high, chip.width), share_of(change), theme.FIELD, theme.WELL)


def steady_words(scene: Scene, layer: str) -> str:
    """ "changes by 1.8 % from frame to frame (mean of a second)"; "" where it is not measured."""
    change = scene.steadiness.changes.get(layer) if has_bars(scene) and scene.steadiness is not None else None
    if change is None:
        return ""
    return f"changes by {100 * change:.3g} % from frame to frame (mean of a second; the bar is full at 100 %)"
