"""Undo, redo, and the units visited."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import deepvis.network.back_modes  # noqa: F401  (fills the table)
from deepvis.core.commands import COMMANDS, Command, perform
from deepvis.core.compared import PinnedFrame
from deepvis.core.effects import ForgetTop, RecallTop, Say
from deepvis.core.history import MOST_STEPS, closed, remembered, undoable
from deepvis.core.state import AppState
from deepvis.core.typed import press
from deepvis.core.types import Frame, LayerInfo, NetInfo, Unit

INFO = NetInfo(
    "tiny",
    (
        LayerInfo("conv1", "Convolution", 200, 10, 10),
        LayerInfo("conv2", "Convolution", 7, 5, 8),
        LayerInfo("fc", "InnerProduct", 100, 1, 1),
    ),
    (3, 32, 32),
)
START = AppState(INFO)


def after(*keys: str, start: AppState = START) -> AppState:
    for key in keys:
        start, _ = press(start, key)
    return start


@given(st.lists(st.sampled_from(list(COMMANDS.values())), min_size=300, max_size=300), st.booleans())
@settings(max_examples=30)
def test_three_hundred_commands_undone_in_full_give_the_start_and_redone_the_end(
    rows: list[Command], pauses: bool
) -> None:
    state = START
    for row in rows:
        state = replace(closed(state) if pauses else state, typing=None)
        state, _ = perform(state, row)
    state = end = replace(state, typing=None)
    undone = 0
    while state.history.past:
        state, undone = after("backspace", start=state), undone + 1
    assert undoable(state) == undoable(START)
    for _ in range(undone):
        state = after("Z", start=state)
    assert undoable(state) == undoable(end)


TYPE = ("palette", "go_to", "name_unit", "watch_unit", "toggle_help")  # after these, keys are letters
KEYS = [key for row in COMMANDS.values() for key in row.keys if row.name not in ("undo", "redo", *TYPE)]


@given(st.lists(st.sampled_from(KEYS), max_size=40))
def test_each_undo_gives_a_state_that_was_there(keys: list[str]) -> None:
    state, seen = START, [undoable(START)]
    for key in keys:
        state = after(key, start=closed(state))
        if undoable(state) != seen[-1]:
            seen.append(undoable(state))
    for was in reversed(seen[:-1]):
        step = state.history.past[-1]
        while step.effects:  # forgetting the top 9 changes nothing of the view
            state = after("backspace", start=state)
            step = state.history.past[-1]
        state = after("backspace", start=state)
        assert undoable(state) == was


def test_presses_of_a_held_key_are_one_step_until_a_pause_or_another_key() -> None:
    state = after("down", *["right"] * 50)
    assert after("backspace", start=state).unit == Unit("conv1", 0)
    state = after(*["right"] * 5, start=closed(state))
    assert after("ctrl+z", start=state).unit.channel == 50
    state = after("t", "t", start=START)
    assert after("backspace", start=state).view.gamma_boost == 1


def test_what_is_new_after_an_undo_ends_the_way_forward() -> None:
    state = after("t", "s", "backspace")
    assert state.view.gamma_boost == 1 and not state.view.pattern
    assert after("ctrl+y", start=state).view.pattern
    state = after("r", "Z", start=state)
    assert not state.view.pattern and state.view.receptive_field


@pytest.mark.parametrize(("key", "said"), [("backspace", "there is nothing to undo"), ("Z", "there is nothing to do")])
def test_where_there_is_nothing_it_is_said(key: str, said: str) -> None:
    state, (effect,) = press(START, key)
    assert undoable(state) == undoable(START)
    assert isinstance(effect, Say) and effect.sentence.startswith(said)


def test_what_is_no_change_by_the_user_is_no_step() -> None:
    state = after("left", "p", "x", "q", "u")
    assert state.history.past == ()
    state = replace(after("t"), layers_pane=(10, 20), palette_lists=START.palette_lists)
    assert after("backspace", start=state).layers_pane == (10, 20)


def test_forgetting_the_top_9_is_undone_by_an_effect_and_done_again_by_another() -> None:
    state, effects = press(after("t"), "R")
    assert [type(effect) for effect in effects] == [ForgetTop, Say]
    state, (recall,) = press(state, "backspace")
    assert isinstance(recall, RecallTop) and state.view.gamma_boost == 1
    state, (forget,) = press(state, "Z")
    assert isinstance(forget, ForgetTop) and forget.id > recall.id
    assert press(state, "backspace")[1] == (RecallTop(forget.id + 1),)


def test_the_history_does_not_grow_for_ever() -> None:
    state = after(*["t"] * (MOST_STEPS + 10))
    assert len(state.history.past) == MOST_STEPS


def test_the_frames_that_the_history_holds_are_bounded_in_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("deepvis.core.history.MOST_BYTES", 5 * 48)
    state = START
    for number in range(12):
        frame = Frame(number, np.zeros((4, 4, 3), np.uint8))
        pinned = replace(state, view=replace(state.view, compared=PinnedFrame(frame)))
        state = remembered(pinned, replace(pinned, view=replace(pinned.view, channel=number + 1)))
    held = [step.gives.view.compared.frame.id for step in state.history.past]
    assert held == [7, 8, 9, 10, 11]
    state = remembered(state, replace(state, view=replace(state.view, compared=None, channel=3)))
    state = remembered(state, replace(state, view=replace(state.view, channel=4)))
    assert len(state.history.past) == 7  # the same frame once more, and none


def units(*keys: str, start: AppState) -> list[int]:
    found = []
    for key in keys:
        start = after(key, start=start)
        found.append(start.unit.channel)
    return found


def test_back_and_forward_through_the_units_visited() -> None:
    state = after("down", *"10", "enter", *["right"] * 3, *"50", "enter")
    assert units("[", "[", "[", "[", start=state) == [13, 10, 0, 0]
    assert units("[", "[", "]", "]", "]", start=state) == [13, 10, 13, 50, 50]
    there = after("[", "[", "t", "]", start=state)
    assert there.unit.channel == 13
    assert units("]", start=after("[", "[", "left", start=state)) == [9]  # another way was taken
    assert after("[", "backspace", start=state).unit.channel == 50
    assert units("[", start=after("[", "[", "backspace", start=state)) == [10]
    assert press(START, "[")[0] == press(START, "]")[0] == START
