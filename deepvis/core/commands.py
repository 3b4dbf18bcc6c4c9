"""Everything that a key can do: one pure function from state to (state, effects) each, in one table.

The help screen, the README and ``--keys`` read COMMANDS; ``python -m deepvis.cli.keys``
prints it as Markdown. A command with a key that needs Shift and a letter has a second key,
because the Linux wheels of OpenCV cannot tell ``J`` from ``j`` (keys.py).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from enum import Enum
from typing import TypeVar

from deepvis.core.back_modes import DECONV, GRADIENT, OFF, all_modes, title_of
from deepvis.core.effects import Effect, ForgetTop, SavePicture, SaveTop, StartOptimizing, StopOptimizing
from deepvis.core.geometry import unit_grid
from deepvis.core.keys import is_key_name
from deepvis.core.state import (
    GAMMA_BOOSTS,
    INDIVIDUAL_BOOSTS,
    PRESETS,
    AppState,
    BackFilter,
    Cursor,
    Show,
    Zoom,
)
from deepvis.core.types import Fit, Unit

T = TypeVar("T")
F = TypeVar("F", bound=Effect)
Outcome = tuple[AppState, tuple[Effect, ...]]
Change = Callable[[AppState], AppState | Outcome]


class Group(Enum):
    """The headings of the help screen, in its order."""

    MOVE = "Moving around"
    BACK = "Back projection"
    SHOW = "What is shown"
    INPUT = "Input"
    UNIT = "This unit"
    PROGRAM = "Program"


@dataclass(frozen=True)
class Command:
    """What a key does.

    keys: as keys.py names them, the one to advertise first. words: what it does, in a sentence, or a function that
    says it when asked. group: a heading.
    """

    name: str
    keys: tuple[str, ...]
    words: str | Callable[[], str]
    group: str
    apply: Change

    @property
    def help(self) -> str:
        return self.words if isinstance(self.words, str) else self.words()


COMMANDS: dict[str, Command] = {}
_BY_KEY: dict[str, Command] = {}


def command(*keys: str, group: Group, help: str | Callable[[], str]) -> Callable[[Change], Change]:
    """Enter a function AppState -> AppState, or (AppState, effects), under its own name.

    Raises ValueError for a key that is bound already.
    """

    def enter(apply: Change) -> Change:
        row = Command(apply.__name__, keys, help, group.value, apply)
        for key in keys:
            if not is_key_name(key):
                raise ValueError(f"command {row.name!r}: {key!r} is not the name of a key (deepvis/core/keys.py)")
            if key in _BY_KEY:
                raise ValueError(f"key {key!r} is bound to {_BY_KEY[key].name!r} and {row.name!r}")
            _BY_KEY[key] = row
        COMMANDS[row.name] = row
        return apply

    return enter


def command_of(key: str) -> Command | None:
    """The command of a key; a capital letter that has none of its own (Caps Lock) counts as the small one."""
    return _BY_KEY.get(key) or (_BY_KEY.get(key.lower()) if len(key) == 1 else None)


def press(state: AppState, key: str) -> Outcome:
    """The state after a key, by its name, and the effects to carry out; unchanged if the key is bound to nothing."""
    bound = command_of(key)
    return outcome(bound.apply(state)) if bound else (state, ())


def outcome(result: AppState | Outcome) -> Outcome:
    """What a command has returned, with its effects: none, where it returned a state alone."""
    return (result, ()) if isinstance(result, AppState) else result


def with_effect(state: AppState, make: Callable[[int], F]) -> tuple[AppState, tuple[F]]:
    """The state and the effect that ``make`` gives for the next free id."""
    return replace(state, next_id=state.next_id + 1), (make(state.next_id),)


def view(state: AppState, **changes: object) -> AppState:
    """The state with some fields of its view changed, and with what cannot be shown put right.

    Without a back projection there are no diffs to show in the tiles nor a result to zoom into.
    """
    changed = replace(state.view, **changes)  # type: ignore[arg-type]
    if changed.back_mode == OFF:
        if changed.show is Show.DIFFS:
            changed = replace(changed, show=Show.ACTIVATIONS)
        if changed.zoom is Zoom.BACK:
            changed = replace(changed, zoom=Zoom.OFF)
    return replace(state, view=changed)


def source(state: AppState, **changes: object) -> AppState:
    return replace(state, input=replace(state.input, **changes))  # type: ignore[arg-type]


def show_photo(state: AppState, path: str) -> AppState:
    """Show a photo by its path, one of the open files or any other."""
    return source(state, moving=False, frozen=False, photo=path, photo_at=state.input.file_index)


def live(state: AppState, **changes: object) -> AppState:
    return replace(state, live=replace(state.live, **changes))  # type: ignore[arg-type]


def next_of(members: Sequence[T], value: T) -> T:
    """The member after ``value``, the first after the last."""
    return members[(members.index(value) + 1) % len(members)]


# ---------------------------------------------------------------- moving around


def select_layer(state: AppState, index: int) -> AppState:
    """Select a layer by its index, clamped to the list."""
    return view(state, layer_index=min(max(index, 0), len(state.info.layers) - 1))


def select_unit(state: AppState, channel: int) -> AppState:
    """Select a unit of the current layer, clamped to its size, with the cursor on the tiles."""
    return view(state, channel=min(max(channel, 0), state.layer.channels - 1), cursor=Cursor.UNITS)


def columns(state: AppState) -> int:
    """Tiles per row of the current layer in the layers pane."""
    return unit_grid(state.layer, *state.layers_pane, pictures=state.view.pattern).cols


def select(state: AppState, unit: Unit) -> AppState:
    """Select a unit of any layer of the list, with the cursor on the tiles; unchanged for a layer that is not there."""
    for index, layer in enumerate(state.info.layers):
        if layer.name == unit.layer:
            return select_unit(select_layer(state, index), unit.channel)
    return state


def class_layer(state: AppState) -> str:
    """The layer whose units stand for the classes: the selected one, else the probabilities', else the last; or ""."""
    names = [layer.name for layer in state.info.layers if layer.name in state.info.label_layers]
    preferred = [name for name in (state.layer.name, state.info.prob_layer) if name in names]
    return (preferred or names[-1:] or [""])[0]


