"""--record-keys and --replay: the same picture, to the pixel."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest

from deepvis.cli.main import main
from deepvis.core.files import file_stamp
from deepvis.core.names_file import change_names, names_folder, read_names
from deepvis.core.types import Unit
from deepvis.core.user_error import UsageError
from deepvis.window.gestures import GestureLog, Start, read_replay, start_of
from deepvis.window.ui.events import Mouse, Pasted, Resized

KEYS = [
    "o down right right b d o",
    "o down ctrl+t 'my dog' enter ctrl+d right backspace e H b n A",
    "/ 'conv2 3' enter z T t V / 'reset the view' enter backspace 5 enter",
]


def run(*arguments: object) -> int:
    return main(["--headless", *map(str, arguments)])


def picture(path: Path) -> np.ndarray:
    bgr = cv2.imread(str(path))
    assert bgr is not None
    return bgr


@pytest.mark.parametrize("keys", KEYS)
def test_a_replay_is_the_same_to_the_pixel(
    tiny: list[str], photos: Path, tmp_path: Path, keys: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    log, first, second = tmp_path / "keys.jsonl", tmp_path / "1.png", tmp_path / "2.png"
    arguments = [*tiny, "--images", photos, "--size", "1000x700"]
    assert run(*arguments, "--keys", keys, "--record-keys", log, "--screenshot", first) == 0
    monkeypatch.setenv("DEEPVIS_CACHE", str(tmp_path / "another"))
    assert run(*tiny, "--replay", log, "--screenshot", second) == 0  # size and photos are the recording's
    assert np.array_equal(picture(first), picture(second))


def test_a_replay_leaves_the_users_names_alone_and_has_those_of_the_recording(
    tiny: list[str], photos: Path, tmp_path: Path
) -> None:
    log, first, second = tmp_path / "keys.jsonl", tmp_path / "1.png", tmp_path / "2.png"
    keys = "o down ctrl+t '-head' enter"
    arguments = [*tiny, "--images", photos]
    assert run(*arguments, "--keys", "o down ctrl+t 'dog' enter") == 0
    assert run(*arguments, "--keys", keys, "--record-keys", log, "--screenshot", first) == 0
    (path,) = names_folder().glob("*.json")
    unit = Unit("pool1", 0)
    assert read_names(path).of(unit).name == "dog-head"
    change_names(path, {unit: (read_names(path).of(unit), read_names(path).of(Unit("x", 0)))}, "tiny", "")
    before = file_stamp(path)
    assert run(*arguments, "--replay", log, "--screenshot", second) == 0
    assert np.array_equal(picture(first), picture(second)) and file_stamp(path) == before


def test_all_kinds_of_gestures_are_read_as_they_were_written(tmp_path: Path) -> None:
    from concurrent.futures import ThreadPoolExecutor

    from deepvis.core.state import AppState
    from tests.window.ui.scenes import INFO

    path, times = tmp_path / "x.jsonl", iter(range(100))
    with ThreadPoolExecutor(1) as threads:
        start = start_of(AppState(INFO), (620, 1000), 1.5)
        log = GestureLog(path, threads, start, lambda: next(times) / 2)
        for event in (
            Mouse("move", 1, 2),
            Mouse("move", 3, 4),
            Mouse("press", 3, 4),
            Resized(500, 600, 2.5),
            Pasted("ä"),
        ):
            log.event(event)
        log.key("ctrl+s")
        log.event(Mouse("wheel", 7, 8, -2))
        log.event(Mouse("move", 9, 9))
        log.close()
    replay = read_replay(path)
    assert replay.start == start and isinstance(replay.start, Start)
    events = [gesture.event() or gesture.text for gesture in replay.gestures]
    assert events[:4] == [Mouse("move", 3, 4), Mouse("press", 3, 4), Resized(500, 600, 2.5), Pasted("ä")]
    assert events[4:] == ["ctrl+s", Mouse("wheel", 7, 8, -2), Mouse("move", 9, 9)]
    assert [gesture.after for gesture in replay.gestures] == [1.0, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5]


@pytest.fixture
def recorded(tiny: list[str], photos: Path, tmp_path: Path) -> Path:
    log = tmp_path / "keys.jsonl"
    assert run(*tiny, "--images", photos, "--keys", "o right", "--record-keys", log) == 0
    return log


def test_a_replay_has_the_pixel_ratio_of_the_pages_that_were_looked_at(
    tiny: list[str], photos: Path, tmp_path: Path
) -> None:
    log = tmp_path / "keys.jsonl"
    assert run(*tiny, "--images", photos, "--keys", "o", "--record-keys", log) == 0
    start, *keys = log.read_text().splitlines()
    pictures = []
    for ratio in (1.0, 2.0):
        first = json.loads(start)
        first["start"]["pixel_ratio"] = ratio
        size = {"kind": "size", "row": 930, "col": 1500, "pixel_ratio": ratio}
        for number, gestures in enumerate((keys, [json.dumps(size), *keys])):
            log.write_text("\n".join([json.dumps(first) if not number else start, *gestures]))
            assert run(*tiny, "--replay", log, "--size", "1500x930", "--screenshot", tmp_path / "x.png") == 0
            pictures.append(picture(tmp_path / "x.png"))
    assert np.array_equal(pictures[2], pictures[3]) and np.array_equal(pictures[0], pictures[1])
    assert not np.array_equal(pictures[0], pictures[2]), "words are twice as large"


def test_another_network_is_one_sentence(recorded: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("--replay", recorded) == 2
    error = capsys.readouterr().err
    assert "was recorded with tiny, and this is caffenet-mini" in error and error.count("\n") == 1


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda lines: [], "the file is empty"),
        (lambda lines: ["{}", *lines], "line 1: expected the start of a recording"),
        (lambda lines: [lines[0], '{"kind": "kex"}'], "line 2: kind is 'kex'"),
        (lambda lines: [lines[0], '{"kind": "key", "text": "nokey"}'], "line 2: 'nokey' is the name of no key"),
        (lambda lines: [lines[0], '{"kind": "key", "textt": "o"}'], "line 2: the gesture has an unknown 'textt'"),
        (
            lambda lines: [lines[0], '{"kind": "size", "row": 9, "col": 9, "pixel_ratio": 0}'],
            "line 2: pixel_ratio is 0",
        ),
        (lambda lines: [lines[0], "{", lines[1]], "line 2: this is no JSON"),
    ],
)
def test_what_is_no_recording_is_refused(recorded: Path, change: Callable[[list[str]], list[str]], words: str) -> None:
    recorded.write_text("\n".join(change(recorded.read_text().splitlines())))
    with pytest.raises(UsageError) as refused:
        read_replay(recorded)
    assert words in str(refused.value)


def test_a_last_line_that_a_kill_has_cut_is_left_out(recorded: Path) -> None:
    lines = recorded.read_text().splitlines()
    recorded.write_text("\n".join([*lines, lines[-1][:9]]))
    assert len(read_replay(recorded).gestures) == len(lines) - 1
    assert json.loads(lines[0])["version"] == 1
