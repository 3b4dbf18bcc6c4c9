"""The random search: the draw, going on, the sheet, and keeping a row."""

from __future__ import annotations

import json
import math
import re
import shutil
import subprocess
from html.parser import HTMLParser

import numpy as np
import pytest
import yaml

from deepvis.cli.main import main
from deepvis.optimize.presets import keep_preset, preset
from deepvis.optimize.recipe import Recipe
from deepvis.optimize.search import Tried, drawn, smoothness
from deepvis.optimize.sheet import contact_sheet


@pytest.fixture
def run(tiny_files, capsys):
    def go(*words):
        code = main(["search", *tiny_files, *words])
        return code, capsys.readouterr().err

    return go


def test_the_draw_is_the_same_for_ever_and_wide():
    recipes = [drawn(0, n, 10) for n in range(300)]
    assert recipes == [drawn(0, n, 10) for n in range(300)]
    assert len(set(recipes)) == 300 and drawn(1, 0, 10) != recipes[0]
    for name in ("decay", "blur_radius", "small_norm_percentile", "px_abs_benefit_percentile"):
        on = sum(recipe.strengths[name] > 0 for recipe in recipes)
        assert 100 < on < 200
    assert {recipe.lr_policy for recipe in recipes} == {"constant", "progress"}
    assert not any(recipe.warnings() for recipe in recipes)


def test_a_search_goes_on_and_ends_in_a_sheet(run, tmp_path):
    words = ["--push-channel", "0-1", "--max-iter", "3", "--output", str(tmp_path / "s")]
    assert run(*words, "--recipes", "3")[0] == 0
    first = (tmp_path / "s" / "0001_fc_0000.json").stat().st_mtime_ns
    (tmp_path / "s" / "0002_fc_0001.json").unlink()
    assert run(*words, "--recipes", "5")[0] == 0
    assert (tmp_path / "s" / "0001_fc_0000.json").stat().st_mtime_ns == first
    sheet = (tmp_path / "s" / "index.html").read_text()
    pictures = re.findall(r'src="([^"]+)"', sheet)
    assert len(pictures) == 10 and all((tmp_path / "s" / name).exists() for name in pictures)
    code, said = run(*words, "--max-iter", "4", "--recipes", "5")
    assert code == 2 and "holds another search" in said


@pytest.mark.parametrize(
    "words, sentence",
    [
        (["--rand-seed", "-1"], "argument --rand-seed: '-1' is not a whole number of 0 to 4294967295"),
        (["--rand-seed", "4294967296"], "argument --rand-seed: '4294967296' is not"),
        (["--recipes", "-3"], "argument --recipes: '-3' is not a whole number of 1 to"),
        (["--recipes", "0"], "argument --recipes: '0' is not"),
        (["--recipes", "some"], "argument --recipes: 'some' is not a whole number"),
        (["--max-iter", "0"], "argument --max-iter: '0' is not a whole number of 1 or more"),
    ],
)
def test_one_sentence_and_nothing_left_behind(run, tmp_path, words, sentence):
    code, said = run("--recipes", "2", "--max-iter", "3", "--output", str(tmp_path / "s"), *words)
    assert code == 2 and said.startswith(f"deepvis search: {sentence}") and said.count("\n") == 1
    assert not (tmp_path / "s").exists()


def test_a_page_of_others_is_in_the_way(run, tmp_path):
    (tmp_path / "index.html").write_text("mine")
    code, said = run("--push-channel", "0", "--max-iter", "1", "--recipes", "1", "--output", str(tmp_path))
    assert code == 2 and "index.html is there already and was not made by this program" in said
    assert [path.read_text() for path in tmp_path.iterdir()] == ["mine"]


def test_a_row_is_kept_as_a_preset(run, tmp_path):
    presets = tmp_path / "presets.yaml"
    out = ["--output", str(tmp_path / "s")]
    assert run("--max-iter", "3", "--recipes", "2", *out)[0] == 0
    assert run(*out, "--keep", "1", "--name", "soft", "--presets-file", str(presets))[0] == 0
    assert preset("soft", presets) == drawn(0, 1, 3)
    for wrong, sentence in ((["--keep", "9", "--name", "x"], "no recipe 9"), (["--keep", "1"], "needs --name")):
        code, said = run(*out, *wrong, "--presets-file", str(presets))
        assert code == 2 and sentence in said


