"""Everything that a key can do: one pure function from state to (state, effects) each, in one table.

The help screen, the README, the palette and ``--keys`` read COMMANDS; ``python -m deepvis.cli.keys``
prints it as Markdown. Where nothing listens beside OpenCV's window, the Linux wheels cannot tell ``J`` from ``j``
(keys.py): moves that need Shift have a second key, all other commands are in the palette.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import Enum
from typing import TypeVar

from deepvis.core.back_modes import DECONV, GRADIENT, OFF, all_modes, title_of
from deepvis.core.effects import Effect, ForgetTop, SavePicture, SaveTop, Say, StartOptimizing, StopOptimizing
from deepvis.core.geometry import unit_grid
from deepvis.core.history import redone, remembered, undone, visited_after, visited_before
from deepvis.core.keys import is_key_name
from deepvis.core.layer_list import beside, folded, listed, revealed, selected_in
from deepvis.core.scanning import scan_begun, scan_stopped
from deepvis.core.state import (
    GAMMA_BOOSTS,
    INDIVIDUAL_BOOSTS,
    OVERLAYS,
    PRESETS,
    AppState,
    BackFilter,
    ColourMap,
    Cursor,
    GoTo,
    Look,
    Order,
    Palette,
    Show,
    Zoom,
    with_effect,
)
from deepvis.core.types import Fit, Unit

T = TypeVar("T")
Outcome = tuple[AppState, tuple[Effect, ...]]
Change = Callable[[AppState], AppState | Outcome]


class Group(Enum):
    """The headings of the help screen, in its order."""

    MOVE = "Moving around"
    FIND = "Finding, and going back"
    BACK = "Back projection"
    SHOW = "What is shown"
    INPUT = "Input"
    UNIT = "This unit"
    PROGRAM = "Program"


@dataclass(frozen=True)
class Command:
    """What a key does.

    keys: as keys.py names them, the one to advertise first; none: it is in the palette alone. words: what it does, in
    a sentence, or a function that says it when asked. group: a heading. is_held: presses that follow each other, as
    of a key held down, are one step of undo.
    """

    name: str
    keys: tuple[str, ...]
    words: str | Callable[[], str]
    group: str
    apply: Change
    is_held: bool = False

    @property
    def help(self) -> str:
        return self.words if isinstance(self.words, str) else self.words()


COMMANDS: dict[str, Command] = {}
BY_PALETTE = "/"  # the key of what has none of its own
_BY_KEY: dict[str, Command] = {}


def command(
    *keys: str, group: Group, help: str | Callable[[], str], is_held: bool = False
) -> Callable[[Change], Change]:
    """Enter a function AppState -> AppState, or (AppState, effects), under its own name.

    Raises ValueError for a key that is bound already.
    """

    def enter(apply: Change) -> Change:
        row = Command(apply.__name__, keys, help, group.value, apply, is_held or group is Group.MOVE)
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
    """The state after a key, by its name, and the effects to carry out; unchanged if the key is bound to nothing.

    While something is being typed, keys are its letters (core/typed.py).
    """
    if state.typing is not None:
        from deepvis.core.typed import typed  # which has the palette, which has these commands

        return typed(state, key)
    bound = command_of(key)
    if bound is None:
        return state, ()
    state, effects = perform(state, bound)
    return press(state, key) if bound.name == "go_to" else (state, effects)


def perform(state: AppState, row: Command) -> Outcome:
    """The state after a command, with the step in its history, and the effects to carry out."""
    after, effects = outcome(row.apply(state))
    if state.refused is not None and after.refused is state.refused:
        after = replace(after, refused=None)  # only the very next key consents
    return remembered(state, after, row.name if row.is_held else "", effects), effects


def outcome(result: AppState | Outcome) -> Outcome:
    """What a command has returned, with its effects: none, where it returned a state alone."""
    return (result, ()) if isinstance(result, AppState) else result


def say(state: AppState, sentence: str) -> Outcome:
    """The state, and a sentence for the status line."""
    return with_effect(state, lambda id: Say(id, sentence))


def view(state: AppState, **changes: object) -> AppState:
    """The state with some fields of its view changed, and with what cannot be shown put right.

    Without a back projection there are no diffs to show in the tiles, no result to zoom into or to lay over the input.
    """
    changed = replace(state.view, **changes)  # type: ignore[arg-type]
    if changed.back_mode == OFF:
        if changed.show is Show.DIFFS:
            changed = replace(changed, show=Show.ACTIVATIONS)
        if changed.zoom is Zoom.BACK:
            changed = replace(changed, zoom=Zoom.OFF)
        changed = replace(changed, overlay=0)
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
    return step_layer(state, -len(state.info.layers)) if state.view.cursor is Cursor.LAYERS else select_tile(state, 0)


@command("end", group=Group.MOVE, help="Last layer, or last unit of the layer")
def last(state: AppState) -> AppState:
    if state.view.cursor is Cursor.LAYERS:
        return step_layer(state, len(state.info.layers))
    return select_tile(state, state.tiles.count - 1)


@command("u", group=Group.MOVE, help="Previous layer, leaving the cursor where it is")
def previous_layer(state: AppState) -> AppState:
    return step_layer(state, -1)


@command("o", group=Group.MOVE, help="Next layer, leaving the cursor where it is")
def next_layer(state: AppState) -> AppState:
    return step_layer(state, 1)


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


# ------------------------------------------------------ finding, and going back


@command("/", "ctrl+p", group=Group.FIND, help="Go to anything: layer, unit (conv5 151), class, photo, command, path")
def palette(state: AppState) -> AppState:
    return replace(state, typing=Palette(state.view))


@command(*"0123456789", group=Group.FIND, help="Go to a unit of this layer by its number; Enter or a pause goes there")
def go_to(state: AppState) -> AppState:
    return replace(state, typing=GoTo(state.view))


@command("backspace", "ctrl+z", group=Group.FIND, help="Undo the last change of what is shown, or of the input")
def undo(state: AppState) -> Outcome:
    return undone(state)


@command("Z", "ctrl+y", group=Group.FIND, help="Do again what was undone")
def redo(state: AppState) -> Outcome:
    return redone(state)


@command("[", group=Group.FIND, help="Back to the unit visited before")
def back_unit(state: AppState) -> AppState:
    return visited_before(state)


@command("]", group=Group.FIND, help="Forward again through the units visited")
def forward_unit(state: AppState) -> AppState:
    return visited_after(state)


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
def freeze_back_unit(state: AppState) -> AppState | Outcome:
    if state.layer.missing and not state.view.pinned:
        return say(state, f"there is nothing to freeze at: {state.layer.missing_words}")
    return view(state, pinned=None if state.view.pinned else state.unit)


@command("a", group=Group.BACK, help="Tiles show activations, or the diffs of the back projection")
def toggle_diffs(state: AppState) -> AppState:
    if state.view.pattern:
        return view(state, pattern=False)
    if state.view.show is Show.DIFFS:
        return view(state, show=Show.ACTIVATIONS)
    mode = GRADIENT if state.view.back_mode == OFF else state.view.back_mode
    return view(state, show=Show.DIFFS, back_mode=mode)


@command("A", "*", group=Group.BACK, help="The back projection laid over the input: off, 40 %, 70 %")
def cycle_overlay(state: AppState) -> AppState:
    """Turns the gradient on where the back projection was off."""
    mode = GRADIENT if state.view.back_mode == OFF else state.view.back_mode
    return view(state, overlay=(state.view.overlay + 1) % len(OVERLAYS), back_mode=mode)


# --------------------------------------------------------------- what is shown


@command("z", group=Group.SHOW, help="Zoom: the selected unit, the back projection, its preferred image, off")
def cycle_zoom(state: AppState) -> AppState:
    members = [zoom for zoom in Zoom if zoom is not Zoom.BACK or state.view.back_mode != OFF]
    return view(state, zoom=next_of(members, state.view.zoom))


@command("s", group=Group.SHOW, help="Show each unit's preferred image in its tile, or hide them")
def toggle_pattern(state: AppState) -> AppState:
    return view(state, pattern=not state.view.pattern)


@command("t", group=Group.SHOW, help="Brighten the whole layer: its gamma times 1, 0.7, 0.5, 0.3")
def cycle_gamma(state: AppState) -> AppState:
    return view(state, gamma_boost=(state.view.gamma_boost + 1) % len(GAMMA_BOOSTS))


@command("T", "y", group=Group.SHOW, help="Brighten each unit by its own maximum: 0, 0.3, 0.5, 0.8, 1")
def cycle_individual_boost(state: AppState) -> AppState:
    return view(state, individual_boost=(state.view.individual_boost + 1) % len(INDIVIDUAL_BOOSTS))


@command(group=Group.SHOW, help="The look of 2015, linear and plain, or the readable one")
def change_look(state: AppState) -> AppState:
    return view(state, look=Look.READABLE if state.view.look is Look.PLAIN_2015 else Look.PLAIN_2015)


@command("V", ";", group=Group.SHOW, help="Colours: gray, viridis, cividis, magma, signed (blue below 0, orange above)")
def cycle_colour_map(state: AppState) -> AppState:
    return view(state, colour_map=next_of(tuple(ColourMap), state.view.colour_map))


@command("E", "'", group=Group.SHOW, help="Fixed scale: brightness compares between pictures; again frees it")
def toggle_fixed_scale(state: AppState) -> AppState:
    return view(state, fixed_scale=not state.view.fixed_scale)


@command("C", group=Group.SHOW, help="Class names and probabilities on or off")
def toggle_label_predictions(state: AppState) -> AppState:
    return view(state, label_predictions=not state.view.label_predictions)


@command("U", group=Group.SHOW, help="Unit images (optimized, top 9, deconv of the top 9) on or off")
def toggle_unit_images(state: AppState) -> AppState:
    return view(state, unit_images=not state.view.unit_images)


@command("S", group=Group.SHOW, help="Scores on the top-9 patches on or off")
def toggle_scores(state: AppState) -> AppState:
    return view(state, scores=not state.view.scores)


@command("r", group=Group.SHOW, help="The unit's receptive field, drawn on the input")
def toggle_receptive_field(state: AppState) -> AppState:
    return view(state, receptive_field=not state.view.receptive_field)


@command("D", group=Group.SHOW, help="Debug level 0, 1 (borders and names of the panes), 2 (and times)")
def cycle_debug(state: AppState) -> AppState:
    return view(state, debug=(state.view.debug + 1) % 3)


# ------------------------------------------------------------------------ input


@command("f", "space", group=Group.INPUT, help="Freeze the camera or pause the video, or go on")
def toggle_freeze(state: AppState) -> AppState:
    return source(state, frozen=not state.input.frozen)


@command("c", group=Group.INPUT, help="Camera or video, or files")
def toggle_moving(state: AppState) -> AppState:
    return source(state, moving=not state.input.moving, frozen=False)


@command("e", "pgdn", group=Group.INPUT, help="Next file", is_held=True)
def next_file(state: AppState) -> AppState | Outcome:
    return step_files(state, 1)


@command("w", "pgup", group=Group.INPUT, help="Previous file", is_held=True)
def previous_file(state: AppState) -> AppState | Outcome:
    return step_files(state, -1)


def step_files(state: AppState, step: int) -> AppState | Outcome:
    """Some files on; from a camera or a video to the user's own files, if there are any, and never to the samples."""
    if not state.input.moving:
        return source(state, file_index=state.input.file_index + step)
    if state.input.images is None:
        return say(state, "no files of your own are open: c shows the sample photos, / opens a folder")
    return say(source(state, moving=False, frozen=False), "your files; c goes back to the camera or video")


