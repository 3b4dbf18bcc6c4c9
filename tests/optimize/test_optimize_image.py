"""``deepvis optimize`` from end to end on a small network."""

from __future__ import annotations

import errno
import json
import os
import re
import signal
import threading
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from deepvis.cli.main import main
from deepvis.core import files
from deepvis.formats.caffe.weights import read_weights, write_weights
from deepvis.network.ref import NetworkRef
from deepvis.optimize import climb_files, image_jobs, session, tasks
from deepvis.optimize.ascend import ascend, begin
from deepvis.optimize.climb import Job
from deepvis.optimize.climb_files import FOLDER
from deepvis.optimize.objective import unit
from deepvis.optimize.presets import preset

QUICK = ["--max-iter", "6", "--lr-params", "{lr: 50}"]


@pytest.fixture
def run(tiny_files, capsys):
    """words -> (exit code, what was said on standard error)."""

    def go(*words):
        code = main(["optimize", *tiny_files, *words])
        return code, capsys.readouterr().err

    return go


def names(folder):
    return sorted(path.name for path in folder.iterdir()) if folder.exists() else []


def test_files_of_a_unit(run, tmp_path):
    code, _ = run(*QUICK, "--push-layer", "conv/a", "--push-channel", "2", "--output-prefix", f"{tmp_path}/o/opt")
    stem = tmp_path / "o" / "opt_conv-a_0002_0"
    assert code == 0
    assert names(tmp_path / "o") == [
        f"{stem.name}_{end}" for end in ("best_X.jpg", "best_Xpm.jpg", "images.npz", "info.json")
    ]
    info = json.loads((tmp_path / "o" / f"{stem.name}_info.json").read_text())
    assert info["version"] == 1
    assert len(info["objective"]) == len(info["learning_rate"]) == 6
    assert info["best_objective"] == max(info["objective"]) == info["objective"][info["best_iteration"]]
    assert info["result"] in ("majority success", "majority failure")
    wanted = {"push_layer": "conv/a", "push_channel": 2, "push_spatial": [3, 4], "push_dir": 1.0, "rand_seed": 0}
    wanted |= {
        "max_iter": 6,
        "lr_policy": "constant",
        "lr_params": {"lr": 50.0},
        "decay": 0.0,
        "start_at": "mean_plus_rand",
    }
    assert wanted.items() <= info["parameters"].items()
    assert Image.open(f"{stem}_best_Xpm.jpg").size == (20, 16)
    with np.load(f"{stem}_images.npz", allow_pickle=False) as arrays:
        assert arrays["best"].shape == (3, 16, 20) and arrays["best"].dtype == np.float32


def test_layers_channels_and_seeds(run, tmp_path):
    code, _ = run(
        *QUICK, "--push-layer", "fc", "conv/a", "--push-channel", "0-1,3", "--rand-seed", "0", "4-5", "--skipbig",
        "--output-prefix", f"{tmp_path}/opt", "--batch", "5", "--workers", "2",
    )  # fmt: skip
    assert code == 0
    stems = [f"opt_{layer}_{c:04d}_{s}" for layer in ("conv-a", "fc") for c in (0, 1, 3) for s in (0, 4, 5)]
    assert names(tmp_path) == sorted(f"{s}_{end}" for s in stems for end in ("best_X.jpg", "best_Xpm.jpg", "info.json"))


def test_defaults_and_names_of_classes(run, tmp_path):
    code, _ = run(*QUICK, "--push-channel", "cat", "--output-prefix", f"{tmp_path}/opt", "--push-dir", "-1")
    assert code == 0
    info = json.loads((tmp_path / "opt_fc_0002_0_info.json").read_text())
    assert info["best_objective"] == min(info["objective"]) and info["parameters"]["push_dir"] == -1


