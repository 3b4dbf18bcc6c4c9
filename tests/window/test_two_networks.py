"""Two networks on the same pictures: whole runs without a display, and the pace of a moving source."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from deepvis.cli.main import main
from deepvis.core.answers import Answer
from deepvis.core.mailbox import Mailbox
from deepvis.core.state import InputState
from deepvis.core.types import Frame
from deepvis.settings.table import Settings
from deepvis.window.two_networks import SameFrames, second_settings, stats_files

HALF = 748, 904  # (width, height) of a half of 1500 x 930
STATUS = 60  # rows of the status line, which tells times


def shot_of(path: Path, *arguments: object) -> np.ndarray:
    assert main(["--headless", *map(str, arguments), "--screenshot", str(path)]) == 0
    bgr = cv2.imread(str(path))
    assert bgr is not None
    return bgr


@pytest.fixture(scope="module")
def folder(tiny: list[str], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tiny network as a model folder."""
    path = tmp_path_factory.mktemp("models") / "small"
    path.mkdir()
    named = dict(zip(tiny[::2], tiny[1::2], strict=True))
    rows = {"prototxt": named["--prototxt"], "weights": named["--weights"], "labels": named["--labels"]}
    text = "".join(f"{name}: {value}\n" for name, value in rows.items())
    (path / "model.yaml").write_text(f"version: 1\n{text}mean: [90, 117, 123]\n")
    return path


def test_each_half_is_what_its_network_shows_alone(tiny: list[str], folder: Path, photos: Path, tmp_path: Path) -> None:
    both = shot_of(
        tmp_path / "two.png", *tiny, "--compare", folder, "--images", photos, "--keys", "b o down ctrl+o o o b e"
    )
    assert both.shape == (930, 1500, 3)
    size = ["--images", photos, "--size", f"{HALF[0]}x{HALF[1]}"]
    left = shot_of(tmp_path / "left.png", *tiny, *size, "--keys", "b o down e")
    right = shot_of(tmp_path / "right.png", "--model", folder, *size, "--keys", "o o b e")
    assert np.array_equal(both[26:-STATUS, :748], left[:-STATUS])
    assert np.array_equal(both[26:-STATUS, 752:], right[:-STATUS])


def test_a_session_has_both_networks(tiny: list[str], folder: Path, photos: Path, tmp_path: Path) -> None:
    arguments = [*tiny, "--compare", folder, "--images", photos, "--pictures", tmp_path, "--keys"]
    save = "/ 'save session as two' enter"
    saved = shot_of(tmp_path / "saved.png", *arguments, f"U b o down ctrl+o U o o P e Q {save} ctrl+o")
    session = tmp_path / "two.yaml"
    opened = shot_of(tmp_path / "opened.png", "--session", session)
    assert np.array_equal(saved[26:-STATUS], opened[26:-STATUS])
    meanwhile = shot_of(tmp_path / "meanwhile.png", *arguments, f"o o V / '{session}' enter wait:0.3")
    assert np.array_equal(saved[26:-STATUS], meanwhile[26:-STATUS])
    alone = ["--model", folder, "--images", photos, "--size", f"{HALF[0]}x{HALF[1]}"]
    half = shot_of(tmp_path / "half.png", *alone, "--keys", f"/ '{session}' enter wait:0.3")
    assert np.array_equal(saved[26:-STATUS, 752:], half[:-STATUS])  # of two the one that this window has


def test_a_recording_begun_by_a_key_has_both_halves(
    tiny: list[str], folder: Path, photos: Path, tmp_path: Path
) -> None:
    keys = "ctrl+o ctrl+r o e wait:0.3 ctrl+o ctrl+r"
    arguments = [*tiny, "--compare", folder, "--images", photos, "--pictures", tmp_path / "films", "--keys", keys]
    shot = shot_of(tmp_path / "end.png", *arguments)
    (film,) = (tmp_path / "films").glob("*.mp4")
    capture = cv2.VideoCapture(str(film))
    newest = None
    while (found := capture.read())[0]:
        newest = found[1]
    assert newest is not None and newest.shape == shot.shape
    for half in (slice(0, 748), slice(752, 1500)):
        assert np.abs(newest[100:800, half].astype(int) - shot[100:800, half]).mean() < 12  # but for the codec


def test_undo_in_the_half_in_use_gives_the_photo_back_to_both(
    tiny: list[str], folder: Path, photos: Path, tmp_path: Path
) -> None:
    arguments = [*tiny, "--compare", folder, "--images", photos, "--keys"]
    first, other, back = (
        shot_of(tmp_path / f"{number}.png", *arguments, f"ctrl+o {keys}")[30:300, :150]  # the left half's input
        for number, keys in enumerate(("", "e", "e backspace"))
    )
    assert np.array_equal(first, back) and not np.array_equal(first, other)


def test_statistics_of_each(tiny: list[str], folder: Path, photos: Path, tmp_path: Path) -> None:
    stats = tmp_path / "stats.json"
    shot_of(tmp_path / "x.png", *tiny, "--compare", folder, "--images", photos, "--keys", "e", "--stats", stats)
    for path in stats_files(stats):
        assert path is not None
        assert json.loads(path.read_text())["passes"] == 2


def test_a_second_network_that_is_none_is_named(
    tiny: list[str], photos: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["--headless", *tiny, "--compare", "nobodys-net", "--images", str(photos), "--keys", "b"]) == 2
    assert capsys.readouterr().err.startswith("deepvis: --compare: ")


def test_one_network_says_how_there_can_be_two(tiny: list[str], photos: Path, tmp_path: Path) -> None:
    plain = shot_of(tmp_path / "a.png", *tiny, "--images", photos, "--keys", "b")
    asked = shot_of(tmp_path / "b.png", *tiny, "--images", photos, "--keys", "b ctrl+o")
    assert np.array_equal(plain[:-STATUS], asked[:-STATUS])
    assert not np.array_equal(plain[-STATUS:], asked[-STATUS:])


def test_nothing_said_of_the_first_network_holds_for_the_second() -> None:
    first = Settings(network="net.onnx", weights="w", mean=(1, 2, 3), device="cpu", compare="squeezenet")
    second = second_settings(first)
    assert (second.model, second.network, second.weights, second.mean) == ("squeezenet", None, None, None)
    assert (second.device, second.compare) == ("cpu", None)
    for named in ("other.onnx", "nets.py:make", "torchvision:resnet18"):
        assert second_settings(Settings(compare=named)).network == named


class _Input:
    def __init__(self) -> None:
        self.outbox: Mailbox[Answer[InputState, Frame]] = Mailbox()

    def give(self, frame: Frame) -> Answer[InputState, Frame]:
        answer = Answer(InputState(), frame)
        self.outbox.put(answer)
        return answer


def frame(number: int, *, moving: bool) -> Frame:
    return Frame(number, np.zeros((2, 2, 3), np.uint8), moving=moving)


def test_a_moving_source_waits_for_both_networks_and_photos_do_not() -> None:
    source: Any = _Input()
    frames, answered = SameFrames(source), set[int]()
    frames.has_answered = lambda frame: frame.id in answered
    assert frames().value is None
    first = source.give(frame(1, moving=True))
    frames.take_newest()
    assert frames() is first
    source.give(frame(2, moving=True))
    third = source.give(frame(3, moving=True))
    frames.take_newest()
    assert frames() is first
    answered.add(1)
    frames.take_newest()
    assert frames() is third  # the newest, not the next
    photo = source.give(frame(4, moving=False))
    frames.take_newest()
    assert frames() is photo
    other = source.give(frame(5, moving=False))
    frames.take_newest()
    assert frames() is other
