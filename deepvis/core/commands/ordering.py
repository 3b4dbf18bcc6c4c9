"""What fires: the order of the tiles, and the way to the strongest units."""

from __future__ import annotations

from deepvis.core.commands.changes import next_of, say, view
from deepvis.core.commands.moving import select_unit
from deepvis.core.commands.table import Group, command
from deepvis.core.state import AppState, Cursor, Order, Outcome, Zoom
from deepvis.core.types import Unit


@command(
    "O",
    "#",
    group=Group.SHOW,
    help="Order of the tiles: by number, by strength now, by difference from the pinned frame",
)
def cycle_order(state: AppState) -> AppState | Outcome:
    """By strength silent units are hidden, by difference those that do not differ; that one needs a pinned frame."""
    if state.view.why and state.tile_order is not None and state.tile_order.contributions is not None:
        return say(state, "the tiles are sorted by contribution as long as why is asked; Esc ends that")
    orders = tuple(order for order in Order if order is not Order.DIFFERENCE or state.view.compared is not None)
    return view(state, order=next_of(orders, state.view.order))


@command("H", "@", group=Group.FIND, help="Go to the unit that fires strongest now; again: to the next strongest")
def go_to_strongest(state: AppState) -> AppState | Outcome:
    """After the weakest unit that fires comes the strongest again. It begins anew once another unit was selected."""
    order, layer = state.tile_order, state.layer.name
    if state.layer.missing:
        return say(state, f"nothing fires: {state.layer.missing_words}")
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


SAME_PLACE = 24  # the part of the input's shorter side within which a click means the pinned place itself


def pin_place(state: AppState, place: tuple[int, int]) -> AppState:
    """Pin a place of the network's input, (row, col) in its pixels; free it if it is the one that is pinned."""
    pinned, near = state.view.place, max(min(state.info.input_shape[1:]) // SAME_PLACE, 1)
    is_same = pinned is not None and all(abs(a - b) <= near for a, b in zip(place, pinned, strict=True))
    return view(state, place=None if is_same else place, zoom=Zoom.OFF)


def lists_layers(state: AppState) -> bool:
    """True while all layers are listed with what fires in them at the pinned place."""
    return state.view.place is not None and state.view.cursor is Cursor.LAYERS