@pytest.mark.parametrize("dims, layer", [("dim: 1 dim: -1", "fc"), ("dim: 1 dim: 4 dim: -1", "flat")])
def test_a_network_that_takes_one_picture_at_a_time(run, tiny_files, tmp_path, dims, layer):
    """A batch of 4 goes through it one by one: the same pictures as with --batch 1."""
    flat = (
        f'layer {{ name: "flat" type: "Reshape" bottom: "conv/a" top: "flat" reshape_param {{ shape {{ {dims} }} }} }}'
    )
    text = Path(tiny_files[tiny_files.index("--prototxt") + 1]).read_text()
    text = text.replace('bottom: "conv/a" top: "fc"', 'bottom: "flat" top: "fc"')
    (tmp_path / "one.prototxt").write_text(text.replace('layer { name: "fc"', f'{flat}\nlayer {{ name: "fc"'))
    words = [*QUICK, "--prototxt", str(tmp_path / "one.prototxt"), "--push-layer", layer, "--push-channel", "0-3"]
    words += ["--push-spatial", "whole", "--skipbig"]
    for batch in ("4", "1"):
        assert run(*words, "--output-prefix", f"{tmp_path}/{batch}/opt", "--batch", batch)[0] == 0
    pictures = sorted(path.name for path in (tmp_path / "4").glob("*.jpg"))
    assert len(pictures) == 8
    for name in pictures:
        assert (tmp_path / "4" / name).read_bytes() == (tmp_path / "1" / name).read_bytes()


def test_a_unit_named_twice_is_made_once(run, tmp_path):
    words = ["--push-layer", "fc", "fc", "--push-channel", "cat", "1-3", "2,2-4", "dog", "--rand-seed", "0-1", "1"]
    assert run(*QUICK, *words, "--output-prefix", f"{tmp_path}/opt", "--skipbig")[0] == 0
    stems = [name.removesuffix("_info.json") for name in names(tmp_path) if name.endswith("_info.json")]
    assert stems == [f"opt_fc_{c:04d}_{seed}" for c in (1, 2, 3, 4) for seed in (0, 1)]


@pytest.fixture(scope="module")
def comma_files(tiny_files, tmp_path_factory):
    """tiny_files with a layer whose name holds a comma."""
    folder = tmp_path_factory.mktemp("comma")
    text = Path(tiny_files[tiny_files.index("--prototxt") + 1]).read_text().replace("conv/a", "a/b,c")
    (folder / "comma.prototxt").write_text(text)
    weights = read_weights(Path(tiny_files[tiny_files.index("--weights") + 1]))
    write_weights(folder / "comma.caffemodel", {name.replace("conv/a", "a/b,c"): weights[name] for name in weights})
    return [*tiny_files, "--prototxt", str(folder / "comma.prototxt"), "--weights", str(folder / "comma.caffemodel")]


def test_a_layer_with_a_comma_in_its_name(comma_files, tmp_path):
    words = [*comma_files, *QUICK, "--push-layer", "a/b,c", "--output-prefix", f"{tmp_path}/o/opt"]
    assert main(["optimize", *words]) == 0
    assert "opt_a-b,c_0000_0_info.json" in names(tmp_path / "o")
    words = [
        *comma_files,
        "--presets",
        "3",
        "--max-iter",
        "1",
        "--rand-seed",
        "0",
        "--output",
        str(tmp_path / "u"),
    ]
    assert main(["optimize-layer", *words]) == 0


def test_a_start_image(run, tmp_path):
    photo = tmp_path / "photo.png"
    Image.fromarray(np.full((40, 50, 3), 200, np.uint8)).save(photo)
    code, _ = run(*QUICK, "--start-image", str(photo), "--output-prefix", f"{tmp_path}/o/opt", "--max-iter", "1")
    assert code == 0
    with np.load(tmp_path / "o" / "opt_fc_0000_0_images.npz") as arrays:
        np.testing.assert_allclose(arrays["last"][:, 5, 5], [200 - 104, 200 - 117, 200 - 123])
    code, said = run(*QUICK, "--start-image", str(tmp_path / "none.png"), "--output-prefix", f"{tmp_path}/p/opt")
    assert code == 2 and "none.png" in said