def sideways(state: AppState, distance: int) -> AppState:
    if state.view.cursor is Cursor.LAYERS:
        return select_layer(state, state.view.layer_index + distance)
    return select_unit(state, state.unit.channel + distance)


def upward(state: AppState, rows: int) -> AppState:
    """Up by some rows of tiles; from above the first row to the layer list, in the same column."""
    if state.view.cursor is Cursor.LAYERS:
        return state
    row, column = divmod(state.unit.channel, columns(state))
    if row < rows:
        return view(state, channel=column, cursor=Cursor.LAYERS)
    return select_unit(state, (row - rows) * columns(state) + column)


def downward(state: AppState, rows: int) -> AppState:
    """From the layer list into the tiles, else down by some rows."""
    if state.view.cursor is Cursor.LAYERS:
        return select_unit(state, state.unit.channel)
    return select_unit(state, state.unit.channel + rows * columns(state))


@command("left", "j", group=Group.MOVE, help="Previous layer or unit, wherever the cursor is")
def left(state: AppState) -> AppState:
    return sideways(state, -1)


@command("right", "l", group=Group.MOVE, help="Next layer or unit")
def right(state: AppState) -> AppState:
    return sideways(state, 1)


@command("up", "i", group=Group.MOVE, help="Up a row of units; from the first row to the layer list")
def up(state: AppState) -> AppState:
    return upward(state, 1)


@command("down", "k", group=Group.MOVE, help="From the layer list to the units, then down a row")
def down(state: AppState) -> AppState:
    return downward(state, 1)


@command("J", ",", group=Group.MOVE, help="Left, 3 at once")
def left_fast(state: AppState) -> AppState:
    return sideways(state, -state.fast)


@command("L", ".", group=Group.MOVE, help="Right, 3 at once")
def right_fast(state: AppState) -> AppState:
    return sideways(state, state.fast)


@command("I", "-", group=Group.MOVE, help="Up, 3 rows at once")
def up_fast(state: AppState) -> AppState:
    return upward(state, state.fast)


@command("K", "+", "=", group=Group.MOVE, help="Down, 3 rows at once")
def down_fast(state: AppState) -> AppState:
    return downward(state, state.fast)


