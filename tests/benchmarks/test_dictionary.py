"""The benchmark of atoms beside channels: the table of groups, the area under the ROC curve, which units count."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from benchmarks.dictionary import CLASSES, GROUPS, areas_of, groups_of_classes, held_out_areas, selectivity, sheet


def test_every_group_has_ten_classes_or_more_and_both_halves_some() -> None:
    groups = groups_of_classes(GROUPS)
    assert len(groups) == CLASSES
    counts = Counter(filter(None, groups))
    assert len(counts) == 27 and min(counts.values()) >= 10 and counts["dogs"] == 118
    for half in (groups[::2], groups[1::2]):
        assert {name: Counter(half)[name] for name in counts if Counter(half)[name] < 3} == {}


def test_the_area_is_the_share_of_pairs_in_order() -> None:
    values = np.random.default_rng(0).integers(0, 6, (40, 3)).astype(float)
    is_of = np.random.default_rng(1).random((40, 2)) < 0.3
    for unit in range(3):
        for group in range(2):
            inside, outside = values[is_of[:, group], unit], values[~is_of[:, group], unit]
            pairs = (inside[:, None] > outside) + 0.5 * (inside[:, None] == outside)
            assert areas_of(values, is_of)[unit, group] == pytest.approx(pairs.mean())


def test_a_unit_is_judged_on_the_photos_that_did_not_choose_its_group() -> None:
    groups = ["a" if n % 4 < 2 else "b" for n in range(40)]
    random = np.random.default_rng(0)
    is_a = np.array([group == "a" for group in groups], float)
    lies = np.where(np.arange(40) % 2 == 0, is_a, 1 - is_a)  # for a in the even photos, for b in the odd ones
    values = np.stack([is_a, 1 - is_a, lies, np.zeros(40)], axis=1) + random.random((40, 4)) * [0.1, 0.1, 0.1, 0]
    chosen, areas = held_out_areas(values, groups)
    assert chosen[:3] == ["a", "b", "a"] and areas.tolist() == [1, 1, 0, 0.5]
    found = selectivity(values, groups)
    assert (found["units"], found["silent"], found["selective_at_0.9"]) == (4, 1, 2)
    assert found["groups_met"] == {"a": 1, "b": 1} and found["share_at_0.9"] == 0.5


def test_the_sheet_has_the_pictures_that_are_there(tmp_path: Path) -> None:
    for number in (0, 2):
        Image.new("RGB", (50, 50), (200, 30 * number, 0)).save(tmp_path / f"unit_{number:04d}.jpg")
    page = sheet(tmp_path / "unit_{:04d}.jpg", ["dogs", "cats", "hats, helmets, masks"], np.array([0.5, 0.9, 0.8]))
    assert page.ndim == 3 and (page[90, 90] - np.array([200, 60, 0])).max() < 10, "the third unit's comes first"
