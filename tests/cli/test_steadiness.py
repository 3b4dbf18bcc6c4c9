"""``deepvis steadiness``: the files, against passes made beside it, and what it refuses."""

from __future__ import annotations

import errno
import json
from pathlib import Path

import pytest

from deepvis.cli.main import main
from deepvis.core.steadiness import relative_change
from deepvis.core.types import NetRequest
from deepvis.live.backend import open_backend
from deepvis.models.zoo import load_model
from deepvis.sources.base import new_frame
from deepvis.sources.video_frames import frames_of
from tests.helpers.pictures import save_photo, save_video

pytest.importorskip("matplotlib")


def test_a_videos_changes_are_those_of_its_passes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = save_video(tmp_path / "four.avi", [30, 90, 100, 200])
    assert main(["steadiness", "--video", str(path), "--frames", "3", "--output", str(tmp_path / "out")]) == 0
    facts = json.loads((tmp_path / "out" / "steadiness.json").read_text())
    backend = open_backend("engine", load_model("caffenet-mini"), "cpu")
    passes = [backend.run(NetRequest(new_frame(rgb))).activations for _, rgb in frames_of(str(path))][:3]
    assert facts["pairs"] == 2 and [each["layer"] for each in facts["layers"]][:2] == ["input", "conv1"]
    for layer in ("conv1", "conv5", "prob"):
        expected = [relative_change(passes[n][layer], passes[n + 1][layer]) for n in range(2)]
        assert facts["changes"][layer] == pytest.approx(expected, rel=1e-4)
    assert (tmp_path / "out" / "steadiness.csv").read_text().startswith("seconds,input,conv1,")
    assert (tmp_path / "out" / "steadiness.png").stat().st_size > 5000
    assert "2 pairs of frames, 15 layers" in capsys.readouterr().out


def test_noise_on_a_photo(tmp_path: Path) -> None:
    photo = save_photo(tmp_path / "photo.png", 90)
    arguments = [
        "steadiness",
        "--image",
        str(photo),
        "--noise",
        "2",
        "--frames",
        "3",
        "--output",
        str(tmp_path / "out"),
    ]
    assert main(arguments) == 0
    first = json.loads((tmp_path / "out" / "steadiness.json").read_text())
    assert first["noise"] == 2 and all(0 < each["mean"] < 1.5 for each in first["layers"][:5])
    assert main(arguments) == 2  # it is there already
    assert main([*arguments, "--overwrite"]) == 0
    assert json.loads((tmp_path / "out" / "steadiness.json").read_text()) == first


def test_what_was_ended_before_its_picture_is_gone_on_with(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """As a full disk and a kill leave it: the same command makes the same bytes, another one is refused."""
    video, output = save_video(tmp_path / "three.avi", [30, 90, 100]), tmp_path / "out"
    command = ["steadiness", "--video", str(video), "--output", str(output)]
    assert main(command) == 0
    whole = {path.name: path.read_bytes() for path in output.iterdir()}
    assert sorted(whole) == ["steadiness.csv", "steadiness.json", "steadiness.png"]

    def full(*arguments: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device", str(output / "steadiness.png"))

    for left in (["steadiness.json", "steadiness.csv"], ["steadiness.json"]):
        for name in set(whole) - set(left):
            (output / name).unlink()
        assert main([*command, "--fit", "stretch"]) == 2 and "steadiness.json is there" in capsys.readouterr().err
        assert main(command) == 0
        assert {path.name: path.read_bytes() for path in output.iterdir()} == whole
    (output / "steadiness.png").unlink()
    with monkeypatch.context() as patched:
        patched.setattr("deepvis.statistics.layer_steadiness.draw", full)
        assert main(command) == 2 and "run the same command again" in capsys.readouterr().err
    assert main(command) == 0
    assert {path.name: path.read_bytes() for path in output.iterdir()} == whole
    (output / "steadiness.json").unlink()
    assert main(command) == 2  # a picture alone is another's


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--image", "photo.png"], "give --noise LEVELS"),
        (["--image", "photo.png", "--noise", "-1"], "not a number above 0"),
        (["--video", "absent.mp4"], "no such file"),
        (["--image", "absent.png", "--noise", "2"], "absent.png does not exist"),
    ],
)
def test_what_cannot_be_is_one_sentence(
    arguments: list[str],
    words: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    try:
        code = main(["steadiness", *arguments, "--output", "out"])
    except SystemExit as error:
        code = int(str(error.code))
    err = capsys.readouterr().err
    assert code == 2 and words in err and len(err.strip().splitlines()) == 1
