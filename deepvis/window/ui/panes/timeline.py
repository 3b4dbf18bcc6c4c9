"""Over time: the values of units, or of the five strongest classes, over the last 30 seconds, as lines."""

from __future__ import annotations

import math
from collections.abc import Hashable

import cv2
import numpy as np

from deepvis.core.commands.over_time import NO_TIME, has_time
from deepvis.core.geometry import Rect
from deepvis.core.over_time import STRIP_SECONDS, Follow, Line, scale_of
from deepvis.core.words import short_label
from deepvis.window.ui import theme
from deepvis.window.ui.canvas import bounds, fill
from deepvis.window.ui.heading import draw_card, sentence
from deepvis.window.ui.pane import pane
from deepvis.window.ui.readings import number
from deepvis.window.ui.scene import Scene
from deepvis.window.ui.text import draw_text, line_height, text_width

# hues of Okabe and Ito, lightened for the dark ground; the last is the selected unit's, if it is not followed
COLORS = tuple(
    theme.bgr(code) for code in ("#56b4e9", "#e69f00", "#2fbf94", "#f0e442", "#d98cb8", "#f0805a", "#e6e9ee")
)
WIDEST_LEGEND, LEGEND_OF_CLASSES = 0.5, 0.34  # of the pane's width; that of classes stays as they come and go
WIDEST_VALUE, WIDEST_SCALE = (
    "−88.8 %",
    "  (0 to 0.888)",
)  # room for each, so that the lines do not move with the numbers
TICK = 10  # seconds
GAP = 1.0  # seconds without a pass over which no line is drawn
FINE = 3  # bits of a pixel's parts


def looks_at(scene: Scene) -> Hashable:
    state = scene.state
    running = (state.input.frozen, state.input.moving, state.input.autoplay.is_on)
    return scene.lines and scene.lines.version, state.view.over_time, state.unit, running


@pane("timeline", looks_at=looks_at)
def draw(canvas: np.ndarray, scene: Scene) -> None:
    """The lines at the left, newest at the right edge; their names, in the same order and colours, at the right."""
    lines = scene.lines.lines if scene.lines is not None else ()
    filled = tuple(line for line in lines if np.isfinite(line.values).any())
    of_classes = scene.state.view.over_time.show is Follow.CLASSES
    own = has_own_scales(scene)
    title = "Five strongest classes" if of_classes else "Units over time"
    parts = draw_card(canvas, scene, title, heading_words(scene, own=own))
    if not filled:
        sentence(canvas, scene, parts.body, said_without(scene))
        return
    plot, legend = plot_place(scene, bounds(canvas)), legend_place(scene, bounds(canvas))
    low, high = scale_of(filled)
    draw_axes(canvas, scene, plot, None if own else (low, high))
    for line in filled:
        draw_line(canvas, plot, line, scale_of((line,)) if own else (low, high), scene.px(2))
    draw_legend(canvas, scene, legend, lines, own=own)


def heading_words(scene: Scene, *, own: bool) -> str:
    """What the scale is, and whether time runs."""
    source = scene.state.input
    of = "" if scene.state.view.over_time.show is Follow.CLASSES else "largest value of each map"
    what = "each in its own scale" if own else "one scale"
    stands = "time stands still: frozen" if source.frozen else "" if has_time(scene.state) else "time stands still"
    return ", ".join(filter(None, (of, f"last {STRIP_SECONDS:.0f} s", what, stands)))


def said_without(scene: Scene) -> str:
    """Why there are no lines yet."""
    if not has_time(scene.state):
        return f"{NO_TIME[0].upper()}{NO_TIME[1:]}."
    return scene.state.layer.missing_words or "The lines begin with the next frame."


def has_own_scales(scene: Scene) -> bool:
    """The units are of several layers: their sizes do not compare."""
    lines = scene.lines.lines if scene.lines is not None else ()
    is_of_units = scene.state.view.over_time.show is not Follow.CLASSES
    return is_of_units and len({line.unit.layer for line in lines}) > 1


def _parts(scene: Scene, pane: Rect) -> tuple[Rect, int]:
    """The body of the pane, and how wide the names are in it."""
    body, px = scene.areas(pane).body, scene.px(theme.SIZE_TEXT)
    lines = scene.lines.lines if scene.lines is not None else ()
    values = WIDEST_VALUE + (WIDEST_SCALE if has_own_scales(scene) else "")
    if scene.state.view.over_time.show is Follow.CLASSES:
        return body, round(LEGEND_OF_CLASSES * body.width)
    names = max((text_width(name_of(scene, line), px) for line in lines), default=0)
    wide = scene.px(14) + scene.px(6) + names + scene.px(12) + text_width(values, px)
    return body, min(wide, round(WIDEST_LEGEND * body.width))


def plot_place(scene: Scene, pane: Rect) -> Rect:
    """Where the lines are, in a pane; the scale stands left of it, the seconds below."""
    body, wide = _parts(scene, pane)
    px = scene.px(theme.SIZE_SMALL)
    return body.cut(left=scene.px(46), right=wide + scene.px(12), bottom=line_height(px), top=scene.px(3))


def legend_place(scene: Scene, pane: Rect) -> Rect:
    body, wide = _parts(scene, pane)
    return Rect(body.row, body.right - wide, body.height, wide)