@pytest.fixture
def photo(tmp_path):
    Image.fromarray(np.full((40, 50, 3), 200, np.uint8)).save(tmp_path / "photo.png")
    return str(tmp_path / "photo.png")


def test_seeds_make_no_difference_from_an_image(run, photo, tmp_path):
    words = [*QUICK, "--rand-seed", "3-6", "--skipbig"]
    code, said = run(*words, "--start-image", photo, "--output-prefix", f"{tmp_path}/a/opt")
    assert code == 0 and f"from {photo} all 4 seeds make the same image; one is made, with seed 3" in said
    assert [name for name in names(tmp_path / "a") if name.endswith("json")] == ["opt_fc_0000_3_info.json"]
    code, said = run(*words, "--start-at", "mean", "--output-prefix", f"{tmp_path}/b/opt")
    assert code == 0 and "from --start-at mean all 4 seeds make the same image" in said
    code, said = run(*words, "--start-image", photo, "--jitter", "2", "--output-prefix", f"{tmp_path}/c/opt")
    assert code == 0 and "the same image" not in said
    pictures = {path.read_bytes() for path in (tmp_path / "c").glob("*_best_X.jpg")}
    assert len(pictures) == 4


def test_a_start_image_is_read_once(run, photo, tmp_path, monkeypatch):
    read, whole = [], image_jobs.start_photo
    monkeypatch.setattr(image_jobs, "start_photo", lambda path, model: read.append(path) or whole(path, model))
    words = ["--start-image", photo, "--push-channel", "all", "--output-prefix", f"{tmp_path}/o/opt"]
    assert run(*QUICK, *words)[0] == 0
    assert len(read) == 1 and len(names(tmp_path / "o")) == 5 * 4


def test_a_start_image_that_is_none_costs_no_results(run, tmp_path):
    words = [*QUICK, "--output-prefix", f"{tmp_path}/opt"]
    assert run(*words)[0] == 0
    assert run(*words, "--overwrite", "--start-image", str(tmp_path / "none.png"))[0] == 2
    assert (tmp_path / "opt_fc_0000_0_info.json").exists()


def test_nothing_is_overwritten_unless_told(run, tiny_files, tmp_path, capsys):
    words = [*QUICK, "--push-channel", "1", "--output-prefix", f"{tmp_path}/opt"]
    assert run(*words)[0] == 0
    info = tmp_path / "opt_fc_0001_0_info.json"
    before = info.read_bytes(), info.stat().st_mtime_ns
    assert main(["optimize", *tiny_files, *words]) == 0
    said = capsys.readouterr()
    assert said.out == f"already done: {tmp_path}/opt_fc_0001_0_best_X.jpg\n" and said.err == ""
    assert (info.read_bytes(), info.stat().st_mtime_ns) == before
    code, said = run(*words, "--decay", "0.1")
    assert code == 2 and "made with other parameters" in said
    assert (info.read_bytes(), info.stat().st_mtime_ns) == before
    assert run(*words, "--decay", "0.1", "--overwrite")[0] == 0
    assert json.loads(info.read_text())["parameters"]["decay"] == 0.1


def test_what_is_there_is_not_made_again(run, tmp_path):
    words = [*QUICK, "--output-prefix", f"{tmp_path}/opt"]
    assert run(*words, "--push-channel", "1")[0] == 0
    before = (tmp_path / "opt_fc_0001_0_info.json").stat().st_mtime_ns
    code, said = run(*words, "--push-channel", "0-2")
    assert code == 0 and "1 of 3 images are there already" in said
    assert (tmp_path / "opt_fc_0001_0_info.json").stat().st_mtime_ns == before
    assert (tmp_path / "opt_fc_0002_0_info.json").exists()


