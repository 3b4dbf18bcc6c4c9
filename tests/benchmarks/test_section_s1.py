"""The figures of section S1 in the docs are those of the results, and each verdict follows from its figures."""

from __future__ import annotations

import json
from pathlib import Path

from benchmarks.section_s1 import table
from deepvis.statistics.conclusion import holds

RESULTS = "benchmarks/results/statistics.json"


def test_the_docs_have_the_table_of_the_results(root: Path) -> None:
    results = json.loads((root / RESULTS).read_text())
    assert table(results) in (root / "docs" / "statistics.md").read_text(), "section_s1.py --table prints another one"


def test_every_verdict_follows_from_its_figures(root: Path) -> None:
    for row in json.loads((root / RESULTS).read_text())["networks"]:
        if row["claims"] is not None:
            assert row["holds"] == holds(row["claims"]), row["model"]
            assert row["claims"]["pixel_gradient_above_photos"] == (
                row["gradient_centre"] > row["centre_frequency"]["photos"]
            )
