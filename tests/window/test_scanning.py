"""The scan of the open files in the window: from the key to the right pane, without a display."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from deepvis.cli.main import main
from deepvis.core.answers import Answer
from deepvis.core.state import AppState
from deepvis.core.typed import press
from deepvis.live.backends.fake import FAKE_INFO
from deepvis.live.folder_run import ScanProgress
from deepvis.live.folder_scan import ScanRequest
from deepvis.window.requests import SCAN, Latest
from deepvis.window.script import Script
from deepvis.window.status import StatusReader

RIGHT_PANE = np.s_[40:880, 1200:]  # of 930 x 1500


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("DEEPVIS_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


def shot(arguments: list[str], photos: Path, keys: str, path: Path) -> np.ndarray:
    command = ["--headless", *arguments, "--images", str(photos), "--keys", keys, "--screenshot", str(path)]
    assert main(command) == 0
    bgr = cv2.imread(str(path))
    assert bgr is not None
    return bgr


def kept(cache: Path) -> list[dict[str, object]]:
    return [json.loads(path.read_text()) for path in cache.rglob("scan.json")]


def test_the_key_fills_the_right_pane_and_the_next_start_finds_it(
    tiny: list[str], photos: Path, cache: Path, tmp_path: Path
) -> None:
    before = shot(tiny, photos, "o down right", tmp_path / "before.png")
    assert kept(cache) == []
    after = shot(tiny, photos, "o down right G", tmp_path / "after.png")
    (about,) = kept(cache)
    assert (about["images"], about["listed"], about["is_whole"]) == (str(photos), 3, True)
    again = shot(tiny, photos, "o down right", tmp_path / "again.png")
    assert not np.array_equal(before[RIGHT_PANE], after[RIGHT_PANE])
    assert np.array_equal(again[RIGHT_PANE], after[RIGHT_PANE])
    forgotten = shot(tiny, photos, "o down right R", tmp_path / "forgotten.png")
    assert not np.array_equal(forgotten[RIGHT_PANE], after[RIGHT_PANE])
    undone = shot(tiny, photos, "o down right R backspace", tmp_path / "undone.png")
    assert np.array_equal(undone[RIGHT_PANE], after[RIGHT_PANE])


def test_esc_stops_it_and_the_window_ends_at_once(tiny: list[str], photos: Path, cache: Path, tmp_path: Path) -> None:
    shot(tiny, photos, "G esc right q", tmp_path / "x.png")
    shot(tiny, photos, "c G wait:0.1 right", tmp_path / "x.png")


def test_another_backend_scans_too(photos: Path, cache: Path, tmp_path: Path) -> None:
    shot(["--backend", "fake"], photos, "G", tmp_path / "x.png")
    assert [about["listed"] for about in kept(cache)] == [3]


def scanning() -> AppState:
    return press(AppState(FAKE_INFO), "G")[0]


def latest(progress: ScanProgress | None, id: int = 1, error: str = "") -> Latest:
    output = Answer(None, type("Output", (), {"info": FAKE_INFO, "snapshot": None, "warning": ""})())
    return Latest(network=output, scan=Answer(ScanRequest(id, True), progress, error))  # type: ignore[arg-type]


def test_the_status_line_says_how_far_it_is_and_a_sentence_of_the_moment_goes_before() -> None:
    status = StatusReader()
    status.show_hint("")
    far = latest(ScanProgress("~/x", 120, 1000, True, 40.0))
    words = "scanning 120 of 1,000 photos, about 40 s left; G stops"
    assert status.read(scanning(), far, "", recorded=None).hint == words
    status.show_hint("saved x.png")
    assert status.read(scanning(), far, "", recorded=None).hint == "saved x.png"
    status.show_hint("")
    late = latest(ScanProgress("~/x", 120, 1000, True, 40.0), id=7)  # of another scan
    assert status.read(scanning(), late, "", recorded=None).hint == "getting ready to scan; G stops"
    assert status.read(AppState(FAKE_INFO), far, "", recorded=None).hint == ""


def test_a_scan_that_failed_is_an_error_of_the_status_line() -> None:
    status = StatusReader().read(scanning(), latest(None, error="no scan: no network"), "", recorded=None)
    assert status.error == "no scan: no network"


def test_the_end_of_a_scan_is_told_by_its_own_answer_alone() -> None:
    going = ScanProgress("~/x", 120, 1000)
    assert latest(going).ended_scan is None
    assert latest(replace(going, is_over=True)).ended_scan == 1
    assert latest(going, error="no scan").ended_scan == 1


def test_a_script_waits_for_the_end_but_not_after_a_wait_and_not_with_esc() -> None:
    script = Script(["G", "wait:2", "right"], clock := FakeSeconds())
    assert script.take("") == "G"
    assert script.take(SCAN) is None
    clock.now += 3
    assert script.take(SCAN) == "right"
    script = Script(["G", "right"], clock)
    assert script.take("") == "G"
    assert script.take(SCAN) is None
    assert script.take("") == "right"
    script = Script(["G", "esc"], clock)
    assert (script.take(""), script.take(SCAN)) == ("G", "esc")


class FakeSeconds:
    now = 0.0

    def __call__(self) -> float:
        return self.now
