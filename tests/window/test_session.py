"""A session: saved by the palette, opened at the start and while the window runs, refused in one sentence."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
import yaml

from deepvis.cli.main import main
from deepvis.core.compared import PinnedFrame, TilesOf
from deepvis.core.state import Order, ViewState, Zoom
from deepvis.core.types import Unit
from deepvis.core.user_error import UsageError
from deepvis.schema.plain_values import PlainError, plain, read_plain
from deepvis.sources.base import new_frame
from deepvis.window.pinned_in_session import pinned_table, read_pinned
from deepvis.window.session import read_session
from deepvis.window.ui.window import MemoryWindow

# a pinned origin, an overlay, colours, the second photo; no top 9, which is of what the stream has shown before
SHOWN = "o o down right right b d A V e U"


def run(*arguments: object) -> int:
    return main(["--headless", *map(str, arguments)])


def picture(path: Path) -> np.ndarray:
    bgr = cv2.imread(str(path))
    assert bgr is not None
    return bgr[:-60]  # without the status line, which tells times


@pytest.fixture
def session(tiny: list[str], photos: Path, tmp_path: Path) -> Path:
    keys = f"{SHOWN} ctrl+t 'my dog' enter / 'save session as cats' enter"
    shot = tmp_path / "saved.png"
    arguments = ["--images", photos, "--pictures", tmp_path, "--keys", keys, "--screenshot", shot]
    assert run(*tiny, *arguments) == 0
    return tmp_path / "cats.yaml"


def test_a_session_opens_network_photo_and_view(
    session: Path, tmp_path: Path, photos: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DEEPVIS_DATA", str(tmp_path / "other machine"))
    shot = tmp_path / "opened.png"
    assert run("--session", session, "--screenshot", shot) == 0  # the network is the session's
    assert np.array_equal(picture(shot), picture(tmp_path / "saved.png"))
    found = read_session(session)
    assert found.input.photo == str(photos / "photo1.png") and found.view.pinned == Unit("conv2", 2)
    assert found.layer == "conv2" and found.names.of(Unit("conv2", 2)).name == "my dog"


def test_it_opens_while_the_window_runs_and_undo_goes_back(
    session: Path, tiny: list[str], photos: Path, tmp_path: Path
) -> None:
    def shown(keys: str) -> np.ndarray:
        shot = tmp_path / "shot.png"
        assert run(*tiny, "--images", photos, "--keys", keys, "--screenshot", shot) == 0
        return picture(shot)

    assert np.array_equal(shown(f"U right / '{session}' enter"), picture(tmp_path / "saved.png"))
    assert np.array_equal(shown(f"U right / '{session}' enter backspace"), shown("U right"))


def test_a_pinned_photo_and_what_the_tiles_show_come_back(tiny: list[str], photos: Path, tmp_path: Path) -> None:
    keys = "U o o down P e Q Q O O / 'save session as pin' enter"
    shot, again = tmp_path / "saved.png", tmp_path / "opened.png"
    arguments = ["--images", photos, "--pictures", tmp_path, "--keys", keys, "--screenshot", shot]
    assert run(*tiny, *arguments) == 0
    compared = read_session(tmp_path / "pin.yaml").compared
    assert compared is not None and compared.frame.path == str(photos / "photo0.png")
    assert compared.tiles is TilesOf.DIFFERENCE
    assert run("--session", tmp_path / "pin.yaml", "--screenshot", again) == 0
    assert np.array_equal(picture(shot), picture(again))
    content = yaml.safe_load((tmp_path / "pin.yaml").read_text())
    del content["pinned"]
    (tmp_path / "free.yaml").write_text(yaml.safe_dump(content))
    assert read_session(tmp_path / "free.yaml").view.order is Order.NUMBER  # nothing to differ from


def test_a_pinned_frame_of_a_video_is_a_picture_beside_the_session(tmp_path: Path) -> None:
    rgb = np.random.default_rng(0).integers(0, 255, (6, 8, 3), np.uint8)
    pinned = PinnedFrame(new_frame(rgb, "clip.mp4", moving=True, seconds=12.3), TilesOf.PINNED)
    table = pinned_table(pinned, tmp_path, "clip")
    assert table is not None and table["photo"] == "clip-pinned.png" and (tmp_path / "clip-pinned.png").exists()
    found = read_pinned(table, tmp_path, "pinned")
    assert found is not None and np.array_equal(found.frame.rgb, rgb) and found.name == pinned.name
    assert found.tiles is TilesOf.PINNED and found.frame.id > pinned.frame.id
    again = pinned_table(found, tmp_path, "again")
    assert again is not None and again["photo"] == "again-pinned.png"
    with pytest.raises(PlainError, match=r"pinned.photo: .*gone.png"):
        read_pinned({"photo": "gone.png"}, tmp_path, "pinned")
    with pytest.raises(PlainError, match=r"pinned.tiles is 'x': expected 'current', 'pinned' or 'difference'"):
        read_pinned({**table, "tiles": "x"}, tmp_path, "pinned")


def test_nothing_is_overwritten(session: Path, tiny: list[str], photos: Path) -> None:
    before = session.read_bytes()
    keys = "/ 'save session as cats' enter"
    assert run(*tiny, "--images", photos, "--pictures", session.parent, "--keys", keys) == 0
    assert session.read_bytes() == before and session.with_name("cats-2.yaml").exists()


def test_a_window_elsewhere_names_no_files_of_this_machine(
    session: Path, tiny: list[str], photos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As pages of a served window: their paths are not opened, and what they save lies beside the other pictures."""
    monkeypatch.setattr(MemoryWindow, "opens_paths", False)
    kept = tmp_path / "a" / "b"
    keys = f"/ '{session}' enter / '{photos / 'photo2.png'}' enter / 'save session as ../../far' enter"
    arguments = ["--images", photos, "--pictures", kept, "--keys", keys]
    assert run(*tiny, *arguments) == 0
    found = read_session(kept / "far.yaml")
    assert found.layer == "conv1" and found.input.photo == str(photos / "photo0.png")
    assert not list(tmp_path.glob("far*"))


