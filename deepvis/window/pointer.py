"""What the mouse does: a press or a turn of the wheel, on what lies under it -> the next state and effects. Pure."""

from __future__ import annotations

from dataclasses import replace

from deepvis.core.back_modes import BACK_MODES, OFF, all_modes
from deepvis.core.commands import Command
from deepvis.core.commands.changes import next_of, show_photo, view
from deepvis.core.commands.comparing import cycle_compared
from deepvis.core.commands.moving import (
    columns,
    select,
    select_layer,
    select_tile,
    select_unit,
    step_layer,
    toggle_block_at,
)
from deepvis.core.commands.ordering import lists_layers, pin_place
from deepvis.core.commands.presenting import enlarge_pane
from deepvis.core.commands.table import outcome
from deepvis.core.effects import Effect
from deepvis.core.help_search import help_closed, help_row_done
from deepvis.core.history import remembered
from deepvis.core.past_pictures import gone_through, has_past
from deepvis.core.saving import CopyText
from deepvis.core.state import AppState, Cursor, Outcome, Palette, Zoom, with_effect
from deepvis.core.typed import clicked_while_typing, press
from deepvis.core.types import OptimizeProgress
from deepvis.window.strip_pointing import pointed_at_strip
from deepvis.window.ui.events import Mouse
from deepvis.window.ui.hit import hit
from deepvis.window.ui.over_photos import scrolled
from deepvis.window.ui.overlays.help import row_at
from deepvis.window.ui.overlays.palette import candidate_at
from deepvis.window.ui.regions import CLASS, FIRES, FOLD, PATCHES, PHOTO, PINNED, PREFERRED, SIDE, Hit, is_preferred
from deepvis.window.ui.scene import Scene


def _nothing(state: AppState) -> AppState:
    return state


# for the help screen, beside the keys
HELP = (
    Command(
        "click",
        ("click",),
        "Go to what it shows: layer, unit, class, photo; on the input: what fires there",
        "Mouse",
        _nothing,
    ),
    Command(
        "wheel",
        ("wheel",),
        "Next layer, row, unit, file, back mode or picture of a climb, by what lies under it",
        "Mouse",
        _nothing,
    ),
)


def pointed(state: AppState, event: Mouse, scene: Scene) -> Outcome:
    """What a press or a turn of the wheel does, as a step of the history. scene: what is on the screen."""
    if state.typing is not None:
        return _pointed_while_typing(state, event, scene)
    if state.view.help:
        return _pointed_in_help(state, event, scene)
    target = hit(scene, event.row, event.col)
    is_press = event.kind == "press"
    if is_press and target.pane == "status" and scene.status.path:
        return with_effect(state, lambda id: CopyText(id, scene.status.path))
    if (found := pointed_at_strip(state, event, target, scene)) is not None:
        return remembered(state, found[0], "" if is_press else f"wheel over {target.pane}", found[1]), found[1]
    if not is_press and target.pane == "layers" and state.view.zoom is Zoom.PHOTOS:
        sheet = scrolled(replace(scene, state=state), -event.steps)  # of now: notches may come quicker than pictures
        return remembered(state, view(state, sheet=sheet), "wheel over photos"), ()
    after, effects = clicked(state, target) if is_press else wheeled(state, target, event.steps, scene.climb)
    grows = "" if is_press else f"wheel over {target.pane}"
    return remembered(state, after, grows, effects), effects


def _pointed_while_typing(state: AppState, event: Mouse, scene: Scene) -> Outcome:
    """A click on a candidate takes it, one elsewhere closes the palette; the wheel goes through the candidates."""
    if event.kind == "press":
        is_open = isinstance(scene.state.typing, Palette) and scene.state.typing == state.typing
        return clicked_while_typing(state, candidate_at(scene, event.row, event.col) if is_open else None)
    for _ in range(abs(event.steps)):
        state, _effects = press(state, "up" if event.steps > 0 else "down")
    return state, ()


