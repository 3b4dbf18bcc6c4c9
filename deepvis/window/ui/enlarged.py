"""A pane, or the selected unit, drawn anew in a larger size for a file: letters and edges are as sharp there.

Below it stand the facts and, where the pane has none, a scale bar with the values of its colours.
Draws from a scene alone, so that a thread of its own may do it beside the window's.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from deepvis.core.geometry import Rect
from deepvis.core.panes import PaneLayout
from deepvis.core.state import Cursor, Look, Zoom
from deepvis.window.ui import theme
from deepvis.window.ui.canvas import bounds, fill, paste
from deepvis.window.ui.legend import Legend, layer_legend, legend_of_back, unit_legend
from deepvis.window.ui.pane import PANES
from deepvis.window.ui.panes.aux import draw_selected, shows_classes
from deepvis.window.ui.panes.back import shown_back
from deepvis.window.ui.readings import layer_view
from deepvis.window.ui.scalars import is_scalar
from deepvis.window.ui.scene import Scene
from deepvis.window.ui.text import draw_text, line_height, text_width

MOST_FACTOR = 4
MOST_PIXELS = 48 << 20  # of a picture; a factor that would give more is taken smaller
UNIT = "unit"  # in the place of a pane's name
UNIT_SIDE = 440  # pixels of the design: the selected unit's card, before it is enlarged


def factor_for(rect: Rect, factor: int) -> int:
    """The factor, or the largest one below it with which the picture stays below MOST_PIXELS; at least 1."""
    pixels = max(rect.height * rect.width, 1)
    return next((each for each in range(factor, 1, -1) if pixels * each * each <= MOST_PIXELS), 1)


def place_of(scene: Scene, subject: str) -> Rect:
    """Where a pane lies in the window; of the unit's card the size that it has before it is enlarged."""
    if subject != UNIT:
        return scene.layout[subject]
    side = scene.px(UNIT_SIDE)
    return Rect(0, 0, side, side)


def drawn_anew(scene: Scene, subject: str, factor: int) -> np.ndarray:
    """(H, W, 3) uint8 BGR: a pane by its name, or UNIT, ``factor`` times as large, with facts and scale bar below.

    Raises KeyError for a pane that the window does not have.
    """
    rect = place_of(scene, subject)
    factor = factor_for(rect, factor)
    large = scaled(scene, factor)
    height, width = rect.height * factor, rect.width * factor
    foot = large.px(24 if legend_for(large, subject) is None else 46)
    canvas = np.empty((height + foot, width, 3), np.uint8)
    fill(canvas, bounds(canvas), theme.BACKGROUND)
    if subject == UNIT:
        draw_selected(canvas[:height], large)
    else:
        PANES[subject].draw(canvas[:height], large)
    draw_foot_of(canvas[height:], large, subject)
    return canvas


def scaled(scene: Scene, factor: int) -> Scene:
    """The same scene of a window ``factor`` times as large, with nothing lying over its panes."""
    layout = scene.layout
    panes = tuple(
        (name, Rect(*(factor * edge for edge in (rect.row, rect.col, rect.height, rect.width))))
        for name, rect in layout
    )
    size = layout.height * factor, layout.width * factor
    larger = PaneLayout(panes, *size, text_scale=layout.text_scale * factor)
    state = replace(scene.state, typing=None, view=replace(scene.state.view, help=False, debug=0))
    return replace(scene, layout=larger, state=state, pointer=None, hover=None, cut="")


def legend_for(scene: Scene, subject: str) -> Legend | None:
    """What the colours of a pane stand for; None where it has none of values, or says it itself."""
    view, zoom, state = layer_view(scene), scene.state.view.zoom, scene.state
    has_unit = view.has(state.unit.channel) and not is_scalar(view)
    is_plain = state.view.look is Look.PLAIN_2015  # else a card has its scale bar itself
    if subject == "back" or (subject == "layers" and zoom is Zoom.BACK):
        back = shown_back(scene) if is_plain else None
        return None if back is None else legend_of_back(back)
    if subject == UNIT or (subject == "aux" and not shows_classes(scene) and state.view.cursor is Cursor.UNITS):
        return unit_legend(scene, view) if has_unit and is_plain else None
    if subject == "layers" and zoom is Zoom.UNIT:
        return unit_legend(scene, view) if has_unit else None
    if subject == "layers" and zoom is Zoom.OFF and not state.view.pattern:
        return layer_legend(scene, view) if view.has(0) and not is_scalar(view) else None
    return None


def draw_foot_of(canvas: np.ndarray, scene: Scene, subject: str) -> None:
    """The network, the unit and the photo in a line; above it the scale bar over the whole width."""
    area = bounds(canvas).cut(left=scene.px(10), right=scene.px(10))
    px = scene.px(theme.SIZE_SMALL)
    high = line_height(px)
    unit, info = scene.state.unit, scene.state.info
    words = (info.name, unit.name, scene.frame.label if scene.frame is not None else "")
    row = area.bottom - high - scene.px(6)
    draw_text(canvas, row, area.col, "   ".join(filter(None, words)), px, theme.FAINT, width=area.width)
    legend = legend_for(scene, subject)
    if legend is not None:
        draw_scale(canvas, scene, Rect(scene.px(4), area.col, high, area.width), legend)


def draw_scale(canvas: np.ndarray, scene: Scene, line: Rect, legend: Legend) -> None:
    """A bar of all colours between the values of its ends; what it is of behind it."""
    px, space = scene.px(theme.SIZE_SMALL), scene.px(6)
    note = "   ".join(legend.notes)
    low, high = text_width(legend.low, px), text_width(legend.high, px)
    wide = line.width - low - high - 2 * space - (text_width(note, px) + 2 * space if note else 0)
    if wide < scene.px(20):
        note, wide = "", line.width - low - high - 2 * space
    if wide <= 0:
        return
    col = line.col + draw_text(canvas, line.row, line.col, legend.low, px, theme.SOFT) + space
    tall = max(line.height - scene.px(6), 2)
    strip = legend.colours[np.arange(wide) * 255 // max(wide - 1, 1)][None]
    paste(canvas, line.row + (line.height - tall) // 2, col, np.repeat(strip, tall, axis=0))
    col += wide + space
    col += draw_text(canvas, line.row, col, legend.high, px, theme.SOFT) + 2 * space
    draw_text(canvas, line.row, col, note, px, theme.SOFT)
