"""The first-minute hints: one at a time, each gone for ever once done, in a file that may be unreadable."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from deepvis.core.commands import COMMANDS
from deepvis.core.first_hints import CLICK, FIRST_HINTS, Hints, done_after, hint_words
from deepvis.window.shown_hints import ShownHints, hints_file, read_done


def test_every_hint_is_done_by_commands_that_there_are_and_names_their_key() -> None:
    done: frozenset[str] = frozenset()
    for number, hint in enumerate(FIRST_HINTS, start=1):
        assert all(name in COMMANDS or name == CLICK for name in hint.done_by)
        words = hint_words(done)
        assert f"{number} of {len(FIRST_HINTS)}" in words and "{" not in words
        if "{key}" in hint.words:
            assert words.startswith(f"{COMMANDS[hint.done_by[0]].keys[0]}: ")
        done = done_after(done, hint.done_by[-1])
    assert hint_words(done) == "" and done_after(done, "quit") == done


def test_a_hint_that_is_done_vanishes_for_ever() -> None:
    first = ShownHints(Hints.AUTO)
    assert first.words.startswith("Arrow keys")
    first.did("cycle_back")  # a later one: it is never shown
    first.did("right")
    assert first.words == ShownHints(Hints.ON).words != ShownHints(Hints.AGAIN).words
    assert "find" not in read_done(hints_file()) and ShownHints(Hints.ON).words.startswith("Arrow keys")  # again


def test_off_and_headless_show_nothing_and_write_nothing() -> None:
    for hints in (ShownHints(Hints.OFF), ShownHints(Hints.AUTO, headless=True)):
        hints.did("right")
        assert hints.words == ""
    asked = ShownHints(Hints.ON, headless=True)
    assert asked.words.startswith("Arrow keys")
    asked.did("right")
    assert not asked.words.startswith("Arrow keys") and not hints_file().exists()


@pytest.mark.parametrize("content", ["", "[]", "{", '{"version": 2, "done": ["walk"]}', '{"version": 1, "done": 3}'])
def test_a_file_that_says_nothing_of_the_kind_hides_no_hint(content: str) -> None:
    hints_file().parent.mkdir(parents=True)
    hints_file().write_text(content)
    shown = ShownHints(Hints.ON)
    assert shown.words.startswith("Arrow keys")
    shown.did("right")
    assert json.loads(hints_file().read_text()) == {"version": 1, "done": ["walk"]}


@pytest.mark.skipif(os.name == "nt", reason="a file in the folder's place")
def test_where_nothing_can_be_written_the_hints_come_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "file"))
    shown = ShownHints(Hints.ON)
    shown.did("right")
    assert not shown.words.startswith("Arrow keys") and ShownHints(Hints.ON).words.startswith("Arrow keys")
