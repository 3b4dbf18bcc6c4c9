"""What the mouse does: a press or a turn of the wheel, on what lies under it -> the next state and effects. Pure."""

from __future__ import annotations

from typing import Protocol

from deepvis.core.back_modes import all_modes
from deepvis.core.commands import Command, Outcome, columns, next_of, outcome, press, select_layer, select_unit, view
from deepvis.core.effects import Effect
from deepvis.core.state import AppState, Cursor, Zoom


class Target(Protocol):
    """What lies under the mouse: the pane, and the layer of the list or the unit of the tiles, None beside them."""

    @property
    def pane(self) -> str | None: ...
    @property
    def layer_index(self) -> int | None: ...
    @property
    def channel(self) -> int | None: ...


def _nothing(state: AppState) -> AppState:
    return state


# for the help screen, beside the keys
HELP = (
    Command(
        "click", ("click",), "Layer or unit: select; input: next or pause; unit: zoom; back: mode", "Mouse", _nothing
    ),
    Command("wheel", ("wheel",), "Next layer, row, unit, file or back mode, by what lies under it", "Mouse", _nothing),
)


def clicked(state: AppState, target: Target) -> Outcome:
    """The state and the effects of a press of the left button."""
    if state.view.help:
        return press(state, "h")
    if target.pane == "control" and target.layer_index is not None:
        return outcome(view(select_layer(state, target.layer_index), cursor=Cursor.LAYERS))
    if target.pane == "layers":
        if state.view.zoom is not Zoom.OFF:
            return outcome(view(state, zoom=Zoom.OFF))
        return outcome(state if target.channel is None else select_unit(state, target.channel))
    if target.pane == "input":
        return press(state, "f" if state.input.moving else "e")
    keys = {"aux": "z", "back": "b", "jpgvis": "S", "status": "h"}
    return press(state, keys[target.pane]) if target.pane in keys else (state, ())


def wheeled(state: AppState, target: Target, steps: int) -> Outcome:
    """The same of a turn of the wheel; steps > 0: away from the user, to what came before."""
    effects: tuple[Effect, ...] = ()
    for _ in range(abs(steps)):
        state, more = outcome(_step(state, target, -1 if steps > 0 else 1))
        effects += more
    return state, effects


def _step(state: AppState, target: Target, way: int) -> AppState | Outcome:
    if target.pane == "control":
        return select_layer(state, state.view.layer_index + way)
    if target.pane == "layers":
        channel = state.unit.channel + way * columns(state)
        return select_unit(state, channel) if 0 <= channel < state.layer.channels else state
    if target.pane in ("aux", "jpgvis"):
        return select_unit(state, state.unit.channel + way)
    if target.pane == "input":
        return press(state, "e" if way > 0 else "w")
    if target.pane == "back":
        return view(state, back_mode=next_of(all_modes()[::way], state.view.back_mode))
    return state
