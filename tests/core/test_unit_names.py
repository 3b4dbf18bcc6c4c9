"""Names, stars and notes of units: by keys, undone, found in the palette, in a file that two windows change."""

from __future__ import annotations

import json
import threading
from dataclasses import replace
from pathlib import Path

import pytest

from deepvis.core.candidates import CandidateKind, candidates
from deepvis.core.names_file import NamesError, change_names, names_path, read_names
from deepvis.core.naming import NameTyping
from deepvis.core.state import AppState, Cursor, Palette, ViewState
from deepvis.core.typed import pasted, press
from deepvis.core.types import LayerInfo, NetInfo, Unit
from deepvis.core.unit_names import (
    NOTHING_SAID,
    Naming,
    UnitNames,
    UnitNote,
    changes_between,
    names_of,
    taken_over,
    with_changes,
)

LAYERS = (
    LayerInfo("conv1", "Convolution", 8, 12, 12),
    LayerInfo("warp", "Warp", 1, 1, 1, missing="its type Warp is unknown"),
)
STATE = AppState(NetInfo("small", LAYERS, (3, 24, 24)), ViewState(0, 5, Cursor.UNITS))
FIVE = Unit("conv1", 5)
DOG = UnitNote("my dog head")


def after(state: AppState, *keys: str) -> AppState:
    for key in keys:
        state, _ = press(state, key)
    return state


def typed(text: str) -> list[str]:
    return ["space" if letter == " " else letter for letter in text]


def test_a_name_is_typed_undone_and_done_again() -> None:
    state = after(STATE, "ctrl+t", *typed("my dog heads"), "backspace")
    assert isinstance(state.typing, NameTyping) and state.typing.text == "my dog head"
    named = after(state, "enter")
    assert named.typing is None and named.naming.names.of(FIVE) == DOG
    assert after(named, "backspace").naming.names.of(FIVE) == NOTHING_SAID
    assert after(named, "backspace", "Z").naming.names.of(FIVE) == DOG
    assert after(state, "esc").naming == STATE.naming
    assert after(named, "ctrl+t", "ctrl+u", "enter").naming.names.entries == ()


def test_letters_that_are_keys_and_pasted_text_are_text() -> None:
    state = pasted(after(STATE, "ctrl+t", "q", "left"), " Größe\nx")
    assert after(state, "enter").naming.names.of(FIVE).name == "q Größe"


def test_a_star_comes_and_goes_and_a_name_stays() -> None:
    state = after(STATE, "ctrl+t", "a", "enter", "ctrl+d")
    assert state.naming.names.of(FIVE) == UnitNote("a", starred=True)
    assert after(state, "ctrl+d").naming.names.of(FIVE) == UnitNote("a")
    assert after(state, "backspace").naming.names.of(FIVE) == UnitNote("a")


def test_a_note_by_the_palette() -> None:
    state = after(STATE, "/", *typed("note on this unit"), "enter", *typed("see 7"), "enter")
    assert state.naming.names.of(FIVE).note == "see 7"


def test_a_layer_without_values_has_no_unit_to_name() -> None:
    state = replace(STATE, view=ViewState(1))
    for key in ("ctrl+t", "ctrl+d"):
        later, effects = press(state, key)
        assert later.typing is None and "its type Warp is unknown" in effects[0].sentence  # type: ignore[attr-defined]


def test_reset_keeps_names() -> None:
    state = after(STATE, "ctrl+d", "/", *typed("reset the view"), "enter")
    assert state.view == STATE.initial_view and state.naming.names.of(FIVE).starred


def test_the_palette_finds_names_and_lists_stars() -> None:
    said = names_of({FIVE: replace(DOG, starred=True), Unit("conv1", 2): UnitNote("cat"), Unit("gone", 1): DOG})
    state = replace(STATE, naming=Naming(said))

    def first(text: str) -> tuple[CandidateKind, object]:
        found = candidates(replace(state, typing=Palette(state.view, text)))[0]
        return found.kind, found.target

    assert first("dog head") == (CandidateKind.UNIT, FIVE)
    assert first("cat") == (CandidateKind.UNIT, Unit("conv1", 2))
    assert first("starred") == (CandidateKind.UNIT, FIVE)
    assert after(state, "/", *typed("dog he"), "enter").unit == FIVE


def test_only_what_was_changed_is_written(tmp_path: Path) -> None:
    path = tmp_path / "names" / "x.json"
    change_names(path, {FIVE: (NOTHING_SAID, UnitNote(starred=True))}, "m", "id")
    both = change_names(path, {FIVE: (NOTHING_SAID, DOG)}, "m", "id")  # a window that has not seen the star yet
    assert both.of(FIVE) == UnitNote("my dog head", starred=True) == read_names(path).of(FIVE)
    assert json.loads(path.read_text())["network"] == "id"
    change_names(path, {FIVE: (both.of(FIVE), NOTHING_SAID)}, "m", "id")
    assert read_names(path).entries == ()


def test_two_programs_at_once_lose_nothing(tmp_path: Path) -> None:
    path = tmp_path / "x.json"

    def write(first: int) -> None:
        for channel in range(first, 40, 2):
            change_names(path, {Unit("conv1", channel): (NOTHING_SAID, UnitNote(str(channel)))}, "m", "id")

    threads = [threading.Thread(target=write, args=(first,)) for first in (0, 1)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(read_names(path).entries) == 40


def test_what_another_window_wrote_is_taken_over_and_undo_gives_back_what_was_before() -> None:
    before = names_of({FIVE: UnitNote("old")})
    naming = Naming(before, names_of({FIVE: DOG}))
    other = Unit("conv1", 1)
    file = names_of({FIVE: replace(DOG, starred=True), other: UnitNote("theirs")})
    later = taken_over(naming, file, {FIVE})
    assert later.names.of(FIVE) == replace(DOG, starred=True) and later.names.of(other).name == "theirs"
    assert changes_between(later, later.own) == {}
    undone = replace(later, own=UnitNames())
    assert undone.names.of(FIVE) == UnitNote("old")
    assert with_changes(file, changes_between(undone, later.own)).of(FIVE) == UnitNote("old")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{", "it is no JSON"),
        ("[]", "no file of units' names"),
        ('{"version": 9, "units": []}', "no file of units' names of version 1"),
        ('{"version": 1, "units": [{"layer": "x"}]}', "is no unit"),
    ],
)
def test_a_damaged_file_is_one_sentence_and_stays(tmp_path: Path, text: str, words: str) -> None:
    path = tmp_path / "x.json"
    path.write_text(text)
    with pytest.raises(NamesError, match=words):
        change_names(path, {FIVE: (NOTHING_SAID, DOG)}, "m", "id")
    assert path.read_text() == text


def test_networks_have_files_of_their_own(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("DEEPVIS_DATA", str(tmp_path))
    assert names_path("a/b", "123") == tmp_path / "names" / "a-b-123.json" != names_path("a/b", "124")
