"""Dictionaries: planted directions are found again, places are drawn the same, the command, and the layer live."""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from deepvis.cli.main import main
from deepvis.core.program import pip_install
from deepvis.core.unit_files import unit_image_paths
from deepvis.formats.caffe.weights import write_weights
from deepvis.models.dictionary_file import read_dictionary
from deepvis.scan import dictionary, dictionary_samples
from deepvis.scan.dictionary_learning import (
    best_code,
    encoder_of,
    figures_of,
    learned,
    linear_code,
    matched,
    method_for,
)
from deepvis.scan.dictionary_samples import Samples, forget_parts, photos_of, places_of
from deepvis.scan.scan_error import ScanError

pytest.importorskip("sklearn", reason="scikit-learn is not installed")

SIZE, CHANNELS = 12, 10
NET = f"""
name: "planted"
input: "data"
input_dim: 1 input_dim: 3 input_dim: {SIZE} input_dim: {SIZE}
layer {{ name: "mix" type: "Convolution" bottom: "data" top: "mix"
  convolution_param {{ num_output: {CHANNELS} kernel_size: 1 }} }}
layer {{ name: "relu" type: "ReLU" bottom: "mix" top: "relu" }}
layer {{ name: "pool" type: "Pooling" bottom: "relu" top: "pool" pooling_param {{ kernel_size: 2 stride: 2 }} }}
layer {{ name: "prob" type: "Softmax" bottom: "pool" top: "prob" }}
"""


def planted(signed: bool, seed: int = 1) -> np.ndarray:
    """(3, CHANNELS) float32 of norm 1: what red, green and blue are in the layer.

    Of those without signs each is 0 where the others are not: else there are many that explain as much.
    """
    random = np.random.default_rng(seed)
    atoms = random.standard_normal((3, CHANNELS)) if signed else random.gamma(1, 1, (3, CHANNELS))
    if not signed:
        for number, atom in enumerate(atoms):
            atom[3 * number : 3 * number + 3] = 0
    return (atoms / np.linalg.norm(atoms, axis=1, keepdims=True)).astype(np.float32)


def network(folder: Path, signed: bool) -> list[str]:
    """Arguments of a network whose layer mix is a sum of three directions, as much of each as its colour shows."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "planted.prototxt").write_text(NET)
    kernel = planted(signed).T.reshape(CHANNELS, 3, 1, 1).copy()
    write_weights(folder / "planted.caffemodel", {"mix": [kernel, np.zeros(CHANNELS, np.float32)]})
    named = ["--network", str(folder / "planted.prototxt"), "--weights", str(folder / "planted.caffemodel")]
    return [*named, "--mean", "0,0,0", "--channel-order", "RGB", "--device", "cpu"]


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Sixteen pictures, of which each colour is in some three of ten pixels; and a file that is none."""
    folder, random = tmp_path_factory.mktemp("pictures"), np.random.default_rng(0)
    for number in range(16):
        shape = (SIZE, SIZE, 3)
        rgb = np.where(random.random(shape) < 0.3, random.integers(1, 256, shape), 0).astype(np.uint8)
        Image.fromarray(rgb).save(folder / f"{number:02}.png")
    (folder / "99.png").write_bytes(b"no picture")
    return folder


def learn(*arguments: object) -> int:
    return main(["dictionary", *map(str, arguments)])


@pytest.mark.parametrize("signed, layer, method", [(False, "relu", "nmf"), (True, "mix", "dictionary")])
def test_planted_directions_are_found_again_and_explain_other_photos(
    tmp_path: Path, pictures: Path, signed: bool, layer: str, method: str, capsys: pytest.CaptureFixture[str]
) -> None:
    named, out = network(tmp_path, signed), tmp_path / "found.npz"
    order = [*named, "--layer", layer, "--images", pictures, "--atoms", 3, "--positions", 100, "--output", out]
    assert learn(*order) == 0
    said = capsys.readouterr()
    assert "99.png" in said.err and f"by {method}" in said.out and f"the result is in {out}" in said.out
    found, facts = read_dictionary(out), json.loads(out.with_suffix(".json").read_bytes())
    assert matched(found.atoms, planted(signed)).min() > 0.98
    assert facts["method"] == method and facts["explained"] > 0.99 and facts["agreement"] > 0.98
    assert facts["explained_by_linear_code"] > 0.98 and facts["correlation_with_code"] > 0.98
    assert (facts["photos_used"], facts["photos_held_out"], facts["places_learned_from"]) == (16, 3, 1300)
    assert facts["photos"] == found.photos and len(facts["skipped"]) == 1
    assert not list(tmp_path.glob("*samples*")), "the places drawn are needed no longer"
    if signed:
        return
    before = out.read_bytes()
    assert learn(*order) == 0 and "already done" in capsys.readouterr().out
    assert learn(*order, "--overwrite") == 0 and out.read_bytes() == before, "the same to the bit for a seed"
    assert learn(*order, "--seed", 1) == 2
    assert "there already, of another order (seed 0)" in capsys.readouterr().err
    assert learn(*order, "--seed", 1, "--overwrite") == 0 and out.read_bytes() != before
    facts = json.loads(out.with_suffix(".json").read_text())
    out.with_suffix(".json").write_text(json.dumps({**facts, "explained": "a"}))
    assert learn(*order, "--seed", 1) == 2
    assert f"{out.with_suffix('.json')} cannot be read (its explained is no number)" in capsys.readouterr().err


