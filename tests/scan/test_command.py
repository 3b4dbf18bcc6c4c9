"""The command lines, end to end."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from deepvis.cli.main import main
from deepvis.cli.parser import Parser
from deepvis.cli.shared_options import add_model
from deepvis.core.program import program
from deepvis.core.unit_files import unit_image_paths
from deepvis.core.user_error import UsageError
from deepvis.jobs.progress import Bar
from deepvis.models.network_options import network_of
from deepvis.network.ref import NetworkRef
from deepvis.scan.plan import ScanFolder

COMMAND = [sys.executable, "-m", "deepvis"]


@pytest.fixture(scope="module")
def weights(tmp_path_factory) -> list[str]:
    """The arguments of a network with weights of its own."""
    import numpy as np
    from networks import PROTOTXT

    from deepvis.formats.caffe.weights import write_weights

    folder = tmp_path_factory.mktemp("own")
    (folder / "own.prototxt").write_text(PROTOTXT)
    rng = np.random.default_rng(0)
    shapes = {"conv1": (6, 3, 3, 3), "mixed/a": (4, 6, 1, 1), "mixed/b": (4, 6, 3, 3), "fc": (5, 8 * 49)}
    write_weights(
        folder / "own.caffemodel",
        {n: [rng.normal(0, 0.2, s).astype(np.float32), np.zeros(s[0], np.float32)] for n, s in shapes.items()},
    )
    return ["--prototxt", str(folder / "own.prototxt"), "--weights", str(folder / "own.caffemodel")]


def run(name: str, *arguments: str, **more) -> subprocess.CompletedProcess:
    return subprocess.run([*COMMAND, name, *arguments], capture_output=True, text=True, check=False, **more)


def test_one_command_from_photos_to_the_windows_pictures(weights, collection, tmp_path) -> None:
    """By default the pictures lie where the window looks for them: beside the model."""
    own = tmp_path / "own"
    own.mkdir()
    arguments = []
    for option, file in zip(weights[::2], weights[1::2], strict=True):
        copied = own / Path(file).name
        copied.write_bytes(Path(file).read_bytes())
        arguments += [option, str(copied)]
    done = run("scan", *arguments, "--images", str(collection), "--crop", "--mean", "104,117,123")
    assert done.returncode == 0, done.stderr
    folder = own / "unit_jpg_vis"
    assert f"46 images, 0 skipped; the result is in {folder}/scan" in done.stderr
    assert done.stdout == f"27 units have montages in {folder}; report: {folder}/report/index.html\n"
    paths = unit_image_paths(folder, "mixed/output", 7)
    assert all(path.exists() for path in (paths.top, paths.top_back, paths.patches, paths.stats))
    assert "46/46" in done.stderr and "images/s" in done.stderr and "skipped 0" in done.stderr
    assert "27/27" in done.stderr and "units/s" in done.stderr


def test_the_three_steps(weights, collection, tmp_path, capsys) -> None:
    output = tmp_path / "out"
    for arguments in (
        ["scan", *weights, "--images", str(collection), "--output", str(output), "--layers", "fc"],
        ["crops", "--scan", str(output), "--modes", "guided", "--no-report"],
        ["crops", "--scan", str(output), "--units", "1", "3-3", "--no-report"],
        ["report", "--scan", str(output)],
    ):
        assert main(arguments) == 0
    said = capsys.readouterr()
    assert f"next: {program()} crops --scan {output}" in said.err
    assert said.out.splitlines() == [
        f"46 images, 0 skipped; the result is in {output}/scan",
        f"5 units have montages in {output}",
        f"2 units have montages in {output}",
        f"report: {output}/report/index.html",
    ]
    for arguments in (
        ["scan", *weights, "--images", str(collection), "--output", str(output), "--layers", "fc"],
        ["crops", "--scan", str(output), "--modes", "guided", "--no-report"],
    ):
        assert main(arguments) == 0
    assert capsys.readouterr().out == f"already done: {output}/scan\nalready done: {output}\n"
    assert {path.name for path in (output / "max_deconv" / "fc").iterdir()} == {"fc_0001.jpg", "fc_0003.jpg"}
    assert (output / "max_guided" / "fc" / "fc_0004.jpg").exists()
    assert (output / "report" / "fc.html").exists()


def test_a_worker_that_is_killed_from_outside_is_replaced(weights, collection, tmp_path) -> None:
    """kill -9 of a worker process of a real run, as the kernel does when memory runs out."""
    output = tmp_path / "out"
    arguments = [*weights, "--images", str(collection), "--output", str(output), "--workers", "1"]
    running = subprocess.Popen(
        [*COMMAND, "scan", *arguments],
        stderr=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    worker = wait_for_worker(psutil.Process(running.pid))
    worker.kill()
    said, noted = running.communicate(timeout=120)
    assert running.returncode == 0, noted
    assert "a worker died; begun again: chunk 0" in noted
    assert "46 images, 0 skipped" in said
    assert ScanFolder(output).result.exists()


def wait_for_worker(parent: psutil.Process) -> psutil.Process:
    """The first worker process of a pool, as soon as it is there."""
    while parent.is_running():
        for child in parent.children():
            try:
                if any("spawn_main" in word for word in child.cmdline()):
                    return child
            except psutil.Error:
                continue
        time.sleep(0.01)
    raise AssertionError("the run ended before it had a worker")


def test_errors_are_one_sentence_and_exit_code_2(weights, tmp_path, capsys) -> None:
    done = run("report", "--scan", str(tmp_path))
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("deepvis report: there is no scan in") and done.stderr.count("\n") == 1
    output = ["--output", str(tmp_path / "out")]
    for arguments, said in (
        (["scan", *weights, "--images", str(tmp_path / "nix"), *output], "nix cannot be read"),
        (["scan", "--model", "nix", "--images", ".", *output], "no model is named 'nix'"),
        (["scan", *weights, "--images", ".", "--top", "0", *output], "--top: '0' is not a whole number of 1 to 10000"),
        (["scan", *weights, "--images", ".", "--device", "gpu", *output], "there is no device 'gpu'"),
        (["scan", *weights, "--images", ".", "--modes", "foo", *output], "--modes: 'foo' is not a back mode"),
        (["scan", *weights, "--images", ".", "--output", "/proc/foo"], "the folder /proc/foo cannot be made"),
        (["scan", *weights, "--images", ".", "--layers", "fcc", *output], "has no layer 'fcc'; did you mean 'fc'?"),
        (["crops", "--scan", str(tmp_path)], "there is no scan in"),
    ):
        assert main(arguments) == 2
        noted = capsys.readouterr().err
        assert said in noted and noted.count("\n") == 1
        assert not (tmp_path / "out").exists()


def test_images_that_are_none_leave_the_folder_free(weights, collection, tmp_path, capsys) -> None:
    """A list that names nothing, or files that are no pictures; then the same folder is as good as new."""
    text = tmp_path / "words.txt"
    text.write_text("no picture\nnor this\n")
    listed = tmp_path / "listed.txt"
    listed.write_text("words.txt\n")
    output = tmp_path / "out"
    words = ["scan", *weights, "--layers", "fc", "--output", str(output), "--images"]
    for images, sentence in (
        (text, f"no line of {text} names a file that is there"),
        (listed, f"none of the 1 images of {listed} can be read"),
    ):
        assert main([*words, str(images)]) == 2
        said = capsys.readouterr()
        assert said.out == "" and said.err.count(sentence) == 1 and not output.exists()
    assert main([*words, str(collection)]) == 0


def test_an_interrupted_scan_says_how_far_it_came(weights, collection, tmp_path, capsys, monkeypatch) -> None:
    output = tmp_path / "out"
    words = ["scan", *weights, "--images", str(collection), "--layers", "fc", "--output", str(output)]
    with monkeypatch.context() as patched:
        patched.setattr("deepvis.scan.resumable_scan.run_all", lambda *order: signal.raise_signal(signal.SIGTERM))
        assert main(words) == 143
    said = capsys.readouterr()
    sentence = "terminated; 0 of 46 images are done, run the same command again to go on"
    assert said.err == f"deepvis scan: {sentence}\n" and said.out == ""
    assert main(words) == 0


def test_arguments_become_a_model(tmp_path) -> None:
    p = Parser([])
    add_model(p)
    parsed = p.parse_args(["--prototxt", "a", "--mean", "1,2,3", "--input-size", "20x30", "--channel-order", "RGB"])
    here = Path.cwd()
    assert network_of(vars(parsed)) == NetworkRef(
        network=str(here / "a"),
        mean=(1.0, 2.0, 3.0),
        options=(("channel_order", "RGB"), ("input_size", (20, 30))),
    )
    assert network_of(vars(p.parse_args(["--mean", "m.npy"]))).mean == str(here / "m.npy")
    assert network_of(vars(p.parse_args(["--model", str(tmp_path)]))).model == str(tmp_path)
    with pytest.raises(UsageError, match="an input size"):
        p.parse_args(["--input-size", "20x"])


def test_the_bar_counts(capsys) -> None:
    bar = Bar(" images")
    bar.begin(10, 4)
    bar.advance(2, 1)
    bar.note("a note")
    bar.advance(4, 0)
    bar.end()
    said = capsys.readouterr().err
    assert "10/10" in said and "skipped 1" in said and "a note" in said and "images/s" in said
