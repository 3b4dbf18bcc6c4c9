"""A damaged statistics.json is named in one sentence, with the field that is absent or of another kind."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from deepvis.statistics.result_file import read_result
from deepvis.statistics.statistics_error import StatisticsError
from deepvis.statistics.statistics_plan import StatisticsFolder
from deepvis.statistics.text_tables import printed
from tests.faults.all_inputs import INPUT_READERS

Change = Callable[[dict[str, Any]], object]
DAMAGED: dict[str, tuple[Change, str]] = {
    "a text in a list": (lambda each: each["layers"]["conv1"]["active"].__setitem__(1, "a"), "active.1 is no number"),
    "no list": (lambda each: each["layers"]["fc"].update(active=[]), "layers.fc.active has 0 values"),
    "no r": (lambda each: each["s1"]["rank_correlations"]["mean_by_frequency"].pop("r"), "mean_by_frequency.r"),
    "a list": (lambda each: each["s1"]["spectra"]["photos"].update(centroid=[]), "photos.centroid is no number"),
    "too large": (lambda each: each["layers"]["fc"]["spread"].update(mean=10**400), "spread.mean is no number"),
    "true": (lambda each: each["images"].update(used=True), "images.used is no number"),
    "an unknown name": (lambda each: each["s1"]["spectra"]["predicted"].update(a={}), "predicted has 'a', expected"),
    "no plan": (lambda each: each.update(plan=[]), "plan is no table"),
    "no conclusion": (lambda each: each.update(footnote_4=None), "footnote_4 is no table"),
}


@pytest.fixture
def place(tmp_path: Path) -> StatisticsFolder:
    """With a result in it."""
    (tmp_path / "statistics").mkdir()
    place = StatisticsFolder(tmp_path)
    place.result.write_bytes(next(iter(INPUT_READERS["statistics.json"].seeds(tmp_path)[0].values())))
    return place


def test_what_is_whole_is_printed(place: StatisticsFolder) -> None:
    result = read_result(place)
    assert result is not None and "Footnote 4 holds." in printed(result)


@pytest.mark.parametrize("what", DAMAGED)
def test_a_damaged_field_is_named(what: str, place: StatisticsFolder) -> None:
    change, words = DAMAGED[what]
    content = json.loads(place.result.read_text())
    change(content)
    place.result.write_text(json.dumps(content))
    with pytest.raises(StatisticsError, match="cannot be read") as error:
        read_result(place)
    assert str(place.result) in str(error.value) and words in str(error.value)