@command("home", group=Group.MOVE, help="First layer, or first unit of the layer")
def first(state: AppState) -> AppState:
    return select_layer(state, 0) if state.view.cursor is Cursor.LAYERS else select_unit(state, 0)


@command("end", group=Group.MOVE, help="Last layer, or last unit of the layer")
def last(state: AppState) -> AppState:
    if state.view.cursor is Cursor.LAYERS:
        return select_layer(state, len(state.info.layers) - 1)
    return select_unit(state, state.layer.channels - 1)


@command("u", group=Group.MOVE, help="Previous layer, leaving the cursor where it is")
def previous_layer(state: AppState) -> AppState:
    return select_layer(state, state.view.layer_index - 1)


@command("o", group=Group.MOVE, help="Next layer, leaving the cursor where it is")
def next_layer(state: AppState) -> AppState:
    return select_layer(state, state.view.layer_index + 1)


# ------------------------------------------------------------- back projection

# what b runs through; anything else goes to the first
_BACK_CYCLE = (
    (OFF, None),
    (GRADIENT, BackFilter.RAW),
    (GRADIENT, BackFilter.NORM),
    (DECONV, BackFilter.RAW),
)


@command("b", group=Group.BACK, help="Back projection: off, gradient, gradient (norm), deconv")
def cycle_back(state: AppState) -> AppState:
    mode = state.view.back_mode
    now = (mode, None if mode == OFF else state.view.back_filter)
    place = _BACK_CYCLE.index(now) if now in _BACK_CYCLE else len(_BACK_CYCLE) - 1
    mode, back_filter = _BACK_CYCLE[(place + 1) % len(_BACK_CYCLE)]
    return view(state, back_mode=mode, back_filter=back_filter or state.view.back_filter)


@command("n", group=Group.BACK, help=lambda: f"Back mode alone: {', '.join(map(title_of, all_modes()))}")
def cycle_back_mode(state: AppState) -> AppState:
    return view(state, back_mode=next_of(all_modes(), state.view.back_mode))


@command("m", group=Group.BACK, help="Back filter alone: raw, gray, norm, normblur")
def cycle_back_filter(state: AppState) -> AppState:
    return view(state, back_filter=next_of(tuple(BackFilter), state.view.back_filter))


@command("d", group=Group.BACK, help="Freeze the back origin at the selected unit, or free it")
def freeze_back_unit(state: AppState) -> AppState:
    return view(state, pinned=None if state.view.pinned else state.unit)


@command("a", group=Group.BACK, help="Tiles show activations, or the diffs of the back projection")
def toggle_diffs(state: AppState) -> AppState:
    if state.view.pattern:
        return view(state, pattern=False)
    if state.view.show is Show.DIFFS:
        return view(state, show=Show.ACTIVATIONS)
    mode = GRADIENT if state.view.back_mode == OFF else state.view.back_mode
    return view(state, show=Show.DIFFS, back_mode=mode)


# --------------------------------------------------------------- what is shown


@command("z", group=Group.SHOW, help="Zoom: the selected unit, the back projection, its preferred image, off")
def cycle_zoom(state: AppState) -> AppState:
    members = [zoom for zoom in Zoom if zoom is not Zoom.BACK or state.view.back_mode != OFF]
    return view(state, zoom=next_of(members, state.view.zoom))


@command("s", group=Group.SHOW, help="Show each unit's preferred image in its tile, or hide them")
def toggle_pattern(state: AppState) -> AppState:
    return view(state, pattern=not state.view.pattern)


@command("t", group=Group.SHOW, help="Brighten the whole layer: gamma 1, 0.7, 0.5, 0.3")
def cycle_gamma(state: AppState) -> AppState:
    return view(state, gamma_boost=(state.view.gamma_boost + 1) % len(GAMMA_BOOSTS))


@command("T", "y", group=Group.SHOW, help="Brighten each unit by its own maximum: 0, 0.3, 0.5, 0.8, 1")
def cycle_individual_boost(state: AppState) -> AppState:
    return view(state, individual_boost=(state.view.individual_boost + 1) % len(INDIVIDUAL_BOOSTS))


@command("8", group=Group.SHOW, help="Class names and probabilities on or off")
def toggle_label_predictions(state: AppState) -> AppState:
    return view(state, label_predictions=not state.view.label_predictions)