@pytest.mark.parametrize(
    "words, sentence",
    [
        (["--push-layer", "fx"], "has no layer 'fx'; did you mean 'fc'"),
        (["--push-channel", "5"], "layer 'fc' has no channel 5; its 5 channels are 0 to 4"),
        (["--push-channel", "tiger"], "no class is named 'tiger'"),
        (["--push-layer", "conv/a", "--push-spatial", "(9,9)"], r"has no position \(9, 9\)"),
        (["--small-norm-percentile", "-5"], "small_norm_percentile is -5"),
        (["--blur-radius", "0.1", "--blur-every", "4"], "blur_radius 0.1 is too small to blur"),
        (["--push-channel", "0", "--start-at", "nowhere"], "no start is named 'nowhere'"),
        (["--rand-seed", "0", "4294967296"], "--rand-seed is '4294967296'; expected seeds of 0 to 4294967295"),
        (["--rand-seed", "4294967290-4294967300"], "--rand-seed is '4294967290-4294967300'"),
        (["--output-template", "%(p.nothing)s"], "--output-template"),
        (["--output-template", "%(p.push_layer)s", "--rand-seed", "0-1"], "the same file name"),
        (["--batch", "0"], "--batch: '0' is not a whole number of 1 or more"),
        (["--push-dir", "0"], "push direction is 0; give 1 to raise the unit or -1 to lower it"),
        (["--push-dir", "inf"], "push direction is inf"),
        (["--push-dir", "nan"], "push direction is nan"),
        (["--push-dir=-1e300"], "push direction is -1e[+]300"),
        (["--push-dir", "1e-300"], "push direction is 1e-300"),
        (["--jitter", "1e8"], r"jitter is 1e\+08 pixels"),
        (["--jitter", "16"], "jitter is 16 pixels and the network's picture 16 x 20; give a --jitter of less than 16"),
        (["--jitter", "nan"], "jitter is nan; expected a number of 0 or more"),
        (["--scale-jitter", "1"], "scale_jitter is 1; expected a number from 0 to 0.9"),
        (["--rotate-jitter", "inf"], "rotate_jitter is inf; expected a number from 0 to 180"),
        (["--total-variation", "inf"], "total_variation is inf; expected a number of 0 or more"),
        (["--decay", "1.5"], "decay is 1.5; expected a number from 0 to 1"),
        (["--blur-radius", "1e9", "--blur-every", "1"], "blur_radius is .*; expected a number from 0 to 1000"),
        (["--lr-params", "{lr: .inf}"], "lr of lr-policy constant is inf; expected a finite number"),
        (["--lr-params", "{lr: 1e300}"], "lr of lr-policy constant is '1e300'; expected a finite number"),
        (["--lr-policy", "even", "--lr-params", "{step: .nan}"], "step of lr-policy even is nan"),
        (["--preset", "3", "--lr-params", "{lr: -100}"], "lr of lr-policy constant is -100; expected a number above 0"),
        (["--model", "no-such-model"], "no-such-model"),
        (["--push-channel", "0", "--scheduler", "tcp://127.0.0.1:1"], "no Dask scheduler answers"),
    ],
)
def test_one_sentence_and_exit_code_2(tiny_files, tmp_path, capsys, monkeypatch, words, sentence):
    if "--scheduler" in words:
        pytest.importorskip("distributed")
        monkeypatch.setattr("deepvis.jobs.cluster.CONNECT_SECONDS", 0.5)
    given = [] if "--model" in words else tiny_files
    out = ["--output-prefix", str(tmp_path / "opt")]
    code = main(["optimize", *given, *QUICK, *out, *words])
    said = capsys.readouterr().err
    assert code == 2
    lines = [line for line in said.splitlines() if line.startswith("deepvis optimize: ")]
    assert len(lines) == 1 and "Traceback" not in said
    assert re.search(sentence, lines[0])
    assert names(tmp_path) == []


