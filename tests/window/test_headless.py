"""Whole runs of the command line without a display, on a small real network."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

import cv2
import numpy as np
import pytest

from deepvis.cli.main import main


def run(*arguments: object) -> int:
    return main(["--headless", *map(str, arguments)])


def picture(path: Path) -> np.ndarray:
    bgr = cv2.imread(str(path))
    assert bgr is not None
    return bgr


def test_keys_screenshot_and_stats(tiny: list[str], photos: Path, tmp_path: Path) -> None:
    shot, stats = tmp_path / "shot.png", tmp_path / "stats.json"
    code = run(*tiny, "--images", photos, "--keys", "o o down right b", "--screenshot", shot, "--stats", stats)
    assert code == 0
    assert picture(shot).shape == (930, 1500, 3)
    facts = json.loads(stats.read_text())
    assert facts["model"] == "tiny"
    assert facts["device"] == "cpu"
    assert facts["passes"] == 2
    assert facts["frames_shown"] >= 6
    assert 0 < facts["first_frame_seconds"] <= facts["first_activations_seconds"]
    assert facts["key_to_pixel_ms"]["n"] == 5
    assert 0 < facts["key_to_pixel_ms"]["p50"] <= facts["key_to_pixel_ms"]["p95"]
    assert facts["pass_ms"]["forward"] > 0
    assert facts["pass_ms"]["back"] > 0
    assert facts["compose_ms"] > 0
    assert facts["passes_per_second"] >= 0


def test_why_by_keys_is_drawn_undone_and_left(tiny: list[str], photos: Path, tmp_path: Path) -> None:
    def shown(keys: str) -> np.ndarray:
        shot = tmp_path / "shot.png"
        assert run(*tiny, "--images", photos, "--keys", keys, "--screenshot", shot) == 0
        return picture(shot)[:-60]  # without the status line, which tells times

    asked = shown("end H Y H")
    assert not np.array_equal(asked, shown("end H"))
    assert np.array_equal(asked, shown("end H Y H Y H backspace backspace"))
    assert np.array_equal(shown("end H"), shown("end H Y H Y esc backspace backspace backspace backspace"))


def test_colour_or_shape_by_keys_is_drawn_goes_to_other_units_and_is_left(
    tiny: list[str], photos: Path, tmp_path: Path
) -> None:
    def shown(keys: str) -> np.ndarray:
        shot = tmp_path / "shot.png"
        assert run(*tiny, "--images", photos, "--keys", keys, "--screenshot", shot) == 0
        return picture(shot)[:-60]  # without the status line, which tells times

    chart = shown("end down f4")
    assert np.array_equal(chart, shown("end down f4 z f4"))  # complete each time
    other = shown("end down f4 right")
    assert not np.array_equal(chart, other)
    assert np.array_equal(other, shown("end down right f4 h esc"))
    plain = shown("end down")
    for keys in ("f4 f4", "f4 esc", "f4 backspace"):
        assert np.array_equal(plain, shown(f"end down {keys}"))


def test_each_key_waits_for_the_panes_so_that_runs_repeat(tiny: list[str], photos: Path, tmp_path: Path) -> None:
    shots = [tmp_path / f"{i}.png" for i in range(2)]
    for shot in shots:
        keys = "e b n o down right right d o e U"
        assert run(*tiny, "--images", photos, "--keys", keys, "--screenshot", shot) == 0
    first, second = map(picture, shots)
    status = 40  # rows of the status line: it tells times
    assert np.array_equal(first[:-status], second[:-status])


@pytest.mark.parametrize("key", ["z", "s", "h", "F", "D", "r", "esc", "w", "PgDn", "4 enter", "Z", "ctrl+z", "["])
def test_every_kind_of_key_ends_well(tiny: list[str], photos: Path, tmp_path: Path, key: str) -> None:
    assert run(*tiny, "--images", photos, "--keys", f"o {key} right", "--screenshot", tmp_path / "x.png") == 0


def test_size_and_scale(tiny: list[str], photos: Path, tmp_path: Path) -> None:
    shot = tmp_path / "shot.png"
    assert run(*tiny, "--images", photos, "--size", "800x600", "--screenshot", shot) == 0
    assert picture(shot).shape == (600, 800, 3)
    assert run(*tiny, "--images", photos, "--scale", "0.5", "--screenshot", shot) == 0
    assert picture(shot).shape == (465, 750, 3)


def test_frames_ends_a_run_on_a_still_picture(tiny: list[str], photos: Path, tmp_path: Path) -> None:
    stats = tmp_path / "stats.json"
    assert run(*tiny, "--images", photos / "photo0.png", "--frames", 12, "--stats", stats) == 0
    assert json.loads(stats.read_text())["frames_shown"] >= 12


def test_seconds_ends_a_run(tiny: list[str], photos: Path, tmp_path: Path) -> None:
    stats = tmp_path / "stats.json"
    assert run(*tiny, "--images", photos, "--seconds", 0.3, "--stats", stats) == 0
    assert json.loads(stats.read_text())["frames_shown"] >= 1


def test_q_ends_a_run(tiny: list[str], photos: Path) -> None:
    assert run(*tiny, "--images", photos, "--keys", "right q right") == 0


def test_video_as_camera_and_back_to_photos(tiny: list[str], photos: Path, video: Path, tmp_path: Path) -> None:
    stats, shot = tmp_path / "stats.json", tmp_path / "shot.png"
    arguments = [*tiny, "--video", video, "--images", photos, "--keys", "o b c e c f"]
    assert run(*arguments, "--stats", stats, "--screenshot", shot) == 0
    assert json.loads(stats.read_text())["passes"] >= 5


def test_record_writes_a_video(tiny: list[str], video: Path, tmp_path: Path) -> None:
    film = tmp_path / "film.mp4"
    assert run(*tiny, "--video", video, "--size", "400x300", "--seconds", "0.6", "--record", film) == 0
    capture = cv2.VideoCapture(str(film))
    assert capture.get(cv2.CAP_PROP_FRAME_COUNT) >= 1
    assert (capture.get(cv2.CAP_PROP_FRAME_WIDTH), capture.get(cv2.CAP_PROP_FRAME_HEIGHT)) == (400, 300)
    assert list(tmp_path.glob("*.part*")) == []


def test_a_recording_that_fails_is_an_error(
    tiny: list[str],
    photos: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setitem(sys.modules, "av", None)  # OpenCV's writer
    monkeypatch.setattr(cv2.VideoWriter, "fourcc", lambda *_: 0)  # a codec that there is not
    assert run(*tiny, "--images", photos, "--frames", "2", "--record", tmp_path / "film.mp4") == 2
    assert "film.mp4 cannot be written as a video" in capsys.readouterr().err


def test_p_saves_a_picture(tiny: list[str], photos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert run(*tiny, "--images", photos, "--keys", "o p down p") == 0
    saved = sorted(tmp_path.glob("deepvis-tiny-pool1-*.png"))
    assert len(saved) == 2
    assert picture(saved[0]).shape == (930, 1500, 3)


def test_an_empty_folder_is_said(tiny: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """In the window, and as nobody looks at it: at the end."""
    (tmp_path / "empty").mkdir()
    assert run(*tiny, "--images", tmp_path / "empty", "--keys", "o", "--screenshot", tmp_path / "x.png") == 2
    assert (
        capsys.readouterr().err.startswith(f"deepvis: the folder {tmp_path / 'empty'}")
        and (tmp_path / "x.png").exists()
    )


def test_a_picture_that_cannot_be_saved_is_said(
    tiny: list[str], photos: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(*tiny, "--images", photos, "--keys", "p", "--pictures", "/proc/foo") == 2
    said = capsys.readouterr().err
    assert said.startswith("deepvis: the picture /proc/foo/deepvis-") and "could not be saved" in said


def test_headless_alone_says_that_it_shows_nothing(
    tiny: list[str], photos: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(*tiny, "--images", photos) == 0
    assert "give --keys, --screenshot or --record" in capsys.readouterr().err


def test_a_broken_photo_is_passed_over(tiny: list[str], photos: Path, tmp_path: Path) -> None:
    folder = tmp_path / "some"
    folder.mkdir()
    (folder / "a.jpg").write_bytes(b"no picture")
    (folder / "b.png").write_bytes((photos / "photo0.png").read_bytes())
    assert run(*tiny, "--images", folder, "--keys", "e e o", "--screenshot", tmp_path / "x.png") == 0


def test_list_layers(tiny: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*tiny, "--list-layers"]) == 0
    words, *lines = capsys.readouterr().out.splitlines()
    assert words == "# input 3 x 24 x 32, BGR, 0..255, mean 104 117 123 (order, scale assumed)"
    assert [line.split()[0] for line in lines] == ["conv1", "pool1", "conv2", "fc3", "prob"]
    assert "12x10x14" in lines[0]


def test_list_models(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--list-models"]) == 0
    assert "caffenet-mini" in capsys.readouterr().out


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["--version"])
    assert ended.value.code == 0
    assert capsys.readouterr().out.startswith("deepvis ")


def quick_preset(monkeypatch: pytest.MonkeyPatch, iterations: int) -> None:
    """The presets that the window uses, of another length."""
    from dataclasses import replace

    from deepvis.optimize import presets

    short = {name: replace(recipe, max_iter=iterations) for name, recipe in presets.BUILT_IN.items()}
    monkeypatch.setattr(presets, "BUILT_IN", short)


def slow_iterations(monkeypatch: pytest.MonkeyPatch, seconds: float) -> None:
    """The optimizer as slow as with a large network: the window looks several times during each iteration."""
    from deepvis.optimize import live_run

    onward = live_run.onward

    def slowly(run: live_run.LiveRun) -> live_run.LiveRun:
        time.sleep(seconds)
        return onward(run)

    monkeypatch.setattr(live_run, "onward", slowly)


def test_x_optimizes_and_the_picture_stays(
    tiny: list[str], photos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    quick_preset(monkeypatch, 12)
    shots = [tmp_path / f"{i}.png" for i in range(4)]
    there = "end left down right"
    assert run(*tiny, "--images", photos, "--keys", there, "--screenshot", shots[0]) == 0
    assert run(*tiny, "--images", photos, "--keys", f"{there} x", "--screenshot", shots[1]) == 0
    kept = list((tmp_path / "cache").glob("tiny-*/live_opt/fc3/fc3_0001.png"))
    assert len(kept) == 1
    assert run(*tiny, "--images", photos, "--keys", there, "--screenshot", shots[2]) == 0
    assert run(*tiny, "--images", photos, "--keys", f"{there} g v", "--screenshot", shots[3]) == 0
    panes = [picture(shot)[20:290, 1210:1480] for shot in shots]
    assert not np.array_equal(panes[0], panes[1]), "the picture is not shown"
    assert np.array_equal(panes[1], panes[2]), "the picture is not shown again"
    assert not np.array_equal(panes[2], panes[3]), "starting from the frame gives the same"


def test_keys_look_at_a_growing_picture_cycle_presets_and_stop(
    tiny: list[str], photos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    quick_preset(monkeypatch, 100_000)  # nobody waits for its end
    begun = "x wait:0.3 v wait:0.3"
    all_keys = ("", "x wait:0.3", begun, f"{begun} esc", f"{begun} esc right s s left backspace Z")
    shots = [tmp_path / f"{i}.png" for i in range(len(all_keys))]
    there = "end left down"
    for shot, keys in zip(shots, all_keys, strict=True):
        assert run(*tiny, "--images", photos, "--keys", f"{there} {keys}", "--screenshot", shot) == 0
    before, growing, other_preset, stopped, later = (picture(shot)[20:290, 1210:1480] for shot in shots)
    assert not np.array_equal(growing, before) and not np.array_equal(growing, other_preset)
    for shown in (stopped, later):
        assert not np.array_equal(shown, before), "a stopped picture is gone"
    assert not list((tmp_path / "cache").rglob("live_opt"))


def test_a_saved_top_9_is_taken_back_and_saved_again(tiny: list[str], photos: Path, tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    begun = "o o down W W"  # the second press consents to so few photos

    def saved(keys: str) -> list[Path]:
        assert run(*tiny, "--images", photos, "--keys", keys, "--screenshot", tmp_path / "x.png") == 0
        return sorted(cache.glob("tiny-*/max_im/*/*.jpg"))

    assert saved(f"{begun} backspace") == []
    first = saved(begun)
    assert first
    stamps = [path.read_bytes() for path in first]
    assert saved("o o down e e e W W backspace") == first
    assert [path.read_bytes() for path in first] == stamps
    assert set(first) < set(saved("o o down e e e W W backspace Z")), "of more photos more units have some"
    assert [path.read_bytes() for path in first] != stamps
    assert not list(cache.glob("tiny-*/.replaced-*")), "what was put aside stays"


def test_esc_stops_an_optimization_and_leaves_the_view(
    tiny: list[str], photos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    quick_preset(monkeypatch, 100_000)
    monkeypatch.chdir(tmp_path)
    assert run(*tiny, "--images", photos, "--keys", 'end left down right x esc p / "reset" enter p') == 0
    units = sorted(path.name.split("-20")[0] for path in tmp_path.glob("*.png"))
    assert units == ["deepvis-tiny-conv1-0", "deepvis-tiny-fc3-1"]


def test_other_weights_of_the_same_name_do_not_show_the_picture(
    tiny: list[str], photos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    quick_preset(monkeypatch, 12)
    shots = [tmp_path / f"{i}.png" for i in range(3)]
    there = "end left down right"
    other = [*tiny[:3], str(with_dead_unit(Path(tiny[3]), tmp_path, "fc3", 7)), *tiny[4:]]
    assert run(*tiny, "--images", photos, "--keys", there, "--screenshot", shots[0]) == 0
    assert run(*other, "--images", photos, "--keys", f"{there} x W", "--screenshot", shots[1]) == 0
    assert run(*tiny, "--images", photos, "--keys", there, "--screenshot", shots[2]) == 0
    panes = [picture(shot)[20:, 1210:1480] for shot in shots]
    assert not np.array_equal(panes[0], panes[1])
    assert np.array_equal(panes[0][:-40], panes[2][:-40]), "pictures of other weights, or their saved top 9, are shown"


def test_a_unit_that_cannot_be_optimized_is_said(
    tiny: list[str],
    photos: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    from deepvis.optimize import live_run
    from deepvis.optimize.optimize_error import OptimizeError

    def refuse(*arguments: object, **options: object) -> None:
        raise OptimizeError("the unit is dead")

    monkeypatch.setattr(live_run, "start", refuse)
    assert run(*tiny, "--images", photos, "--keys", "o x o", "--screenshot", tmp_path / "x.png") == 2
    assert "the unit is dead" in capsys.readouterr().err


def test_a_dead_unit_does_not_lose_the_next_optimization(
    tiny: list[str], photos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    quick_preset(monkeypatch, 3)
    slow_iterations(monkeypatch, 0.1)
    arguments = [*tiny[:3], str(with_dead_unit(Path(tiny[3]), tmp_path, "fc3", 1)), *tiny[4:]]
    keys = "end left down x right x right x"  # the error of the second is taken back by the third
    assert run(*arguments, "--images", photos, "--keys", keys, "--screenshot", tmp_path / "x.png") == 0
    assert sorted(path.name for path in (tmp_path / "cache").rglob("fc3_*.png")) == ["fc3_0000.png", "fc3_0002.png"]


def with_dead_unit(weights: Path, folder: Path, layer: str, channel: int) -> Path:
    """The same weights, all of one unit 0."""
    from deepvis.formats.caffe.weights import read_weights, write_weights

    arrays = {name: [blob.copy() for blob in blobs] for name, blobs in read_weights(weights).items()}
    for blob in arrays[layer]:
        blob[channel] = 0
    write_weights(folder / "dead.caffemodel", arrays)
    return folder / "dead.caffemodel"


def test_the_running_top_nine_is_saved_and_reset(tiny: list[str], photos: Path, tmp_path: Path) -> None:
    assert (
        run(*tiny, "--images", photos, "--keys", "e e o W wait:2 W wait:2 R e", "--screenshot", tmp_path / "x.png") == 0
    )
    saved = list((tmp_path / "cache").glob("tiny-*/max_im/*/*.jpg"))
    assert len(saved) > 20


def test_one_photo_does_not_replace_the_top_nine_of_more_without_a_second_press(
    tiny: list[str], photos: Path, tmp_path: Path
) -> None:
    def saved() -> dict[str, str]:
        files = (tmp_path / "cache").glob("tiny-*/max_im/*/*.json")
        return {str(file): file.read_text() for file in files}

    assert run(*tiny, "--images", photos, "--keys", "e e W wait:2 W wait:2", "--screenshot", tmp_path / "x.png") == 0
    of_three, one = saved(), photos / "photo0.png"
    assert len(of_three) > 20
    assert run(*tiny, "--images", one, "--keys", "W wait:2 o W wait:1", "--screenshot", tmp_path / "x.png") == 0
    assert saved() == of_three
    assert run(*tiny, "--images", one, "--keys", "W wait:2 W wait:1", "--screenshot", tmp_path / "x.png") == 0
    replaced = [name for name, text in saved().items() if text != of_three[name]]
    assert len(replaced) > 20  # those that the photo excites


def test_the_palette_is_typed_into_and_every_step_is_undone(
    tiny: list[str], photos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    keys = '/ "conv2 5" enter p backspace p / "class 7" enter p 3 enter p [ p / "fc" esc p'
    assert run(*tiny, "--images", photos, "--keys", keys) == 0
    files = sorted(tmp_path.glob("deepvis-*.png"), key=lambda path: path.stat().st_mtime_ns)
    units = ["-".join(path.name.split("-")[2:4]) for path in files]
    assert units == ["conv2-5", "conv1-0", "prob-7", "prob-3", "prob-7", "prob-7"]


UNKNOWN = """name: "unknown"
input: "data" input_dim: 1 input_dim: 3 input_dim: 24 input_dim: 24
layer { name: "c" type: "Convolution" bottom: "data" top: "c"
  convolution_param { num_output: 4 kernel_size: 3 weight_filler { type: "xavier" } } }
