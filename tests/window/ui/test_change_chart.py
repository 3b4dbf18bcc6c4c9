"""The chart "Colour or shape?": its places, its bars, its words, and what lies under the pointer."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from deepvis.core.changed_pictures import UNCHANGED, ChangedPictures
from deepvis.core.colour_or_shape import UnitAnswer
from deepvis.core.geometry import Rect
from deepvis.core.picture_changes import PICTURE_CHANGES
from deepvis.core.state import Zoom
from deepvis.window.pointer import clicked, wheeled
from deepvis.window.ui import theme
from deepvis.window.ui.change_chart import Chart, ChartRow, chart_places, draw_chart, rank_words
from deepvis.window.ui.change_sheet import sheet
from deepvis.window.ui.changes_shown import chart_of, no_chart_words, progress_words
from deepvis.window.ui.hit import hit
from deepvis.window.ui.hover_words import tip_of
from deepvis.window.ui.panes.layers import looks_at
from deepvis.window.ui.regions import CHANGE
from deepvis.window.ui.scene import Scene
from tests.window.ui.scenes import MISSING, UNIT, changes_scene, make_scene, missing_scene

ON = replace(UNIT, zoom=Zoom.CHANGES)
PROB = replace(ON, layer_index=4, channel=5)


def rows_of(*values: float | None) -> list[ChartRow]:
    names = [UNCHANGED, *PICTURE_CHANGES]
    answers = [None if value is None else UnitAnswer("", value, 1, 0.0) for value in values]
    return [ChartRow(name, None, answer) for name, answer in zip(names, answers, strict=False)]


@pytest.mark.parametrize("area", [(860, 870), (590, 660), (1300, 1500), (300, 900), (900, 200), (60, 60), (0, 0)])
@pytest.mark.parametrize("sentence", ["", "a sentence of some words " * 6])
def test_the_rows_lie_in_the_area_apart_from_each_other_and_from_the_sentence(
    area: tuple[int, int], sentence: str
) -> None:
    whole = Rect(7, 5, *area)
    places = chart_places(whole, 14, sentence, round)
    assert len(places.rows) == 14
    for index, place in enumerate(places.rows):
        assert place.clipped(whole) == place and place.clipped(places.sentence).is_empty
        for other in places.rows[:index]:
            assert place.clipped(other).is_empty


def test_pictures_are_large_and_rows_stand_where_they_stood_when_one_line_comes() -> None:
    whole = Rect(0, 0, 860, 870)
    empty, full = chart_places(whole, 14, "", round), chart_places(whole, 14, "One line.", round)
    assert empty == full and empty.side > 90
    assert empty.rows[7].col > 400 and empty.rows[6].row == max(place.row for place in empty.rows)  # two columns


def test_bars_run_from_0_to_the_largest_and_a_line_is_the_unchanged_value() -> None:
    canvas = np.zeros((700, 900, 3), np.uint8)
    chart = Chart(rows_of(2.0, 4.0, -1.0, float("nan"), None))
    assert chart.ends == (-1.0, 4.0) and chart.reference == 2.0
    places = draw_chart(canvas, Rect(0, 0, 700, 900), chart, round)

    def pixels(row: int, color: tuple[int, int, int]) -> int:
        return int((canvas[places.rows[row].slices] == color).all(axis=2).sum())

    bars = [pixels(row, theme.BAR) for row in range(5)]
    assert bars[1] > 1.8 * bars[0] > 0 and bars[2:] == [0, 0, 0]
    below = [pixels(row, theme.BAR_BELOW) for row in range(5)]
    assert bars[1] == pytest.approx(4 * below[2], rel=0.1) and below[0] == below[1] == 0
    assert all(pixels(row, theme.SELECTED) > 20 for row in range(5))


def test_nothing_but_zeros_draws_no_bar() -> None:
    canvas = np.zeros((400, 600, 3), np.uint8)
    draw_chart(canvas, Rect(0, 0, 400, 600), Chart(rows_of(0.0, 0.0)), round)
    assert not (canvas == theme.BAR).all(axis=2).any()


def test_ranks_in_words() -> None:
    assert (rank_words(1234.0), rank_words(3.44)) == ("rank 1,234", "mean rank 3.4")


def test_a_sheet_is_a_picture_of_its_own() -> None:
    picture = sheet("a title", chart_of(changes_scene(ON)))
    assert picture.shape == (930, 900, 3) and picture.dtype == np.uint8 and picture.std() > 20


def test_why_there_is_no_chart() -> None:
    assert no_chart_words(make_scene(ON)) == "Waiting for the picture and its changes."
    scene = changes_scene(ON)
    assert no_chart_words(scene) == ""
    assert no_chart_words(replace(scene, changed=replace(scene.changed, error="it is lost"))) == "It is lost."
    other = tuple(replace(each, largest={}) for each in scene.changed.pictures)
    assert "gives no values of" in no_chart_words(replace(scene, changed=replace(scene.changed, pictures=other)))
    assert no_chart_words(missing_scene(replace(MISSING, zoom=Zoom.CHANGES))).startswith("loss3/classifier: needs")


def test_progress_in_words() -> None:
    assert progress_words(changes_scene(ON, done=3).changed) == "4 of 14 pictures"
    assert progress_words(changes_scene(ON).changed) == progress_words(None) == ""


def test_the_pane_is_drawn_again_with_each_picture_and_only_while_it_is_on() -> None:
    scene = changes_scene(ON, done=3)
    assert looks_at(scene) != looks_at(replace(scene, changed=changes_scene(ON, done=4).changed))
    off = replace(scene, state=replace(scene.state, view=UNIT))
    assert looks_at(off) == looks_at(replace(off, changed=None))


def pointing(scene: Scene, index: int) -> Scene:
    """The pointer over a row of the chart."""
    body = scene.areas(scene.layout["layers"]).body
    chart = chart_of(scene)
    place = chart_places(body, len(chart.rows), chart.sentence, scene.px).rows[index]
    under = hit(scene, place.row + place.height // 2, place.col + place.width // 2)
    assert (under.part, under.index, under.place) == (CHANGE, index, place)
    return replace(scene, hover=under)


def test_a_row_says_what_was_done_its_source_and_the_value_and_shows_the_picture() -> None:
    tip = tip_of(pointing(changes_scene(ON), 8))
    row = PICTURE_CHANGES["shuffled-4"]
    assert tip is not None and tip.title == row.title and tip.lines[1:] == (row.words, row.source)
    assert tip.lines[0] == "largest value 0.175, −46 %, rank 31 of 40 in conv2/5x5_reduce"
    assert np.array_equal(tip.rgb, changes_scene(ON).changed.pictures[8].rgb)
    first = tip_of(pointing(changes_scene(PROB), 0))
    assert first.title == "Unchanged" and first.lines[0] == "probability 0.472, rank 1 of 10 in prob"
    waiting = tip_of(pointing(changes_scene(ON, done=3), 12))
    assert waiting.rgb is None and waiting.lines == (PICTURE_CHANGES["rotated-90"].words,)


def test_beside_the_rows_there_is_nothing_and_no_chart_no_row() -> None:
    scene = changes_scene(ON)
    body = scene.areas(scene.layout["layers"]).body
    assert hit(scene, body.bottom - 1, body.right - 1).part == ""
    assert hit(make_scene(ON), body.row + 30, body.col + 30).part == ""


def test_a_click_leaves_it_and_the_wheel_goes_to_other_units() -> None:
    scene = pointing(changes_scene(ON), 3)
    assert clicked(scene.state, scene.hover)[0].view.zoom is Zoom.OFF
    assert wheeled(scene.state, scene.hover, -1)[0].unit.channel > scene.state.unit.channel


def test_a_chart_of_a_photo_that_has_changed_is_stale() -> None:
    scene = changes_scene(ON)
    assert isinstance(scene.changed, ChangedPictures) and scene.frame is not None
    from deepvis.window.ui.compose import Composer

    def stripes(shown: Scene) -> bool:
        return bool((Composer()(shown)[shown.layout["layers"].slices] == theme.STALE).all(axis=2).any())

    assert not stripes(scene) and stripes(replace(scene, frame=replace(scene.frame, id=99)))
