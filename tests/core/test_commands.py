"""Every command, one by one and in any order."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import deepvis.network.back_modes  # noqa: F401  (fills the table)
from deepvis.core import commands
from deepvis.core.back_modes import BACK_MODES, DECONV, GRADIENT, OFF
from deepvis.core.commands import COMMANDS, Command, Group, command_of
from deepvis.core.commands.moving import columns
from deepvis.core.commands.table import command, outcome
from deepvis.core.commands.this_unit import optimization_ended
from deepvis.core.effects import Effect, ForgetTop, SavePicture, SaveTop, Say, StartOptimizing, StopOptimizing
from deepvis.core.state import (
    CYCLED_ZOOMS,
    GAMMA_BOOSTS,
    INDIVIDUAL_BOOSTS,
    PRESETS,
    AppState,
    BackFilter,
    ColourMap,
    Cursor,
    Show,
    Zoom,
)
from deepvis.core.typed import press
from deepvis.core.types import BackRequest, Fit, LayerInfo, NetInfo, Unit

INFO = NetInfo(
    "tiny",
    (
        LayerInfo("conv1", "Convolution", 20, 10, 10),
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


def effects_of(*keys: str, start: AppState = START) -> list[Effect]:
    """All effects of some keys, in order."""
    found: list[Effect] = []
    for key in keys:
        start, effects = press(start, key)
        found += effects
    return found


def assert_valid(state: AppState) -> None:
    view = state.view
    assert 0 <= view.layer_index < len(state.info.layers)
    assert 0 <= state.unit.channel < state.layer.channels
    assert state.info.layer(state.back_unit.layer).channels > state.back_unit.channel >= 0
    assert view.back_mode != OFF or (view.show, view.zoom is Zoom.BACK) == (
        Show.ACTIVATIONS,
        False,
    )
    assert 0 <= view.gamma_boost < len(GAMMA_BOOSTS)
    assert 0 <= view.individual_boost < len(INDIVIDUAL_BOOSTS)
    assert 0 <= state.live.preset < len(PRESETS)
    assert (state.back_request is None) == (view.back_mode == OFF)


@given(st.lists(st.sampled_from([key for row in COMMANDS.values() for key in row.keys]), max_size=60))
@settings(max_examples=300, deadline=None)
def test_any_keys_in_any_order_keep_the_state_valid(keys: list[str]) -> None:
    state = START
    for key in keys:
        state, _ = press(state, key)
        assert_valid(state)
    state = after(*["esc"] * 24, start=state)
    assert state.live.optimizing is None and state.typing is None
    assert not {state.view.help, state.view.pattern, state.view.receptive_field} & {True}
    assert (state.view.back_mode, state.view.zoom, state.view.pinned, state.view.debug) == (OFF, Zoom.OFF, None, 0)


@given(st.lists(st.sampled_from(["left", "right", "up", "down", "J", "L", "I", "K", "u", "o"]), max_size=40))
@settings(max_examples=200, deadline=None)
def test_moving_changes_nothing_but_the_selection(keys: list[str]) -> None:
    state = after(*keys)
    assert replace(state.view, layer_index=0, channel=0, cursor=Cursor.LAYERS) == START.view
    assert (state.input, state.live) == (START.input, START.live)


def test_every_command_has_a_sentence_of_help_and_a_key_that_every_platform_has() -> None:
    for row in COMMANDS.values():
        assert row.help
        assert not row.help.endswith(".")
        if row.group == Group.MOVE.value:  # all others are in the palette, too
            assert any(not (len(key) == 1 and key.isupper()) for key in row.keys), f"{row.name} needs a second key"


def test_the_keys_of_the_original_do_what_they_did_but_for_the_digits() -> None:
    original = {
        "f": "toggle_freeze", "c": "toggle_moving", "e": "next_file", "w": "previous_file",
        "h": "toggle_help",
        "q": "quit", "esc": "escape", "left": "left", "j": "left",
        "right": "right", "l": "right", "down": "down", "k": "down", "up": "up", "i": "up", "J": "left_fast",
        "L": "right_fast", "K": "down_fast", "I": "up_fast", "u": "previous_layer", "o": "next_layer",
        "t": "cycle_gamma", "T": "cycle_individual_boost",
        "s": "toggle_pattern", "a": "toggle_diffs", "b": "cycle_back", "n": "cycle_back_mode",
        "m": "cycle_back_filter", "d": "freeze_back_unit", "z": "cycle_zoom",
        "pgdn": "next_file", "pgup": "previous_file",
    }  # fmt: skip
    for key, name in original.items():
        bound = command_of(key)
        assert bound is not None, key
        assert bound.name == name


def test_a_key_bound_twice_is_refused() -> None:
    with pytest.raises(ValueError, match="'q' is bound to 'quit' and 'again'"):

        @command("q", group=commands.Group.PROGRAM, help="no")
        def again(state: AppState) -> AppState:
            return state

    assert "again" not in COMMANDS


def test_an_unknown_key_changes_nothing() -> None:
    assert press(START, "f9") == (START, ()) and press(START, "f9")[0] is START


def test_the_cursor_goes_from_the_list_to_the_tiles_and_back() -> None:
    state = after("down")
    assert (state.view.cursor, state.unit) == (Cursor.UNITS, Unit("conv1", 0))
    state = after("right", "right", "up", start=state)
    assert (state.view.cursor, state.unit) == (Cursor.LAYERS, Unit("conv1", 2))
    assert after("up", start=state) == state


def test_down_and_up_move_by_a_row_of_tiles() -> None:
    cols = columns(START)
    assert 1 < cols < 20
    state = after("down", "right", "down")
    assert state.unit.channel == 1 + cols
    assert after("up", start=state).unit.channel == 1
    assert after("K", start=state).unit.channel == 19
    assert after("I", start=state).view.cursor is Cursor.LAYERS
    assert after("I", start=state).unit.channel == 1


def test_the_row_length_follows_the_pane() -> None:
    assert columns(replace(START, layers_pane=(100, 2000))) == 20
    assert columns(replace(START, layers_pane=(2000, 100))) == 1


def test_the_ends_of_the_tiles_and_of_the_list_hold() -> None:
    assert after("left", "u").view.layer_index == 0
    assert after("down", "left").unit.channel == 0
    assert after("end").layer.name == "fc"
    assert after("end", "right", "o", "L").view.layer_index == 2
    assert after("down", "end", "right").unit.channel == 19
    assert after("down", "end", "home").unit.channel == 0


def test_left_and_right_pass_from_row_to_row() -> None:
    cols = columns(START)
    assert after("down", "down", "left").unit.channel == cols - 1


def test_the_unit_is_kept_across_layers_and_clamped() -> None:
    state = after("down", *["right"] * 15)
    assert after("o", start=state).unit == Unit("conv2", 6)
    assert after("o", "o", start=state).unit == Unit("fc", 15)
    assert after("o", "left", start=state).unit == Unit("conv2", 5)


def test_b_runs_through_the_four_of_the_original() -> None:
    seen = []
    state = START
    for _ in range(4):
        state = after("b", start=state)
        seen.append((state.view.back_mode, state.view.back_filter))
    assert seen[:3] == [
        (GRADIENT, BackFilter.RAW),
        (GRADIENT, BackFilter.NORM),
        (DECONV, BackFilter.RAW),
    ]
    assert seen[3][0] == OFF


def test_n_reaches_every_mode_and_m_every_filter() -> None:
    modes = [after(*["n"] * i).view.back_mode for i in range(1, len(BACK_MODES) + 2)]
    assert modes == [*BACK_MODES, OFF]
    assert [after(*["m"] * i).view.back_filter.value for i in range(5)] == [
        "raw",
        "gray",
        "norm",
        "normblur",
        "raw",
    ]


def test_the_back_origin_follows_unless_frozen() -> None:
    state = after("b", "down", "right")
    assert state.back_request == BackRequest(Unit("conv1", 1), GRADIENT)
    state = after("d", "right", "o", start=state)
    assert state.back_request == BackRequest(Unit("conv1", 1), GRADIENT)
    state = after("d", start=state)
    assert state.back_request == BackRequest(Unit("conv2", 2), GRADIENT)


def test_a_leaves_the_patterns_first_and_turns_the_back_projection_on() -> None:
    state = after("s", "a")
    assert not state.view.pattern
    assert state.view.show is Show.ACTIVATIONS
    state = after("a", start=state)
    assert (state.view.show, state.view.back_mode) == (Show.DIFFS, GRADIENT)
    assert after(*["n"] * len(BACK_MODES), start=state).view.show is Show.ACTIVATIONS


def test_zoom_skips_the_back_projection_where_there_is_none() -> None:
    assert [after(*["z"] * i).view.zoom for i in range(4)] == [Zoom.OFF, Zoom.UNIT, Zoom.PREFERRED, Zoom.OFF]
    assert [after("b", *["z"] * i).view.zoom for i in range(5)] == [*CYCLED_ZOOMS, Zoom.OFF]
    for other in (Zoom.SIDE_BY_SIDE, Zoom.PHOTOS):  # keys of their own
        assert after("z", start=replace(START, view=replace(START.view, zoom=other))).view.zoom is Zoom.OFF
    assert after("b", "z", "z", "b", "b", "b").view.zoom is Zoom.OFF


def test_files_and_camera() -> None:
    assert after("e", "e", "w").input.file_index == 1
    assert after("w").input.file_index == -1
    assert after("F").input.fit is Fit.STRETCH
    assert after("F", "F").input.fit is Fit.CROP


@pytest.mark.parametrize("key", ["e", "w"])
def test_beside_a_camera_the_next_file_is_one_of_the_users_own_and_never_a_sample(key: str) -> None:
    camera = after("c", "f")
    assert (camera.input.moving, camera.input.frozen) == (True, True)
    state, (said,) = press(camera, key)
    assert state.input == camera.input and "c shows the sample photos" in said.sentence
    own = replace(camera, input=replace(camera.input, images="/photos"))
    state, (said,) = press(own, key)
    assert (state.input.moving, state.input.file_index) == (False, 0) and "c goes back" in said.sentence
    assert after("backspace", start=state).input == own.input


def test_esc_leaves_one_thing_after_the_other_and_never_resets() -> None:
    state = after("o", "down", "right", "b", "d", "a", "r", "x", "s", "z", "D", "h", "ctrl+p")
    left = []
    facts = {
        "palette": lambda s: s.typing is None, "help": lambda s: not s.view.help, "debug": lambda s: not s.view.debug,
        "zoom": lambda s: s.view.zoom is Zoom.OFF, "patterns": lambda s: not s.view.pattern,
        "optimizing": lambda s: s.live.optimizing is None, "origin": lambda s: s.view.pinned is None,
        "diffs": lambda s: s.view.show is Show.ACTIVATIONS, "field": lambda s: not s.view.receptive_field,
        "back": lambda s: s.view.back_mode == OFF,
    }  # fmt: skip
    for _ in range(len(facts)):
        before, state = state, after("esc", start=state)
        left += [name for name, is_left in facts.items() if is_left(state) and not is_left(before)]
    assert left == list(facts)
    there, (said,) = press(state, "esc")
    assert there.view == state.view and state.unit == Unit("conv2", 1) and said.sentence.startswith("nothing left")


def test_the_view_is_reset_from_the_palette_and_that_can_be_undone() -> None:
    state = after("o", "down", "right", "b", "t")
    reset = after("/", *"reset", "enter", start=state)
    assert reset.view == START.view
    assert after("ctrl+z", start=reset).view == state.view


def test_each_press_of_the_optimizer_begins_a_run_of_its_own() -> None:
    state = after("x", "g")
    unit = Unit("conv1", 0)
    assert state.live.optimizing == StartOptimizing(2, unit, "3", from_frame=True)
    assert effects_of("x", "g") == [StartOptimizing(1, unit, "3"), state.live.optimizing]
    moved = after("o", "F", "v", start=state)
    assert moved.live.preset == 3
    assert moved.live.optimizing == StartOptimizing(3, unit, "4", from_frame=True, fit=Fit.STRETCH)
    assert effects_of("v") == [] and after("v").live.optimizing is None
    assert effects_of("v", "x")[0] == StartOptimizing(1, unit, "4")


def test_effects_of_the_other_keys() -> None:
    found = effects_of("R", "W", "W", "p")
    assert [effect for effect in found if not isinstance(effect, Say)] == [
        ForgetTop(1), SaveTop(3), SaveTop(4), SavePicture(5),
    ]  # fmt: skip
    assert after("R", "W", "W", "p").live == START.live
    assert effects_of("x", "esc", "esc")[1:2] == [StopOptimizing(2)]


def test_the_very_next_press_consents_to_what_was_refused() -> None:
    refused = replace(START, to_confirm="save_top")
    state, (save,) = press(refused, "W")
    assert save == SaveTop(1, over_better=True) and not state.to_confirm
    assert effects_of("o", "W", start=refused) == [SaveTop(1)]
    served = replace(refused, is_watched_elsewhere=True)
    assert effects_of("q", "W", start=served)[-1] == SaveTop(2), "q has asked since"


def test_where_others_may_look_on_q_is_asked_for_twice() -> None:
    served = replace(START, is_watched_elsewhere=True)
    asked, (said,) = press(served, "q")
    assert not asked.quit and isinstance(said, Say) and "q once more" in said.sentence
    assert press(asked, "q")[0].quit
    assert not after("q", "o", "q", start=served).quit, "only the very next key"
    assert after("q").quit, "one's own window"


def test_the_end_of_an_older_run_changes_nothing() -> None:
    state = after("x", "x")
    assert optimization_ended(state, 1) is state
    assert optimization_ended(state, 2).live.optimizing is None
    assert optimization_ended(START, 1) is START


BUSY = after("c", "o", "down", "b", "s", "x", "h")  # most things are on


@pytest.mark.parametrize("start", [START, BUSY], ids=["start", "busy"])
@pytest.mark.parametrize("row", COMMANDS.values(), ids=COMMANDS)
def test_a_command_is_pure(row: Command, start: AppState) -> None:
    """The same state in gives an equal result; the state that went in is what it was."""
    before = repr(start)
    first, second = outcome(row.apply(start)), outcome(row.apply(start))
    assert first == second and repr(start) == before
    state, effects = first
    assert state.next_id == start.next_id + len(effects)
    assert [effect.id for effect in effects] == list(range(start.next_id, state.next_id))


@given(st.lists(st.sampled_from([row.keys[0] for row in COMMANDS.values() if row.keys]), max_size=60))
@settings(max_examples=100, deadline=None)
def test_effects_have_distinct_and_rising_ids(keys: list[str]) -> None:
    ids = [effect.id for effect in effects_of(*keys)]
    assert ids == sorted(set(ids))


def test_the_markdown_names_every_key() -> None:
    text = commands.markdown()
    assert all(
        "`{}`".format(key.replace("|", r"\|")) in text for row in COMMANDS.values() for key in commands.shown_keys(row)
    )
    assert "| `0-9` | Go to a unit" in text and "| in `/` | Reset the view" in text


def test_v_runs_through_the_colour_maps() -> None:
    seen = [after(*["V"] * times).view.colour_map for times in range(6)]
    assert seen == [*ColourMap, ColourMap.GRAY] and after(";").view.colour_map is ColourMap.VIRIDIS


def test_e_fixes_the_scale_and_frees_it() -> None:
    assert after("E").view.fixed_scale and after("'").view.fixed_scale and not after("E", "E").view.fixed_scale


def test_a_lays_the_back_projection_over_the_input_and_turns_one_on() -> None:
    assert [after(*["A"] * times).view.overlay for times in range(4)] == [0, 1, 2, 0]
    assert after("A").view.back_mode == GRADIENT and after("n", "n", "*").view.back_mode == DECONV
    assert after("A", *["n"] * len(BACK_MODES)).view.overlay == 0  # off again: there is nothing to lay over it
