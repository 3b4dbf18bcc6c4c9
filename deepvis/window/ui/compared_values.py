"""The values of the current and of the pinned frame, and their difference, read from a scene. Pure; no drawing."""

from __future__ import annotations

import numpy as np

from deepvis.core.compared import TilesOf, difference, largest_differences
from deepvis.window.ui.draw_cache import cached
from deepvis.window.ui.scene import Scene


def both_values(scene: Scene) -> tuple[np.ndarray, np.ndarray] | None:
    """The selected layer's (C, H, W) of the current and of the pinned frame; None where one is not there."""
    layer = scene.state.layer.name
    if scene.state.view.compared is None or scene.snapshot is None or scene.pinned is None:
        return None
    current, pinned = scene.snapshot.activations.get(layer), scene.pinned.activations.get(layer)
    if current is None or pinned is None or current.shape != pinned.shape:
        return None
    return current, pinned


def compared_values(scene: Scene, tiles: TilesOf) -> np.ndarray | None:
    """(C, H, W) of the selected layer; a difference is computed once for each pass."""
    both = both_values(scene)
    if both is None or tiles is TilesOf.CURRENT:
        return None if both is None else both[0]
    current, pinned = both
    if tiles is TilesOf.PINNED:
        return pinned
    of = scene.pinned.id if scene.pinned else None
    return cached(("difference", scene.state.layer.name, of), current, lambda: difference(current, pinned))


def differences_in(scene: Scene, cell: tuple[int, int] | None) -> np.ndarray | None:
    """(C,): how much each unit of the selected layer differs, anywhere or in a cell (row, col); None without a pin."""
    values = compared_values(scene, TilesOf.DIFFERENCE)
    if values is None:
        return None
    if cell is not None:
        return np.abs(values[:, cell[0], cell[1]])
    return cached("largest differences", values, lambda: np.nan_to_num(largest_differences(values)))
