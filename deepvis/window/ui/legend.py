"""From a layer's values to what panes draw of them, and the legend that says how."""

from __future__ import annotations

import numpy as np

from deepvis.core.geometry import Rect
from deepvis.core.panes import Card
from deepvis.core.pixels import Codes, activation_codes, diff_codes
from deepvis.core.state import GAMMA_BOOSTS, INDIVIDUAL_BOOSTS, Zoom
from deepvis.window.ui import theme
from deepvis.window.ui.kept import kept
from deepvis.window.ui.readings import LayerView, number
from deepvis.window.ui.scene import Scene
from deepvis.window.ui.text import draw_text, line_height, text_width
from deepvis.window.ui.tiles import brightness_of, draw_brightness


def codes_of(scene: Scene, view: LayerView) -> Codes:
    """The selected layer's values as bytes, with the wanted boosts."""
    boosts = INDIVIDUAL_BOOSTS[scene.state.view.individual_boost], GAMMA_BOOSTS[scene.state.view.gamma_boost]
    code = diff_codes if view.signed else activation_codes
    key = ("codes", scene.snapshot_id, scene.state.layer.name, view.signed, boosts)
    return kept(key, view.values, lambda: code(view.values, *boosts))


def shown_codes(scene: Scene, view: LayerView) -> Codes:
    """The codes that the layers pane draws: a zoomed unit's alone, which has its own ceiling, else all."""
    codes, channel = codes_of(scene, view), scene.state.unit.channel
    return codes.channel(channel) if scene.state.view.zoom is Zoom.UNIT and channel < len(codes.codes) else codes


def scale_place(scene: Scene, heading: Rect) -> Rect:
    """Where the legend is looked for under the mouse: the right part of the heading."""
    wide = min(scene.px(240), heading.width // 3)
    return Rect(heading.row, heading.right - wide, heading.height, wide)


def draw_legend(canvas: np.ndarray, scene: Scene, parts: Card, view: LayerView, title: str) -> None:
    """In the heading: the colours of values from 0 (diffs: minus the peak) to the peak, evenly.

    Left out where the title leaves no room.
    """
    codes = shown_codes(scene, view)
    share = INDIVIDUAL_BOOSTS[scene.state.view.individual_boost]
    low = number(-codes.peak) if codes.signed else "0"
    high = number(codes.peak) if not share or len(codes.codes) == 1 else f"{number(codes.peak)}, {share:.0%} own"
    px, space, wide, tall = scene.px(theme.SIZE_SMALL), scene.px(6), scene.px(96), scene.px(8)
    used = text_width(title, scene.px(theme.SIZE_HEADING), True) + scene.px(20)
    right = parts.heading.right - (scene.px(80) if view.stale else 0)
    need = wide + text_width(low, px) + text_width(high, px) + 2 * space
    if parts.heading.is_empty or right - parts.heading.col - used < need:
        return
    row = parts.heading.row + (parts.heading.height - line_height(px)) // 2 + 1
    right -= text_width(high, px)
    draw_text(canvas, row, right, high, px, theme.FAINT)
    right -= space + wide
    top = parts.heading.row + (parts.heading.height - tall) // 2 + 1
    strip = np.repeat(gradient(codes, wide)[None], tall, axis=0)
    draw_brightness(canvas, top, right, strip, signed=codes.signed)
    draw_text(canvas, row, right - space - text_width(low, px), low, px, theme.FAINT)


def gradient(codes: Codes, steps: int) -> np.ndarray:
    """(steps,) uint8: the brightness of values from the low end to the peak, evenly."""
    return brightness_of(codes)[codes.of(np.linspace(-1 if codes.signed else 0, 1, steps))]
