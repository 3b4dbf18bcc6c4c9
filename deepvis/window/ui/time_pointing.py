"""What lies under the pointer in the strip of values over time, and what is said of it."""

from __future__ import annotations

import numpy as np

from deepvis.core.geometry import Rect
from deepvis.core.over_time import STRIP_SECONDS
from deepvis.window.ui.panes.timeline import axis_words, legend_rows, name_of, plot_place
from deepvis.window.ui.readings import number
from deepvis.window.ui.regions import HEADING, Hit, Tip
from deepvis.window.ui.scene import Scene

NEAR = 1.0  # seconds from the pointer within which a value counts


def time_hit(scene: Scene, pane: Rect, row: int, col: int) -> Hit:
    """A name: its unit; a place of the plot: ``Hit.index``, tenths of a second before now."""
    lines = scene.lines.lines if scene.lines is not None else ()
    if scene.areas(pane).heading.contains(row, col):
        return Hit("timeline", part=HEADING, place=pane)
    here = row - pane.row, col - pane.col
    size = Rect(0, 0, pane.height, pane.width)
    for line, place in zip(lines, legend_rows(scene, size, len(lines)), strict=True):
        if place.contains(*here):
            return Hit("timeline", unit=line.unit, place=place.moved(pane.row, pane.col))
    plot = plot_place(scene, size)
    if plot.contains(*here) and lines:
        back = (plot.right - 1 - here[1]) / max(plot.width - 1, 1) * STRIP_SECONDS
        return Hit("timeline", index=round(10 * back), place=Rect(row, col, 1, 1))
    return Hit("timeline", place=pane)


def time_tip(scene: Scene, hit: Hit) -> Tip | None:
    """Of a name: where a click goes; of a moment: the values then; else what the keys do."""
    lines = scene.lines.lines if scene.lines is not None else ()
    if hit.unit is not None:
        name = next((name_of(scene, line) for line in lines if line.unit == hit.unit), hit.unit.layer)
        return Tip(name, (f"click: go to {hit.unit.name}",))
    if hit.index is None:
        return Tip("Over time", ("%: follow the selected unit, or no more   $: units, classes, off",))
    found = []
    for line in lines:
        near = np.abs(line.times + hit.index / 10)
        if len(near) and near.min() <= NEAR and np.isfinite(value := line.values[int(near.argmin())]):
            found.append(f"{name_of(scene, line)}   {number(float(value))}")
    return Tip(f"{axis_words(hit.index / 10)} s ago", tuple(found) or ("no pass then",))