def test_weights_that_are_no_numbers(tiny_files, tmp_path, capsys):
    weights = {"conv/a": [np.full((4, 3, 3, 3), np.nan, np.float32), np.zeros(4, np.float32)]}
    weights["fc"] = [np.zeros((5, 252), np.float32), np.zeros(5, np.float32)]
    write_weights(tmp_path / "nan.caffemodel", weights)
    words = [*tiny_files, *QUICK, "--weights", str(tmp_path / "nan.caffemodel"), "--output-prefix", f"{tmp_path}/o"]
    assert main(["optimize", *words]) == 2
    assert "the weights of layer 'conv/a' (blob 0) hold NaN" in capsys.readouterr().err


def test_a_dead_unit_does_not_stop_the_others(tiny_files, tmp_path, capsys):
    random = np.random.RandomState(0)
    fc = random.normal(0, 0.1, (5, 252)).astype(np.float32)
    fc[3] = 0
    conv = random.normal(0, 0.1, (4, 3, 3, 3)).astype(np.float32)
    weights = {"conv/a": [conv, np.zeros(4, np.float32)], "fc": [fc, np.zeros(5, np.float32)]}
    write_weights(tmp_path / "dead.caffemodel", weights)
    words = [*tiny_files, *QUICK, "--weights", str(tmp_path / "dead.caffemodel"), "--push-channel", "2-4"]
    words += ["--output-prefix", f"{tmp_path}/o/opt"]
    assert main(["optimize", *words]) == 2
    assert "unit 3 of layer 'fc' has no gradient" in capsys.readouterr().err
    results = [json.loads((tmp_path / "o" / f"opt_fc_000{n}_0_info.json").read_text())["result"] for n in (2, 3, 4)]
    assert results[1] == "grad 0 failure" and "grad 0 failure" not in (results[0], results[2])


def test_a_full_disk(run, tmp_path, monkeypatch):
    """The third image finds no room: one sentence, two images kept, nothing half-written; then it goes on."""
    whole, written = os.replace, []

    def replace(source, target):
        if len([name for name in written if name.endswith("info.json")]) == 2:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(target))
        written.append(str(target))
        return whole(source, target)

    words = [*QUICK, "--push-channel", "all", "--batch", "1", "--output-prefix", f"{tmp_path}/opt"]
    monkeypatch.setattr(files.os, "replace", replace)
    code, said = run(*words)
    monkeypatch.undo()
    assert code == 2 and said.count("the disk takes no more") == 1 and "run the same command again" in said
    assert len([name for name in names(tmp_path) if name.endswith("info.json")]) == 2
    assert not [name for name in names(tmp_path) if name.endswith(".part")]
    assert run(*words)[0] == 0
    assert len([name for name in names(tmp_path) if name.endswith("info.json")]) == 5


@pytest.fixture
def interrupt(run, monkeypatch):
    """words -> what is said by a run that gets three Ctrl-C in its 25th iteration."""
    count = session.Watcher.count

    def count_and_interrupt(watcher, task, climbs):
        count(watcher, task, climbs)
        if climbs[0].iteration == 25:
            signal.pthread_kill(threading.main_thread().ident, signal.SIGINT)
            watcher.stopping.wait(30)
            for _ in range(2):  # the impatient
                signal.pthread_kill(threading.main_thread().ident, signal.SIGINT)

    def go(*words):
        with monkeypatch.context() as patched:
            patched.setattr(session.Watcher, "count", count_and_interrupt)
            code, said = run(*words)
        assert code == 130
        return said

    return go


CLIMB = ["--lr-params", "{lr: 20}", "--push-channel", "1-2", "--jitter", "2"]


