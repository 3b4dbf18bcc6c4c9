"""The keys over time: the strip, units followed, freezing at a value, steadiness; scales of the strip."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import deepvis.network.back_modes  # noqa: F401  (fills the table)
from deepvis.core.commands import COMMANDS
from deepvis.core.commands.table import perform
from deepvis.core.over_time import MOST_FOLLOWED, Follow, FreezeWhen, Line, OverTime, rounded_up, scale_of
from deepvis.core.state import AppState, Cursor, InputState, ViewState
from deepvis.core.steadiness import relative_change
from deepvis.core.types import Unit
from tests.core.test_reasons import INFO, after, said

MOVING = AppState(INFO, view=ViewState(2, 7, Cursor.UNITS), input=InputState(moving=True))
PHOTO = replace(MOVING, input=InputState())
UNIT = Unit("conv2", 7)


def test_the_strip_runs_through_units_classes_and_off() -> None:
    shown = [after(MOVING, *"$" * n).view.over_time.show for n in range(4)]
    assert shown == [Follow.OFF, Follow.UNITS, Follow.CLASSES, Follow.OFF]
    without = replace(MOVING, info=replace(INFO, prob_layer=""))
    assert [after(without, *"$" * n).view.over_time.show for n in range(3)] == [Follow.OFF, Follow.UNITS, Follow.OFF]
    assert "photos have no time" in said(PHOTO, "$")


def test_units_are_followed_wherever_one_goes_and_undone() -> None:
    state = after(MOVING, "%", "right", "right", "%")
    assert state.view.over_time == OverTime(Follow.UNITS, (UNIT, Unit("conv2", 9)))
    assert after(state, "%").view.over_time.units == (UNIT,)
    assert after(state, "backspace").view.over_time.units == (UNIT,)
    assert perform(state, COMMANDS["reset_view"])[0].view.over_time == OverTime()
    for _ in range(MOST_FOLLOWED):
        state = after(state, "left", "%")
    assert len(state.view.over_time.units) <= MOST_FOLLOWED
    full = replace(state.view.over_time, units=tuple(Unit("conv1", n) for n in range(MOST_FOLLOWED)))
    assert "are followed already" in said(replace(state, view=replace(state.view, over_time=full)), "%")


@pytest.mark.parametrize(
    "keys", [("^", *"12", "enter"), ("/", *"freeze when 12", "enter"), ("/", *"FREEZE 12", "enter")]
)
def test_a_value_is_typed_at_which_the_selected_unit_freezes_the_source(keys: tuple[str, ...]) -> None:
    keys = tuple("space" if key == " " else key for key in keys)
    state = after(MOVING, *keys)
    assert state.view.over_time.freeze_when == FreezeWhen(UNIT, 12.0) and state.typing is None
    assert after(state, "right", "o").view.over_time.freeze_when == FreezeWhen(UNIT, 12.0)  # it is fixed
    assert after(state, "backspace").view.over_time.freeze_when is None
    frozen = after(state, "f")
    freed = after(frozen, "^")
    assert freed.view.over_time.freeze_when is None and not freed.input.frozen


def test_decimals_and_values_below_zero() -> None:
    typing = after(MOVING, "/", *"exceeds", "enter", *"1.5").typing  # the command, chosen by its words
    assert typing is not None and typing.text == "freeze when 1.5"
    assert after(MOVING, "^", *"0.25", "enter").view.over_time.freeze_when == FreezeWhen(UNIT, 0.25)
    assert after(MOVING, "^", *"-3", "enter").view.over_time.freeze_when == FreezeWhen(UNIT, -3.0)
    assert after(MOVING, "^", "esc").view.over_time.freeze_when is None


def test_a_layer_without_values_says_so() -> None:
    state = after(replace(MOVING, view=ViewState(3)), "^", *"12", "enter")
    assert state.view.over_time.freeze_when is None
    assert "warp" in said(replace(MOVING, view=ViewState(3)), "%")


def test_steadiness_is_on_and_off_and_says_where_it_does_not_apply() -> None:
    assert after(MOVING, "ctrl+g").view.over_time.steadiness
    assert not after(MOVING, "ctrl+g", "ctrl+g").view.over_time.steadiness
    assert "compares frames" in said(PHOTO, "ctrl+g") and not said(MOVING, "ctrl+g")


@given(st.floats(1e-20, 1e20))
def test_a_round_number_above(value: float) -> None:
    assert value * (1 - 1e-8) <= rounded_up(value) <= 2.01 * value


def test_the_scale_holds_all_values_and_zero() -> None:
    def line(*values: float) -> Line:
        return Line(UNIT, 0, np.arange(len(values)) - len(values) + 1.0, np.array(values))

    assert scale_of([line(1, 4.2, np.nan)]) == (0, 5)
    assert scale_of([line(-0.3, 2)]) == pytest.approx((-0.3, 2))
    assert scale_of([line(0, 0)]) == scale_of([]) == scale_of([line(np.nan)]) == (0, 1)
    assert scale_of([line(-2, -1)]) == (-2, 0)


def test_relative_change_against_its_formula() -> None:
    random = np.random.default_rng(0)
    before, after_ = (random.normal(size=(4, 5, 6)).astype(np.float32) for _ in range(2))
    norm = np.linalg.norm
    expected = norm(after_ - before) / ((norm(after_) + norm(before)) / 2)
    assert relative_change(before, after_) == pytest.approx(expected, rel=1e-5)
    assert relative_change(before, before) == 0 and relative_change(0 * before, 0 * before) == 0
    assert relative_change(before, -before) == pytest.approx(2) and relative_change(before, 0 * before) == 2
    assert relative_change(before, 1.1 * before) == pytest.approx(0.1 / 1.05, rel=1e-4)
    assert np.isnan(relative_change(before * np.nan, after_))