@command("F", group=Group.INPUT, help="Crop pictures to the network's shape, or stretch them")
def toggle_fit(state: AppState) -> AppState:
    return source(state, fit=Fit.STRETCH if state.input.fit is Fit.CROP else Fit.CROP)


@command("M", group=Group.INPUT, help="Camera as in a mirror, or as others see you")
def toggle_mirror(state: AppState) -> AppState:
    return source(state, mirror=not state.input.mirror)


# -------------------------------------------------------------------- this unit


def start_optimizing(state: AppState, unit: Unit, *, from_frame: bool) -> Outcome:
    if unit.layer in state.info.missing:
        return say(state, f"there is nothing to optimize: {state.info.layer(unit.layer).missing_words}")
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


@command("R", group=Group.UNIT, help="Forget the running top 9 of this stream and begin anew (undo brings it back)")
def reset_top(state: AppState) -> Outcome:
    state, forget = with_effect(state, ForgetTop)
    state, more = say(state, "the running top 9 begins anew; backspace brings the old one back")
    return state, (*forget, *more)


@command("W", group=Group.UNIT, help="Save the running top 9 as the model's unit images (better ones: press twice)")
def save_top(state: AppState) -> Outcome:
    consents = state.refused is not None
    return with_effect(replace(state, refused=None), lambda id: SaveTop(id, over_better=consents))


