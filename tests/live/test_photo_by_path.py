"""A photo asked for by its path: one of the open files takes its place among them, any other is shown once."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from deepvis.core.commands.changes import show_photo
from deepvis.core.commands.input_source import next_file, previous_file
from deepvis.core.state import AppState
from deepvis.core.types import LayerInfo, NetInfo
from tests.helpers.pictures import save_photo
from tests.live.test_input import Bench

START = AppState(NetInfo("tiny", (LayerInfo("c", "Convolution", 1, 1, 1),), (3, 9, 9)))


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    (tmp_path / "open").mkdir()
    for number in range(1, 6):
        save_photo(tmp_path / "open" / f"p{number}.png", number)
    save_photo(tmp_path / "other.png", 77)
    return Bench(tmp_path / "open")


def seen(bench: Bench, state: AppState) -> int | None:
    bench.answer(state.input)
    return bench.shown()


def test_an_open_file_is_gone_to_and_its_neighbours_follow(bench: Bench, tmp_path: Path) -> None:
    before = next_file(START)
    assert seen(bench, before) == 2
    there = show_photo(before, str(tmp_path / "open" / "p4.png"))
    assert seen(bench, there) == 4
    assert seen(bench, next_file(there)) == 5 and seen(bench, previous_file(there)) == 3
    assert seen(bench, there) == 4 and seen(bench, before) == 2  # as undo gives it back
    assert seen(bench, there) == 4


def test_a_path_below_the_open_folder_will_do(bench: Bench) -> None:
    assert seen(bench, show_photo(START, "p3.png")) == 3
    assert seen(bench, show_photo(START, "open/p5.png")) == 5


def test_another_photo_is_shown_once(bench: Bench, tmp_path: Path) -> None:
    assert seen(bench, START) == 1
    there = show_photo(START, str(tmp_path / "other.png"))
    assert seen(bench, there) == 77
    assert seen(bench, next_file(there)) == 2 and seen(bench, there) == 77 and seen(bench, START) == 1


def test_a_photo_that_is_gone_is_named_and_the_last_one_stays(bench: Bench) -> None:
    assert seen(bench, START) == 1
    there = show_photo(START, "/nowhere/gone.png")
    bench.answer(there.input)
    assert "/nowhere/gone.png" in bench.error() and "none of the open files" in bench.error()
    assert bench.worker.outbox.peek().value.path.endswith("p1.png")
    assert seen(bench, next_file(there)) == 2 and not bench.error()


def test_from_a_camera_it_is_a_still(bench: Bench, tmp_path: Path) -> None:
    moving = replace(START, input=replace(START.input, moving=True, frozen=True))
    there = show_photo(moving, str(tmp_path / "open" / "p4.png"))
    assert not there.input.moving and not there.input.frozen and seen(bench, there) == 4
