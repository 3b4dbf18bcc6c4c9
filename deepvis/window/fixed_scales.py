"""What the fixed scale (key E) keeps: the largest values that were seen of each layer, and the scales made of them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from deepvis.core.pixels import Scale, fixed_scale_of
from deepvis.core.state import Look
from deepvis.window.ui.legend import is_signed
from deepvis.window.ui.readings import LayerView, extremes_of, layer_view
from deepvis.window.ui.scene import Scene

Values = tuple[str, object]  # a layer's name, and what of it is shown: its activations, or the diffs of one back ask


class FixedScales:
    """Remembers, of the layers that were on the screen; for the one thread that owns the window.

    A layer's scale is made when it is first wanted, up to the largest values seen of it until then, and stays as it is
    until no fixed scale is wanted any more.
    """

    def __init__(self) -> None:
        self._seen: dict[Values, tuple[np.ndarray, np.ndarray]] = {}  # largest and smallest value of each channel
        self._scales: dict[tuple[Values, bool, Look], Scale] = {}
        self._last: tuple[object, ...] = ()

    def __call__(self, scene: Scene) -> Scene:
        """The scene with the fixed scale of the layer that it shows, if one is wanted."""
        view, wanted = layer_view(scene), scene.state.view
        if not wanted.fixed_scale:
            self._scales.clear()
        if not view.has(0) or scene.snapshot is None:
            return scene
        values: Values = (scene.state.layer.name, scene.snapshot.ask.back if view.signed else None)
        self._see(values, view, scene.snapshot_id)
        if not wanted.fixed_scale:
            return scene
        key = (values, is_signed(wanted, view), wanted.look)
        if key not in self._scales:
            self._scales[key] = self._made(values, view, signed=key[1], plain=wanted.look is Look.PLAIN_2015)
        return replace(scene, fixed_scale=self._scales[key])

    def _see(self, values: Values, view: LayerView, snapshot_id: int | None) -> None:
        if self._last == (values, snapshot_id):
            return
        self._last = (values, snapshot_id)
        highest, lowest = extremes_of(view.values)
        if not (np.isfinite(highest).all() and np.isfinite(lowest).all()):
            flat = np.nan_to_num(view.values.reshape(len(view.values), -1), nan=0.0, posinf=0.0, neginf=0.0)
            highest, lowest = flat.max(axis=1), flat.min(axis=1)
        if values in self._seen:
            before = self._seen[values]
            highest, lowest = np.maximum(before[0], highest), np.minimum(before[1], lowest)
        self._seen[values] = highest, lowest

    def _made(self, values: Values, view: LayerView, *, signed: bool, plain: bool) -> Scale:
        highest, lowest = self._seen[values]
        peaks = np.maximum(highest, -lowest) if signed else np.maximum(highest, 0)
        return fixed_scale_of(view.values, peaks, signed=signed, plain=plain)
