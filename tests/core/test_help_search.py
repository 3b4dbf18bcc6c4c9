"""The help searched by typing: what fits, Enter, Esc, the pages."""

from __future__ import annotations

import pytest

from deepvis.core.commands import COMMANDS, Command, Group
from deepvis.core.help_search import found_rows, groups
from deepvis.core.state import HelpSearch
from deepvis.core.word_forms import match_forms, stem
from tests.core.test_presenting import START, after

ROWS = tuple(COMMANDS.values())
CLICK = Command("click", ("click",), "Go to what it shows", "Mouse", lambda state: state)


def test_nothing_typed_lists_all_by_their_groups_the_mouse_last() -> None:
    rows = found_rows("", (CLICK, *ROWS))
    assert len(rows) == len(ROWS) + 1 and rows[-1] is CLICK
    titles = [row.group for row in rows[:-1]]
    assert sorted(titles, key=[group.value for group in Group].index) == titles
    assert list(groups(ROWS)) == [group.value for group in Group if group.value in titles]


@pytest.mark.parametrize("row", [row for row in ROWS if row.keys], ids=lambda row: row.name)
def test_every_command_is_found_by_its_key_its_name_and_its_words(row: Command) -> None:
    assert all(found_rows(key, ROWS)[0] is row for key in row.keys)
    assert row in found_rows(row.name.replace("_", " "), ROWS)
    assert found_rows(row.help, ROWS)[0] is row


def test_scattered_letters_and_capitals_fit_as_in_the_palette() -> None:
    assert COMMANDS["present"] in found_rows("presmode", ROWS)
    assert found_rows("F5", ROWS)[0] is COMMANDS["present"]
    assert found_rows("xyzzyq", ROWS) == []


def test_letters_are_typed_and_do_nothing_else() -> None:
    state = after("h", *"quit")
    assert state.help_search == HelpSearch("quit", 0) and not state.quit and state.view.help
    assert after("h", "space").help_search.text == "" and after("h", "b", "space").help_search.text == "b "
    assert after("h", *"quit", "backspace").help_search.text == "qui"


def test_enter_does_the_chosen_command_as_one_step() -> None:
    state = after("h", *"fixed scale", "enter")
    assert state.view.fixed_scale and not state.view.help and state.help_search == HelpSearch()
    assert after("ctrl+z", start=state).view == START.view
    assert after("h", *"quit", "enter").quit
    assert after("h", "enter") == after("h")  # nothing is chosen yet
    rows = found_rows("", ROWS)
    assert rows[1].name == "right" and after("h", "down", "down", "enter").view.layer_index == 1


def test_esc_clears_then_closes_and_so_does_backspace() -> None:
    state = after("h", *"back")
    cleared = after("esc", start=state)
    assert cleared.view.help and cleared.help_search.text == ""
    assert after("esc", start=cleared).view == START.view and after("h", "backspace").view == START.view
    assert after("h", "f1").view == START.view and after("h", *"ab", "f1", "h").help_search == HelpSearch()


def test_the_arrows_go_round_and_pages_stop_at_the_ends() -> None:
    count = len(ROWS)
    assert after("h", "up").help_search.row == count - 1 and after("h", "down").help_search.row == 0
    assert after("h", "down", "up").help_search.row == count - 1
    assert after("h", *["pgdn"] * 30).help_search.row == count - 1
    assert after("h", *["pgdn"] * 30, *["pgup"] * 30).help_search.row == 0
    assert after("h", "end").help_search.row == count - 1 and after("h", "end", "home").help_search.row == 0


def test_keys_that_are_no_letters_do_what_they_do() -> None:
    assert after("h", "f5").view.presenting.large_text and after("h", "f5").view.help
    assert after("h", "ctrl+z").view == START.view
    assert after("h", "f9") == after("h")


@pytest.mark.parametrize(
    ("typed", "command"),
    [
        ("steady", "toggle_steadiness"), ("clamping", "clamp_unit"), ("amplified", "amplify_unit"),
        ("pinning", "pin_frame"), ("recording", "record"), ("export", "save_numbers"),
        ("exporting numbers", "save_numbers"),
        ("frozen", "toggle_freeze"), ("ablation", "clear_interventions"), ("webcam", "toggle_moving"),
        ("heatmap", "cycle_attribution"),
        ("explain", "ask_why"), ("screenshot", "save_picture"), ("threshold", "watch_unit"), ("sorting", "cycle_order"),
    ],
)  # fmt: skip
def test_other_forms_of_a_word_and_other_words_find_it(typed: str, command: str) -> None:
    assert command in [row.name for row in found_rows(typed, ROWS)[:4]]


def test_stems() -> None:
    words = ("steady", "steadiness", "amplified", "amplifying", "pinning", "recorder", "export", "class", "off", "s")
    found = ("stead", "stead", "amplify", "amplify", "pin", "record", "export", "clas", "off", "s")
    assert tuple(map(stem, words)) == found
    assert match_forms("zzz", "Pin this frame") is None and match_forms("pin", "Pin this frame") is not None
