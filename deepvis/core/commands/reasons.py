"""Why: the units of earlier layers by their contribution to the selected one, and on through one of them."""

from __future__ import annotations

from dataclasses import replace

from deepvis.core.commands.changes import say, view
from deepvis.core.commands.moving import select_layer
from deepvis.core.commands.table import Group, command
from deepvis.core.state import AppState, Cursor, Outcome, Zoom
from deepvis.core.why import chain_through, layer_before, mixing_layer


@command(
    "Y", "!", group=Group.BACK, help="Why: earlier units by contribution to this one; again: on through the selected"
)
def ask_why(state: AppState) -> AppState | Outcome:
    """Shows the layer before, and in it the strongest reason once that is known.

    The chain goes on through the selected unit, and is cut where that stands before. A unit of a layer that comes
    after all of the chain begins a new one.
    """
    unit, chain, order = state.unit, state.view.why, state.tile_order
    if state.layer.missing:
        return say(state, f"there are no contributions: {state.layer.missing_words}")
    before = layer_before(state, unit.layer)
    if before is None:
        mixing = mixing_layer(state.info, unit.layer)
        own = "" if mixing == unit.layer else f", of whose units those of {unit.layer} are made, each of one"
        return say(state, f"no layer of the list comes before {mixing}{own}: there is nothing to ask")
    through = chain_through(state.info, chain, unit)
    is_on_the_way = order is None or order.layer != unit.layer or order.contributions is not None
    if len(through) > 1 and not is_on_the_way:
        return say(state, f"{unit.layer} is not on the way to {chain[-1].layer}; Esc ends that, then ask again")
    asked = view(state, why=through, zoom=Zoom.OFF)
    there = view(select_layer(asked, before), cursor=Cursor.UNITS)
    return replace(there, awaits_reason=there.unit)