@command("9", group=Group.SHOW, help="Unit images (optimized, top 9, deconv of the top 9) on or off")
def toggle_unit_images(state: AppState) -> AppState:
    return view(state, unit_images=not state.view.unit_images)


@command("7", group=Group.SHOW, help="Scores on the top-9 patches on or off")
def toggle_scores(state: AppState) -> AppState:
    return view(state, scores=not state.view.scores)


@command("r", group=Group.SHOW, help="The unit's receptive field, drawn on the input")
def toggle_receptive_field(state: AppState) -> AppState:
    return view(state, receptive_field=not state.view.receptive_field)


@command("5", group=Group.SHOW, help="Debug level 0, 1 (borders and names of the panes), 2 (and times)")
def cycle_debug(state: AppState) -> AppState:
    return view(state, debug=(state.view.debug + 1) % 3)


# ------------------------------------------------------------------------ input


@command("f", "space", group=Group.INPUT, help="Freeze the camera or pause the video, or go on")
def toggle_freeze(state: AppState) -> AppState:
    return source(state, frozen=not state.input.frozen)


@command("c", group=Group.INPUT, help="Camera or video, or files")
def toggle_moving(state: AppState) -> AppState:
    return source(state, moving=not state.input.moving, frozen=False)


@command("e", "pgdn", group=Group.INPUT, help="Next file")
def next_file(state: AppState) -> AppState:
    if state.input.moving:
        return source(state, moving=False, frozen=False)
    return source(state, file_index=state.input.file_index + 1)


@command("w", "pgup", group=Group.INPUT, help="Previous file")
def previous_file(state: AppState) -> AppState:
    if state.input.moving:
        return source(state, moving=False, frozen=False)
    return source(state, file_index=state.input.file_index - 1)


@command("0", group=Group.INPUT, help="Crop pictures to the network's shape, or stretch them")
def toggle_fit(state: AppState) -> AppState:
    return source(state, fit=Fit.STRETCH if state.input.fit is Fit.CROP else Fit.CROP)


@command("6", group=Group.INPUT, help="Camera as in a mirror, or as others see you")
def toggle_mirror(state: AppState) -> AppState:
    return source(state, mirror=not state.input.mirror)


# -------------------------------------------------------------------- this unit


def start_optimizing(state: AppState, unit: Unit, *, from_frame: bool) -> Outcome:
    preset, fit = PRESETS[state.live.preset], state.input.fit
    state, (start,) = with_effect(state, lambda id: StartOptimizing(id, unit, preset, from_frame, fit))
    return live(state, optimizing=start), (start,)


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


@command("1", group=Group.UNIT, help="Forget the running top 9 of this stream and begin anew")
def reset_top(state: AppState) -> Outcome:
    return with_effect(state, ForgetTop)


@command("2", group=Group.UNIT, help="Save the running top 9 as the model's unit images")
def save_top(state: AppState) -> Outcome:
    return with_effect(state, SaveTop)


# ---------------------------------------------------------------------- program


@command("h", "f1", "?", group=Group.PROGRAM, help="This help, on or off")
def toggle_help(state: AppState) -> AppState:
    return view(state, help=not state.view.help)


@command("p", group=Group.PROGRAM, help="Save the window as a picture")
def save_picture(state: AppState) -> Outcome:
    return with_effect(state, SavePicture)


@command("esc", group=Group.PROGRAM, help="Close the help, else stop optimizing, else reset the view")
def escape(state: AppState) -> AppState | Outcome:
    """Reset as in the original: first layer, first unit, back projection and boosts off; the input stays."""
    if state.view.help:
        return view(state, help=False)
    if state.live.optimizing:
        return with_effect(live(state, optimizing=None), StopOptimizing)
    return replace(state, view=state.initial_view)


@command("q", group=Group.PROGRAM, help="Quit")
def quit(state: AppState) -> AppState:
    return replace(state, quit=True)


def markdown() -> str:
    """The table of all keys as Markdown, by group."""
    lines = []
    for group in Group:
        lines += [f"\n**{group.value}**\n", "| keys | what |", "|---|---|"]
        for row in COMMANDS.values():
            if row.group == group.value:
                lines.append(f"| {' '.join(f'`{key}`' for key in row.keys)} | {row.help} |")
    return "\n".join(lines).strip() + "\n"