def test_another_network_is_one_sentence_that_names_both(session: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("--model", "caffenet-mini", "--session", session) == 2
    error = capsys.readouterr().err
    assert "is of the network tiny (" in error and "and this is caffenet-mini (" in error and error.count("\n") == 1


Change = Callable[[dict[str, Any]], object]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda s: s.update(version=2), "version is 2: expected 1"),
        (lambda s: s.update(vieww={}), "the file has an unknown 'vieww'; did you mean 'view'?"),
        (lambda s: s["view"].update(zooom="unit"), "view has an unknown 'zooom'; did you mean 'zoom'?"),
        (
            lambda s: s["view"].update(zoom="x"),
            "view.zoom is 'x': expected 'off', 'unit', 'back', 'preferred', 'side by side', 'photos' or 'changes'",
        ),
        (lambda s: s["view"].update(overlay=99), "view.overlay is 99: expected 0 to 2"),
        (lambda s: s["view"].update(back_mode="x"), "view.back_mode is 'x': expected one of off, gradient"),
        (lambda s: s["view"].update(channel="a"), "view.channel is 'a': expected a valid integer"),
        (lambda s: s["view"].update(pinned={"layer": "conv2", "channel": 700}), "view.pinned is conv2 700, which tiny"),
        (lambda s: s["view"].update(place=[900, 1]), "view.place is [900, 1]: the input has 24 x 32 pixels"),
        (lambda s: s["source"].update(fit=3), "source.fit is 3: expected 'crop' or 'stretch'"),
        (lambda s: s.update(layer="conv22"), "tiny has no layer 'conv22'; did you mean 'conv2'?"),
        (lambda s: s["network"]["opened"].update(trust_file=True), "network.opened has an unknown 'trust_file'"),
        (lambda s: s["network"]["opened"].update(camera="x"), "camera is 'x'"),
        (lambda s: s.pop("network"), "this is no session"),
        (lambda s: s.update(names=[{"layer": 1}]), "is no unit"),
    ],
)
def test_what_is_wrong_is_one_sentence(
    session: Path, capsys: pytest.CaptureFixture[str], change: Change, words: str
) -> None:
    content = yaml.safe_load(session.read_text())
    change(content)
    session.write_text(yaml.safe_dump(content))
    assert run("--session", session, "--keys", "right") == 2
    error = capsys.readouterr().err
    assert words in error and str(session) in error and error.count("\n") == 1


@pytest.mark.parametrize("text", ["", "a: [", "- 1", "!!python/object/apply:os.system [true]"])
def test_what_is_no_session_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "x.yaml"
    path.write_text(text)
    with pytest.raises(UsageError, match=r"session .*x\.yaml"):
        read_session(path)
    with pytest.raises(UsageError, match="No such file"):
        read_session(tmp_path / "no.yaml")


def test_every_field_of_the_view_is_in_the_file() -> None:
    view = ViewState(
        3, 4, zoom=Zoom.UNIT, order=Order.STRENGTH, why=(Unit("a", 1),), place=(1, 2), opened=frozenset("x")
    )
    assert read_plain(ViewState, plain(view), "view") == view
