"""The go-to and the palette, key by key."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

import deepvis.network.back_modes  # noqa: F401  (fills the table)
from deepvis.core.candidates import CandidateKind, candidates
from deepvis.core.commands import COMMANDS, table
from deepvis.core.commands.changes import show_photo
from deepvis.core.effects import OpenPath, Say
from deepvis.core.history import undoable
from deepvis.core.state import AppState, Cursor, GoTo, Palette, PaletteLists
from deepvis.core.typed import chosen_row, files_opened, pasted, press
from deepvis.core.types import LayerInfo, NetInfo, Unit

LABELS = tuple(
    f"n{2000000 + i:08d} {name}" for i, name in enumerate(["flamingo", "tiger shark", "tabby, tabby cat", "Crème"])
)
INFO = NetInfo(
    "toy",
    (
        LayerInfo("conv1/7x7", "Convolution", 20, 10, 10, "conv1"),
        LayerInfo("conv5", "Convolution", 256, 5, 8),
        LayerInfo("fc8", "InnerProduct", 4, 1, 1),
        LayerInfo("prob", "Softmax", 4, 1, 1),
    ),
    (3, 32, 32),
    LABELS,
    frozenset({"fc8", "prob"}),
    "prob",
)
PHOTOS = tuple((f"/photos/{name}", name) for name in ("a/bird 1.jpg", "a/bird 2.jpg", "cat.png", "Größe.jpg"))
START = AppState(INFO, palette_lists=PaletteLists(PHOTOS, -1, ("bvlc-googlenet", "caffenet-mini")))


def after(*keys: str, start: AppState = START) -> AppState:
    for key in keys:
        start, _ = press(start, key)
    return start


def find(text: str, start: AppState = START) -> AppState:
    return after("/", *text, start=start)


def first(text: str, start: AppState = START) -> tuple[CandidateKind, object]:
    row = chosen_row(find(text, start))
    return row.kind, row.target


# ------------------------------------------------------------- a unit's number


def test_digits_go_to_a_unit_of_the_layer_and_change_nothing_else() -> None:
    state = after("o", *"151")
    assert state.typing == GoTo(after("o").view, "151")
    assert state.unit == Unit("conv5", 151) and state.view.cursor is Cursor.UNITS  # while it is typed
    there = after("enter", start=state)
    assert there.typing is None and there.unit == Unit("conv5", 151)
    assert replace(there.view, channel=0, cursor=Cursor.LAYERS) == after("o").view
    assert there.input == START.input and after("backspace", start=there).view == after("o").view


def test_no_digit_alone_does_anything_but_begin_a_number() -> None:
    for digit in "0123456789":
        state, effects = press(START, digit)
        assert effects == () and isinstance(state.typing, GoTo)
        assert after("esc", start=state) == START


def test_a_key_that_is_no_digit_opens_the_number_where_it_is_bound_to_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(table._BY_KEY, "x", COMMANDS["go_to"])
    assert after("x").typing == GoTo(START.view) and after("o", "x", *"151").unit == Unit("conv5", 151)


def test_backspace_corrects_and_esc_gives_back_where_one_was() -> None:
    state = after("o", "down", "right")
    assert after(*"159", "backspace", "1", start=state).unit.channel == 151
    for keys in ([*"15", "esc"], ["1", "backspace"], [*"15", "backspace", "backspace"]):
        assert after(*keys, start=state) == state
        assert after(*keys, start=state).history.past == state.history.past


def test_a_number_that_there_is_not_is_said_and_goes_nowhere() -> None:
    state = after("down", "right")
    typed = after(*"999", start=state)
    assert typed.unit == state.unit
    left, (said,) = press(typed, "enter")
    assert left.view == state.view and said.sentence == "conv1/7x7 has units 0 to 19"
    assert after("backspace", "backspace", start=typed).unit.channel == 9


def test_another_key_ends_the_number_and_does_its_own() -> None:
    state = after(*"15", "right")
    assert state.unit.channel == 16 and state.typing is None
    assert [after(key, start=state).unit.channel for key in ("backspace",)] == [15]
    assert after(*"15", "b").view.back_mode != START.view.back_mode


# ----------------------------------------------------------------- the palette


@pytest.mark.parametrize(
    ("text", "kind", "target"),
    [
        ("conv5", CandidateKind.LAYER, 1),
        ("conv5 151", CandidateKind.UNIT, Unit("conv5", 151)),
        ("CONV1 3", CandidateKind.UNIT, Unit("conv1/7x7", 3)),
        ("7x7", CandidateKind.LAYER, 0),
        ("12", CandidateKind.UNIT, Unit("conv1/7x7", 12)),
        ("flamingo", CandidateKind.CLASS, Unit("prob", 0)),
        ("shark", CandidateKind.CLASS, Unit("prob", 1)),
        ("creme", CandidateKind.CLASS, Unit("prob", 3)),
        ("bird 2", CandidateKind.PHOTO, 0),
        ("größe", CandidateKind.PHOTO, 2),
        ("googlenet", CandidateKind.MODEL, "bvlc-googlenet"),
        ("class names", CandidateKind.COMMAND, "toggle_label_predictions"),
        ("reset", CandidateKind.COMMAND, "reset_view"),
        ("/home/me/Photos", CandidateKind.PATH, "/home/me/Photos"),
        ("~/x.jpg", CandidateKind.PATH, "~/x.jpg"),
        ("C:\\x y", CandidateKind.PATH, "C:\\x y"),
        ("file:///home/me/my%20cat.jpg", CandidateKind.PATH, "/home/me/my cat.jpg"),
    ],
)
def test_the_best_candidate(text: str, kind: CandidateKind, target: object) -> None:
    assert first(text) == (kind, target)


def test_of_two_layers_of_classes_the_one_where_the_user_is_comes_first() -> None:
    assert first("flamingo", after("o", "o")) == (CandidateKind.CLASS, Unit("fc8", 0))


def test_the_panes_follow_the_row_and_esc_gives_back_where_one_was() -> None:
    state = after("o", "down", "right", "b")
    typing = find("tabby", state)
    assert typing.unit == Unit("prob", 2)
    assert after("esc", start=typing) == state
    assert after("ctrl+p", start=typing) == state
    typing = find("conv", state)
    seen = [after(*["down"] * i, start=typing).view.layer_index for i in range(3)]
    assert {0, 1} <= set(seen)
    assert after("esc", start=after("down", "down", start=typing)) == state


def test_enter_goes_there_as_one_step() -> None:
    there = after("enter", start=find("flamingo"))
    assert there.typing is None and there.unit == Unit("prob", 0) and there.view.cursor is Cursor.UNITS
    assert undoable(after("backspace", start=there)) == undoable(START)
    assert after("[", start=there).unit == START.unit
    layer = after("enter", start=find("fc8"))
    assert (layer.layer.name, layer.view.cursor) == ("fc8", Cursor.LAYERS)


def test_letters_space_and_backspace_are_the_text_and_do_nothing_else() -> None:
    state = after("/", *"qxbz", "space", "R", "é", "9")
    assert state.typing.text == "qxbz Ré9"
    assert not state.quit and state.live.optimizing is None
    assert after(*["backspace"] * 3, start=state).typing.text == "qxbz "
    assert after("ctrl+u", start=state).typing.text == ""
    assert after("ctrl+u", "backspace", start=state).typing is None


def test_arrows_choose_and_go_round() -> None:
    state = find("conv")
    count = len(candidates(state))
    assert count > 1
    assert after("up", start=state).typing.row == count - 1
    assert after(*["down"] * count, start=state).typing.row == 0
    assert after("pgdn", *["pgdn"] * 40, start=state).typing.row == count - 1
    assert after("down", "5", start=state).typing.row == 0


def test_a_command_chosen_is_done_and_undone() -> None:
    state, effects = press(find("brighten the whole"), "enter")
    assert state.view.gamma_boost == 1 and state.typing is None and effects == ()
    assert after("backspace", start=state).view == START.view
    _, effects = press(find("save the window"), "enter")
    assert len(effects) == 1
    assert press(find("quit"), "enter")[0].quit


def test_every_command_is_found_by_its_help_but_for_those_that_would_do_nothing() -> None:
    offered = {row.target for row in candidates(after("/"))}
    assert offered == set(COMMANDS) - {"palette", "escape"}
    for name in ("toggle_fit", "toggle_mirror", "reset_top", "save_top", "toggle_scores", "cycle_debug"):
        assert any(row.target == name for row in candidates(find(COMMANDS[name].help)))


def test_an_open_palette_offers_the_units_visited_first() -> None:
    state = after("down", "right", "t", "right", "/")
    rows = candidates(state)
    assert [row.target for row in rows[:3]] == [Unit("conv1/7x7", channel) for channel in (2, 1, 0)]
    assert state.view == after("down", "right", "t", "right").view  # nothing is previewed yet
    assert after("down", start=state).unit.channel == 1


def test_a_photo_is_opened_by_name_beside_a_camera_too() -> None:
    camera = replace(START, input=replace(START.input, moving=True))
    state = after("enter", start=find("cat.png", camera))
    assert (state.input.file_index, state.input.moving) == (1, False)
    assert after("backspace", start=state).input == camera.input


def test_a_path_is_opened_and_what_was_before_comes_back() -> None:
    asked, (effect,) = press(find("/home/me"), "enter")
    assert asked.input == START.input and asked.typing is None
    assert isinstance(effect, OpenPath) and effect.path == "/home/me"
    state = files_opened(asked, effect.path)
    assert (state.input.images, state.input.file_index, state.input.moving) == ("/home/me", 0, False)
    assert after("ctrl+z", start=state).input == START.input


def test_what_is_typed_takes_the_place_of_a_photo_that_was_clicked() -> None:
    clicked = show_photo(START, "/elsewhere/dog.jpg")
    assert clicked.input.photo == "/elsewhere/dog.jpg"
    assert after("enter", start=find("cat.png", clicked)).input.photo == ""
    assert files_opened(clicked, "/home/me").input.photo == ""


def test_a_pasted_text_opens_the_palette_with_it() -> None:
    state = pasted(START, "/home/me/cat.jpg\nsecond line")
    assert state.typing == Palette(START.view, "/home/me/cat.jpg")
    assert chosen_row(state).kind is CandidateKind.PATH
    assert pasted(find("con"), "v5").typing.text == "conv5"
    assert pasted(after("1"), "cat").typing == Palette(START.view, "cat")
    assert pasted(START, " \n") == START


def test_a_model_says_how_to_start_with_it() -> None:
    state, (said,) = press(find("model caffenet"), "enter")
    assert isinstance(said, Say) and said.sentence.endswith("--model caffenet-mini") and state.view == START.view


def test_nothing_found_is_said_and_leaves_everything() -> None:
    state = find("qqqq")
    assert candidates(state) == () and state.view == START.view
    left, (said,) = press(state, "enter")
    assert left.typing == state.typing and said.sentence == "nothing of that name"  # what was typed is not lost
    assert after("esc", start=left).view == START.view


def test_a_unit_that_the_layer_has_not_is_said() -> None:
    _, (said,) = press(find("conv5 256"), "enter")
    assert said.sentence == "conv5 has units 0 to 255"


def test_a_long_listing_is_looked_through_fast_and_not_in_whole() -> None:
    photos = tuple((f"/p/{i}.jpg", f"sub/photo_{i:06d}.jpg") for i in range(200_000))
    state = replace(START, palette_lists=PaletteLists(photos))
    rows = candidates(find("photo_00012", state))
    assert 0 < len(rows) <= 60 and all(row.kind is CandidateKind.PHOTO for row in rows[:10])
    assert rows[0].note == "121 of 200,000"


@given(
    st.lists(st.sampled_from([*"cob5 19/~é", "backspace", "up", "down", "pgdn", "tab", "space", "ctrl+u"]), max_size=25)
)
def test_whatever_is_typed_esc_gives_back_where_one_was(keys: list[str]) -> None:
    start = after("o", "down", "right")
    state = after("/", start=start)
    for key in keys:
        state = after(key, start=state)
        if state.typing is None:
            break
        assert 0 <= state.unit.channel < state.layer.channels
    else:
        state = after("esc", start=state)
    assert undoable(state) == undoable(start) and state.history.past == start.history.past


@pytest.mark.parametrize(
    "text",
    ["unit 3 of conv5", "3 of conv5", "channel 3 in conv5", "layer conv5, unit 3", "the number 3 of layer conv5"],
)
def test_words_that_a_person_says_beside_a_name_do_not_count(text: str) -> None:
    assert chosen_row(find(text)).target == Unit("conv5", 3)
