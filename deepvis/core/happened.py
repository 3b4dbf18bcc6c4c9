"""What a key or a gesture has done, in a few words: "back projection: gradient", "unit conv5 151". Pure.

Read from the state before and after, so that any command, whoever wrote it, is said by what it changed; one that
changed nothing is said by its sentence.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields, is_dataclass
from typing import Any

from deepvis.core.commands import Command
from deepvis.core.effects import Effect, Say
from deepvis.core.modes import MODES, words_of
from deepvis.core.state import AppState, BackFilter, ViewState
from deepvis.core.types import Unit

ANOTHER_PICTURE = "another picture"
MOST_CHANGES = 2  # that are said of one key
# what follows from a change that is said, or is said otherwise
UNSAID = frozenset({"layer_index", "channel", "cursor", "jumped", "opened", "back_filter"})


def what_happened(row: Command | None, before: AppState, after: AppState, effects: Sequence[Effect] = ()) -> str:
    """What is to be said of a press. row: the command of the key; None: what was typed was taken, or the mouse."""
    said = changes(before, after)
    if row is not None and row.name in ("undo", "redo"):
        said = [f"{row.name}: {', '.join(said)}"] if said else []
    if said and not (said == [ANOTHER_PICTURE] and row is not None):
        return ", ".join(said[:MOST_CHANGES])
    spoken = next((effect.sentence for effect in effects if isinstance(effect, Say)), "")
    return spoken or (short_help(row) if row is not None else "")


def short_help(row: Command) -> str:
    """A command's sentence up to the first place where it goes into detail."""
    text = row.help.partition(" (")[0]
    return text.partition(", or ")[0] if len(text) > 60 else text


def changes(before: AppState, after: AppState) -> list[str]:
    """What has changed of view, input and preset, in words, the modes first."""
    said = []
    for part in ("view", "input", "live"):
        for field in _changed(getattr(before, part), getattr(after, part)):
            if field in UNSAID and not (field == "back_filter" and before.view.back_mode == after.view.back_mode):
                continue
            value = getattr(getattr(after, part), field)
            if field == "back_mode" and after.view.back_filter is not BackFilter.RAW:
                said.append(f"{words_of(field, value)} ({MODES['back_filter'].word(after.view.back_filter)})")
            elif field in ("file_index", "photo"):
                said.append(ANOTHER_PICTURE)
            elif field == "why" and value:
                said.append("why " + " › ".join(unit_words(after, unit) for unit in value))
            elif field == "presenting" and getattr(before.view, field).pane and not value.pane:
                said.append("all panes")
            elif field in MODES or isinstance(value, bool):
                said.append(words_of(field, value))
    if after.unit != before.unit or after.view.cursor is not before.view.cursor:
        said.append(selection_words(before, after))
    return list(dict.fromkeys(said))


def _changed(before: Any, after: Any) -> list[str]:
    if before == after or not is_dataclass(after):
        return []
    return [each.name for each in fields(after) if getattr(before, each.name) != getattr(after, each.name)]


def selection_words(before: AppState, after: AppState) -> str:
    """ "unit conv5 151"; "layer conv5, 256 units" where the layer alone has changed."""
    unit, layer = after.unit, after.layer
    if unit.layer != before.unit.layer and after.view.cursor is ViewState().cursor:
        return f"layer {layer.title}, {layer.channels} units" if layer.channels > 1 else f"layer {layer.title}"
    return f"unit {unit_words(after, unit)}"


def unit_words(state: AppState, unit: Unit) -> str:
    """ "conv5 151", "prob 285 Egyptian cat"."""
    title = next((layer.title for layer in state.info.layers if layer.name == unit.layer), unit.layer)
    return f"{title} {unit.channel} {state.info.class_of(unit)}".rstrip()
