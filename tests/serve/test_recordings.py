"""Recordings one after the other: none is written over, and one that can write no more ends."""

from __future__ import annotations

import threading
from pathlib import Path

import numpy as np
import pytest

from deepvis.serve.recordings import OWNER_AWAY_SECONDS, Recordings
from deepvis.window.record import Recorder
from tests.helpers.pictures import FakeClock

BGR = np.zeros((64, 96, 3), np.uint8)


def test_none_begins_while_the_last_is_being_written(monkeypatch: pytest.MonkeyPatch) -> None:
    may_end, close = threading.Event(), Recorder.close

    def slow_close(recorder: Recorder) -> None:
        assert may_end.wait(60)
        close(recorder)

    monkeypatch.setattr(Recorder, "close", slow_close)
    recordings = Recordings()
    recordings.begin(BGR)
    ending = threading.Thread(target=recordings.end)
    ending.start()
    while not recordings.is_ending:
        pass
    recordings.begin(BGR)
    assert recordings.is_on
    may_end.set()
    ending.join()
    assert not recordings.is_on and recordings.finished == 1 and not recordings.error
    first = recordings.path
    recordings.begin(BGR)
    recordings.end()
    assert first is not None and recordings.path is not None and recordings.finished == 2
    assert (first.name, recordings.path.name) == ("deepvis-1.mp4", "deepvis-2.mp4")
    assert not first.exists() and recordings.path.is_file()
    recordings.close()


def test_one_that_can_write_no_more_ends() -> None:
    recordings = Recordings()
    recordings.begin(BGR)
    assert not recordings.is_due_to_end
    recordings._recorder.error = "the disk is full"  # type: ignore[union-attr]
    assert recordings.is_due_to_end
    recordings.end()
    assert not recordings.is_on and recordings.error == "the disk is full"
    recordings.close()


def test_one_ends_when_its_page_has_gone_for_good_and_its_file_stays() -> None:
    clock = FakeClock()
    recordings = Recordings(clock)
    recordings.begin(BGR, owner="a page")
    clock.now += OWNER_AWAY_SECONDS - 1
    recordings.see_owner()  # it was loaded anew
    clock.now += OWNER_AWAY_SECONDS - 1
    assert not recordings.is_due_to_end
    clock.now += 2
    assert recordings.is_due_to_end
    recordings.end()
    assert recordings.finished == 1 and recordings.path is not None and recordings.path.is_file()
    recordings.begin(BGR)
    clock.now += 3 * OWNER_AWAY_SECONDS
    assert not recordings.is_due_to_end, "nobody's"
    recordings.close()


def test_a_folder_is_removed_with_its_recordings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    recordings = Recordings()
    recordings.begin(BGR)
    recordings.end()
    assert [path.name for path in tmp_path.rglob("*.mp4")] == ["deepvis-1.mp4"]
    recordings.close()
    assert not any(tmp_path.iterdir())
