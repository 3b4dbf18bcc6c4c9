"""Scenes of the strip over time and of the bars of steadiness, on those of scenes.py."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from deepvis.core.over_time import Follow, LayerSteadiness, Line, Lines, OverTime
from deepvis.core.state import InputState
from deepvis.core.strips import strips_of, with_strips
from deepvis.core.types import Unit
from deepvis.window.ui.scene import Scene


def time_scene(scene: Scene, show: Follow, units: tuple[Unit, ...] = (), *, frozen: bool = False) -> Scene:
    """Waves of 20 seconds, each line another; in the second one nothing is there before the last 8."""
    view = replace(scene.state.view, over_time=OverTime(show, units))
    times = np.linspace(-20, 0, 120)
    lines = []
    for slot, unit in enumerate(units):
        values = (slot + 1) * (1.2 + np.sin(times / (1.5 + slot) + slot)) / (20 if show is Follow.CLASSES else 1)
        lines.append(Line(unit, slot, times, np.where((times < -8) & (slot == 1), np.nan, values)))
    state = replace(scene.state, view=view, input=InputState(moving=True, frozen=frozen))
    layout = with_strips(scene.layout, strips_of(view))
    return replace(scene, state=state, layout=layout, lines=Lines(1, tuple(lines)))


def steady_scene(scene: Scene) -> Scene:
    """Each layer changes four times as much as the one before."""
    view = replace(scene.state.view, over_time=OverTime(steadiness=True))
    changes = {layer.name: 0.002 * 4**n for n, layer in enumerate(scene.state.info.layers)}
    return replace(scene, state=replace(scene.state, view=view), steadiness=LayerSteadiness(1, changes))