def test_an_interrupted_run_goes_on_where_it_was(run, interrupt, tmp_path):
    """Interrupted in mid-climb, then run again: the same numbers as without the interruption."""
    words = [*CLIMB, "--max-iter", "40"]
    said = interrupt(*words, "--output-prefix", f"{tmp_path}/a/opt")
    assert "0 of 2 images are done, run the same command again to go on" in said
    assert names(tmp_path / "a") == [FOLDER]
    kept = list((tmp_path / "a" / FOLDER).iterdir())
    assert len(kept) == 2
    with np.load(kept[0], allow_pickle=False) as arrays:
        assert len(arrays["objective"]) == 25
    for folder in ("a", "b"):
        assert run(*words, "--output-prefix", f"{tmp_path}/{folder}/opt")[0] == 0
    infos = [json.loads((tmp_path / folder / "opt_fc_0001_0_info.json").read_text()) for folder in ("a", "b")]
    assert infos[0] == infos[1]
    assert names(tmp_path / "a") == names(tmp_path / "b")


def test_a_longer_climb_goes_on_from_a_shorter_one(run, interrupt, tmp_path, monkeypatch):
    interrupt(*CLIMB, "--max-iter", "40", "--output-prefix", f"{tmp_path}/a/opt")
    begun = []
    monkeypatch.setattr(tasks, "ascend", lambda ready, climbs: begun.extend(climbs) or ascend(ready, climbs))
    for folder in ("a", "b"):
        assert run(*CLIMB, "--max-iter", "50", "--output-prefix", f"{tmp_path}/{folder}/opt")[0] == 0
    assert [climb.iteration for climb in begun] == [25, 25, 0, 0]
    infos = [json.loads((tmp_path / folder / "opt_fc_0001_0_info.json").read_text()) for folder in ("a", "b")]
    assert infos[0] == infos[1] and len(infos[0]["objective"]) == 50


def test_a_climb_that_0_1_0_has_kept_goes_on(run, interrupt, tmp_path, monkeypatch):
    """It lay beside the results, and named its network and its job inside."""
    words = [*CLIMB, "--max-iter", "40", "--output-prefix"]
    interrupt(*words, f"{tmp_path}/a/opt")
    jobs, begun, real = [], [], climb_files.climb_files
    for file in (tmp_path / "a" / FOLDER).iterdir():
        file.rename(tmp_path / file.name)

    def as_0_1_0_kept_them(folder, origin, asked, **more):
        for job, path in real(folder, origin, asked).items():
            recorded = {"version": 1, **origin.as_dict(), "job": job.as_dict()}
            with np.load(tmp_path / path.name) as arrays:
                np.savez(more["earlier"][job], **arrays, job=np.array(json.dumps(recorded)))
        jobs.extend(asked)
        return real(folder, origin, asked, **more)

    monkeypatch.setattr(tasks, "ascend", lambda ready, climbs: begun.extend(climbs) or ascend(ready, climbs))
    with monkeypatch.context() as patched:
        patched.setattr(climb_files, "climb_files", as_0_1_0_kept_them)
        assert run(*words, f"{tmp_path}/a/opt")[0] == 0
    assert run(*words, f"{tmp_path}/b/opt")[0] == 0
    assert len(jobs) == 2 and [climb.iteration for climb in begun] == [25, 25, 0, 0]
    assert names(tmp_path / "a") == names(tmp_path / "b")
    infos = [json.loads((tmp_path / folder / "opt_fc_0001_0_info.json").read_text()) for folder in ("a", "b")]
    assert infos[0] == infos[1]


def test_a_climb_in_another_network_begins_anew(run, interrupt, tmp_path):
    words = [*CLIMB, "--max-iter", "40"]
    interrupt(*words, "--output-prefix", f"{tmp_path}/a/opt")
    for folder in ("a", "b"):
        assert run(*words, "--mean", "0,0,0", "--output-prefix", f"{tmp_path}/{folder}/opt")[0] == 0
    infos = [json.loads((tmp_path / folder / "opt_fc_0001_0_info.json").read_text()) for folder in ("a", "b")]
    assert infos[0] == infos[1]


