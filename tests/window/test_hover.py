"""The pointer in the loop: it is answered with a tooltip, costs nothing while it rests, and keys hide that."""

from __future__ import annotations

from collections.abc import Callable

from deepvis.core.state import Order
from deepvis.window.ui.events import Key, Mouse
from deepvis.window.ui.fires import order_words
from deepvis.window.ui.hit import grid_of
from deepvis.window.ui.panes.input import picture_place
from deepvis.window.ui.readings import layer_view
from tests.window.test_loop import Bench, gate, make  # noqa: F401  (fixtures)


def settled(make: Callable[..., Bench]) -> Bench:  # noqa: F811
    bench = make()
    bench.until(bench.is_settled)
    bench.until(lambda: bench.scene() is not None and bench.scene().snapshot is not None)
    return bench


def move(bench: Bench, row: int, col: int) -> None:
    bench.window.send(Mouse("move", row, col))
    for _ in range(3):
        bench.loop.turn()


def test_the_tile_under_the_pointer_is_in_the_scene_and_a_key_takes_it_out(make: Callable[..., Bench]) -> None:  # noqa: F811
    bench = settled(make)
    tile = grid_of(bench.scene()).tile(2)
    move(bench, tile.row + 1, tile.col + 1)
    assert bench.scene().hover.channel == 2
    bench.window.send(Key(ord("r")))
    bench.until(lambda: bench.scene().hover is None)
    move(bench, tile.row + 1, tile.col + 1)
    bench.window.send(Mouse("press", tile.row + 1, tile.col + 1))
    bench.until(lambda: bench.scene().hover is None)
    assert bench.state.unit.channel == 2


def test_a_move_within_one_thing_draws_nothing(make: Callable[..., Bench]) -> None:  # noqa: F811
    bench = settled(make)
    tile = grid_of(bench.scene()).tile(1)
    move(bench, tile.row + 1, tile.col + 1)
    bench.until(bench.is_settled)  # the layer's pictures may come
    for _ in range(20):
        bench.loop.turn()
    shown = bench.window.shown
    for step in range(2, min(tile.width, 6)):
        move(bench, tile.row + 1, tile.col + step)
    assert bench.window.shown == shown
    move(bench, *(lambda other: (other.row + 1, other.col + 1))(grid_of(bench.scene()).tile(0)))
    assert bench.window.shown > shown


def test_the_state_does_not_know_of_the_pointer(make: Callable[..., Bench]) -> None:  # noqa: F811
    bench = settled(make)
    before = bench.state
    tile = grid_of(bench.scene()).tile(1)
    move(bench, tile.row + 1, tile.col + 1)
    assert bench.state is before


def test_a_click_can_be_undone(make: Callable[..., Bench]) -> None:  # noqa: F811
    bench = settled(make)
    tile = grid_of(bench.scene()).tile(2)
    bench.window.send(Mouse("press", tile.row + 1, tile.col + 1))
    bench.until(lambda: bench.state.unit.channel == 2)
    bench.loop.press("backspace")
    assert bench.state.unit.channel == 0


def test_o_sorts_the_tiles_and_a_click_takes_the_one_that_stands_there(make: Callable[..., Bench]) -> None:  # noqa: F811
    bench = settled(make)
    bench.loop.press("O")
    bench.until(lambda: bench.scene().state.view.order is Order.STRENGTH)
    order = bench.state.tile_order
    assert (
        order is not None and order.channels == order.strongest() == bench.scene().state.tiles.channels[: order.firing]
    )
    tile = grid_of(bench.scene()).tile(1)
    bench.window.send(Mouse("press", tile.row + 1, tile.col + 1))
    bench.until(lambda: bench.state.unit.channel == order.channels[1])
    bench.loop.press("left")
    assert bench.state.unit.channel == order.channels[0]
    bench.loop.press("H")
    assert bench.state.unit.channel == order.channels[0]


def test_moves_right_after_a_change_of_the_layer_go_by_its_own_order(make: Callable[..., Bench]) -> None:  # noqa: F811
    bench = settled(make)
    bench.loop.press("O")
    for key in ("o", "down", "home", "right"):
        bench.loop.press(key)  # without a turn between them
    order = bench.state.tile_order
    assert order.layer == bench.state.layer.name and bench.state.unit.channel == order.channels[1]


def test_a_click_on_the_input_pins_a_place_and_says_why_where_there_are_none(make: Callable[..., Bench]) -> None:  # noqa: F811
    bench = settled(make)
    scene = bench.scene()
    place = picture_place(scene, scene.layout["input"])
    before = bench.state.input
    bench.window.send(Mouse("press", place.row + place.height // 2, place.col + place.width // 2))
    bench.until(lambda: bench.state.view.place is not None)
    assert bench.state.input == before
    assert "no places" in order_words(bench.scene(), layer_view(bench.scene()))  # of the fake: fields are not known
    bench.loop.press("backspace")
    assert bench.state.view.place is None