@command("G", "f2", group=Group.UNIT, help="Scan the open files for every unit's top 9; again stops, or goes on")
def scan_files(state: AppState) -> Outcome:
    return scan_begun(state) if state.live.scanning is None else scan_stopped(state)


# ---------------------------------------------------------------------- program


@command("h", "f1", "?", group=Group.PROGRAM, help="This help, on or off")
def toggle_help(state: AppState) -> AppState:
    return view(state, help=not state.view.help)


@command("p", group=Group.PROGRAM, help="Save the window as a picture")
def save_picture(state: AppState) -> Outcome:
    return with_effect(state, SavePicture)


@command(
    "esc",
    group=Group.PROGRAM,
    help="Leave one thing: help, zoom, patterns, a run or scan, place, order, origin, back",
)
def escape(state: AppState) -> AppState | Outcome:
    """Turn off one thing, the one that lies on top; never more than one, and nothing once all are off."""
    shown = state.view
    if shown.help:
        return view(state, help=False)
    if shown.debug:
        return view(state, debug=0)
    if shown.zoom is not Zoom.OFF:
        return view(state, zoom=Zoom.OFF)
    if shown.pattern:
        return view(state, pattern=False)
    if state.live.optimizing:
        return with_effect(live(state, optimizing=None), StopOptimizing)
    if state.live.scanning:
        return scan_stopped(state)
    if shown.place is not None:
        return view(state, place=None)
    if shown.order is not Order.NUMBER:
        return view(state, order=Order.NUMBER)
    if shown.pinned is not None:
        return view(state, pinned=None)
    if shown.show is not Show.ACTIVATIONS:
        return view(state, show=Show.ACTIVATIONS)
    if shown.receptive_field:
        return view(state, receptive_field=False)
    if shown.back_mode != OFF:
        return view(state, back_mode=OFF)
    if shown.all_layers or shown.opened:
        less = replace(shown, all_layers=False, opened=shown.opened if shown.all_layers else frozenset())
        return replace(state, view=selected_in(state.info, less))
    return say(state, "nothing left to close; q quits, backspace undoes")


