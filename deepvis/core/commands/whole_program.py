"""Help, saving a picture, leaving one thing, reset, quit."""

from __future__ import annotations

from dataclasses import replace

from deepvis.core.back_modes import OFF
from deepvis.core.commands.changes import live, say, switch, view
from deepvis.core.commands.table import Group, command
from deepvis.core.compared import TilesOf
from deepvis.core.effects import OtherNetwork, SavePicture, StopOptimizing
from deepvis.core.layer_list import selected_in
from deepvis.core.over_time import Follow
from deepvis.core.scanning import scan_stopped
from deepvis.core.state import AppState, Outcome, ViewState, with_effect

switch("h", "f1", "?", field="help", group=Group.PROGRAM, help="This help, on or off")


FIRST_VIEW = ViewState()  # before anything was pressed


@command("p", group=Group.PROGRAM, help="Save the window as a picture")
def save_picture(state: AppState) -> Outcome:
    return with_effect(state, SavePicture)


@command(
    "esc",
    group=Group.PROGRAM,
    help="Leave one: help, enlarged, zoom, patterns, history, run, scan, why, what if, place, order, pin, origin, "
    "attribution, back, strips",
)
def escape(state: AppState) -> AppState | Outcome:
    """Turn off one thing, the one that lies on top; never more than one, and nothing once all are off."""
    shown = state.view
    if off := _usual(state, "help", "debug"):
        return off
    if shown.presenting.pane:
        return view(state, presenting=replace(shown.presenting, pane=""))
    if off := _usual(state, "zoom", "pattern", "looked_back"):
        return off
    if state.live.optimizing:
        return with_effect(live(state, optimizing=None), StopOptimizing)
    if state.live.scanning:
        return scan_stopped(state)
    if off := _usual(state, "why", "change", "interventions", "place", "order"):
        return off
    if shown.compared is not None:
        is_current = shown.compared.tiles is TilesOf.CURRENT
        return view(state, compared=None if is_current else shown.compared.showing(TilesOf.CURRENT))
    if off := _usual(state, "pinned", "show", "receptive_field"):
        return off
    if shown.attribution != OFF:
        return view(state, attribution=OFF, overlay=0)
    if off := _usual(state, "back_mode"):
        return off
    if shown.filmstrip.is_on:
        return view(state, filmstrip=replace(shown.filmstrip, is_on=False))
    if shown.over_time.show is not Follow.OFF or shown.over_time.steadiness:
        return view(state, over_time=replace(shown.over_time, show=Follow.OFF, steadiness=False))
    if shown.all_layers or shown.opened:
        less = replace(shown, all_layers=False, opened=shown.opened if shown.all_layers else frozenset())
        return replace(state, view=selected_in(state.info, less))
    return say(state, "nothing left to close; q quits, backspace undoes")


def _usual(state: AppState, *fields: str) -> AppState | None:
    """The first of these fields of the view that is not as at first turned back to that; None where all are."""
    changed = next((name for name in fields if getattr(state.view, name) != getattr(FIRST_VIEW, name)), None)
    return None if changed is None else view(state, **{changed: getattr(FIRST_VIEW, changed)})


@command("ctrl+o", "f7", group=Group.PROGRAM, help="Of two networks (--compare): keys go to the other one")
def other_network(state: AppState) -> Outcome:
    return with_effect(state, OtherNetwork)


@command(group=Group.PROGRAM, help="Reset the view to what it was at the start; the input stays")
def reset_view(state: AppState) -> AppState:
    return replace(state, view=state.initial_view)


@command("q", group=Group.PROGRAM, help="Quit")
def quit(state: AppState) -> AppState | Outcome:
    if state.is_watched_elsewhere and state.to_confirm != "quit":
        return say(replace(state, to_confirm="quit"), "q once more ends this window, for all who look at it")
    return replace(state, quit=True)
