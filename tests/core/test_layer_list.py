"""The layer list that folds: what is in it, and what keys and clicks open and close."""

from __future__ import annotations

from dataclasses import replace

from deepvis.core.commands.moving import select
from deepvis.core.layer_list import described, listed
from deepvis.core.state import AppState, Cursor
from deepvis.core.typed import press
from deepvis.core.types import LayerInfo, NetInfo, Unit
from deepvis.core.words import field_size_words


def layer(name: str, inside: str = "", folds: str = "", minor: bool = False) -> LayerInfo:
    return LayerInfo(name, "", 4, 2, 2, inside=tuple(inside.split()), folds=tuple(folds.split()), is_minor=minor)


LAYERS = (
    layer("conv1"),
    layer("view", minor=True),
    layer("b.0.conv", "b.0"),
    layer("b.0.mlp.fc", "b.0 b.0.mlp"),
    layer("b.0.mlp.drop", minor=True),
    layer("b.0.mlp", "b.0", "b.0.mlp"),
    layer("b.0", folds="b.0"),
    layer("b.1.conv", "b.1"),
    layer("b.1", folds="b.1"),
    layer("fc"),
)
INFO = NetInfo("net", LAYERS, (3, 8, 8))


def state_at(name: str, *keys: str) -> AppState:
    state = AppState(INFO)
    names = [each.name for each in LAYERS]
    return pressed(replace(state, view=replace(state.view, layer_index=names.index(name))), *keys)


def pressed(state: AppState, *keys: str) -> AppState:
    for key in keys:
        state = press(state, key)[0]
    return state


def names(state: AppState) -> list[str]:
    return [LAYERS[index].name for index in listed(state.info, state.view)]


def test_blocks_are_folded_and_arrows_walk_what_is_in_the_list() -> None:
    state = AppState(INFO)
    assert names(state) == ["conv1", "b.0", "b.1", "fc"]
    walked = [pressed(state, *["right"] * presses).layer.name for presses in range(6)]
    assert walked == ["conv1", "b.0", "b.1", "fc", "fc", "fc"]
    assert pressed(state, "end").layer.name == "fc" and pressed(state, "end", "u", "home").layer.name == "conv1"
    assert pressed(state, "o").layer.name == "b.0" and pressed(state, ".").layer.name == "fc"


def test_enter_opens_a_block_and_closes_it_again() -> None:
    opened = state_at("b.0", "enter")
    assert names(opened) == ["conv1", "b.0.conv", "b.0.mlp", "b.0", "b.1", "fc"]
    inner = pressed(opened, "left", "enter")
    assert inner.layer.name == "b.0.mlp" and "b.0.mlp.fc" in names(inner)
    closed = pressed(inner, "left", "enter")  # from within: the layer that stands for the block takes over
    assert closed.layer.name == "b.0.mlp" and "b.0.mlp.fc" not in names(closed)
    all_closed = pressed(closed, "left", "enter")
    assert all_closed.layer.name == "b.0" and names(all_closed) == ["conv1", "b.0", "b.1", "fc"]
    again = pressed(inner, "right", "enter")  # the outer block at its own layer: the inner one is closed with it
    assert names(again) == ["conv1", "b.0", "b.1", "fc"] and not again.view.opened


def test_where_there_is_nothing_to_open_that_is_said() -> None:
    state, effects = press(state_at("fc"), "enter")
    assert names(state) == ["conv1", "b.0", "b.1", "fc"]
    assert [effect.sentence for effect in effects] == ["fc is no block: there is nothing to open"]  # type: ignore[attr-defined]


def test_tab_shows_all_operators_and_what_is_selected_stays_in_the_list() -> None:
    state = state_at("b.0", "tab")
    assert names(state) == [each.name for each in LAYERS] and state.layer.name == "b.0"
    minor = pressed(state, "home", "right")
    assert minor.layer.name == "view" and pressed(minor, "tab").layer.name == "conv1"
    flat = replace(INFO, layers=(LAYERS[0], LAYERS[-1]))
    _, effects = press(AppState(flat), "tab")
    assert "holds all that the network computes" in effects[0].sentence  # type: ignore[attr-defined]


def test_undo_and_escape_give_the_list_back() -> None:
    opened = state_at("b.0", "enter", "tab")
    assert names(pressed(opened, "backspace")) == names(state_at("b.0", "enter"))
    assert names(pressed(opened, "backspace", "backspace")) == names(AppState(INFO))
    assert names(pressed(opened, "esc")) == names(state_at("b.0", "enter"))
    assert names(pressed(opened, "esc", "esc")) == names(AppState(INFO))
    assert state_at("b.0", "enter", "left", "esc").layer.name == "b.0"


def test_going_to_a_folded_layer_opens_its_blocks() -> None:
    state = select(AppState(INFO), Unit("b.0.mlp.fc", 2))
    assert state.unit == Unit("b.0.mlp.fc", 2) and "b.0.mlp.fc" in names(state) and "b.1.conv" not in names(state)
    assert select(AppState(INFO), Unit("view", 1)).view.all_layers
    found = pressed(AppState(INFO), "/", *"fc", "enter")
    assert found.layer.name in ("fc", "b.0.mlp.fc") and found.layer.name in names(found)
    visited = pressed(select(AppState(INFO), Unit("fc", 1)), "left")
    assert "b.1.conv" not in names(visited)


def test_what_is_selected_before_the_network_is_described_stays_selected() -> None:
    early = NetInfo("net", (LAYERS[0], LAYERS[6], LAYERS[8], LAYERS[9]), (3, 8, 8))
    state = pressed(AppState(early), "right", "right")
    assert described(state, INFO).layer.name == "b.1" and described(AppState(early), INFO).layer.name == "conv1"
    assert described(state, INFO).view.cursor is Cursor.LAYERS
    folded_first = replace(INFO, layers=(*LAYERS[2:], LAYERS[0]))
    shown = described(AppState(replace(early, layers=(LAYERS[6],))), folded_first)
    assert shown.layer.name == "b.0" and shown.initial_view.layer_index == shown.view.layer_index


def test_words_for_what_a_unit_sees() -> None:
    assert field_size_words((3, 4, 10, 20), 32, 48) == "sees 7 × 16 pixels"
    assert (
        field_size_words((-5, 0, 40, 48), 32, 48)
        == field_size_words((0, 0, 32, 48), 32, 48)
        == "sees the whole picture"
    )
    assert field_size_words((0, 0, 0, 0), 32, 48) == "sees nothing of the picture"