def _pointed_in_help(state: AppState, event: Mouse, scene: Scene) -> Outcome:
    """A click on a command does it, one elsewhere closes the help; the wheel goes through the commands."""
    if event.kind == "press":
        is_open = scene.state.view.help and scene.state.help_search == state.help_search
        row = row_at(scene, event.row, event.col) if is_open else None
        return help_closed(state) if row is None else help_row_done(state, row)
    for _ in range(abs(event.steps)):
        state, _effects = press(state, "up" if event.steps > 0 else "down")
    return state, ()


def clicked(state: AppState, target: Hit) -> Outcome:
    """The state and the effects of a press of the left button."""
    if state.view.help:
        return help_closed(state)
    if target.pane == "control" and target.part == FOLD and target.layer_index is not None:
        return outcome(toggle_block_at(state, target.layer_index))
    if target.pane == "control" and target.layer_index is not None:
        return outcome(view(select_layer(state, target.layer_index), cursor=Cursor.LAYERS))
    if target.pane == "layers":
        if target.part == SIDE and target.path in BACK_MODES:
            return outcome(view(state, back_mode=target.path, zoom=Zoom.BACK))
        if target.part == PHOTO and target.path:
            return outcome(show_photo(state, target.path))
        if state.view.zoom is not Zoom.OFF:
            return outcome(view(state, zoom=Zoom.OFF))
        return outcome(state if target.channel is None else select_unit(state, target.channel))
    if target.part in (CLASS, FIRES) and target.unit is not None:
        return outcome(select(state, target.unit))
    if target.part == FIRES and target.layer_index is not None:
        return outcome(select_layer(state, target.layer_index))
    if target.part == FIRES:
        return outcome(view(state, cursor=Cursor.LAYERS))
    if target.part == PINNED:
        return outcome(cycle_compared(state))
    if target.pane == "input":
        return outcome(state if target.spot is None else pin_place(state, target.spot))
    if target.part in PATCHES:
        return outcome(show_photo(state, target.path) if target.path else state)
    if target.pane == "back" and state.view.back_mode == OFF:
        return press(state, "b")
    zooms = {"aux": Zoom.UNIT, "back": Zoom.BACK, PREFERRED: Zoom.PREFERRED}
    zoom = zooms.get(target.part) or zooms.get(target.pane or "")
    if zoom is not None and (shown := state.view.presenting.pane) not in ("", "layers", target.pane):
        return outcome(enlarge_pane(state, target.pane or shown))  # where the zoom would be is not in the window
    if zoom is not None and not lists_layers(state):
        return outcome(view(state, zoom=Zoom.OFF if state.view.zoom is zoom else zoom))
    return press(state, "h") if target.pane == "status" else (state, ())


def wheeled(state: AppState, target: Hit, steps: int, climb: OptimizeProgress | None = None) -> Outcome:
    """The same of a turn of the wheel; steps > 0: away from the user, to what came before.

    climb: the newest live optimization: over the unit's preferred picture the wheel goes through its history.
    """
    if climb is not None and has_past(state, climb) and is_preferred(target):
        return outcome(gone_through(state, climb, -steps))
    effects: tuple[Effect, ...] = ()
    for _ in range(abs(steps)):
        state, more = outcome(_step(state, target, -1 if steps > 0 else 1))
        effects += more
    return state, effects


def _step(state: AppState, target: Hit, way: int) -> AppState | Outcome:
    if target.pane == "control" or (target.pane == "aux" and lists_layers(state)):
        return step_layer(state, way)
    if target.pane == "layers":
        tile = state.tile + way * columns(state)
        return select_tile(state, tile) if 0 <= tile < state.tiles.count else state
    if target.pane in ("aux", "jpgvis"):
        return select_tile(state, state.tile + way)
    if target.pane == "input":
        return press(state, "e" if way > 0 else "w")
    if target.pane == "back":
        return view(state, back_mode=next_of(all_modes()[::way], state.view.back_mode))
    return state
