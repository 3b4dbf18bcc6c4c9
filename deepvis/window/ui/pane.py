"""The tables of panes and overlays: how to draw each, and what its picture depends on."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass

import numpy as np

from deepvis.core.panes import PLACES, Place
from deepvis.core.registry import Registry
from deepvis.window.ui.scene import Scene

Draw = Callable[[np.ndarray, Scene], None]
LooksAt = Callable[[Scene], Hashable]


@dataclass(frozen=True)
class Pane:
    """How to draw a pane, and the values (ids, states, never arrays) that its picture depends on."""

    draw: Draw
    looks_at: LooksAt


PANES: Registry[Pane] = Registry("pane")
OVERLAYS: Registry[Pane] = Registry("overlay")  # drawn over the whole window; looks_at gives None: not now


def pane(name: str, *, looks_at: LooksAt, place: Place | None = None) -> Callable[[Draw], Draw]:
    """Register a function draw(canvas, scene) as the pane ``name``, the name of its file.

    canvas: (H, W, 3) uint8 BGR, a view of the pane's part of the window. looks_at: scene -> whatever
    the picture depends on; the pane is drawn again when that changes, and only then.
    place: (row, column, height, width) in a window of ``DESIGN_SIZE``; None: the pane is shown where a table of panes
    places it.
    """

    def enter(draw: Draw) -> Draw:
        PANES.put(name, Pane(draw, looks_at))
        if place is not None:
            PLACES[name] = place
        return draw

    return enter


def overlay(name: str, *, looks_at: LooksAt) -> Callable[[Draw], Draw]:
    """Register what lies over the window while ``looks_at`` gives anything but None."""

    def enter(draw: Draw) -> Draw:
        OVERLAYS.put(name, Pane(draw, looks_at))
        return draw

    return enter
