"""What is shown, and in which colours."""

from __future__ import annotations

from deepvis.core.back_modes import OFF
from deepvis.core.commands.changes import next_of, switch, view
from deepvis.core.commands.table import Group, command
from deepvis.core.state import DEBUG_LEVELS, GAMMA_BOOSTS, INDIVIDUAL_BOOSTS, AppState, ColourMap, Look, Zoom


@command("z", group=Group.SHOW, help="Zoom: the selected unit, the back projection, its preferred image, off")
def cycle_zoom(state: AppState) -> AppState:
    members = [zoom for zoom in Zoom if zoom is not Zoom.BACK or state.view.back_mode != OFF]
    members.remove(Zoom.CHANGES)
    return view(state, zoom=next_of(members, state.view.zoom) if state.view.zoom in members else Zoom.OFF)


switch("s", field="pattern", group=Group.SHOW, help="Show each unit's preferred image in its tile, or hide them")


@command("t", group=Group.SHOW, help="Brighten the whole layer: its gamma times 1, 0.7, 0.5, 0.3")
def cycle_gamma(state: AppState) -> AppState:
    return view(state, gamma_boost=(state.view.gamma_boost + 1) % len(GAMMA_BOOSTS))


@command("T", "y", group=Group.SHOW, help="Brighten each unit by its own maximum: 0, 0.3, 0.5, 0.8, 1")
def cycle_individual_boost(state: AppState) -> AppState:
    return view(state, individual_boost=(state.view.individual_boost + 1) % len(INDIVIDUAL_BOOSTS))


@command(group=Group.SHOW, help="The look of 2015, linear and plain, or the readable one")
def change_look(state: AppState) -> AppState:
    return view(state, look=Look.READABLE if state.view.look is Look.PLAIN_2015 else Look.PLAIN_2015)


@command("V", ";", group=Group.SHOW, help="Colours: gray, viridis, cividis, magma, signed (blue below 0, orange above)")
def cycle_colour_map(state: AppState) -> AppState:
    return view(state, colour_map=next_of(tuple(ColourMap), state.view.colour_map))


switch(
    "E",
    "'",
    field="fixed_scale",
    group=Group.SHOW,
    help="Fixed scale: brightness compares between pictures; again frees it",
)
switch("C", field="label_predictions", group=Group.SHOW, help="Class names and probabilities on or off")
switch("U", field="unit_images", group=Group.SHOW, help="Unit images (optimized, top 9, deconv of the top 9) on or off")
switch("S", field="scores", group=Group.SHOW, help="Scores on the top-9 patches on or off")
switch("r", field="receptive_field", group=Group.SHOW, help="The unit's receptive field, drawn on the input")


@command("D", group=Group.SHOW, help="Debug level 0, 1 (borders and names of the panes), 2 (and times)")
def cycle_debug(state: AppState) -> AppState:
    return view(state, debug=(state.view.debug + 1) % DEBUG_LEVELS)
