"""What the user gets wrong: exit code 2, one sentence on standard error, no traceback."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from deepvis.cli.main import main
from deepvis.cli.window import key_names

Text = list[str]


def test_a_value_of_a_settings_file_is_not_blamed_on_an_option(tmp_path: Path, capsys) -> None:
    file = tmp_path / "mine.py"
    file.write_text('images = "/nowhere"\n')
    said = refused(capsys, "--settings", file, "--headless", "--frames", 1)
    assert said.startswith(f"deepvis: {file}: images /nowhere: there is no such folder")
    assert "--images /gone:" in refused(capsys, "--settings", file, "--images", "/gone", "--headless", "--frames", 1)


def refused(capsys: pytest.CaptureFixture[str], *arguments: object) -> str:
    """The one sentence that these arguments get."""
    assert main([str(argument) for argument in arguments]) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.count("\n") == 1, said.err
    assert "Traceback" not in said.err
    assert said.err.startswith("deepvis")
    return said.err


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ("--nonsense", "--nonsense"),
        ("--modle x", "did you mean '--model'?"),
        ("--no-miror", "did you mean '--no-mirror'?"),
        ("--colormap grey", "--colormap: 'grey' is not one of gray, viridis"),
        ("--colormap grey", "did you mean 'gray'?"),
        ("--gamma-boost 9", "--gamma-boost: '9' is not a whole number of 0 to 3"),
        ("--std 1,-2", "--std: '1,-2' is not one number per channel"),
        ("--input x", "--input: 'x' is not NAME=FILE.npy"),
        ("--font-scale nan", "--font-scale: 'nan' is not a number above 0"),
        ("--frames x", "--frames: 'x' is not a whole number"),
        ("--frames 0", "1 or more"),
        ("--seconds -1", "--seconds"),
        ("--seconds nan", "a number above 0"),
        ("--scale 0", "a number above 0"),
        ("--size 10x10", "WIDTHxHEIGHT"),
        ("--size big", "WIDTHxHEIGHT"),
        ("--input-size 3xx", "HEIGHTxWIDTH"),
        ("--camera front", "--camera: 'front' is not a whole number"),
        ("--channel-order GBR", "--channel-order"),
        ("--backend theano", "--backend"),
        ('--keys "text"', 'nothing is open to type "text" into; open the palette'),
        ('--keys /"text', 'the quotation mark in "text has no end'),
        ("--keys lift", "did you mean 'left'?"),
        ("--keys wait:soon", "names no seconds, expected a number as in wait:2"),
        ("--keys wait:-1", "'wait:-1' names no seconds"),
        ("--keys F9", "no command has the key 'f9'"),
        ("--screenshot shot.gif", "must end in .png"),
        ("--screenshot /nowhere/shot.png", "/nowhere does not exist"),
        ("--record film.txt", "must end in .mp4"),
        ("--stats /", "this is a folder"),
        ("--images /nowhere", "--images /nowhere"),
        ("--video /nowhere.mp4", "/nowhere.mp4"),
        ("--model nothing-like-it", "no model is named 'nothing-like-it'"),
        ("--model squeezenett", "did you mean 'squeezenet'?"),
        ("--model x --prototxt a --weights b", "--model and --prototxt"),
        ("--prototxt a.prototxt", "--prototxt a.prototxt: found no such file"),
        ("--weights a.caffemodel", "--weights needs --network"),
        ("--prototxt gone.onnx", "--prototxt gone.onnx: found no such file"),
        ("--settings /nowhere.py", "/nowhere.py"),
        ("--device tpu", "device"),
    ],
)
def test_arguments(capsys: pytest.CaptureFixture[str], arguments: str, words: str) -> None:
    assert words in refused(capsys, "--headless", *arguments.split())


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ("--prob-layer nothing", "nothing"),
        ("--data-blob nothing", "nothing"),
        ("--labels /nowhere.txt", "/nowhere.txt"),
        ("--mean /nowhere.npy", "/nowhere.npy"),
        ("--mean 1,2", "mean"),
        ("--device cuda:7", "cuda:7"),
        ("--device gpu", "gpu"),
        ("--input-size 3", "conv1"),
        ("--backend caffe", "affe"),
    ],
)
def test_networks(capsys: pytest.CaptureFixture[str], tiny: Text, more: str, words: str) -> None:
    assert words in refused(capsys, "--headless", *tiny, *more.split())


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ("layers --prob-layer nothing", "prob_layer names 'nothing'"),
        ("layers --backend caffe", "affe"),
        ("layers --backend sorcery", "--backend: 'sorcery' is not one of"),
        ("accuracy --images . --prob-layer nothing", "prob_layer names 'nothing'"),
    ],
)
def test_subcommands_take_what_the_window_takes(
    capsys: pytest.CaptureFixture[str], tiny: Text, more: str, words: str
) -> None:
    assert words in refused(capsys, *more.split(), *tiny)


def test_the_layers_of_the_classes_are_named_in_every_subcommand(
    capsys: pytest.CaptureFixture[str], tiny: Text
) -> None:
    more = ["--label-layers", "conv1", "--prob-layer", "conv2", *tiny]
    assert main(["layers", "--device", "cpu", "--backend", "engine", *more]) == 0
    assert main(["check", *more]) == 0
    assert "classes   in layer conv2" in capsys.readouterr().out


def test_files_of_a_network(capsys: pytest.CaptureFixture[str], tiny: Text, tmp_path: Path) -> None:
    prototxt, weights = tiny[1], tiny[3]
    assert "/no.prototxt" in refused(capsys, "--headless", "--prototxt", "/no.prototxt", "--weights", weights)
    assert "/no.caffemodel" in refused(capsys, "--headless", "--prototxt", prototxt, "--weights", "/no.caffemodel")
    other = tmp_path / "other.prototxt"
    other.write_text(Path(prototxt).read_text().replace('"conv2"', '"conv9"'))
    assert "conv9" in refused(capsys, "--headless", "--prototxt", other, "--weights", weights)
    other.write_text(Path(prototxt).read_text().replace('"Convolution"', '"Involution"'))
    assert "Involution" in refused(capsys, "--headless", "--prototxt", other, "--weights", weights)
    other.write_text("layer { name: ")
    assert "other.prototxt" in refused(capsys, "--headless", "--prototxt", other, "--weights", weights)
    other.write_bytes(b"\x00\xff" * 50)
    assert "other.prototxt" in refused(capsys, "--headless", "--prototxt", other, "--weights", weights)
    assert "other.prototxt" in refused(capsys, "--headless", "--prototxt", prototxt, "--weights", other)


def test_what_is_no_file_of_a_network(capsys: pytest.CaptureFixture[str], tiny: Text, tmp_path: Path) -> None:
    assert "--prototxt needs --weights too, or --fill" in refused(capsys, "layers", "--prototxt", tiny[1])
    (tmp_path / "cat.jpg").write_bytes(b"x")
    for name, words in (
        ("cat.jpg", "cat.jpg: found a picture, expected a network's file"),
        ("", "found a folder, expected a network's file; a folder with a model.yaml is named by --model"),
        ("none.prototxt", "none.prototxt: found no such file, expected the network's file"),
    ):
        assert words in refused(capsys, "layers", "--network", tmp_path / name)
    said = refused(capsys, "layers", "--settings", tmp_path)
    assert f"--settings {tmp_path}: there is a folder, expected a file" in said


def test_settings(capsys: pytest.CaptureFixture[str], tiny: Text, tmp_path: Path) -> None:
    path = tmp_path / "mine.py"
    path.write_text("caffevis_deploy_protxt = 'x'\n")
    assert "did you mean 'caffevis_deploy_prototxt'?" in refused(capsys, *tiny, "--settings", path)
    path.write_text("window_panes = (('input', (0, 0, 300)),)\n")
    assert "input" in refused(capsys, *tiny, "--settings", path)


def test_folders_and_sizes(capsys: pytest.CaptureFixture[str], tiny: Text) -> None:
    assert "there is no such folder" in refused(capsys, *tiny, "--headless", "--unit-images", "nowhere")
    assert "too small" in refused(capsys, *tiny, "--headless", "--scale", "0.05")


def test_frames_do_not_count_before_the_network_is_there(capsys: pytest.CaptureFixture[str], tiny: Text) -> None:
    assert "device" in refused(capsys, *tiny, "--headless", "--frames", "1", "--device", "cuda:99")


def test_list_layers_of_a_model_that_is_not_there(capsys: pytest.CaptureFixture[str]) -> None:
    assert "nothing" in refused(capsys, "--list-layers", "--model", "nothing-like-it")


@pytest.mark.parametrize("display", [None, ":93", "no.such.host.invalid:0", "nonsense"])
def test_no_display(tiny: Text, root: Path, display: str | None) -> None:
    environment = {name: value for name, value in os.environ.items() if not name.endswith("DISPLAY")}
    environment |= {"DISPLAY": display} if display else {}
    done = subprocess.run(
        [sys.executable, str(root / "run_toolbox.py"), *tiny],
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert "--headless" in done.stderr
    assert done.stdout == ""


def test_an_error_of_the_worker_is_one_sentence_too(tiny: Text, root: Path, tmp_path: Path) -> None:
    """In a process of its own, where the log goes to standard error as well."""
    other = tmp_path / "other.prototxt"
    other.write_text(Path(tiny[1]).read_text().replace('"Convolution"', '"Involution"'))
    arguments = ["--headless", "--prototxt", str(other), *tiny[2:]]
    done = subprocess.run(
        [sys.executable, str(root / "run_toolbox.py"), *arguments], capture_output=True, text=True, timeout=60
    )
    assert (done.returncode, done.stderr.count("\n"), done.stdout) == (2, 1, "")
    assert "Involution" in done.stderr


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (ModuleNotFoundError("No module named 'torch'", name="torch"), "scripts/run.sh"),
        (ImportError("libGL.so.1: cannot open shared object file", name="cv2"), "apt-get install libgl1"),
        (ImportError("numpy was built\nfor another", name="numpy"), "remove .venv and start with scripts/run.sh"),
    ],
)
def test_missing_libraries(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, error: ImportError, words: str
) -> None:
    from deepvis.cli import window as cli

    def fail(arguments: object) -> int:
        raise error

    monkeypatch.setattr(cli, "_run", fail)
    assert words in refused(capsys, "--headless")


def test_a_row_of_no_search(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    said = refused(capsys, "search", "--output", tmp_path / "none", "--keep", "1", "--name", "soft")
    assert f"there is no folder {tmp_path / 'none'}" in said


def test_a_misspelled_option_is_named_before_one_that_lacks(capsys: pytest.CaptureFixture[str]) -> None:
    assert "unrecognized arguments: --imagez; did you mean '--images'?" in refused(capsys, "accuracy", "--imagez", "x")
    assert "required: --images" in refused(capsys, "accuracy", "--count", "1")


def test_what_a_key_opens_can_be_typed_into() -> None:
    assert key_names('^ "12.5" enter') == ("^", "1", "2", ".", "5", "enter")
    assert key_names("ctrl+t 'a b' enter") == ("ctrl+t", "a", " ", "b", "enter")
