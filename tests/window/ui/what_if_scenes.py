"""What an intervention makes of a scene: later layers get other values, the earlier ones stay the same arrays."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from deepvis.core.interventions import clamped, scaled, switched_off
from deepvis.core.types import Unit
from deepvis.window.tile_orders import TileOrders
from deepvis.window.ui.scene import Scene

LAYER = "conv2/5x5_reduce"
OFF = (switched_off(Unit(LAYER, 7)),)
SEVERAL = (*OFF, scaled(Unit(LAYER, 9), 2), clamped(Unit(LAYER, 12), 0.5), switched_off(Unit("conv1/3x3", 3)))


def intervened(scene: Scene) -> Scene:
    """With the interventions of its view: the units' own layers, and what comes after them, changed."""
    interventions = scene.state.view.interventions
    assert scene.snapshot is not None
    before = dict(scene.snapshot.activations)
    after, is_later = dict(before), False
    for name, values in before.items():
        changed = values * (1 - 0.4 * np.cos(np.arange(len(values)))[:, None, None]) if is_later else values.copy()
        for each in interventions:
            if each.unit.layer == name:
                is_later = True
                c = each.unit.channel
                changed[c] = changed[c] * each.factor if each.factor else each.number
        after[name] = changed.astype(np.float32) if is_later else values
    after["prob"] = after["prob"] / after["prob"].sum()
    request = replace(scene.snapshot.request, interventions=interventions)
    scene = replace(scene, snapshot=replace(scene.snapshot, request=request, activations=after, before=before))
    return replace(scene, state=replace(scene.state, tile_order=TileOrders()(scene)))