def legend_rows(scene: Scene, pane: Rect, count: int) -> list[Rect]:
    """The places of the names."""
    legend = legend_place(scene, pane)
    high = min(line_height(scene.px(theme.SIZE_TEXT)) + scene.px(2), legend.height // max(count, 1))
    return [Rect(legend.row + i * high, legend.col, high, legend.width) for i in range(count)]


def draw_axes(canvas: np.ndarray, scene: Scene, plot: Rect, scale: tuple[float, float] | None) -> None:
    """Seconds below, ends of the scale at the left; of lines in scales of their own there are none to say."""
    px = scene.px(theme.SIZE_SMALL)
    fill(canvas, plot, theme.WELL)
    for back in range(0, int(STRIP_SECONDS) + 1, TICK):
        col = plot.right - 1 - round(back / STRIP_SECONDS * (plot.width - 1))
        fill(canvas, Rect(plot.row, col, plot.height, 1), theme.LINE)
        words = f"−{back} s" if back else "now"
        wide = text_width(words, px)
        left = min(max(col - wide // 2, 0), plot.right - wide)
        draw_text(canvas, plot.bottom, left, words, px, theme.SOFT)
    fill(canvas, Rect(plot.bottom - 1, plot.col, 1, plot.width), theme.LINE)
    if scale is None:
        return
    low, high = scale
    ends = [(plot.row, high), (plot.bottom - line_height(px), low)]
    if low < 0 < high:
        zero = plot.row + round(high / (high - low) * (plot.height - 1))
        fill(canvas, Rect(zero, plot.col, 1, plot.width), theme.LINE)
    for row, value in ends:
        left = scene.areas(bounds(canvas)).body.col
        draw_text(
            canvas, row, left, axis_words(value), px, theme.SOFT, width=plot.col - left - scene.px(5), align="right"
        )


def axis_words(value: float) -> str:
    return "0" if value == 0 else f"{value:g}".replace("-", "−")


def draw_line(canvas: np.ndarray, plot: Rect, line: Line, scale: tuple[float, float], thick: int) -> None:
    """The values as a line, broken where there were none; a dot at the newest."""
    low, high = scale
    color = COLORS[line.slot]
    part = canvas[plot.slices]
    across = (line.times / STRIP_SECONDS + 1) * (plot.width - 1)
    down = (1 - (line.values - low) / max(high - low, 1e-30)) * (plot.height - 1)
    points = np.stack([across, np.clip(down, 0, plot.height - 1)], axis=1)
    breaks = np.flatnonzero(
        (np.diff(line.times) > GAP) | ~np.isfinite(line.values[1:]) | ~np.isfinite(line.values[:-1])
    )
    for run in np.split(points, breaks + 1):
        run = run[np.isfinite(run[:, 1])]
        if len(run):
            fixed = np.rint(run * 2**FINE).astype(np.int32).reshape(-1, 1, 2)
            cv2.polylines(part, [fixed], False, color, thick, cv2.LINE_AA, FINE)
    if len(points) and np.isfinite(points[-1]).all():
        middle = (round(float(points[-1, 0])), round(float(points[-1, 1])))
        cv2.circle(part, middle, 2 * thick, color, -1, cv2.LINE_AA)


def draw_legend(canvas: np.ndarray, scene: Scene, legend: Rect, lines: tuple[Line, ...], *, own: bool) -> None:
    """A piece of each line, its name, its newest value, and its scale where that is its own."""
    px = scene.px(theme.SIZE_TEXT)
    for line, place in zip(lines, legend_rows(scene, bounds(canvas), len(lines)), strict=True):
        middle = place.row + min(line_height(px), place.height) // 2
        mark = Rect(middle - scene.px(2), place.col, max(scene.px(3), 2), scene.px(14))
        fill(canvas, mark, COLORS[line.slot])
        value = value_words(scene, line, own=own)
        wide = text_width(value, px)
        draw_text(canvas, place.row, place.right - wide, value, px, theme.SOFT)
        left = mark.right + scene.px(6)
        name = name_of(scene, line)
        draw_text(canvas, place.row, left, name, px, theme.TEXT, width=max(place.right - wide - left - scene.px(8), 0))


def name_of(scene: Scene, line: Line) -> str:
    """ "conv5 · 151", "prob · 281 tabby"; of the strongest classes the class alone."""
    info, unit = scene.state.info, line.unit
    is_class = unit.layer in info.label_layers or unit.layer == info.prob_layer
    label = short_label(info.labels[unit.channel]) if is_class and unit.channel < len(info.labels) else ""
    if label and scene.state.view.over_time.show is Follow.CLASSES:
        return label
    return f"{info.layer(unit.layer).title} · {unit.channel} {label}".rstrip()


def value_words(scene: Scene, line: Line, *, own: bool) -> str:
    newest = line.newest
    if math.isnan(newest):
        return "…"
    if scene.state.view.over_time.show is Follow.CLASSES:
        return f"{100 * newest:.1f} %"
    if not own:
        return number(newest)
    low, high = scale_of((line,))
    return f"{number(newest)}  ({axis_words(low)} to {axis_words(high)})"
