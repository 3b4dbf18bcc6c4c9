"""What a full disk does not take is said, tried again, and written once there is room."""

from __future__ import annotations

import errno
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from deepvis.core import names_file
from deepvis.core.names_file import names_path, read_names
from deepvis.core.state import AppState
from deepvis.core.types import Unit
from deepvis.core.unit_names import NOTHING_SAID, Change, Naming, UnitNames, UnitNote, names_of
from deepvis.window import synced_names
from deepvis.window.gestures import GestureLog, read_replay, start_of
from deepvis.window.synced_names import SyncedNames
from tests.window.ui.scenes import INFO

FIVE, DOG = Unit("conv1", 5), UnitNote("dog", starred=True)


def full(*arguments: object) -> None:
    raise OSError(errno.ENOSPC, "No space left on device", *map(str, arguments[:1]))


@pytest.fixture
def names(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The file of the names of "net"; every turn is a look."""
    monkeypatch.setenv("DEEPVIS_DATA", str(tmp_path))
    monkeypatch.setattr(synced_names, "LOOK_SECONDS", -1.0)
    return names_path("net", "0123")


def test_names_are_written_once_there_is_room(names: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    naming = Naming(own=names_of({FIVE: DOG}.items()))
    with ThreadPoolExecutor(1) as threads:
        synced = SyncedNames(threads, lambda: "0123")
        with monkeypatch.context() as patched:
            patched.setattr(names_file, "write_file", full)
            synced.turn(naming, "net")
            threads.submit(int).result()
            assert synced.turn(naming, "net") == naming  # says why, and tries again
            assert synced.unsaved_words == f"the names of units cannot be kept in {names}: No space left on device"
            threads.submit(int).result()
        synced.turn(naming, "net")
        threads.submit(int).result()
        assert synced.turn(naming, "net").names.of(FIVE) == DOG and synced.unsaved_words == ""
    assert read_names(names).of(FIVE) == DOG


def test_what_another_window_writes_right_after_this_one_is_seen(names: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    naming, other = Naming(own=names_of({FIVE: DOG}.items())), Unit("conv1", 6)

    def both_write(path: Path, changes: dict[Unit, Change], *which: str) -> UnitNames:
        found = names_file.change_names(path, changes, *which)
        names_file.change_names(path, {other: (NOTHING_SAID, DOG)}, *which)
        return found

    monkeypatch.setattr(synced_names, "change_names", both_write)
    with ThreadPoolExecutor(1) as threads:
        synced = SyncedNames(threads, lambda: "0123")
        for _ in range(3):
            naming = synced.turn(naming, "net")
            threads.submit(int).result()
        naming = synced.turn(naming, "net")
    assert naming.names.of(FIVE) == naming.names.of(other) == DOG


def test_names_are_tried_once_more_when_the_window_is_closed(names: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    naming = Naming(own=names_of({FIVE: DOG}.items()))
    for has_room in (False, True):
        with ThreadPoolExecutor(1) as threads, monkeypatch.context() as patched:
            synced = SyncedNames(threads, lambda: "0123")
            patched.setattr(names_file, "write_file", full)
            synced.turn(naming, "net")
            threads.submit(int).result()
            if has_room:
                patched.undo()
                monkeypatch.setenv("DEEPVIS_DATA", str(names.parents[1]))
            synced.close(naming, "net")
            threads.shutdown(wait=True)
            synced.end(naming)
        assert ("No space left" in synced.unsaved_words) is not has_room
    assert read_names(names).of(FIVE) == DOG


def test_what_is_pressed_is_written_once_there_is_room(tmp_path: Path) -> None:
    path = tmp_path / "keys.jsonl"
    with ThreadPoolExecutor(1) as threads:
        log = GestureLog(path, threads, start_of(AppState(INFO), (620, 1000)))
        threads.submit(int).result()
        flush = log._file.flush
        log._file.flush = full  # type: ignore[method-assign]
        log.key("o")
        threads.submit(int).result()
        assert log.error == f"what is pressed cannot be written to {path}: No space left on device"
        log._file.flush = flush  # type: ignore[method-assign]
        log.key("right")
        threads.submit(int).result()
        assert log.error == ""
        log.close()
    assert [gesture.text for gesture in read_replay(path).gestures] == ["o", "right"]


def test_nothing_is_left_where_nothing_could_be_written(tmp_path: Path) -> None:
    path = tmp_path / "keys.jsonl"
    with ThreadPoolExecutor(1) as threads:
        log = GestureLog(path, threads, start_of(AppState(INFO), (620, 1000)))
        threads.submit(int).result()
        path.write_bytes(b"")
        log.close()
    assert not path.exists()
