"""Recipes and presets: what they take, what they refuse, and that YAML gives back what was kept."""

from __future__ import annotations

import pytest

from deepvis.optimize.optimize_error import OptimizeError
from deepvis.optimize.presets import BUILT_IN, TABLE_1, keep_preset, preset, presets_file
from deepvis.optimize.recipe import Recipe
from deepvis.schema.yaml_file import read_yaml


@pytest.mark.parametrize(
    "strengths, words",
    [
        ({"small_norm_percentile": -5}, "small_norm_percentile is -5; expected a number from 0 to 100"),
        ({"px_abs_benefit_percentile": 101}, "from 0 to 100"),
        ({"decay": 1.5}, "from 0 to 1"),
        ({"decay": float("nan")}, "decay is nan"),
        ({"decay": "much"}, "decay is 'much'"),
        ({"blur_radius": 0.1, "blur_every": 1}, "too small to blur"),
        ({"blur_radius": -1}, "from 0 to 1000"),
        ({"blur_every": 2.5}, "a whole number"),
        ({"blur_radios": 1}, "did you mean 'blur_radius'"),
    ],
)
def test_refused_strengths(strengths, words):
    with pytest.raises(OptimizeError, match=words):
        Recipe(strengths)


@pytest.mark.parametrize(
    "policy, params, words",
    [
        ("steepest", {}, "no lr-policy is named 'steepest'"),
        ("constant", {}, "lacks lr"),
        ("progress", {"max_lr": 1}, "lacks desired_prog"),
        ("constant", {"lr": 1, "max_lr": 2}, "knows no max_lr"),
        ("constant", {"lr": "fast"}, "expected a finite number"),
        ("constant", {"lr": float("inf")}, "expected a finite number"),
    ],
)
def test_refused_policies(policy, params, words):
    with pytest.raises(OptimizeError, match=words):
        Recipe({}, policy, params)


@pytest.mark.parametrize("count", [0, -3, 2.5])
def test_refused_iterations(count):
    with pytest.raises(OptimizeError, match="max_iter"):
        Recipe(max_iter=count)


def test_what_hardly_works_is_said():
    assert "hardly blurs" in Recipe({"blur_radius": 0.2, "blur_every": 1}).warnings()[0]
    assert "does nothing" in Recipe({"blur_radius": 1}).warnings()[0]
    assert "does nothing" in Recipe({"blur_every": 4}).warnings()[0]
    assert not any(recipe.warnings() for recipe in TABLE_1.values())


def test_table_1():
    rows = [(r.strengths, r.lr_policy, dict(r.lr_params), r.max_iter) for r in TABLE_1.values()]
    columns = ["decay", "blur_radius", "blur_every", "small_norm_percentile", "px_abs_benefit_percentile"]
    assert [[row[0][name] for name in columns] for row in rows] == [
        [0, 0.5, 4, 50, 0],
        [0.3, 0, 0, 20, 0],
        [0.0001, 1.0, 4, 0, 0],
        [0, 0.5, 4, 0, 90],
    ]
    assert [row[3] for row in rows] == [500, 750, 1000, 1000]
    assert rows[0][2] == {"max_lr": 100, "desired_prog": 2} and rows[3][2] == {
        "max_lr": 1e8,
        "desired_prog": 2,
    }
    assert rows[1][1:3] == rows[2][1:3] == ("constant", {"lr": 100})


def test_presets_for_any_network_have_the_same_regularizers():
    for name, recipe in TABLE_1.items():
        assert preset(f"{name}+").strengths == recipe.strengths and preset(f"{name}+").lr_policy == "even"


@pytest.mark.parametrize("recipe", BUILT_IN.values(), ids=str)
def test_dict_and_back(recipe):
    assert Recipe.from_dict(recipe.as_dict()) == recipe


def test_presets_kept_in_a_file(tmp_path):
    file = tmp_path / "deep" / "presets.yaml"
    with pytest.raises(OptimizeError, match="is not there"):
        preset("soft", file)
    for name in ("soft", "hard"):
        keep_preset(name, TABLE_1["3"], file)
    keep_preset("soft", TABLE_1["4"], file)
    assert preset("soft", file) == TABLE_1["4"]
    assert preset("hard", file) == TABLE_1["3"] and list(read_yaml(file)["presets"]) == ["soft", "hard"]
    with pytest.raises(OptimizeError, match="did you mean 'soft'"):
        preset("sofd", file)
    for name in ("2", "2+", "a b", "", "../x"):
        with pytest.raises(OptimizeError, match="cannot be named"):
            keep_preset(name, TABLE_1["3"], file)


@pytest.mark.parametrize(
    "text, words",
    [
        ("presets: {}", "does not begin with version"),
        ("version: 1\npresets: [1]", "no table of names"),
        ("version: 1\npresets: {a: {decoy: 1}}", "preset 'a'.*did you mean 'decay'"),
        ("version: 1\npresets: {a: 3}", "preset 'a'"),
        ("version: 1\npresets: {a: !!python/object/apply:os.getcwd []}", "cannot be read"),
        ("{", "cannot be read"),
        ("a: " + "[" * 4000, "cannot be read: it is nested too deeply"),
    ],
)
def test_broken_presets_files(tmp_path, text, words):
    file = tmp_path / "presets.yaml"
    file.write_text(text)
    with pytest.raises(OptimizeError, match=words):
        preset("a", file)


def test_where_the_user_s_presets_live(tmp_path):
    assert presets_file({"DEEPVIS_PRESETS": "/x/p.yaml"}).as_posix() == "/x/p.yaml"
    assert presets_file({"XDG_CONFIG_HOME": "/c"}).as_posix() == "/c/deepvis/presets.yaml"


def test_a_bad_preset_bars_no_other(tmp_path):
    file = tmp_path / "presets.yaml"
    file.write_text("version: 1\npresets:\n  good: {decay: 0.5}\n  bad: {decoy: 1}\n")
    assert preset("good", file).strengths["decay"] == 0.5
    with pytest.raises(OptimizeError, match=r"preset 'bad' in .*did you mean 'decay'"):
        preset("bad", file)
    keep_preset("more", TABLE_1["3"], file)
    assert preset("more", file) == TABLE_1["3"] and "decoy: 1" in file.read_text()


def test_a_preset_with_a_built_in_name_is_refused_by_name(tmp_path, monkeypatch):
    file = tmp_path / "presets.yaml"
    file.write_text("version: 1\npresets: {robust: {decay: 0.5}}\n")
    with pytest.raises(OptimizeError, match=r"preset 'robust' in .* has the name of a built-in one"):
        preset("robust", file)
    assert preset("lucid", file) == BUILT_IN["lucid"]
    monkeypatch.setenv("DEEPVIS_PRESETS", str(file))
    with pytest.raises(OptimizeError, match="built-in"):
        preset("robust")
    file.write_text("{")
    assert preset("robust") == BUILT_IN["robust"], "a broken file bars no built-in preset"
