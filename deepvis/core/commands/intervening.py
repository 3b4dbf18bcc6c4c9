"""What if: units switched off, clamped or amplified, for as long as it holds; the tiles by what changed."""

from __future__ import annotations

import re
from dataclasses import replace

from deepvis.core.commands.changes import say, view
from deepvis.core.commands.table import Group, command
from deepvis.core.compared import TilesOf
from deepvis.core.interventions import (
    LARGEST,
    Intervention,
    InterventionKind,
    intervened_words,
    intervention_of,
    with_intervention,
    without_intervention,
)
from deepvis.core.state import AppState, Outcome, Palette, Show, Zoom

TWICE = 2.0  # the factor of the key
CHANGE_WORDS = "the tiles show the change, after minus before: orange is more now, blue is less"
# what is typed in the palette: a word, and the number that it needs
TYPED_WORDS = {
    "off": InterventionKind.OFF,
    "clamp": InterventionKind.CLAMP,
    "set": InterventionKind.CLAMP,
    "scale": InterventionKind.SCALE,
    "amplify": InterventionKind.SCALE,
    "times": InterventionKind.SCALE,
}
TYPED = re.compile(r"(?:what if:?\s*)?([a-z]+)(?:\s+(?:to|by|x|×)?\s*([-−+]?(?:\d+\.?\d*|\.\d+)(?:e[-+]?\d{1,2})?))?")


@command(
    "X", '"', group=Group.UNIT, help="What if: switch the selected unit off; again: amplify it × 2; again: as it was"
)
def cycle_intervention(state: AppState) -> AppState | Outcome:
    now = intervention_of(state.view.interventions, state.unit)
    if now is None:
        return intervene(state, InterventionKind.OFF)
    if now.kind is InterventionKind.OFF:
        return intervene(state, InterventionKind.SCALE, TWICE)
    rest = without_intervention(state.view.interventions, state.unit)
    others = f"; still: {intervened_words(rest)}" if rest else ""
    return say(view(state, interventions=rest), f"{state.unit.name} is as it was{others}")


@command("|", group=Group.UNIT, help="What if: tiles show the change (after minus before), or the values after it")
def toggle_change(state: AppState) -> AppState | Outcome:
    """The change takes the place of diffs, preferred pictures and the pinned frame in the tiles."""
    if not state.view.interventions:
        return say(state, "nothing is changed yet: X switches the selected unit off")
    if state.view.change and state.view.show is Show.ACTIVATIONS and not state.view.pattern:
        return say(view(state, change=False), "the tiles show the values with what is changed")
    zoom = state.view.zoom if state.view.zoom is Zoom.UNIT else Zoom.OFF
    compared = state.view.compared.showing(TilesOf.CURRENT) if state.view.compared is not None else None
    shown = {"show": Show.ACTIVATIONS, "pattern": False, "compared": compared, "zoom": zoom}
    return say(view(state, change=True, **shown), CHANGE_WORDS)


@command(group=Group.UNIT, help="What if: amplify the selected unit: type a factor, as scale 3")
def amplify_unit(state: AppState) -> AppState:
    return _typing(state, "scale ")


@command(group=Group.UNIT, help="What if: clamp the selected unit to a value: type it, as clamp 5")
def clamp_unit(state: AppState) -> AppState:
    return _typing(state, "clamp ")


@command(group=Group.UNIT, help="What if: clear all, every unit as it was")
def clear_interventions(state: AppState) -> AppState | Outcome:
    if not state.view.interventions:
        return say(state, "no unit is changed")
    return view(state, interventions=())


def _typing(state: AppState, text: str) -> AppState:
    """The palette, with the beginning of a line in it; the history has nothing of that."""
    return replace(state, typing=Palette(state.view, text))


def intervene(state: AppState, kind: InterventionKind, number: float = 0.0) -> AppState | Outcome:
    """Do that to the selected unit, in the place of what is done to it; say what it is, or why it cannot be."""
    if problem := why_not(state):
        return say(state, problem)
    new = Intervention(state.unit, kind, number)
    found = with_intervention(state.view.interventions, new)
    again = f"amplifies it × {TWICE:g}" if kind is InterventionKind.OFF else "leaves it as it was"
    changed = view(state, interventions=found)
    return say(changed, f"{intervened_words((new,))}: X once more {again}, / clear leaves all as they were")


def why_not(state: AppState) -> str:
    """Why the selected unit cannot be changed, "" if it can."""
    layer, info = state.layer, state.info
    if layer.missing:
        return f"there is no unit to change: {layer.missing_words}"
    if layer.name == info.prob_layer:
        return f"nothing follows {layer.name}, so nothing would change; choose a unit of an earlier layer"
    return ""


def typed_problem(text: str) -> str:
    """Why a text that begins as "clamp 5" does asks for nothing, in a sentence; "" for any other text."""
    word, _, rest = text.strip().lower().partition(" ")
    kind, number = TYPED_WORDS.get(word), rest.strip()
    if kind is None or kind is InterventionKind.OFF or not number or typed_intervention(text) is not None:
        return ""
    if re.fullmatch(r"[-−+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?", number):
        return f"{word} takes numbers up to {LARGEST:g}: the network computes in 32 bits"
    return f"{word} needs a number, as in {word} 5; found {rest.strip()}"


def typed_intervention(text: str) -> tuple[InterventionKind, float] | None:
    """What "off", "clamp 5" or "scale 0.5" asks for; None for any other text."""
    found = TYPED.fullmatch(text.strip().lower())
    kind = TYPED_WORDS.get(found[1]) if found else None
    if found is None or kind is None or (found[2] is None) != (kind is InterventionKind.OFF):
        return None
    number = float(found[2].replace("−", "-")) if found[2] else 0.0
    return (kind, number) if abs(number) <= LARGEST else None
