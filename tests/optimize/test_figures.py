"""``deepvis figures``: what is drawn, and that a drawn figure costs nothing again."""

from __future__ import annotations

import json
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image

from deepvis.cli.main import main
from deepvis.optimize.climb import Job
from deepvis.optimize.figures import Figure, Row, draw, every_channel, features_by_layer, presets_by_class, sweeps
from deepvis.optimize.objective import unit
from deepvis.optimize.presets import TABLE_1
from deepvis.optimize.recipe import Recipe
from deepvis.optimize.units import captions_of, spread


@pytest.fixture
def run(tiny_files, capsys):
    def go(*words):
        code = main(["figures", *tiny_files, *words])
        return code, capsys.readouterr().err

    return go


def test_all_figures(run, tmp_path):
    words = ["--max-iter", "2", "--output", str(tmp_path)]
    assert run(*words)[0] == 0
    drawn = sorted(path.name for path in tmp_path.glob("*.png"))
    assert drawn == ["figure_3.png", "figure_4.png", "figure_5.png", "figure_S1.png"]
    pieces = {path: path.stat().st_mtime_ns for path in (tmp_path / "pieces").iterdir()}
    assert run(*words, "--small")[0] == 0
    assert {path.stem for path in tmp_path.glob("*.jpg")} == {name.removesuffix(".png") for name in drawn}
    assert {path: path.stat().st_mtime_ns for path in (tmp_path / "pieces").iterdir()} == pieces
    sizes = {Image.open(path).size for path in pieces}
    assert sizes == {(20, 16), (3, 3)}  # whole images for classes, the field of a convolutional unit


def test_figures_of_others_are_in_the_way(run, tmp_path):
    words = ["--max-iter", "1", "--figures", "5", "--units", "1", "--push-layer", "fc", "--output", str(tmp_path)]
    (tmp_path / "figure_5.png").write_text("mine")
    code, said = run(*words)
    assert code == 2 and "figure_5.png is there already and was not made by this program" in said
    assert [path.read_text() for path in tmp_path.iterdir()] == ["mine"]
    (tmp_path / "figure_5.png").unlink()
    assert run(*words)[0] == 0 and run(*words)[0] == 0


def shown_by(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}


FOUR = ["--figures", "4", "--classes", "1", "--small"]


def test_another_network_and_another_way(run, tiny_files, tmp_path):
    words = [*FOUR, "--output", str(tmp_path)]
    assert run(*words, "--max-iter", "1")[0] == 0
    before = shown_by(tmp_path)
    assert sorted(before) == ["figure_4.jpg", "figure_4.png", "figures.json"]
    code, said = run(*words, "--max-iter", "2")
    assert (
        code == 2 and f"{tmp_path / 'figure_4.png'} was made in another way ({tmp_path / 'figures.json'} says" in said
    )
    for figure in ("4", "5"):
        code, said = run("--mean", "1,2,3", "--figures", figure, "--output", str(tmp_path), "--max-iter", "1")
        assert code == 2 and f"{tmp_path} holds figures of another network, " in said and said.count("\n") == 1
    assert shown_by(tmp_path) == before
    assert run(*words, "--max-iter", "1")[0] == 0 and shown_by(tmp_path) == before

    five = ["--figures", "5", "--units", "1", "--push-layer", "fc", "--max-iter", "1", "--output", str(tmp_path)]
    assert run(*five)[0] == 0
    assert sorted(json.loads((tmp_path / "figures.json").read_text())["figures"]) == ["figure_4", "figure_5"]
    assert run(*words, "--max-iter", "2", "--overwrite")[0] == 0
    now = shown_by(tmp_path)
    assert now["figure_4.png"] != before["figure_4.png"] and now["figure_4.jpg"] != before["figure_4.jpg"]
    assert run(*five, "--mean", "1,2,3", "--overwrite")[0] == 0
    assert sorted(shown_by(tmp_path)) == ["figure_5.png", "figures.json"], "those of the other network are gone"


def test_figures_of_which_nothing_says_how_they_were_made(run, tmp_path):
    """As 0.1.0 has left them: taken over where they are what would be drawn."""
    words = [*FOUR, "--output", str(tmp_path)]
    assert run(*words, "--max-iter", "1")[0] == 0
    before = shown_by(tmp_path)
    for more in (["--max-iter", "2"], ["--figures", "5", "--max-iter", "1"]):
        (tmp_path / "figures.json").unlink(missing_ok=True)
        code, said = run(*words, *more)
        assert code == 2 and "figure_4.png is there already, and nothing says how it was made; give --over" in said
    assert run(*words, "--max-iter", "1")[0] == 0 and shown_by(tmp_path) == before
    (tmp_path / "figures.json").write_text("{}")
    code, said = run(*words, "--max-iter", "1")
    assert code == 2 and "figures.json cannot be read" in said
    assert run(*words, "--max-iter", "1", "--overwrite")[0] == 0 and shown_by(tmp_path) == before


