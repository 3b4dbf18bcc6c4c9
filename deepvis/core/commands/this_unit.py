"""The selected unit: its preferred picture, the running top 9, the scan of the open files."""

from __future__ import annotations

from deepvis.core.commands.changes import live, say, view
from deepvis.core.commands.table import Group, command
from deepvis.core.effects import ForgetTop, KeepPicture, SaveTop, StartOptimizing, TakeOutPicture
from deepvis.core.scanning import scan_begun, scan_stopped
from deepvis.core.state import PRESETS, AppState, Outcome, with_effect
from deepvis.core.types import Unit


def start_optimizing(state: AppState, unit: Unit, *, from_frame: bool) -> Outcome:
    if unit.layer in state.info.missing:
        return say(state, f"there is nothing to optimize: {state.info.layer(unit.layer).missing_words}")
    preset, fit = PRESETS[state.live.preset], state.input.fit
    state, (start,) = with_effect(state, lambda id: StartOptimizing(id, unit, preset, from_frame, fit))
    return view(live(state, optimizing=start), looked_back=None), (start,)


def optimization_ended(state: AppState, id: int) -> AppState:
    """The state once the run of that id has come to an end, well or not. The end of an older run changes nothing."""
    run = state.live.optimizing
    return live(state, optimizing=None) if run is not None and run.id == id else state


@command("x", group=Group.UNIT, help="Find the picture that the selected unit prefers (Esc stops)")
def optimize_unit(state: AppState) -> Outcome:
    return start_optimizing(state, state.unit, from_frame=False)


@command("g", group=Group.UNIT, help="The same, starting from what the network sees now")
def optimize_from_frame(state: AppState) -> Outcome:
    return start_optimizing(state, state.unit, from_frame=True)


@command("v", group=Group.UNIT, help="Next preset of the optimizer")
def cycle_preset(state: AppState) -> AppState | Outcome:
    """Starts again with the new preset if a unit is being optimized."""
    run = state.live.optimizing
    state = live(state, preset=(state.live.preset + 1) % len(PRESETS))
    return state if run is None else start_optimizing(state, run.unit, from_frame=run.from_frame)


@command("N", group=Group.UNIT, help="Keep the finished picture among the unit's nine (undo takes it out)")
def keep_picture(state: AppState) -> Outcome:
    if state.layer.missing:
        return say(state, f"there is no picture to keep: {state.layer.missing_words}")
    return with_effect(state, lambda id: KeepPicture(id, state.unit))


@command("ctrl+n", group=Group.UNIT, help="Take your last picture out of the unit's nine (undo puts it back)")
def take_out_picture(state: AppState) -> Outcome:
    return with_effect(state, lambda id: TakeOutPicture(id, state.unit))


@command("R", group=Group.UNIT, help="Forget the running top 9 of this stream and begin anew (undo brings it back)")
def reset_top(state: AppState) -> Outcome:
    state, forget = with_effect(state, ForgetTop)
    state, more = say(state, "the running top 9 begins anew; backspace brings the old one back")
    return state, (*forget, *more)


@command("W", group=Group.UNIT, help="Save the running top 9 as the model's unit images (better ones: press twice)")
def save_top(state: AppState) -> Outcome:
    return with_effect(state, lambda id: SaveTop(id, over_better=state.to_confirm == "save_top"))


@command("G", "f2", group=Group.UNIT, help="Scan the open files for every unit's top 9; again stops, or goes on")
def scan_files(state: AppState) -> Outcome:
    return scan_begun(state) if state.live.scanning is None else scan_stopped(state)
