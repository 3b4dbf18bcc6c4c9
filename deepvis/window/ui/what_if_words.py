"""What interventions on units change, in words: before and now. Pure; no drawing."""

from __future__ import annotations

import numpy as np

from deepvis.core.interventions import extreme, intervened_words, intervention_of
from deepvis.core.types import Unit
from deepvis.window.ui.before_after import CLASSES, before_of, changed_units, class_changes, held
from deepvis.window.ui.readings import number, signed, top_channels
from deepvis.window.ui.scene import Scene


def unit_words(scene: Scene, unit: Unit, *, is_short: bool = False) -> str:
    """ "before 3.2, now 0 (switched off)"; of others "before 3.2, now 2.9 (conv5 · 151 switched off)"; "" without.

    is_short: "(off)", and of others without the cause.
    """
    before, snapshot, found = before_of(scene, unit.layer), scene.snapshot, held(scene)
    after = None if snapshot is None else snapshot.activations.get(unit.layer)
    if before is None or after is None or unit.channel >= len(before):
        return ""
    was, now = number(extreme(before[unit.channel])), number(extreme(after[unit.channel]))
    own = intervention_of(found, unit)
    if own is not None:
        cause = own.mark if is_short else own.words
    else:
        cause = "" if is_short else intervened_words(found)
    if own is None and np.array_equal(before[unit.channel], after[unit.channel], equal_nan=True):
        return f"before and now {now}" + (f": not changed by {cause}" if cause else "")
    return f"before {was}, now {now}" + (f" ({cause})" if cause else "")


def layer_words(scene: Scene, layer: str) -> str:
    """ "143 of 256 units changed, the most 37 by −3.2"; "" without interventions."""
    changed = changed_units(scene, layer)
    if changed is None:
        return ""
    count = int(np.count_nonzero(changed))
    if not count:
        return f"no unit changed by {intervened_words(held(scene))}"
    most = int(np.abs(changed).argmax())
    return f"{count:,} of {len(changed):,} units changed, the most {most} by {signed(float(changed[most]))}"


def listed_classes(scene: Scene, pane: str, count: int) -> list[tuple[int, float]]:
    """(channel, probability now) of the classes that a pane lists; ``count`` of them without interventions."""
    changes = class_changes(scene, CLASSES.get(pane, 1))
    return [(each.channel, each.after) for each in changes] or top_channels(scene, count)


def class_words(scene: Scene, channel: int) -> str:
    """ "before 44.1 %, now 12.3 % (conv5 · 151 switched off)"; "" without interventions."""
    before = before_of(scene, scene.state.info.prob_layer)
    if before is None or scene.snapshot is None or channel >= len(before):
        return ""
    after = scene.snapshot.activations[scene.state.info.prob_layer]
    was, now = (f"{100 * float(each[channel].max()):.3g} %" for each in (before, after))
    return f"before {was}, now {now} ({intervened_words(held(scene))})"


def rank_of_class(scene: Scene, channel: int) -> int:
    """The place of a class among all by its probability now, 1 for the most probable."""
    order = [each for each, _ in top_channels(scene, scene.state.info.layer(scene.state.info.prob_layer).channels)]
    return 1 + order.index(channel)
