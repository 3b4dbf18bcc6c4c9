"""The options of how to climb: their help names every preset, and the document every option that is not a strength."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from deepvis.cli.main import main
from deepvis.optimize.presets import ANY_NETWORK, BEYOND_2015

DOCUMENT = (Path(__file__).resolve().parents[2] / "docs" / "optimize.md").read_text(encoding="utf-8")


def test_the_help_of_preset_names_all_of_them(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["optimize", "--help"])
    words = " ".join(capsys.readouterr().out.split())
    said = words.split("--preset NAME 1 to 4")[1].split("--presets-file YAML")[0]
    assert set(BEYOND_2015) <= set(re.findall(r"[a-z-]+", said.replace("- ", "-")))
    assert "same regularizers with even steps" in said
    assert all(not recipe.strengths["jitter"] for recipe in ANY_NETWORK.values()), "they shake nothing"


@pytest.mark.parametrize("option", ["objective", "photo", "photo-statistics", "parameterization", "colours", "preset"])
def test_the_table_of_options_has_it(option: str) -> None:
    assert re.search(rf"^\| `--{option} ", DOCUMENT, re.MULTILINE)


@pytest.mark.parametrize("name", ["lucid", "invert"])
def test_the_row_of_a_preset_says_its_total_variation(name: str) -> None:
    (row,) = re.findall(rf"^\| `{name}` .*$", DOCUMENT, re.MULTILINE)
    assert f"total variation {BEYOND_2015[name].strengths['total_variation']:g}" in row