def test_the_encoder_gives_the_code_of_planted_sums_exactly():
    atoms, code = planted(signed=True), np.random.default_rng(3).gamma(1, 1, (50, 3))
    vectors = (code @ atoms).astype(np.float32)
    np.testing.assert_allclose(linear_code(vectors, encoder_of(atoms)), code, atol=1e-5)
    np.testing.assert_allclose(best_code(vectors, atoms), code, atol=1e-5)
    figures = figures_of(atoms, atoms[::-1], vectors, vectors)
    assert (figures.agreement, figures.explained, figures.active) == pytest.approx((1, 1, 1))
    assert figures.explained_by_principal_components == pytest.approx(1)


def test_what_cannot_be_learned_from_is_said():
    vectors = np.random.default_rng(0).random((20, 6), np.float32)
    with pytest.raises(ScanError, match=r"20 places to learn from, expected as many as atoms \(21\)"):
        learned(vectors, 21, "nmf", 0)
    with pytest.raises(ScanError, match="the same values at all places"):
        learned(np.ones((20, 6), np.float32), 2, "nmf", 0)
    assert (method_for(vectors, None), method_for(vectors - 1, None)) == ("nmf", "dictionary")
    assert method_for(vectors, "dictionary") == "dictionary"
    with pytest.raises(ScanError, match="needs values of 0 and above, the layer has some down to"):
        method_for(vectors - 1, "nmf")


def test_places_depend_on_the_seed_and_the_photo_alone():
    assert np.array_equal(places_of(0, 7, 100, 5), places_of(0, 7, 100, 5))
    assert not np.array_equal(places_of(0, 7, 100, 5), places_of(0, 8, 100, 5))
    assert not np.array_equal(places_of(0, 7, 100, 5), places_of(1, 7, 100, 5))
    assert places_of(0, 7, 3, 5).tolist() == [0, 1, 2], "all of a map with fewer"


def test_every_fifth_photo_that_was_used_is_held_out():
    def photos(*used: int) -> list[int]:
        found = Samples(np.zeros((2 * len(used), 1), np.float32), np.repeat(used, 2), ())
        return sorted({*found.photos[found.held_out()].tolist()})

    assert photos(0, 1, 3, 4, 5, 6, 9, 10, 11, 12) == [5, 12]
    assert photos(0, 1, 2) == [2]


