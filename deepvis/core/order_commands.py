"""The commands of what fires: the order of the tiles, and the way to the strongest units. Read by core/commands.py."""

from __future__ import annotations

from deepvis.core.commands import Group, Outcome, command, next_of, say, select_unit, view
from deepvis.core.state import AppState, Order
from deepvis.core.types import Unit


@command("O", "#", group=Group.SHOW, help="Order of the tiles: by number, or by strength now with silent ones hidden")
def cycle_order(state: AppState) -> AppState:
    return view(state, order=next_of(tuple(Order), state.view.order))


@command("H", "@", group=Group.FIND, help="Go to the unit that fires strongest now; again: to the next strongest")
def go_to_strongest(state: AppState) -> AppState | Outcome:
    """After the weakest unit that fires comes the strongest again. It begins anew once another unit was selected."""
    order, layer = state.tile_order, state.layer.name
    if order is None or order.layer != layer:
        return say(state, f"what fires in {layer} is not known yet")
    strongest = order.strongest()
    if not strongest:
        return say(state, f"no unit of {layer} fires here")
    gone = state.view.jumped if state.view.jumped[-1:] == (state.unit,) else ()
    left = [channel for channel in strongest if Unit(layer, channel) not in gone]
    jumped = gone if left else ()
    channel = (left or strongest)[0]
    return view(select_unit(state, channel), jumped=(*jumped, Unit(layer, channel)))


def pin_place(state: AppState, place: tuple[int, int]) -> AppState:
    """Pin a place (row, col) of the network's input, in pixels."""
    return view(state, place=place)