@command(group=Group.PROGRAM, help="Reset the view to what it was at the start; the input stays")
def reset_view(state: AppState) -> AppState:
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
                keys = " ".join(f"`{key}`" for key in shown_keys(row)) or f"in `{BY_PALETTE}`"
                lines.append(f"| {keys} | {row.help} |")
    return "\n".join(lines).strip() + "\n"


def shown_keys(row: Command) -> tuple[str, ...]:
    """The keys as help and README name them: the ten digits are "0-9"."""
    if row.name != "go_to":
        return row.keys
    return ("0-9",) if len(row.keys) == 10 else ("digits",)


def rebind(table: Mapping[str, Sequence[str]]) -> None:
    """Give commands further keys, the first of them to be advertised; each is taken from the command that had it.

    For the start of the program. table: names of commands -> names of keys. Raises KeyError, ValueError.
    """
    for name, keys in table.items():
        for key in keys:
            if not is_key_name(key):
                raise ValueError(f"{key!r} is not the name of a key (deepvis/core/keys.py)")
            if key in _BY_KEY:
                former = _BY_KEY[key]
                _enter(replace(former, keys=tuple(other for other in former.keys if other != key)))
        row = COMMANDS[name]
        _enter(replace(row, keys=(*keys, *(key for key in row.keys if key not in keys))))


def _enter(row: Command) -> None:
    """Put a row in the place of the one of its name."""
    COMMANDS[row.name] = row
    for key in row.keys:
        _BY_KEY[key] = row


import deepvis.core.order_commands  # noqa: E402, F401  (its commands; it needs what stands above)