def test_photos_cut_short_are_said_and_recorded(
    tmp_path: Path, pictures: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """In the words of scan and statistics, a finished run too."""
    photos, out = Path(shutil.copytree(pictures, tmp_path / "photos")), tmp_path / "found.npz"
    Image.fromarray(np.random.default_rng(0).integers(0, 256, (90, 120, 3), np.uint8)).save(photos / "cut.png")
    whole = (photos / "cut.png").read_bytes()
    (photos / "cut.png").write_bytes(whole[: len(whole) // 2])
    order = [*network(tmp_path, signed=False), "--layer", "relu", "--images", photos, "--atoms", 3, "--output", out]
    reason = f"{photos}/cut.png is cut short: what there is of it was used"
    for words in ("; the result is in", None):
        assert learn(*order) == 0
        said = capsys.readouterr()
        assert f"  {reason}\n  skipped: " in said.err
        assert f"17 photos (1 of them cut short), 1 skipped{words} {out}" in said.out or words is None
    facts = json.loads(out.with_suffix(".json").read_bytes())
    assert facts["cut"] == [[str(photos / "cut.png"), reason]] and len(facts["skipped"]) == 1


def test_photos_are_known_by_what_is_in_them(pictures: Path, tmp_path: Path) -> None:
    found = photos_of(str(pictures), 100)
    assert len(found.paths) == 17 and [Path(path).name for path in photos_of(str(pictures), 4).paths][1] == "04.png"
    copy = Path(shutil.copytree(pictures, tmp_path / "copy"))
    assert photos_of(str(copy), 100).digest == found.digest
    shutil.copy(copy / "01.png", copy / "02.png")
    assert photos_of(str(copy), 100).digest != found.digest


def test_an_interrupted_run_goes_on_and_gives_the_same_bytes(
    tmp_path: Path, pictures: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    named = network(tmp_path, signed=False)
    order = [*named, "--layer", "relu", "--images", pictures, "--atoms", 3]
    monkeypatch.setattr(dictionary_samples, "PART", 8)
    assert learn(*order, "--output", tmp_path / "whole.npz") == 0
    draw, calls = dictionary_samples._drawn_of, []

    def interrupted(*arguments: object) -> Samples:
        calls.append(1)
        if len(calls) == 2:
            raise KeyboardInterrupt
        return draw(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(dictionary_samples, "_drawn_of", interrupted)
    assert learn(*order, "--output", tmp_path / "cut.npz") == 130
    assert "run the same command again" in capsys.readouterr().err
    assert len(list(tmp_path.glob(".cut.npz.samples-*/*.npz"))) == 1
    assert learn(*order, "--output", tmp_path / "cut.npz") == 0
    assert len(calls) == 4, "the first part was not drawn again"
    assert (tmp_path / "cut.npz").read_bytes() == (tmp_path / "whole.npz").read_bytes()


def test_one_that_was_killed_between_its_two_files_goes_on(
    tmp_path: Path, pictures: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    order = [*network(tmp_path, signed=False), "--layer", "relu", "--images", pictures, "--atoms", 3]
    order += ["--output", tmp_path / "a.npz"]
    with monkeypatch.context() as patched:
        patched.setattr(dictionary, "write_file", lambda path, content: sys.exit(137))
        with pytest.raises(SystemExit):
            learn(*order)
    assert (tmp_path / "a.npz").exists() and not (tmp_path / "a.json").exists()
    assert learn(*order) == 0 and (tmp_path / "a.json").exists() and not list(tmp_path.glob(".a.npz.samples-*"))
    assert learn(*order) == 0


def test_folders_of_the_user_stay(tmp_path: Path, pictures: Path) -> None:
    named, photos = network(tmp_path, signed=False), Path(shutil.copytree(pictures, tmp_path / "cats_samples"))
    before = sorted(photos.iterdir())
    order = [*named, "--layer", "relu", "--images", photos, "--atoms", 3, "--output", tmp_path / "cats.npz"]
    assert learn(*order) == 0 and sorted(photos.iterdir()) == before
    there = {each.name for each in tmp_path.iterdir()}
    assert there == {"planted.prototxt", "planted.caffemodel", "cats_samples", "cats.npz", "cats.json"}


def test_only_the_parts_of_the_order_are_removed(tmp_path: Path) -> None:
    files = {0: tmp_path / "samples" / "a.npz", 64: tmp_path / "samples" / "b.npz"}
    files[0].parent.mkdir()
    left, foreign = files[0].with_name("b.npz.0123abcd.part"), files[0].with_name("mine.jpg")
    for path in (files[0], left, foreign):
        path.touch()
    forget_parts(files)
    assert list(files[0].parent.iterdir()) == [foreign]
    foreign.unlink()
    forget_parts(files)
    assert not files[0].parent.exists()


@pytest.mark.parametrize(
    "more, words",
    [
        (["--layer", "nothing"], "no layer 'nothing'"),
        (["--layer", "relu", "--images", "/nowhere"], "/nowhere cannot be read"),
        (["--layer", "relu", "--output", "x.txt"], "must end in .npz"),
        (["--layer", "relu", "--atoms", "0"], "whole number of 1 to 4096"),
        (["--layer", "relu", "--atoms", "2000"], "places to learn from, expected as many as atoms (2000)"),
        (["--layer", "mix", "--method", "nmf"], "--method nmf needs values of 0 and above"),
        (["--layer", "relu", "--dictionary", "x.npz"], "leave it out"),
        (["--layer", "data"], "is an input"),
    ],
)
def test_nonsense_is_refused_in_a_sentence(
    tmp_path: Path, pictures: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str],
    more: list[str], words: str,
) -> None:  # fmt: skip
    monkeypatch.chdir(tmp_path)
    assert learn(*network(tmp_path, signed=True), "--images", pictures, "--atoms", 3, *more) == 2
    said = capsys.readouterr().err
    assert words in said and "Traceback" not in said
    assert not list(tmp_path.glob("*.npz"))


def test_files_that_are_no_dictionary_stay(tmp_path: Path, pictures: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "mine.npz"
    np.savez(out, mine=np.arange(3))
    before = out.read_bytes()
    named = network(tmp_path, signed=False)
    assert learn(*named, "--layer", "relu", "--images", pictures, "--output", out, "--overwrite") == 2
    assert "holds no dictionary; it is left as it is" in capsys.readouterr().err and out.read_bytes() == before


@pytest.mark.parametrize("content", ["[1, 2]", '{"name": "mine", "version": 1}', "no json", None])
def test_a_json_that_is_of_no_dictionary_stays(
    tmp_path: Path, pictures: Path, capsys: pytest.CaptureFixture[str], content: str | None
) -> None:
    out, mine = tmp_path / "cats.npz", tmp_path / "cats.json"
    if content is None:
        mine.symlink_to(tmp_path / "gone")
    else:
        mine.write_text(content)
    named = network(tmp_path, signed=False)
    order = [*named, "--layer", "relu", "--images", pictures, "--atoms", 3, "--output", out]
    for more in ([], ["--overwrite"]):
        assert learn(*order, *more) == 2 and not out.exists()
        said = capsys.readouterr().err
        assert f"{mine}, where the figures" in said and "is of no dictionary; it is left as it is" in said
    assert mine.is_symlink() if content is None else mine.read_text() == content


def test_without_scikit_learn_one_sentence_says_what_to_install(
    tmp_path: Path, pictures: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "sklearn", None)
    named = network(tmp_path, signed=False)
    assert learn(*named, "--layer", "relu", "--images", pictures, "--output", tmp_path / "x.npz") == 2
    assert f"get it with: {pip_install('scikit-learn')}\n" in capsys.readouterr().err


# --- the layer, live ---------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def mini(tmp_path_factory: pytest.TempPathFactory, pictures: Path) -> Path:
    """A dictionary of caffenet-mini's conv3, in a folder of its own."""
    out = tmp_path_factory.mktemp("mini") / "c3.npz"
    order = ["--layer", "conv3", "--images", pictures, "--atoms", 9, "--device", "cpu", "--output", out]
    assert learn(*order) == 0
    return out


def test_the_layer_is_in_the_window_with_tiles_and_deconv(mini: Path, pictures: Path, tmp_path: Path) -> None:
    shot = tmp_path / "deconv.png"
    order = ["--dictionary", mini, "--images", pictures / "00.png", "--device", "cpu", "--screenshot", shot]
    keys = '/ "conv3~9" enter down right b b b'
    assert main(["--headless", *map(str, order), "--keys", keys]) == 0
    rgb = np.asarray(Image.open(shot).convert("RGB"))
    tiles, back = rgb[70:860, 310:1190], rgb[630:850, 40:260]
    assert (tiles.max(axis=2) > 60).mean() > 0.1, "the atoms' maps are shown"
    assert back.std() > 5, "and the deconv of the one that is selected"


def test_the_window_refuses_a_dictionary_of_another_network(
    mini: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["--headless", "--dictionary", str(mini), "--mean", "0,0,0", "--keys", "right"]) == 2
    assert "a dictionary of another network" in capsys.readouterr().err
    named = network(tmp_path, signed=False)
    for words in (["layers"], ["scan", "--images", "x"], ["optimize", "--push-layer", "relu", "--output", "y"]):
        assert main([*words, *named, "--dictionary", str(mini)]) == 2
        assert "of layer 'conv3', which this network has not" in capsys.readouterr().err


def test_top_9_by_scan_and_a_preferred_image_are_found_by_the_window(
    mini: Path, pictures: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    named = ["--dictionary", str(mini), "--device", "cpu"]
    scan = ["scan", *named, "--images", str(pictures), "--layers", "conv3~9", "--crop"]
    assert main(scan) == 0
    images = mini.with_name("c3_unit_jpg_vis")
    assert unit_image_paths(images, "conv3~9", 4).top.is_file()
    assert unit_image_paths(images, "conv3~9", 4).top_back.is_file()
    more = ["--push-channel", "4", "--presets", "3+", "--rand-seed", "0", "--max-iter", "2"]
    assert main(["optimize-layer", *named, "--push-layer", "conv3~9", *more]) == 0
    assert unit_image_paths(images, "conv3~9", 4).montage.is_file()
    capsys.readouterr()
    order = ["optimize", *named, "--push-layer", "conv3~9", "--push-channel", "4", "--preset", "lucid"]
    assert main([*order, "--max-iter", "12", "--output", str(tmp_path / "one")]) == 0
    facts = json.loads(next((tmp_path / "one").glob("*_info.json")).read_bytes())
    assert facts["parameters"]["push_layer"] == "conv3~9"
    assert max(facts["objective"]) > facts["objective"][0], "the climb climbs"
    assert main(["layers", *named]) == 0
    assert "conv3~9  Atoms           9x13x13       conv3~9" in capsys.readouterr().out
