"""Over time: the strip of the last 30 seconds, freezing at a unit's value, the steadiness of the layers."""

from __future__ import annotations

from dataclasses import replace

from deepvis.core.commands.changes import next_of, say, source, view
from deepvis.core.commands.table import Group, command
from deepvis.core.over_time import MOST_FOLLOWED, Follow, FreezeWhen, followed
from deepvis.core.state import AppState, Outcome, Palette

NO_TIME = "photos have no time: c goes to the camera or video, ctrl+a plays the photos"
FREEZE_WHEN = "freeze when"


def changed(state: AppState, **changes: object) -> AppState:
    """The state with something changed of what is looked at over time."""
    return view(state, over_time=replace(state.view.over_time, **changes))  # type: ignore[arg-type]


def has_time(state: AppState) -> bool:
    return state.input.moving or state.input.autoplay.is_on


@command(
    "$", group=Group.TIME, help="Over time: the last 30 s of this unit and those followed, of the five classes, off"
)
def cycle_over_time(state: AppState) -> AppState | Outcome:
    members = [each for each in Follow if each is not Follow.CLASSES or state.info.prob_layer]
    shown = changed(state, show=next_of(members, state.view.over_time.show))
    is_on = shown.view.over_time.show is not Follow.OFF
    return say(shown, NO_TIME) if is_on and not has_time(state) else shown


@command("%", group=Group.TIME, help="Follow this unit over time, wherever you go, or no more")
def follow_unit(state: AppState) -> AppState | Outcome:
    if state.layer.missing:
        return say(state, state.layer.missing_words)
    unit = state.unit
    after = followed(state.view.over_time, unit)
    if after is None:
        return say(state, f"{MOST_FOLLOWED} units are followed already; % on one of them lets it go")
    if unit not in after.units:
        return say(view(state, over_time=after), f"{unit.name} is followed no more")
    return say(view(state, over_time=replace(after, show=Follow.UNITS)), f"{unit.name} is followed")


@command("^", group=Group.TIME, help="Freeze when this unit exceeds a value, which you type; again frees")
def watch_unit(state: AppState) -> AppState | Outcome:
    watched = state.view.over_time.freeze_when
    if watched is not None:
        freed = source(changed(state, freeze_when=None), frozen=False)
        return say(freed, f"{watched.unit.name} freezes nothing any more")
    return replace(state, typing=Palette(state.view, f"{FREEZE_WHEN} "))


def freeze_when(state: AppState, limit: float) -> AppState | Outcome:
    """From now on the source freezes when the selected unit exceeds ``limit``."""
    if state.layer.missing:
        return say(state, state.layer.missing_words)
    unit = state.unit
    armed = changed(state, freeze_when=FreezeWhen(unit, limit))
    words = f"freezes when {unit.name} exceeds {limit:g}; ^ ends that"
    return say(armed, words if has_time(state) else f"{words}; {NO_TIME}")


@command(
    "ctrl+g", group=Group.TIME, help="Steadiness: how much each layer changes from frame to frame, as a bar, or none"
)
def toggle_steadiness(state: AppState) -> AppState | Outcome:
    shown = changed(state, steadiness=not state.view.over_time.steadiness)
    if shown.view.over_time.steadiness and not state.input.moving:
        return say(shown, "steadiness compares frames: c goes to the camera or video")
    return shown
