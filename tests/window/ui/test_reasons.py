"""Contributions in the window: the numbers said of a unit against the maps themselves, and why there are none."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from deepvis.core.geometry import Rect, tile_grid
from deepvis.core.types import Unit
from deepvis.window.ui.fires import order_words
from deepvis.window.ui.hover_words import tip_of
from deepvis.window.ui.panes.status import facts
from deepvis.window.ui.readings import layer_view, number, signed
from deepvis.window.ui.reasons import caption_of, no_reasons_words, percent, reasons_in, unit_words
from deepvis.window.ui.regions import HEADING, Hit
from deepvis.window.ui.theme import AGAINST, FOR
from deepvis.window.ui.tiles import mark_contributions
from tests.window.ui.scenes import THROUGH, UNIT, WHY, field_of, make_scene, unit_of, why_scene

LAYER = "conv2/5x5_reduce"


def test_the_tiles_stand_by_their_contribution() -> None:
    scene = why_scene(WHY)
    sums = scene.snapshot.contributions.maps[LAYER].sum(axis=(1, 2))
    in_order = sums[list(scene.state.tile_order.channels)]
    assert (np.diff(in_order) <= 1e-6).all() and len(in_order) == (sums != 0).sum()
    assert in_order[0] > 0 > in_order[-1]
    assert scene.state.tile_order.contributions == pytest.approx(sums, rel=1e-5)


def test_the_numbers_of_a_unit_and_of_its_layer() -> None:
    scene = why_scene(WHY)
    reasons = reasons_in(scene)
    sums = scene.snapshot.contributions.maps[LAYER].sum(axis=(1, 2), dtype=np.float64)
    assert reasons.total == pytest.approx(sums.sum()) == pytest.approx(sum(reasons.halves))
    assert reasons.expected == 9.25
    share = abs(sums[7]) / np.abs(sums).sum()
    assert unit_words(reasons, 7) == f"contribution {signed(sums[7])}, {percent(share)} of all for and against"
    assert caption_of(reasons, 7) == f"{signed(sums[7])} ({percent(share)})"
    assert sum(reasons.share(channel) for channel in range(40)) == pytest.approx(1)
    assert reasons.rank(scene.state.tile_order.channels[2]) == 3


def test_below_a_unit_of_the_chain_the_total_is_of_its_contribution() -> None:
    scene = why_scene(THROUGH)
    reasons = reasons_in(scene)
    above = scene.snapshot.contributions.maps[LAYER].sum(axis=(1, 2))
    assert reasons.through == (Unit("prob", 4), unit_of)
    assert reasons.expected == pytest.approx(above[7], rel=1e-5)
    at_the_unit = reasons_in(why_scene(replace(THROUGH, layer_index=2)))
    assert at_the_unit.through == (Unit("prob", 4),) and at_the_unit.expected == 9.25


def test_heading_tooltip_and_status_say_it() -> None:
    scene = why_scene(THROUGH)
    heading = order_words(scene, layer_view(scene))
    assert heading.startswith("sorted by contribution to prob · 4 elk › conv2r · 7: for ")
    assert heading in tip_of(replace(scene, hover=Hit("layers", part=HEADING))).lines
    words = unit_words(reasons_in(scene), 3)
    assert (unit_words(reasons_in(scene), 3, "prob · 4 elk › conv2r · 7"), FOR) in facts(scene)
    tip = tip_of(replace(scene, hover=Hit("layers", channel=3))).lines
    assert any(line.startswith(words) for line in tip) and "to prob · 4 elk › conv2r · 7" in tip


def test_at_a_pinned_place_the_contributions_there_count() -> None:
    scene = why_scene(replace(WHY, place=(30, 14)), field_of=field_of)
    maps = scene.snapshot.contributions.maps[LAYER]
    order = scene.state.tile_order
    assert order.at == (7, 3) and np.array_equal(order.contributions, maps[:, 7, 3])
    assert "contribution at the place to prob" in order_words(scene, layer_view(scene))
    channel = order.channels[0]
    lines = tip_of(replace(scene, hover=Hit("layers", channel=channel))).lines
    assert f"contribution at the place {number(float(maps[channel, 7, 3]))}, rank 1" in lines


def test_why_there_are_none_is_said() -> None:
    at_prob = why_scene(replace(WHY, layer_index=4))
    assert no_reasons_words(at_prob) == "no contributions: prob is not on the way to prob · 4"
    assert order_words(at_prob, layer_view(at_prob)) == no_reasons_words(at_prob)
    waiting = make_scene(WHY)
    assert no_reasons_words(waiting) == "waiting for the contributions" and reasons_in(waiting) is None
    request = replace(waiting.snapshot.request, why=WHY.why)
    silent = replace(waiting, snapshot=replace(waiting.snapshot, request=request))
    assert no_reasons_words(silent) == "this backend gives no contributions; use --backend engine"
    assert no_reasons_words(make_scene(UNIT)) == ""


def test_frames_are_whole_for_and_dashed_against_and_brighter_for_more() -> None:
    grid = tile_grid(3, (24, 24), Rect(2, 3, 30, 90))
    canvas = np.zeros((40, 100, 3), np.uint8)
    mark_contributions(canvas, grid, np.array([4.0, -4.0, 1.0]), 2)
    first, second, third = (canvas[grid.tile(i).slices] for i in range(3))
    assert (first[0] == FOR).all() and (first[:, 0] == FOR).all() and not first[5:-5, 5:-5].any()
    top = (second[0] == AGAINST).all(axis=1)
    assert top.any() and not top.all() and not second[5:-5, 5:-5].any()
    assert 0 < third[0].sum() < first[0].sum()
    blank = np.zeros_like(canvas)
    mark_contributions(blank, grid, np.zeros(3), 2)
    assert not blank.any()
