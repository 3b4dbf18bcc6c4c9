"""The mouse, on each pane."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from deepvis.core.back_modes import GRADIENT, OFF
from deepvis.core.commands import columns, press
from deepvis.core.state import AppState, Cursor, Zoom
from deepvis.core.types import LayerInfo, NetInfo, Unit
from deepvis.window.pointer import clicked, wheeled

START = AppState(NetInfo("tiny", tuple(LayerInfo(f"c{i}", "Convolution", 20, 9, 9) for i in range(4)), (3, 9, 9)))


@dataclass(frozen=True)
class Under:
    pane: str | None
    layer_index: int | None = None
    channel: int | None = None


def test_a_click_selects_the_layer_or_the_unit_under_it() -> None:
    state = clicked(START, Under("layers", channel=7))
    assert (state.unit, state.view.cursor) == (Unit("c0", 7), Cursor.UNITS)
    state = clicked(state, Under("control", layer_index=2))
    assert (state.unit, state.view.cursor) == (Unit("c2", 7), Cursor.LAYERS)


@pytest.mark.parametrize("pane", ["control", "layers", None])
def test_a_click_beside_everything_changes_nothing(pane: str | None) -> None:
    assert clicked(START, Under(pane)) == START


def test_clicks_on_the_other_panes() -> None:
    assert clicked(START, Under("input")).input.file_index == 1
    assert clicked(press(START, "c"), Under("input")).input.frozen
    assert clicked(START, Under("back")).view.back_mode == GRADIENT
    zoomed = clicked(START, Under("aux"))
    assert zoomed.view.zoom is Zoom.UNIT
    assert clicked(zoomed, Under("layers", channel=3)).view == START.view
    assert not clicked(clicked(START, Under("status")), Under("layers", channel=3)).view.help


def test_the_wheel_goes_on_and_back() -> None:
    for pane in ("control", "layers", "aux", "input", "back"):
        there = wheeled(START, Under(pane), -1)
        assert there != START, pane
        back = wheeled(there, Under(pane), 1)
        assert (back.view.layer_index, back.unit, back.input, back.view.back_mode) == (
            0, Unit("c0", 0), START.input, OFF,
        )  # fmt: skip
    assert wheeled(START, Under("control"), -3).view.layer_index == 3
    assert wheeled(START, Under("layers"), -1).unit.channel == columns(START)
    assert wheeled(START, Under("layers"), 1) == START
