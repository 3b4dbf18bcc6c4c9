"""The judges of preferred images: who may judge, what is counted, and what was not asked."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from benchmarks import judge_optimize
from benchmarks.class_pairs import ILSVRC12_OF
from benchmarks.judge_optimize import Judge, counts, judge_of, layer_of_classes, verdicts
from deepvis.core.user_error import UserError
from deepvis.models.zoo import load_model
from deepvis.network.net import GraphNet
from deepvis.optimize.climb import Job
from deepvis.optimize.objective import unit
from deepvis.optimize.recipe import Recipe
from deepvis.optimize.results import write_arrays, write_png

RESULTS = Path(judge_optimize.__file__).with_name("results")
RECIPE = Recipe(max_iter=1)


@pytest.fixture(scope="module")
def judge() -> Judge:
    model = load_model("caffenet-mini")
    return Judge(model, GraphNet(model.graph))


def pictures(folder: Path, judge: Judge, count: int, with_images: int) -> Mapping[Job, Path]:
    """Pictures of noise; the job of each is the class that the judge sees in it, so each comes first."""
    size = judge.model.preprocessor.size
    paths = {}
    for n in range(count):
        rgb = np.random.default_rng(n).integers(0, 256, (*size, 3), np.uint8)
        x = judge.model.preprocessor.to_input(rgb)
        scores = judge.net.forward({judge.model.data_blob: x[None]}).blobs[judge.model.prob_layer]
        job = Job(unit("fc8", int(scores.argmax())), RECIPE, seed=n)
        paths[job] = folder / f"{n}.png"
        write_png(paths[job], rgb)
        if n < with_images:
            write_arrays(paths[job].with_suffix(".npz"), {"best": x})
    return paths


def test_both_ways_are_counted_where_all_images_are_there(judge: Judge, tmp_path: Path) -> None:
    paths = pictures(tmp_path, judge, 3, with_images=3)
    all_first = {"first": 3, "of_first_five": 3}
    found = verdicts(judge, {"p": RECIPE}, list(paths), paths, {})
    assert found == {"p": {"as_made": all_first, "as_shown": all_first}}


def test_a_way_that_was_not_asked_is_null(judge: Judge, tmp_path: Path) -> None:
    paths = pictures(tmp_path, judge, 2, with_images=1)
    assert verdicts(judge, {"p": RECIPE}, list(paths), paths, {})["p"]["as_made"] is None, "one image is missing"
    of_another_input = replace(judge.model, preprocessor=replace(judge.model.preprocessor, scale=1.0))
    paths = pictures(tmp_path, judge, 2, with_images=2)
    found = verdicts(Judge(of_another_input, judge.net), {"p": RECIPE}, list(paths), paths, {})
    assert found["p"]["as_made"] is None and found["p"]["as_shown"] is not None
    assert verdicts(judge, {"none": RECIPE}, [], {}, {}) == {"none": {"as_made": None, "as_shown": None}}


def test_ranks_are_counted() -> None:
    assert counts([0, 4, 5, 0]) == {"first": 2, "of_first_five": 3}
    assert counts([0, None]) is None and counts([]) is None


def test_a_judge_has_as_many_classes_as_the_maker(judge: Judge) -> None:
    assert judge_of("caffenet-mini", judge.classes).model.prob_layer
    with pytest.raises(UserError, match=f"--judges caffenet-mini has {judge.classes} classes, expected 1000"):
        judge_of("caffenet-mini", 1000)


def test_the_pairs_of_classes_are_labels_of_the_embedded_model(judge: Judge) -> None:
    found = judge_optimize.answers(judge.model, judge.classes)
    assert len(found) == len(ILSVRC12_OF) and layer_of_classes(judge.model, judge.model.graph) == "fc8"
    assert all(0 <= each < 1000 for classes in found.values() for each in classes)


def test_a_judge_that_cannot_be_opened_ends_the_run(tmp_path: Path, capsys) -> None:
    words = ["--out", str(tmp_path / "out"), "--maker", "caffenet-mini", "--judges", "sqeezenet", "--device", "cpu"]
    assert judge_optimize.main(words) == 2
    said = capsys.readouterr()
    assert "no model is named 'sqeezenet'" in said.err and said.err.count("\n") == 1 and not said.out


def test_pictures_are_made_and_judged(tmp_path: Path, capsys) -> None:
    words = ["--out", str(tmp_path), "--maker", "caffenet-mini", "--judges", "caffenet-mini", "--classes", "2"]
    words += ["--presets", "3+", "--iterations", "2"]
    assert judge_optimize.main([*words, "--device", "cpu"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["judged"] == {"3+": 2} and found["classes"] == ["Leopards", "Motorbikes"]
    assert found["judges"]["caffenet-mini"]["3+"]["as_made"] is not None


def test_the_results_say_null_where_a_judge_was_not_asked() -> None:
    found = json.loads((RESULTS / "judges-lucid-2core.json").read_text(encoding="utf-8"))["judges"]
    assert found["lite0"]["lucid"] == {"as_made": None, "as_shown": {"first": 92, "of_first_five": 98}}


def test_an_image_is_given_at_the_judge_s_size() -> None:
    assert judge_optimize.to_size(torch.zeros(3, 10, 10).numpy(), (7, 5)).shape == (3, 7, 5)
