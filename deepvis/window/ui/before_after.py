"""What interventions on units change: the values before and after, as arrays and numbers. Pure; no drawing."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from deepvis.core.before_after import changed_classes, largest_changes
from deepvis.core.interventions import Intervention, intervened_words
from deepvis.core.types import Snapshot
from deepvis.window.ui.draw_cache import cached
from deepvis.window.ui.scene import Scene

CHANGE = "change: after minus before"
NO_BACKEND = "this backend changes no units; use --backend engine"
CLASSES = {"aux": 5, "input": 3}  # pane -> the classes that it lists before and now


def held(scene: Scene) -> tuple[Intervention, ...]:
    """The interventions that the newest snapshot was made with; () where there are none, or its backend makes none."""
    snapshot = scene.snapshot
    return snapshot.request.interventions if snapshot is not None and snapshot.before is not None else ()


def before_of(scene: Scene, layer: str) -> np.ndarray | None:
    """(C, H, W): a layer's activations without the interventions; None where there are none."""
    snapshot = scene.snapshot
    return None if snapshot is None or snapshot.before is None else snapshot.before.get(layer)


def change_of(snapshot: Snapshot, layer: str) -> np.ndarray | None:
    """(C, H, W): after minus before, worked out once for each pass; None without interventions."""
    before = None if snapshot.before is None else snapshot.before.get(layer)
    after = snapshot.activations.get(layer)
    if before is None or after is None:
        return None
    return cached(("change", layer), after, lambda: after - before)


def changed_units(scene: Scene, layer: str) -> np.ndarray | None:
    """(C,): by how much each unit of a layer changes, the change of the largest magnitude anywhere in its map."""
    change = None if scene.snapshot is None else change_of(scene.snapshot, layer)
    if change is None:
        return None
    return cached(("changed units", layer), change, lambda: largest_changes(change))


def status_words(scene: Scene) -> str:
    """The line as long as anything holds: "what if: conv5 · 151 switched off"; "" with nothing."""
    wanted = scene.state.view.interventions
    if not wanted:
        return ""
    is_answered = scene.snapshot is not None and scene.snapshot.request.interventions == wanted
    if is_answered and scene.snapshot is not None and scene.snapshot.before is None:
        return f"what if: {NO_BACKEND}"
    return f"what if: {intervened_words(wanted)}"


def no_change_words(scene: Scene, layer: str) -> str:
    """Why the tiles show no change of a layer though that is wanted; "" where they show some."""
    if scene.snapshot is None or scene.snapshot.before is None:
        is_refused = status_words(scene).endswith(NO_BACKEND)
        return f"No change: {NO_BACKEND}." if is_refused else "Waiting for the changed network."
    changed = changed_units(scene, layer)
    if changed is None or changed.any():
        return ""
    return (
        f"Nothing changes in {layer}: {intervened_words(held(scene))}. Go to a later layer (o), or press | for values."
    )


@dataclass(frozen=True)
class ClassChange:
    """A class's probability without and with the interventions."""

    channel: int
    before: float
    after: float

    def direction(self, decimals: int = 1) -> int:
        """1: it rose, -1: it fell, 0: the numbers that are said of it are the same."""
        was, now = (float(_percent(each, decimals)) for each in (self.before, self.after))
        return 1 if now > was else -1 if now < was else 0  # 0 too where one of them is no number

    def words(self, decimals: int = 1) -> str:
        """ "44.1 → 12.3 %"."""
        return f"{_percent(self.before, decimals)} → {_percent(self.after, decimals)} %"


def _percent(share: float, decimals: int) -> str:
    return f"{100 * share:.{decimals}f}"


def class_changes(scene: Scene, count: int) -> list[ClassChange]:
    """The classes that are the most probable before or after, by what they are now; [] without interventions."""
    prob = scene.state.info.prob_layer
    before = before_of(scene, prob) if prob else None
    after = scene.snapshot.activations.get(prob) if scene.snapshot is not None else None
    if before is None or after is None:
        return []
    return [ClassChange(*each) for each in changed_classes(before, after, count)]
