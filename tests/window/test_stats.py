"""Rates, statistics and the recorder, by themselves."""

from __future__ import annotations

import json
from pathlib import Path

import cv2
import numpy as np
import pytest

from deepvis.core.types import Frame, NetRequest, PassSeconds, Snapshot
from deepvis.window.rates import STEADY, Rate
from deepvis.window.record import Recorder
from deepvis.window.stats import MOST_TIMES, PassLog, Stats, process_started, resident_bytes
from tests.helpers.pictures import FakeClock


def test_a_rate_is_told_seldom_and_forgets() -> None:
    clock = FakeClock()
    rate = Rate(clock)
    assert rate.read() is None
    for _ in range(21):
        rate.count()
        clock.now += 0.05
    clock.now += STEADY
    assert rate.read() == 20.0
    rate.count()
    assert rate.read() == 20.0  # steady
    clock.now += 10
    assert rate.read() is None


def test_statistics_of_a_run(tmp_path: Path) -> None:
    stats, passes = Stats(), PassLog()
    snapshot = Snapshot(1, NetRequest(Frame(1, np.zeros((1, 1, 3), np.uint8))), {}, seconds=PassSeconds(0.02, 0.01))
    stats.shown(0.004, has_frame=False, snapshot_id=None)
    assert stats.first_frame is None
    stats.shown(0.004, has_frame=True, snapshot_id=None)
    for _ in range(3):
        passes(snapshot)
    for number in (1, 1, 2):
        stats.shown(0.006, has_frame=True, snapshot_id=number)
    stats.key_seconds += [0.01, 0.02, 0.03]
    stats.write(tmp_path / "stats.json", passes, "net", "cpu")
    facts = json.loads((tmp_path / "stats.json").read_text())
    assert (facts["passes"], facts["passes_shown"], facts["frames_shown"]) == (3, 2, 5)
    assert facts["pass_ms"] == {"forward": 20.0, "back": 10.0}
    assert facts["key_to_pixel_ms"] == {"p50": 20.0, "p95": pytest.approx(29.0), "n": 3}
    assert facts["first_frame_seconds"] <= facts["first_activations_seconds"]
    assert facts["compose_ms"] == 6.0


def test_a_run_of_weeks_keeps_the_latest_durations_alone_and_counts_all() -> None:
    stats = Stats()
    for number in range(MOST_TIMES + 5):
        stats.shown(float(number), has_frame=True, snapshot_id=None)
    assert len(stats.compose_seconds) == MOST_TIMES and stats.compose_seconds[0] == 5.0
    assert stats.frames_shown == MOST_TIMES + 5


def test_a_run_without_anything_has_nulls() -> None:
    facts = Stats().as_json(PassLog(), "net", "cpu")
    assert facts["first_frame_seconds"] is None
    assert facts["key_to_pixel_ms"] == {"p50": None, "p95": None, "n": 0}
    assert (facts["passes"], facts["passes_per_second"]) == (0, 0.0)


def test_the_process_knows_its_age_and_size() -> None:
    import time

    assert process_started() <= time.monotonic()
    assert (resident_bytes() or 1 << 24) > 1 << 20


def test_a_recording_shorter_than_a_frame_and_of_odd_size(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path / "film.mp4")
    recorder.show(np.full((101, 151, 3), 90, np.uint8))
    recorder.close()
    capture = cv2.VideoCapture(str(tmp_path / "film.mp4"))
    done, bgr = capture.read()
    assert done
    assert bgr.shape == (100, 150, 3)
    assert abs(float(bgr.mean()) - 90) < 5


def test_a_recording_that_cannot_be_written_says_so_and_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "film.mp4").mkdir()  # where the file should be
    recorder = Recorder(tmp_path / "film.mp4")
    recorder.show(np.zeros((100, 150, 3), np.uint8))
    recorder.close()
    assert "film.mp4 could not be written" in recorder.error
    assert [path.name for path in tmp_path.iterdir()] == ["film.mp4"]
    lost = Recorder(tmp_path / "nowhere" / "film.mp4")
    lost.show(np.zeros((100, 150, 3), np.uint8))
    lost.close()
    assert "film.mp4 cannot be written" in lost.error


def test_statistics_that_cannot_be_written_name_their_own_file(tmp_path: Path) -> None:
    (tmp_path / "stats.json").mkdir()
    with pytest.raises(OSError) as refused:
        Stats().write(tmp_path / "stats.json", PassLog(), "net", "cpu")
    assert refused.value.filename == str(tmp_path / "stats.json")


def test_a_recording_of_nothing_leaves_no_file(tmp_path: Path) -> None:
    Recorder(tmp_path / "film.mp4").close()
    assert list(tmp_path.iterdir()) == []
