"""Moving around: the layer list, the units of a layer, the blocks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial

from deepvis.core.commands.changes import say, view
from deepvis.core.commands.table import Group, command, enter
from deepvis.core.geometry import unit_grid
from deepvis.core.layer_list import beside, folded, listed, revealed, selected_in
from deepvis.core.state import AppState, Cursor, Look, Outcome
from deepvis.core.types import Unit


def select_layer(state: AppState, index: int) -> AppState:
    """Select a layer by its index, clamped to those there are; the blocks that it lies in open."""
    index = min(max(index, 0), len(state.info.layers) - 1)
    return view(replace(state, view=revealed(state.info, state.view, index)), layer_index=index)


def step_layer(state: AppState, distance: int) -> AppState:
    """Select the layer so many names further in the list."""
    return select_layer(state, beside(state, distance))


def select_unit(state: AppState, channel: int) -> AppState:
    """Select a unit of the current layer, clamped to its size, with the cursor on the tiles."""
    return view(state, channel=min(max(channel, 0), state.layer.channels - 1), cursor=Cursor.UNITS)


def select_tile(state: AppState, place: int) -> AppState:
    """Select the unit of a tile, clamped to the tiles, with the cursor on them."""
    return select_unit(state, state.tiles.channel_at(place))


def columns(state: AppState) -> int:
    """Tiles per row of the current layer in the layers pane."""
    has_squares = state.view.pattern or state.view.look is Look.PLAIN_2015
    return unit_grid(state.layer, *state.layers_pane, pictures=has_squares, slots=state.tiles.slots).cols


def select(state: AppState, unit: Unit) -> AppState:
    """Select a unit of any layer of the list, with the cursor on the tiles; unchanged for a layer that is not there."""
    for index, layer in enumerate(state.info.layers):
        if layer.name == unit.layer:
            return select_unit(select_layer(state, index), unit.channel)
    return state


def sideways(state: AppState, distance: int) -> AppState:
    if state.view.cursor is Cursor.LAYERS:
        return step_layer(state, distance)
    return select_tile(state, state.tile + distance)


def upward(state: AppState, rows: int) -> AppState:
    """Up by some rows of tiles; from above the first row to the layer list, in the same column."""
    if state.view.cursor is Cursor.LAYERS:
        return state
    row, column = divmod(state.tile, columns(state))
    if row < rows:
        return view(state, channel=state.tiles.channel_at(column), cursor=Cursor.LAYERS)
    return select_tile(state, (row - rows) * columns(state) + column)


def downward(state: AppState, rows: int) -> AppState:
    """From the layer list into the tiles, else down by some rows."""
    if state.view.cursor is Cursor.LAYERS:
        return select_unit(state, state.unit.channel)
    return select_tile(state, state.tile + rows * columns(state))


def move(name: str, *keys: str, help: str, by: Callable[[AppState], AppState]) -> None:
    """Enter the command ``name``, which moves the cursor."""
    enter(name, keys, Group.MOVE, help, by)


move("left", "left", "j", help="Previous layer or unit, wherever the cursor is", by=partial(sideways, distance=-1))
move("right", "right", "l", help="Next layer or unit", by=partial(sideways, distance=1))
move("up", "up", "i", help="Up a row of units; from the first row to the layer list", by=partial(upward, rows=1))
move("down", "down", "k", help="From the layer list to the units, then down a row", by=partial(downward, rows=1))
move("left_fast", "J", ",", help="Left, 3 at once", by=lambda state: sideways(state, -state.fast))
move("right_fast", "L", ".", help="Right, 3 at once", by=lambda state: sideways(state, state.fast))
move("up_fast", "I", "-", help="Up, 3 rows at once", by=lambda state: upward(state, state.fast))
move("down_fast", "K", "+", "=", help="Down, 3 rows at once", by=lambda state: downward(state, state.fast))


@command("home", group=Group.MOVE, help="First layer, or first unit of the layer")
def first(state: AppState) -> AppState:
    return step_layer(state, -len(state.info.layers)) if state.view.cursor is Cursor.LAYERS else select_tile(state, 0)


@command("end", group=Group.MOVE, help="Last layer, or last unit of the layer")
def last(state: AppState) -> AppState:
    if state.view.cursor is Cursor.LAYERS:
        return step_layer(state, len(state.info.layers))
    return select_tile(state, state.tiles.count - 1)


move(
    "previous_layer", "u", help="Previous layer, leaving the cursor where it is", by=lambda state: step_layer(state, -1)
)
move("next_layer", "o", help="Next layer, leaving the cursor where it is", by=lambda state: step_layer(state, 1))


@command("enter", group=Group.MOVE, help="Open the block at this layer, or close the one that it lies in")
def toggle_block(state: AppState) -> AppState | Outcome:
    return toggle_block_at(state, min(state.view.layer_index, len(state.info.layers) - 1))


def toggle_block_at(state: AppState, index: int) -> AppState | Outcome:
    """Open or close the block that a layer stands for."""
    after = folded(state.info, state.view, index)
    if after is None:
        return say(state, f"{state.info.layers[index].title} is no block: there is nothing to open")
    return replace(state, view=after)


@command("tab", group=Group.MOVE, help="All operators in the layer list, or stages and blocks again")
def toggle_all_layers(state: AppState) -> AppState | Outcome:
    after = replace(state.view, all_layers=not state.view.all_layers)
    if listed(state.info, after) == listed(state.info, state.view):
        return say(state, "the layer list holds all that the network computes")
    return replace(state, view=selected_in(state.info, after))