@pytest.mark.parametrize(
    "words, sentence",
    [
        (["--figures", "7"], "--figures '7' is not known"),
        (["--classes", "tiger"], "no class is named 'tiger'"),
        (["--push-layer", "conv"], "has no layer 'conv'; did you mean 'conv/a'"),
        (["--units", "x"], "--units: 'x' is not a whole number"),
        (["--units", "-1"], "--units: '-1' is not a whole number of 1 or more"),
        (["--figures", "S1", "--push-layer", "fc"], "figure S1 cannot be drawn: it is of convolutional layers, and fc"),
    ],
)
def test_one_sentence(run, tmp_path, words, sentence):
    code, said = run("--max-iter", "2", "--output", str(tmp_path), *words)
    assert code == 2 and sentence in said and said.count("\n") == 1


NO_MAPS = """
name: "flat"
input: "data"
input_shape { dim: 1 dim: 3 dim: 16 dim: 20 }
layer { name: "hidden" type: "InnerProduct" bottom: "data" top: "hidden" inner_product_param { num_output: 6
  weight_filler { type: "xavier" } } }
layer { name: "fc" type: "InnerProduct" bottom: "hidden" top: "fc" inner_product_param { num_output: 3
  weight_filler { type: "xavier" } } }
layer { name: "prob" type: "Softmax" bottom: "fc" top: "prob" }
"""


def test_without_convolutional_layers(tmp_path, capsys):
    (tmp_path / "flat.prototxt").write_text(NO_MAPS)
    words = ["--prototxt", str(tmp_path / "flat.prototxt"), "--fill", "--mean", "104,117,123", "--device", "cpu"]
    words += ["--max-iter", "2", "--output", str(tmp_path / "out")]
    assert main(["figures", *words]) == 0
    assert "figure S1 is left out: the network flat has no convolutional layers" in capsys.readouterr().err
    assert sorted(path.name for path in (tmp_path / "out").glob("*.png")) == [
        "figure_3.png", "figure_4.png", "figure_5.png",
    ]  # fmt: skip
    assert main(["figures", *words, "--figures", "S1"]) == 2
    said = capsys.readouterr().err
    assert "figure S1 cannot be drawn: the network flat has no convolutional layers" in said and said.count("\n") == 1


def test_two_classes_of_one_name_are_both_drawn(run, tiny_files, tmp_path):
    (tmp_path / "labels.txt").write_text("n00000001 crane, bird\nbee\nn00000002 crane, machine\ndog\nelk\n")
    words = ["--labels", str(tmp_path / "labels.txt"), "--figures", "4", "--classes", "0", "2", "1", "--max-iter", "1"]
    assert run(*words, "--output", str(tmp_path))[0] == 0
    assert len(list((tmp_path / "pieces").iterdir())) == 3 * 4


def test_captions_tell_classes_of_one_name_apart():
    model = SimpleNamespace(labels=("n00000001 crane, bird", "bee", "n00000002 crane, machine"))
    assert captions_of(model, [0, 1, 2]) == ["crane 0", "bee", "crane 2"]
    assert captions_of(model, [2, 1]) == ["crane", "bee"]


def test_a_sweep_begins_with_nothing_and_has_one_regularizer_a_row():
    figure = sweeps(unit("fc", 1), "bee", Recipe({}, "constant", {"lr": 100}, 9))
    assert [len(row.jobs) for row in figure.rows] == [8] * 4
    for row, name in zip(
        figure.rows, ("decay", "blur_radius", "small_norm_percentile", "px_abs_benefit_percentile"), strict=True
    ):
        values = [job.recipe.strengths[name] for job in row.jobs]
        assert values[0] == 0 and np.allclose(np.diff(values, 2), 0, atol=1e-3)
        others = {n for job in row.jobs for n, v in job.recipe.strengths.items() if v} - {name, "blur_every"}
        assert not others


def test_what_the_other_figures_hold():
    four = presets_by_class([("ant", unit("fc", 0)), ("bee", unit("fc", 1))])
    assert [row.title for row in four.rows] == ["Preset 1", "Preset 2", "Preset 3", "Preset 4"]
    assert four.rows[0].captions == ("ant", "bee")
    five = features_by_layer({"conv": [0, 1], "fc": [2]}, TABLE_1["3"])
    assert [row.title for row in five.rows] == ["fc", "conv"]
    s1 = every_channel({"conv": 5, "wide": 40}, 9, TABLE_1["3"])
    assert [row.title for row in s1.rows] == ["conv, 5 channels", "wide, 9 of 40 channels"]
    assert [len(row.jobs) for row in s1.rows] == [5, 9]


def test_a_page_holds_every_picture_at_its_own_size():
    jobs = [Job(unit("fc", n), Recipe()) for n in range(3)]
    page = draw(Figure("f", "t", (Row("r", tuple(jobs), ("a", "b", "a long caption")),), wrap=2), colour)
    for n in range(3):
        assert (page == (200, n, 77)).all(-1).sum() == 30 * 40


def test_pictures_of_one_size():
    row = Row("r", tuple(Job(unit("fc", n), Recipe()) for n in range(3)))
    page = draw(Figure("f", "t", (row,), side=20), colour)
    for n in range(3):
        assert (page == (200, n, 77)).all(-1).sum() == 20 * 15


def colour(job: Job) -> np.ndarray:
    return np.broadcast_to(np.array([200, job.objective.leader.channel, 77], np.uint8), (30, 40, 3))


def test_spread():
    assert spread(10, 5) == [0, 2, 4, 6, 8] and spread(3, 8) == [0, 1, 2] and spread(1000, 2) == [0, 500]
