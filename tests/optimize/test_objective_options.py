"""Objectives and presets beyond 2015 on the command line: what they make, and what is refused."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from deepvis.cli.main import main

QUICK = ["optimize", "--device", "cpu", "--max-iter", "2", "--skipbig"]


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    path = tmp_path / "photo.png"
    Image.fromarray(np.random.default_rng(0).integers(0, 255, (60, 50, 3)).astype(np.uint8)).save(path)
    return path


@pytest.mark.parametrize(
    "words, stem",
    [
        (["--objective", "unit(fc8, 3) - 0.5*channel(conv5, 7) + direction(fc7, 3:0.5, 9:-1)"], "fc8_0003_sum-"),
        (["--objective", "direction(fc8, 3:1, 5:2)"], "fc8_direction-"),
        (["--objective", "contrast", "--push-channel", "3"], "fc8_0003_contrast_0"),
        (["--objective", "channel", "--push-layer", "conv5", "--push-channel", "3"], "conv5_0003_0"),
        (["--preset", "maco", "--push-channel", "pizza"], "fc8_0072_0"),
        (["--preset", "dream", "--push-layer", "conv4", "--start-image", "PHOTO"], "conv4_layer_0"),
        (["--preset", "accentuate", "--push-channel", "3", "--start-image", "PHOTO"], "fc8_0003_0"),
        (["--preset", "invert", "--push-layer", "conv3", "--photo", "PHOTO"], "conv3_match-"),
    ],
)
def test_every_form_makes_its_picture_and_tells_of_itself(words, stem, photo: Path, tmp_path: Path):
    words = [str(photo) if word == "PHOTO" else word for word in words]
    assert main([*QUICK, *words, "--output", str(tmp_path / "o")]) == 0
    found = sorted(path.name for path in (tmp_path / "o").glob("*_best_X.jpg"))
    assert len(found) == 1 and (stem in found[0] or "pizza" in words), found
    (info,) = (tmp_path / "o").glob("*_info.json")
    recorded = json.loads(info.read_text())["parameters"]
    assert recorded["max_iter"] == 2 and len(json.loads(info.read_text())["objective"]) == 2


@pytest.mark.parametrize(
    "words, said",
    [
        (["--objective", "2*unit(fc8, 3)", "--push-layer", "conv2"], "--push-layer says nothing to --objective"),
        (["--preset", "dream", "--start-image", "PHOTO", "--push-channel", "7"], "--push-channel says nothing to"),
        (["--objective", "channel", "--push-spatial", "(3,3)"], "--push-spatial says nothing to --objective 'channel'"),
        (["--preset", "3", "--photo", "PHOTO"], "--photo says nothing to --objective 'unit'"),
        (["--objective", ""], "--objective: its value is empty"),
        (["--push-layer", "data"], "'data' is the network's picture, not a layer to push; name a layer"),
        (["--objective", "unit(fc8, 3) + layer(data)"], "'data' is the network's picture, not a layer to push"),
        (["--objective", "0*unit(fc8, 3)"], "unit 3 of layer 'fc8' has the weight 0; give one of a size from"),
        (["--objective", "unit(fc8, 3) + nan*layer(conv5)"], "layer 'conv5' as a whole has the weight nan"),
        (["--objective", "1e-30*direction(fc8, 3:1, 5:2)"], "has the weight 1e-30; give one of a size from"),
        (["--preset", "dream", "--push-layer", "conv4"], "preset dream changes a photo; give --start-image FILE"),
        (["--preset", "accentuate"], "preset accentuate changes a photo; give --start-image FILE"),
        (["--preset", "invert", "--push-layer", "conv3"], "there is no photo to match; give --photo FILE"),
        (["--preset", "invert", "--start-image", "PHOTO"], "--photo FILE; --start-image only says where to begin"),
        (["--preset", "lucid", "--start-at", "mean"], "--start-at mean is a start of pixels"),
        (["--preset", "lucid", "--blur-radius", "1"], "blur_radius changes pixels, and parameterization fourier"),
        (
            ["--preset", "lucid", "--presets-file", "gone.yaml", "--preset", "own"],
            "the presets file gone.yaml is not there",
        ),
        (["--parameterization", "furier"], "did you mean 'fourier'?"),
    ],
)
def test_what_says_nothing_or_lacks_something_is_a_sentence(words, said, photo: Path, tmp_path: Path, capsys):
    words = [str(photo) if word == "PHOTO" else word for word in words]
    assert main([*QUICK, *words, "--output", str(tmp_path / "o")]) == 2
    err = capsys.readouterr().err
    assert said in err and "Traceback" not in err
    assert not (tmp_path / "o").exists()


@pytest.mark.parametrize("name", ["dream", "invert", "accentuate"])
def test_presets_that_are_not_of_units_make_no_layer_of_units(name: str, tmp_path: Path, capsys):
    words = ["optimize-layer", "--push-layer", "conv1", "--push-channel", "1", "--presets", name]
    assert main([*words, "--output", str(tmp_path / "o"), "--device", "cpu"]) == 2
    assert f"preset {name!r} makes no pictures of units" in capsys.readouterr().err


@pytest.mark.parametrize(
    "text, said",
    [
        ("max-iter: 4", "a recipe has no 'max-iter'; did you mean 'max_iter'?"),
        ("colors: rgb", "a recipe has no 'colors'; did you mean 'colours'?"),
        ("max_iter: true", "max_iter (--max-iter) is True"),
        ("decay: true", "decay is True"),
        ("views: 0", "views is 0; expected a whole number from 1 to 64"),
        ("views: 65", "views is 65; expected a whole number from 1 to 64"),
        ("lr_policy: adam\n    lr_params: {lr: -0.05}", "lr of lr-policy adam is -0.05; expected a number above 0"),
        ("statistics: photos.npz", "name the file as photo_statistics"),
        ("photo_statistics: gone.npz", "gone.npz"),
    ],
)
def test_a_preset_of_ones_own_that_cannot_be(text: str, said: str, tmp_path: Path, capsys):
    (tmp_path / "p.yaml").write_text(f"version: 1\npresets:\n  own:\n    parameterization: fourier\n    {text}\n")
    assert main([*QUICK, "--preset", "own", "--presets-file", str(tmp_path / "p.yaml")]) == 2
    assert said in capsys.readouterr().err


@pytest.mark.parametrize(
    "words, said",
    [
        ([], "no --push-channel names a unit; taken: unit 0 of layer 'fc8' (Faces)\n"),
        (["--push-layer", "conv2", "conv3"], "taken: unit 0 of layer 'conv2', unit 130 of layer 'conv3'\n"),
        (["--objective", "contrast"], "taken: unit 0 of layer 'fc8' against the others (Faces)\n"),
        (["--push-channel", "0"], None),
        (["--objective", "unit(fc8, 3)"], None),
        (["--objective", "layer", "--push-layer", "conv4"], None),
    ],
)
def test_which_unit_is_taken_where_none_is_named_is_said(words, said, tmp_path: Path, capsys):
    assert main([*QUICK, *words, "--output", str(tmp_path / "o")]) == 0
    err = capsys.readouterr().err
    assert said in err if said else "--push-channel" not in err


def test_a_photo_has_one_digest_as_a_start_and_as_what_is_matched(photo: Path, tmp_path: Path):
    started = ["--push-channel", "3", "--start-image", str(photo)]
    for words in (started, ["--preset", "invert", "--push-layer", "conv3", "--photo", str(photo)]):
        assert main([*QUICK, *words, "--output", str(tmp_path / "o")]) == 0
    made = [json.loads(path.read_text())["parameters"] for path in sorted((tmp_path / "o").glob("*_info.json"))]
    assert made[0]["push_terms"][0]["photo"] == made[1]["start_at"]


def test_different_objectives_of_one_layer_do_not_share_files(tmp_path: Path, photo: Path):
    other = tmp_path / "other, (2).png"
    Image.fromarray(np.full((60, 50, 3), 90, np.uint8)).save(other)
    expressions = (
        "unit(fc8, 3) - 0.5*unit(fc8, 7)",
        "unit(fc8, 3) - 0.5*unit(fc8, 9)",
        "unit(fc8, 3)",
        "2*unit(fc8, 3)",
        "-unit(fc8, 3)",
        "contrast(fc8, 3)",
        "2*contrast(fc8, 3)",
        "layer(conv4)",
        "2*layer(conv4)",
        "direction(fc8, 3:1, 5:2)",
        "direction(fc8, 3:1, 5:3)",
        f"match(conv3, {photo})",
        f'match(conv3, "{other}")',
    )
    for expression in (*expressions, expressions[0]):
        assert main([*QUICK, "--objective", expression, "--output", str(tmp_path / "o")]) == 0
    assert len(list((tmp_path / "o").glob("*_best_X.jpg"))) == len(expressions)
