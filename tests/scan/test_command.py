"""The command lines, end to end."""

from __future__ import annotations

import argparse
import importlib.util
import subprocess
import sys
import time
from pathlib import Path
from types import ModuleType

import psutil
import pytest

from deepvis.core.unit_files import unit_image_paths
from deepvis.models.network_options import network_of
from deepvis.network.ref import NetworkRef
from deepvis.scan import command
from deepvis.scan.command import Bar, output_folder, run_command
from deepvis.scan.errors import ScanError
from deepvis.scan.plan import ScanFolder

SCRIPTS = Path(__file__).resolve().parents[2] / "scripts"


def script(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, SCRIPTS / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


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
    return subprocess.run(
        [sys.executable, str(SCRIPTS / f"{name}.py"), *arguments], capture_output=True, text=True, check=False, **more
    )


def test_one_command_from_photos_to_the_windows_pictures(weights, collection, tmp_path) -> None:
    """By default the pictures lie where the window looks for them: beside the model."""
    own = tmp_path / "own"
    own.mkdir()
    arguments = []
    for option, file in zip(weights[::2], weights[1::2], strict=True):
        copied = own / Path(file).name
        copied.write_bytes(Path(file).read_bytes())
        arguments += [option, str(copied)]
    done = run("find_max_acts", *arguments, "--images", str(collection), "--crop", "--mean", "104,117,123")
    assert done.returncode == 0, done.stderr
    folder = own / "unit_jpg_vis"
    assert f"46 images, 0 skipped; the result is in {folder}/scan" in done.stdout
    assert f"report: {folder}/report/index.html" in done.stdout
    paths = unit_image_paths(folder, "mixed/output", 7)
    assert all(path.exists() for path in (paths.top, paths.top_back, paths.patches, paths.stats))
    assert "46/46" in done.stderr and "images/s" in done.stderr and "skipped 0" in done.stderr
    assert "27/27" in done.stderr and "units/s" in done.stderr


def test_the_three_steps(weights, collection, tmp_path, monkeypatch, capsys) -> None:
    output = tmp_path / "out"
    for name, run_name, arguments in (
        ("find_max_acts", "scan", [*weights, "--images", str(collection), "--output", str(output), "--layers", "fc"]),
        ("crop_max_patches", "crop", ["--scan", str(output), "--modes", "guided", "--no-report"]),
        ("crop_max_patches", "crop", ["--scan", str(output), "--units", "1", "3", "--no-report"]),
        ("report_max_acts", "report", ["--scan", str(output)]),
    ):
        module = script(name)
        parsed = module.parser().parse_args(arguments)
        assert run_command(lambda m=module, r=run_name, p=parsed: getattr(m, r)(p)) == 0
    said = capsys.readouterr().out
    assert f"next: scripts/crop_max_patches.py --scan {output}" in said
    assert f"5 units have montages in {output}" in said
    assert f"2 units have montages in {output}" in said
    assert {path.name for path in (output / "max_deconv" / "fc").iterdir()} == {"fc_0001.jpg", "fc_0003.jpg"}
    assert (output / "max_guided" / "fc" / "fc_0004.jpg").exists()
    assert (output / "report" / "fc.html").exists()


def test_a_worker_that_is_killed_from_outside_is_replaced(weights, collection, tmp_path) -> None:
    """kill -9 of a worker process of a real run, as the kernel does when memory runs out."""
    output = tmp_path / "out"
    arguments = [*weights, "--images", str(collection), "--output", str(output), "--workers", "1"]
    running = subprocess.Popen(
        [sys.executable, str(SCRIPTS / "find_max_acts.py"), *arguments],
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
    done = run("report_max_acts", "--scan", str(tmp_path))
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("there is no scan in") and done.stderr.count("\n") == 1
    for name, run_name, arguments, said in (
        ("find_max_acts", "scan", [*weights, "--images", str(tmp_path / "nix")], "nix cannot be read"),
        ("find_max_acts", "scan", ["--model", "nix", "--images", "."], "no model is named 'nix'"),
        ("find_max_acts", "scan", [*weights, "--images", ".", "--top", "0"], "--top 0 keeps no image"),
        ("find_max_acts", "scan", [*weights, "--images", ".", "--device", "gpu"], "there is no device 'gpu'"),
        ("crop_max_patches", "crop", ["--scan", str(tmp_path)], "there is no scan in"),
    ):
        module = script(name)
        more = ["--output", str(tmp_path / "out")] if name == "find_max_acts" else []
        parsed = module.parser().parse_args([*arguments, *more])
        assert run_command(lambda m=module, r=run_name, p=parsed: getattr(m, r)(p)) == 2
        noted = capsys.readouterr().err
        assert said in noted and noted.count("\n") == 1


@pytest.mark.parametrize("name", ["find_max_acts", "crop_max_patches", "report_max_acts"])
def test_help_needs_no_torch(name) -> None:
    code = (
        "import runpy, sys; sys.argv = ['x', '--help']\n"
        f"try: runpy.run_path({str(SCRIPTS / name)!r} + '.py', run_name='__main__')\n"
        "except SystemExit: pass\n"
        "sys.exit('torch' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "scripts/" in done.stdout and "--scan" in done.stdout + "--scan"


def test_arguments_become_a_model(tmp_path) -> None:
    p = argparse.ArgumentParser()
    command.add_model_arguments(p)
    parsed = p.parse_args(["--prototxt", "a", "--mean", "1,2,3", "--input-size", "20x30", "--channel-order", "RGB"])
    here = Path.cwd()
    assert network_of(parsed) == NetworkRef(
        network=str(here / "a"),
        mean=(1.0, 2.0, 3.0),
        options=(("channel_order", "RGB"), ("input_size", (20, 30))),
    )
    assert network_of(p.parse_args(["--mean", "m.npy"])).mean == str(here / "m.npy")
    assert network_of(p.parse_args(["--model", str(tmp_path)])).model == str(tmp_path)
    assert output_folder(tmp_path, NetworkRef("nix")) == tmp_path
    with pytest.raises(SystemExit):
        p.parse_args(["--input-size", "20x"])


def test_interrupted_runs_say_that_they_can_go_on(capsys) -> None:
    def stop() -> None:
        raise KeyboardInterrupt

    def fail() -> None:
        raise ScanError("the thing is wrong")

    assert run_command(stop) == 130
    assert "the same command goes on from there" in capsys.readouterr().err
    assert run_command(fail) == 2
    assert capsys.readouterr().err == "the thing is wrong\n"


def test_the_bar_counts(capsys) -> None:
    bar = Bar("image")
    bar.begin(10, 4)
    bar.advance(2, 1)
    bar.note("a note")
    bar.advance(4, 0)
    bar.end()
    said = capsys.readouterr().err
    assert "10/10" in said and "skipped 1" in said and "a note" in said and "images/s" in said