layer { name: "warp" type: "Warp" bottom: "c" top: "warp" }
layer { name: "loss3" type: "Pooling" bottom: "warp" top: "loss3" pooling_param { kernel_size: 2 } }
layer { name: "end" type: "Pooling" bottom: "c" top: "end" pooling_param { kernel_size: 2 } }
"""


@pytest.mark.parametrize("keys", ["b z z", "s", "U", "x", "d r", "down right O H", "G", "W"])
def test_a_layer_of_an_unknown_type_is_gone_to(tmp_path: Path, photos: Path, keys: str) -> None:
    (tmp_path / "net.prototxt").write_text(UNKNOWN)
    given = ["--prototxt", tmp_path / "net.prototxt", "--fill", "--images", photos]
    assert run(*given, "--keys", f'/ "loss3" enter {keys} left right o', "--screenshot", tmp_path / "x.png") == 0


def test_layers_of_unknown_types_are_listed_in_words(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "net.prototxt").write_text(UNKNOWN)
    assert main(["--prototxt", str(tmp_path / "net.prototxt"), "--fill", "--list-layers"]) == 0
    lines = [line.split(None, 3) for line in capsys.readouterr().out.splitlines() if not line.startswith("#")]
    assert [line[0] for line in lines] == ["c", "warp", "loss3", "end"]
    assert lines[1][1:] == ["Warp", "-", "its type Warp is unknown"]
    assert lines[2][1:] == ["Pooling", "-", "needs layer 'warp' of unknown type Warp"]


@pytest.mark.parametrize("method", ["grad-cam", "occlusion"])
def test_an_attribution_is_complete_in_the_screenshot_and_runs_repeat(
    tiny: list[str], photos: Path, tmp_path: Path, method: str
) -> None:
    shots = [tmp_path / f"{i}.png" for i in range(3)]
    keys = f"end down right / '{method}' enter"
    for shot, more in zip(shots, ("", "", " esc"), strict=True):
        assert run(*tiny, "--images", photos, "--keys", keys + more, "--screenshot", shot) == 0
    first, second, without = (picture(shot)[:-40] for shot in shots)  # the status line tells times
    assert np.array_equal(first, second)
    assert not np.array_equal(first, without)
