"""How a single picture was made: what the json beside it says, in the words of the pages."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from deepvis.core.json_file import finite, read_table
from deepvis.gallery.layer_recipe import brief, recipe_words
from deepvis.optimize.start import DEFAULT_START

_OF_THE_JOB = ("push_layer", "push_channel", "push_spatial", "push_dir", "push_terms", "start_at", "rand_seed")


def optimize_caption(content: Mapping[str, Any]) -> str:
    """Of a result of ``deepvis optimize``: "deepvis optimize, preset 3 with max iter 50, seed 0, activation 16.45".

    content: of its _info.json.
    """
    parameters = content["parameters"]
    start = parameters.get("start_at", DEFAULT_START)
    begun = "" if start == DEFAULT_START else f" from {start}"
    words = [f"deepvis optimize{begun}", _made_by(content), f"seed {parameters.get('rand_seed')}"]
    return _joined([*words, _reached(content.get("best_objective"))])


def window_caption(how: Path) -> str:
    """Of a live optimization: "optimized in the window, preset lucid, activation 16.45". how: its json, if any."""
    try:
        content = read_table(how)
    except (OSError, ValueError):
        content = {}
    return _joined(["optimized in the window", _made_by(content), _reached(content.get("value"))])


def _made_by(content: Mapping[str, Any]) -> str:
    """The preset, with what was changed of it; where none is named, the recipe in short."""
    preset, changed = content.get("preset"), content.get("changed")
    if isinstance(preset, str) and preset:
        others = [_setting(*each) for each in changed.items()] if isinstance(changed, dict) else []
        return f"preset {preset} with {', '.join(others)}" if others else f"preset {preset}"
    parameters = content.get("parameters")
    if not isinstance(parameters, dict):
        return ""
    recipe = {name: value for name, value in parameters.items() if name not in _OF_THE_JOB}
    steps = [str(recipe.get("lr_policy", "")), _setting("", recipe.get("lr_params", ""))]
    return _joined([" ".join(filter(None, steps)), recipe_words(recipe)])


def _setting(name: str, value: Any) -> str:
    """A table, as of the learning rate, by the names in it."""
    if isinstance(value, dict):
        return ", ".join(_setting(*each) for each in value.items())
    return f"{name.replace('_', ' ')} {brief(value)}".strip()


def _reached(value: Any) -> str:
    number = finite(value)
    return "" if number is None else f"activation {number:.4g}"


def _joined(words: list[str]) -> str:
    return ", ".join(filter(None, words))