def test_the_sheet_is_html_and_its_rows_are_presets():
    recipe = Recipe({"decay": 0.1}, "constant", {"lr": 3}, 5)
    tried = [Tried(7, 'a"b<c>.jpg', "fc <8>", 1.5, 0.4, recipe, "majority success")]
    lost = [Tried(8, "d.jpg", "fc 1", math.nan, 0.4, recipe, "not a number failure")]
    sheet = contact_sheet("<title>", {8: lost, 7: tried})
    assert "<title>" in sheet and "&lt;title&gt;" in sheet and 'a"b' not in sheet
    rows = []

    class Rows(HTMLParser):
        def handle_starttag(self, tag, attrs):
            if tag == "tr" and dict(attrs).get("data-recipe"):
                rows.append(dict(attrs))

    Rows().feed(sheet)
    assert [row["data-number"] for row in rows] == ["7", "8"]  # best first
    assert Recipe.from_dict(yaml.safe_load(rows[0]["data-recipe"])) == recipe
    assert json.loads(rows[0]["data-recipe"]) == {
        "decay": 0.1,
        "lr_policy": "constant",
        "lr_params": {"lr": 3},
        "max_iter": 5,
    }


def script_value(expression):
    """What a JavaScript expression is, in the sheet's script."""
    node = shutil.which("node") or pytest.skip("node is not installed; the sheet's script was not run")
    made = re.findall(r"^const (?:order|line) = .*", contact_sheet("t", {}), re.MULTILINE)
    code = "\n".join([*made, f"process.stdout.write(JSON.stringify({expression}))"])
    return json.loads(subprocess.run([node, "-e", code], capture_output=True, check=True, timeout=60).stdout)


def test_rows_without_a_number_go_last_whichever_way_is_sorted():
    for up, sorted_rows in (("false", [7, 5, 3, None, None]), ("true", [3, 5, 7, None, None])):
        assert script_value(f"[5, NaN, 7, NaN, 3].sort((a, b) => order(a, b, {up}))") == sorted_rows


@pytest.mark.parametrize("name", ["yes", "1.0", "007", "a: b", 'a"b', "null", "# soft", "weich\u00e9", " x"])
def test_the_text_of_the_sheet_is_read_back_by_name(tmp_path, name):
    recipe = Recipe({"decay": 1e-5}, "progress", {"max_lr": 1e8, "desired_prog": 2}, 5)
    line = script_value(f"line({json.dumps(name)}, {json.dumps(json.dumps(recipe.active))})")
    (tmp_path / "p.yaml").write_text(f"version: 1\npresets:\n{line}\n", encoding="utf-8")
    assert preset(name, tmp_path / "p.yaml") == recipe


@pytest.mark.parametrize("name", ["yes", "1.0", "007", "null"])
def test_a_preset_whose_name_looks_like_a_value(tmp_path, name):
    file = keep_preset(name, Recipe(), tmp_path / "p.yaml")
    assert preset(name, file) == Recipe()


def test_pictures_of_odd_names_are_found():
    odd = Tried(0, "0000_x#1 ?_0000.jpg", "x#1 0", 1.0, 0.4, Recipe(), "majority success")
    assert 'src="0000_x%231%20%3F_0000.jpg"' in contact_sheet("t", {0: [odd]})


def test_smoothness():
    noise = np.random.RandomState(0).randint(0, 256, (60, 60, 3)).astype(np.uint8)
    slope = np.broadcast_to(np.linspace(0, 255, 60)[:, None, None], (60, 60, 3)).astype(np.uint8)
    assert smoothness(noise) < 0.05 < 0.9 < smoothness(slope)
    assert smoothness(np.full((9, 9, 3), 7, np.uint8)) == 1.0
