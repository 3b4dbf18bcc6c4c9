"""scripts/make_figures.py: what is drawn, and that a drawn figure costs nothing again."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from deepvis.optimize import command
from deepvis.optimize.ascend import Job
from deepvis.optimize.figures import Figure, Row, draw, every_channel, features_by_layer, presets_by_class, sweeps
from deepvis.optimize.objective import unit
from deepvis.optimize.presets import TABLE_1
from deepvis.optimize.recipe import Recipe
from deepvis.optimize.units import spread


@pytest.fixture
def run(make_figures, tiny_files, capsys):
    def go(*words):
        code = command.guarded(lambda: make_figures.main([*tiny_files, *words]), "make_figures")
        return code, capsys.readouterr().err

    return go


def test_all_figures(run, tmp_path):
    words = ["--max-iter", "2", "--out", str(tmp_path)]
    assert run(*words)[0] == 0
    drawn = sorted(path.name for path in tmp_path.glob("*.png"))
    assert drawn == ["figure_3.png", "figure_4.png", "figure_5.png", "figure_S1.png"]
    pieces = {path: path.stat().st_mtime_ns for path in (tmp_path / "pieces").iterdir()}
    assert run(*words, "--small")[0] == 0
    assert {path.stem for path in tmp_path.glob("*.jpg")} == {name.removesuffix(".png") for name in drawn}
    assert {path: path.stat().st_mtime_ns for path in (tmp_path / "pieces").iterdir()} == pieces
    sizes = {Image.open(path).size for path in pieces}
    assert sizes == {(20, 16), (3, 3)}  # whole images for classes, the field of a convolutional unit


@pytest.mark.parametrize(
    "words, sentence",
    [
        (["--figures", "7"], "--figures '7' is not known"),
        (["--classes", "tiger"], "no class is named 'tiger'"),
        (["--push-layer", "conv"], "has no layer 'conv'; did you mean 'conv/a'"),
        (["--units", "x"], "--units is 'x'"),
    ],
)
def test_one_sentence(run, tmp_path, words, sentence):
    code, said = run("--max-iter", "2", "--out", str(tmp_path), *words)
    assert code == 2 and sentence in said


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
    four = presets_by_class({"ant": unit("fc", 0), "bee": unit("fc", 1)})
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