def test_overwrite_and_interrupted(run, interrupt, tmp_path):
    words = [*CLIMB, "--max-iter", "40", "--output-prefix", f"{tmp_path}/opt"]
    assert run(*words)[0] == 0
    assert "run the same command without --overwrite to go on" in interrupt(*words, "--overwrite")
    assert run(*words)[0] == 0
    assert FOLDER not in names(tmp_path)


def test_results_of_another_network_are_not_mixed_with(run, tmp_path):
    words = [*QUICK, "--output-prefix", f"{tmp_path}/opt"]
    assert run(*words, "--push-channel", "1")[0] == 0
    code, said = run(*words, "--push-channel", "1-2", "--mean", "0,0,0")
    assert code == 2 and "made with other parameters or another network" in said
    assert len([name for name in names(tmp_path) if name.endswith("info.json")]) == 1


def test_pictures_of_others_are_in_the_way(run, tmp_path):
    mine = tmp_path / "opt_fc_0001_0_best_X.jpg"
    Image.new("RGB", (5, 5)).save(mine)
    words = [*QUICK, "--push-channel", "1", "--output-prefix", f"{tmp_path}/opt"]
    code, said = run(*words)
    assert code == 2 and f"{mine} is there already and was not made by this program" in said
    assert Image.open(mine).size == (5, 5)
    assert run(*words, "--overwrite")[0] == 0 and Image.open(mine).size == (20, 16)
    (tmp_path / "opt_fc_0001_0_info.json").unlink()  # as a full disk leaves it
    assert run(*words)[0] == 0


def test_a_picture_that_is_lost_is_made_again(run, tmp_path):
    words = ["--push-channel", "1", *QUICK, "--rand-seed", "0-1", "--output", str(tmp_path)]
    assert run(*words)[0] == 0
    lost = sorted(path for path in tmp_path.iterdir() if path.name.endswith((".jpg", ".npz")))
    for path in (lost[0], next(path for path in lost if path.suffix == ".npz")):
        before = path.read_bytes()
        path.unlink()
        assert run(*words)[0] == 0 and path.read_bytes() == before
    next(path for path in lost if path.suffix == ".npz").unlink()
    assert run(*words, "--skipbig")[0] == 0 and len(list(tmp_path.iterdir())) == len(lost) + 1, "it is not asked for"


def test_seeds_of_another_group_are_other_pictures(run, tmp_path):
    words = ["--push-channel", "1", *QUICK, "--diversity", "0.5", "--output", str(tmp_path), "--rand-seed"]
    assert run(*words, "0-2")[0] == 0
    for seeds in ("0-1", "1", "0-3"):
        code, said = run(*words, seeds)
        assert code == 2 and "made with other parameters" in said
    (tmp_path / "opt_fc_0001_1_best_X.jpg").unlink()
    code, said = run(*words, "0-2")
    assert code == 0 and "0 of 3 images are there already; making 3" in said


@pytest.mark.parametrize(("ending", "share"), [("_images.npz", 0), ("_images.npz", 0.5), ("_best_X.jpg", 0)])
def test_a_file_that_was_emptied_or_cut_is_made_again(run, tmp_path, ending, share):
    words = ["--push-channel", "1", *QUICK, "--output", str(tmp_path)]
    assert run(*words)[0] == 0
    path = next(tmp_path.glob(f"*{ending}"))
    whole = path.read_bytes()
    path.write_bytes(whole[: int(share * len(whole))])
    assert run(*words)[0] == 0 and path.read_bytes() == whole


def test_what_is_sent_away_comes_back_soon_at_first(network):
    """Ctrl-C then loses little of a run that has just begun."""
    job = Job(unit("fc8", 2), preset("3"), 0)
    task = session.for_elsewhere(tasks.ClimbTask(tasks.Setup(NetworkRef(), "0" * 12), 0, (job,), (None,), ()))
    rest = session.rest_of(task, [begin(network, job)])
    assert task.seconds == session.FIRST_LEG_SECONDS < rest.seconds == session.LEG_SECONDS
