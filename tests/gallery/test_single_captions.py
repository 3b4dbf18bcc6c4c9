"""How single pictures were made, in words."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

import pytest

from deepvis.gallery.single_captions import optimize_caption, window_caption
from deepvis.optimize.climb import Job
from deepvis.optimize.objective import unit
from deepvis.optimize.presets import BUILT_IN
from deepvis.optimize.recipe_options import preset_named, recipe_of
from deepvis.optimize.results import parameters


def content(**options: Any) -> dict[str, Any]:
    """What ``deepvis optimize`` writes, read again."""
    args = argparse.Namespace(**{"preset": None, "presets_file": None, **options})
    recipe = recipe_of(args)
    job = Job(unit("fc8", 3), recipe)
    written = {"parameters": parameters(job), "best_objective": 16.4512, **preset_named(args, recipe)}
    return json.loads(json.dumps(written))


@pytest.mark.parametrize("name", BUILT_IN)
def test_every_preset_is_named(name: str) -> None:
    assert optimize_caption(content(preset=name)) == f"deepvis optimize, preset {name}, seed 0, activation 16.45"


def test_what_options_changed_is_said() -> None:
    said = optimize_caption(content(preset="3", max_iter=50, blur_radius="0", lr_params="{lr: 20}"))
    assert "preset 3 with " in said and {"blur radius 0", "lr 20", "max iter 50"} <= set(
        said.removeprefix("deepvis optimize, preset 3 with ").split(", ")
    )


def test_without_a_preset_the_recipe_is_told() -> None:
    said = optimize_caption(content(decay="0.1", lr_policy="progress", lr_params="{max_lr: 100, desired_prog: 2}"))
    assert said == (
        "deepvis optimize, progress max lr 100, desired prog 2, decay 0.1, 500 iterations, seed 0, activation 16.45"
    )
    old = content(decay="0.1")
    del old["preset"]
    assert "constant lr 1, decay 0.1, 500 iterations" in optimize_caption(old)


def test_a_live_picture_has_its_preset(tmp_path: Path) -> None:
    how = tmp_path / "how.json"
    assert window_caption(how) == "optimized in the window"
    how.write_text("[]")
    assert window_caption(how) == "optimized in the window"
    how.write_text(json.dumps({"preset": "lucid", "value": 3.25}))
    assert window_caption(how) == "optimized in the window, preset lucid, activation 3.25"
