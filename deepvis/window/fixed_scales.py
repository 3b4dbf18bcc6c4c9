"""What the fixed scale (key E) keeps: the largest values that were seen of each layer, and the scales made of them."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from deepvis.core.pixels import Scale, fixed_scale_of
from deepvis.core.state import Look
from deepvis.core.types import Frame
from deepvis.window.ui.legend import is_signed
from deepvis.window.ui.readings import LayerView, extremes_of, layer_view
from deepvis.window.ui.scene import Scene

# a layer's name, and what of it is shown: its activations, or the diffs of one back request, or differences
Values = tuple[str, object]


@dataclass(frozen=True, eq=False)
class _ValueRange:
    """What the passes had of a layer. highest, lowest: (C,), of each channel. passes: how many. at: in words, which of
    them had the largest magnitude, ``largest``."""

    highest: np.ndarray
    lowest: np.ndarray
    passes: int
    largest: float
    at: str


class FixedScales:
    """Remembers, of the layers that were on the screen; for the one thread that owns the window.

    A layer's scale is made when it is first wanted, up to the largest values seen of it until then, and stays as it is
    until no fixed scale is wanted any more. clock: the time of day in words.
    """

    def __init__(self, clock: Callable[[], str] = lambda: time.strftime("%H:%M:%S")) -> None:
        self._clock = clock
        self._ranges: dict[Values, _ValueRange] = {}
        self._scales: dict[tuple[Values, bool, Look], tuple[Scale, str]] = {}
        self._last: tuple[object, ...] = ()

    def __call__(self, scene: Scene) -> Scene:
        """The scene with the fixed scale of the layer that it shows, if one is wanted."""
        view, chosen = layer_view(scene), scene.state.view
        if not chosen.fixed_scale:
            self._scales.clear()
        if not view.has(0) or scene.snapshot is None:
            return scene
        pinned = scene.pinned and scene.pinned.id
        of = ("difference", pinned) if view.is_difference else scene.snapshot.request.back if view.signed else None
        values: Values = (scene.state.layer.name, view.caption if view.is_change else of)
        self._take_in(values, view, scene.snapshot_id, scene.snapshot.request.frame)
        if not chosen.fixed_scale:
            return scene
        key = (values, is_signed(chosen, view), chosen.look)
        if key not in self._scales:
            scale = self._scale_of(values, view, signed=key[1], plain=chosen.look is Look.PLAIN_2015)
            self._scales[key] = scale, self._origin(scene.state.layer.name, self._ranges[values])
        scale, origin = self._scales[key]
        return replace(scene, fixed_scale=scale, fixed_from=origin)

    def _origin(self, layer: str, limits: _ValueRange) -> str:
        """'from conv1, at 14:05:33, of 12 passes; the largest value in cat.jpg'"""
        if limits.passes == 1:
            return f"taken from {layer} in {limits.at}, at {self._clock()}"
        return f"taken from {layer} at {self._clock()}, of {limits.passes:,} passes; the largest value in {limits.at}"

    def _take_in(self, values: Values, view: LayerView, snapshot_id: int | None, frame: Frame) -> None:
        if self._last == (values, snapshot_id):
            return
        self._last = (values, snapshot_id)
        highest, lowest = extremes_of(view.values)
        if not (np.isfinite(highest).all() and np.isfinite(lowest).all()):
            flat = np.nan_to_num(view.values.reshape(len(view.values), -1), nan=0.0, posinf=0.0, neginf=0.0)
            highest, lowest = flat.max(axis=1), flat.min(axis=1)
        largest = float(max(highest.max(initial=0), -lowest.min(initial=0)))
        before = self._ranges.get(values)
        if before is None:
            self._ranges[values] = _ValueRange(highest, lowest, 1, largest, self._words(frame))
            return
        at = self._words(frame) if largest > before.largest else before.at
        highest, lowest = np.maximum(before.highest, highest), np.minimum(before.lowest, lowest)
        self._ranges[values] = _ValueRange(highest, lowest, before.passes + 1, max(largest, before.largest), at)

    def _words(self, frame: Frame) -> str:
        """Which frame it was: a photo by its name, a video's by its time, a camera's by the time of day."""
        if not frame.moving:
            return frame.label or "the picture"
        source = frame.label or "the stream"
        return f"{source} at {self._clock()}" if frame.seconds is None else f"{source} at {frame.seconds:.1f} s"

    def _scale_of(self, values: Values, view: LayerView, *, signed: bool, plain: bool) -> Scale:
        highest, lowest = self._ranges[values].highest, self._ranges[values].lowest
        peaks = np.maximum(highest, -lowest) if signed else np.maximum(highest, 0)
        return fixed_scale_of(view.values, peaks, signed=signed, plain=plain)
