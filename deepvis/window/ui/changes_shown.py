"""Colour or shape? in the window: the chart of the selected unit, its heading, and the words of each picture."""

from __future__ import annotations

from collections.abc import Hashable

import numpy as np

from deepvis.core.changed_pictures import UNCHANGED, ChangedPictures
from deepvis.core.colour_or_shape import conclusion, percent_words, title_of_change, unit_answers
from deepvis.core.geometry import Rect
from deepvis.core.picture_changes import PICTURE_CHANGES
from deepvis.core.state import Zoom
from deepvis.window.ui.change_chart import Chart, ChartRow, chart_places, draw_chart, rank_words
from deepvis.window.ui.heading import draw_card, sentence
from deepvis.window.ui.readings import is_frame_stale, label_of, number
from deepvis.window.ui.regions import Hit, Tip
from deepvis.window.ui.scene import Scene

TITLE = "Colour or shape?"


def changes_key(scene: Scene) -> Hashable:
    """What the chart depends on beside the state; None while it is not shown."""
    return scene.changed and scene.changed.id if scene.state.view.zoom is Zoom.CHANGES else None


def draw_changes(canvas: np.ndarray, scene: Scene) -> None:
    """The chart in the place of the tiles, or a sentence on why there is none."""
    unit, found = scene.state.unit, scene.changed
    title = "   ".join(filter(None, (TITLE, unit.name, label_of(scene, unit))))
    stale = found is not None and is_frame_stale(scene)
    parts = draw_card(canvas, scene, title, progress_words(found), stale=stale)
    if problem := no_chart_words(scene):
        sentence(canvas, scene, parts.body, problem)
        return
    draw_chart(canvas, parts.body, chart_of(scene), scene.px)


def progress_words(found: ChangedPictures | None) -> str:
    """ "5 of 14 pictures" on the way; "" at the end."""
    return "" if found is None or found.is_done else f"{len(found.pictures)} of {found.total} pictures"


def no_chart_words(scene: Scene) -> str:
    """Why there is no chart yet, or at all; "" where there is one."""
    found, layer = scene.changed, scene.state.layer
    if layer.missing:
        return f"{layer.missing_words}."
    if found is None:
        return "Waiting for the picture and its changes."
    if found.error:
        return f"{found.error[:1].upper()}{found.error[1:]}."
    if not unit_answers(found.pictures, scene.state.unit):
        return f"This backend gives no values of {layer.name}."
    return ""


def chart_of(scene: Scene) -> Chart:
    """Of the selected unit; the changes that are still to come have a row, too."""
    found, unit = scene.changed, scene.state.unit
    if found is None:
        return Chart(())
    answers = unit_answers(found.pictures, unit)
    pictures = {each.change: each.rgb for each in found.pictures}
    of = {each.change: each for each in answers}
    rows = tuple(ChartRow(name, pictures.get(name), of.get(name)) for name in (UNCHANGED, *PICTURE_CHANGES))
    says = conclusion(answers, is_probability=unit.layer == scene.state.info.prob_layer) if found.is_done else ""
    return Chart(rows, says)


def change_at(scene: Scene, body: Rect, row: int, col: int) -> tuple[int, Rect] | None:
    """The number of the row of the chart under a pixel of the window, and where it lies."""
    if no_chart_words(scene):
        return None
    chart = chart_of(scene)
    places = chart_places(body, len(chart.rows), chart.sentence, scene.px).rows
    return next(((index, place) for index, place in enumerate(places) if place.contains(row, col)), None)


def change_tip(scene: Scene, hit: Hit) -> Tip | None:
    """Of a row: what was done to the picture, the unit's value, the source; the picture."""
    chart = chart_of(scene)
    if hit.index is None or hit.index >= len(chart.rows):
        return None
    row = chart.rows[hit.index]
    lines = ["the picture as the network sees it; the blue line in each bar is its value"]
    if row.change != UNCHANGED:
        change = PICTURE_CHANGES[row.change]
        lines = [change.words, change.source]
    if row.answer is not None:
        unit = scene.state.unit
        is_probability = unit.layer == scene.state.info.prob_layer
        what = "probability" if is_probability else "largest value" if scene.state.layer.is_spatial else "value"
        by = "" if row.change == UNCHANGED else f", {percent_words(row.answer.percent)}"
        rank = f"{rank_words(row.answer.rank)} of {scene.state.layer.channels:,} in {unit.layer}"
        lines.insert(0, f"{what} {number(row.answer.value)}{by}, {rank}")
    return Tip(title_of_change(row.change), tuple(filter(None, lines)), row.rgb)
