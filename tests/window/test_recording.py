"""ctrl+r: clean pictures with true times, nothing lost by the end of the program, and a sentence about the file."""

from __future__ import annotations

import shutil
import signal
import subprocess
import sys
import time
from collections import namedtuple
from pathlib import Path

import cv2
import numpy as np
import pytest

from deepvis.cli.main import main
from deepvis.window.record import Recorder, fitted
from deepvis.window.ui.overlays.recording import words
from tests.helpers.waiting import until

ROOT = Path(__file__).resolve().parents[2]
Disk = namedtuple("Disk", "total used free")


def pictures(path: Path) -> list[np.ndarray]:
    capture, found = cv2.VideoCapture(str(path)), []
    while True:
        done, bgr = capture.read()
        if not done:
            return found
        found.append(bgr)


def plain(brightness: int, height: int = 120, width: int = 160) -> np.ndarray:
    return np.full((height, width, 3), brightness, np.uint8)


@pytest.fixture(params=["with av", "without av"])
def writer(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Both writers, as far as the first is installed."""
    if request.param == "with av":
        pytest.importorskip("av", reason="the extra deepvis[record] is not installed")
        return "H.264"
    monkeypatch.setitem(sys.modules, "av", None)
    return "MPEG-4"


def test_pictures_have_the_times_at_which_they_were_shown(writer: str, tmp_path: Path) -> None:
    recorder = Recorder(tmp_path / "film.mp4")
    for brightness in (50, 120, 200):
        recorder.show(plain(brightness))
        until(lambda: recorder._shown == recorder._taken, "the thread")
        time.sleep(0.3)
    recorder.close()
    assert recorder.error == "" and recorder.dropped == 0 and recorder.codec.startswith(writer)
    seen = [float(bgr.mean()) for bgr in pictures(tmp_path / "film.mp4")]
    assert {min((50, 120, 200), key=lambda each: abs(each - value)) for value in seen} == {50, 120, 200}
    capture = cv2.VideoCapture(str(tmp_path / "film.mp4"))
    times = []
    while capture.grab():
        times.append(capture.get(cv2.CAP_PROP_POS_MSEC))
    assert abs(max(times) / 1000 - recorder.seconds) < 0.2
    assert f"{len(seen)} pictures" in recorder.words() and str(tmp_path / "film.mp4") in recorder.words()
    assert [path.name for path in tmp_path.iterdir()] == ["film.mp4"]


def test_pictures_that_come_too_fast_are_left_out_and_counted(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path / "film.mp4")
    for number in range(200):
        recorder.show(plain(number, 600, 800))
    recorder.close()
    assert recorder.dropped > 0 and f"{recorder.dropped} left out" in recorder.words()
    assert recorder.dropped + recorder._taken == 200
    assert abs(float(pictures(recorder.path)[-1].mean()) - 199) < 6  # the last one is there


def test_a_full_disk_is_one_sentence_and_what_is_written_plays(
    writer: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    recorder = Recorder(tmp_path / "film.mp4")
    recorder.show(plain(90))
    until(lambda: recorder.frames, "a picture")
    monkeypatch.setattr(shutil, "disk_usage", lambda _: Disk(100, 99, 1 << 20))
    recorder._looked_at_disk = float("-inf")

    def shown() -> bool:
        recorder.show(plain(90))
        return recorder.is_over

    until(shown, "the end")
    recorder.close()
    assert recorder.error.startswith("the recording has ended, the disk is full: 1 MB are left")
    assert "\n" not in recorder.words() and "recorded" in recorder.words()
    assert pictures(tmp_path / "film.mp4")


def test_another_size_of_the_window_is_fitted_onto_black() -> None:
    assert fitted(plain(9, 101, 151), (100, 150)).shape == (100, 150, 3)
    wide = fitted(plain(200, 50, 150), (100, 150))
    assert wide.shape == (100, 150, 3) and wide[50, 75].tolist() == [200] * 3 and not wide[0].any()


def test_keys_record_without_help_tooltips_and_mark(
    tiny: list[str], photos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    arguments = [*tiny, "--images", photos, "--pictures", tmp_path, "--size", "800x600"]
    shot = tmp_path / "shot.png"
    keys = "o ctrl+r h wait:0.5 esc wait:0.2 ctrl+r"
    assert main(["--headless", *map(str, [*arguments, "--keys", keys, "--screenshot", shot])]) == 0
    (film,) = tmp_path.glob("deepvis-tiny-*.mp4")
    shown = cv2.imread(str(shot))[:-60]
    for bgr in pictures(film):
        assert np.abs(bgr[:-60].astype(int) - shown).mean() < 8  # help would darken it all
    assert not list(tmp_path.glob("*.part*"))


def test_the_end_of_the_program_completes_the_file(tiny: list[str], photos: Path, tmp_path: Path) -> None:
    keys = ["--keys", "ctrl+r right right", "--pictures", tmp_path, "--size", "800x600"]
    assert main(["--headless", *map(str, [*tiny, "--images", photos, *keys])]) == 0
    (film,) = tmp_path.glob("deepvis-*.mp4")
    assert pictures(film)


def test_a_signal_completes_the_file(tiny: list[str], photos: Path, tmp_path: Path) -> None:
    arguments = ["--headless", *tiny, "--images", photos, "--pictures", tmp_path, "--keys", "ctrl+r", "--seconds", 60]
    command = [sys.executable, str(ROOT / "run_toolbox.py"), *map(str, arguments)]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)

    def parts() -> list[Path]:
        return [path for path in tmp_path.glob("deepvis-*.part.mp4") if path.stat().st_size]

    until(parts, "the recording")
    time.sleep(0.5)
    process.terminate()
    _, error = process.communicate(timeout=30)
    assert process.returncode == 128 + signal.SIGTERM, error
    (film,) = tmp_path.glob("deepvis-*.mp4")
    assert pictures(film)


def test_what_a_kill_leaves_plays_with_av(tmp_path: Path) -> None:
    pytest.importorskip("av", reason="the extra deepvis[record] is not installed")
    code = (
        "import sys, time, numpy as np; from pathlib import Path; from deepvis.window.record import Recorder\n"
        "r = Recorder(Path(sys.argv[1]))\n"
        "while True: r.show(np.random.randint(0, 255, (240, 320, 3), np.uint8)); time.sleep(0.04)"
    )
    process = subprocess.Popen([sys.executable, "-c", code, str(tmp_path / "film.mp4")], cwd=ROOT)

    def is_begun() -> bool:
        return any(path.stat().st_size > 200_000 for path in tmp_path.glob("*.part.mp4"))

    until(is_begun, "some fragments")
    process.kill()
    process.wait()
    (part,) = tmp_path.glob("*.part.mp4")
    assert len(pictures(part)) > 5


def test_the_mark_says_minutes_and_seconds() -> None:
    assert [words(seconds) for seconds in (0, 7, 754)] == ["0:00", "0:07", "12:34"]


def test_a_window_that_is_turned_and_closed_completes_the_file(tiny: list[str], photos: Path, tmp_path: Path) -> None:
    """As deepvis.show does, which never calls ``Loop.run``."""
    from deepvis.cli.chosen_settings import settings_of
    from deepvis.cli.window import parser
    from deepvis.window.app import Toolbox, opened
    from deepvis.window.options import RunOptions

    arguments = [*tiny, "--images", photos, "--pictures", tmp_path, "--size", "800x600"]
    settings = settings_of(parser().parse_args(list(map(str, arguments))))
    toolbox = Toolbox(settings, RunOptions(headless=True), opened(settings), starts_moving=False)
    until(lambda: toolbox.loop.turn() or not toolbox.loop.missing, "the panes")
    toolbox.loop.press("ctrl+r")
    until(lambda: toolbox.loop.turn() or toolbox.loop.screen.recorder, "the recording")
    toolbox.close()
    (film,) = tmp_path.glob("deepvis-*.mp4")
    assert pictures(film) and not list(tmp_path.glob("*.part*"))
