"""Beside the layer list: the five most probable classes, or what fires at the pinned place; else the unit, enlarged."""

from __future__ import annotations

import math
from collections.abc import Hashable

import numpy as np

from deepvis.core.commands.ordering import lists_layers
from deepvis.core.geometry import Rect
from deepvis.core.state import Cursor, Look, Show
from deepvis.window.ui import theme
from deepvis.window.ui.before_after import ClassChange, class_changes
from deepvis.window.ui.canvas import bar, frame
from deepvis.window.ui.heading import draw_card, sentence
from deepvis.window.ui.here import draw_here
from deepvis.window.ui.hover_compared import compared_note
from deepvis.window.ui.large_text import class_words, is_large, least
from deepvis.window.ui.legend import draw_foot, fixed_scale, foot_height, scanned_peak, unit_legend
from deepvis.window.ui.pane import pane
from deepvis.window.ui.panes.layers import draw_unit
from deepvis.window.ui.readings import LayerView, called, is_frame_stale, layer_view, number, peak_of, top_classes
from deepvis.window.ui.scalars import draw_scalar, is_scalar, shows_bars
from deepvis.window.ui.scene import Scene
from deepvis.window.ui.text import draw_text, line_height, text_width
from deepvis.window.ui.what_if_marks import decimals_of, draw_class_change, draw_two_bars
from deepvis.window.ui.what_if_words import unit_words

CLASSES = 5
LIST_LINK = "all layers here: click, or up"


def looks_at(scene: Scene) -> Hashable:
    state = scene.state
    seen = (scene.snapshot_id, scene.frame_id, state.input, state.info.prob_layer)
    if shows_classes(scene):
        return "classes", seen
    view = state.view
    if lists_layers(state):
        return "here", seen, view.place, state.layer.name, scene.field_of is None
    request = state.back_request
    chosen = view.interventions, view.change, view.compared, scene.pinned and scene.pinned.id
    mapping = chosen, view.individual_boost, view.gamma_boost, view.colour_map, view.look, fixed_scale(scene)
    said = state.unit, state.naming
    return said, view.show, view.place, mapping, scanned_peak(scene), view.label_predictions, request, seen


def shows_classes(scene: Scene) -> bool:
    """True while the cursor is on the layer list of a network that has classes, unless they are turned off."""
    state = scene.state
    is_beside = state.view.cursor is Cursor.LAYERS and not lists_layers(state)
    return is_beside and state.view.label_predictions and bool(state.info.prob_layer)


@pane("aux", looks_at=looks_at, place=(300, 0, 300, 300))
def draw(canvas: np.ndarray, scene: Scene) -> None:
    """All layers, classes or unit, by place and cursor; a network without probabilities shows the unit, not classes."""
    if lists_layers(scene.state):
        draw_here(canvas, scene)
    elif shows_classes(scene):
        draw_classes(canvas, scene)
    else:
        draw_selected(canvas, scene)


def draw_classes(canvas: np.ndarray, scene: Scene) -> None:
    """Name, probability and a bar for each of the most probable classes."""
    changes, stale = class_changes(scene, CLASSES), is_frame_stale(scene)
    title = "Classes, before → now" if changes else "Top 5 classes"
    parts = draw_card(canvas, scene, title, scene.state.info.prob_layer, stale=stale)
    if changes:
        draw_class_changes(canvas, scene, parts.body, changes)
        return
    classes = top_classes(scene, CLASSES)
    if not classes:
        sentence(canvas, scene, parts.body, "Waiting for the first pass of the network.")
        return
    body, step = parts.body, class_row(parts.body, 0).height
    for i, (name, probability) in enumerate(classes):
        px = class_size(scene, scene.px(theme.SIZE_TEXT if i else theme.SIZE_TEXT + 1), body, classes)
        high, tall = line_height(px), max(scene.px(5), 2)
        space = min(scene.px(4), max(step - high - tall, 0))
        row = body.row + i * step + max((step - high - tall - space) // 2, 0)
        share = f"{100 * probability:.1f} %" if math.isfinite(probability) else number(probability)
        wide = text_width(share, px, not i)
        color = theme.SOFT if i else theme.TEXT
        draw_text(canvas, row, body.right - wide, share, px, color, bold=not i)
        room = body.width - wide - scene.px(12)
        name = class_words(scene, name, px, room, bold=not i)
        draw_text(canvas, row, body.col, name, px, color, bold=not i, width=room)
        track = Rect(row + high + space, body.col, tall, body.width)
        if step >= high + tall:  # else it would cross the letters below
            bar(canvas, track, probability, theme.SOFT if i else theme.GOOD, theme.TRACK)


def draw_class_changes(canvas: np.ndarray, scene: Scene, body: Rect, changes: list[ClassChange]) -> None:
    """The same with what interventions change: before and now in numbers and as bars, what rose and what fell."""
    px = scene.px(theme.SIZE_TEXT)
    decimals = decimals_of(scene, changes, px, body.width)
    for i, change in enumerate(changes):
        row = class_row(body, i)
        high, tall = line_height(px), max(scene.px(8), 4)
        top = row.row + max((row.height - high - tall - scene.px(4)) // 2, 0)
        draw_class_change(canvas, scene, Rect(top, row.col, high, row.width), change, px, decimals, bold=not i)
        draw_two_bars(canvas, Rect(top + high + scene.px(4), row.col, tall, row.width), change, decimals)


def class_size(scene: Scene, px: int, body: Rect, classes: list[tuple[str, float]]) -> int:
    """Pixels of the letters: in presenter mode as large as the rows and the first of each class's names let them be."""
    if not is_large(scene):
        return px
    most = min(body.height // CLASSES * 2 // 5, 2 * px)
    sizes = range(max(most, px), least(px), -1)
    room, names = body.width - scene.px(12), [name.partition(",")[0] for name, _ in classes]
    return next((s for s in sizes if all(text_width(f"{name} 100.0 %", s, True) <= room for name in names)), least(px))


def class_row(body: Rect, index: int) -> Rect:
    """Where a class stands in the pane's body."""
    step = body.height // CLASSES
    return Rect(body.row + index * step, body.col, step, body.width)


def has_legend(scene: Scene) -> bool:
    """True if the unit's map has its legend below it."""
    view = layer_view(scene)
    return scene.state.view.look is not Look.PLAIN_2015 and view.has(scene.state.unit.channel) and not is_scalar(view)


def list_link(scene: Scene, body: Rect) -> Rect | None:
    """Where it is said how to come to the list of all layers; None while no place is pinned."""
    if scene.state.view.place is None or lists_layers(scene.state):
        return None
    return Rect(body.row, body.col, line_height(scene.px(theme.SIZE_SMALL)) + scene.px(4), body.width).clipped(body)


def map_area(scene: Scene, body: Rect) -> Rect:
    """What the legend and the way to the list of all layers leave of the pane's body for the unit's map."""
    link = list_link(scene, body)
    body = body if link is None else body.cut(top=link.height)
    return body.cut(bottom=foot_height(scene)) if has_legend(scene) else body


def draw_selected(canvas: np.ndarray, scene: Scene) -> None:
    """The selected unit's map; beside its number the largest value (diffs: magnitude) and where that is."""
    view, unit = layer_view(scene), scene.state.unit
    peak = peak_of(view, unit.channel)
    if peak is None:
        parts = draw_card(canvas, scene, f"Unit {unit.channel}", unit.layer, stale=view.stale)
        sentence(canvas, scene, parts.body, view.sentence or f"{unit.name} is not among the values.")
        return
    value, row, col = peak
    title = "   ".join(filter(None, (f"Unit {unit.channel}", called(scene, unit))))
    shape, note = view.values.shape[1:], unit_note(scene, view, peak)
    parts = draw_card(canvas, scene, title, note, stale=view.stale)
    if (link := list_link(scene, parts.body)) is not None:
        draw_text(canvas, link.row, link.col, LIST_LINK, scene.px(theme.SIZE_SMALL), theme.FIELD, width=link.width)
    if shows_bars(scene, view):
        draw_scalar(canvas, scene, map_area(scene, parts.body), view, unit.channel)
        return
    if has_legend(scene):
        draw_foot(canvas, scene, parts.body, unit_legend(scene, view))
    place = draw_unit(canvas, scene, map_area(scene, parts.body), view)
    if shape != (1, 1) and value != 0:
        mark_peak(canvas, scene, place, (row, col), shape)
    order = scene.state.tile_order
    if order is not None and order.at is not None and order.layer == unit.layer:
        mark_cell(canvas, scene, place, order.at, shape, theme.FIELD)


def unit_note(scene: Scene, view: LayerView, peak: tuple[float, int, int]) -> str:
    """What is said beside the unit's number: of what the map shows. peak: its largest value, row, column."""
    unit, shape, (value, row, col) = scene.state.unit, view.values.shape[1:], peak
    if shape == (1, 1) and view.is_change:
        note = view.caption
    elif shape == (1, 1):
        note = unit.layer if shows_bars(scene, view) else f"value {number(value)}"  # bars: it is said in the body
    elif value == 0:
        nothing = "no change" if view.is_change else "no difference" if view.is_difference else "no diff"
        note = nothing if view.signed else "silent"
    else:
        what = "change" if view.is_change else "strongest" if view.signed else "max"
        note = f"{what} {number(value)} at row {row}, col {col}"
    if not view.is_change and (changed := unit_words(scene, unit, is_short=True)):
        note = changed
    if not view.is_change and scene.state.view.show is Show.ACTIVATIONS:
        note = compared_note(scene, unit.channel) or note
    return note


def mark_peak(canvas: np.ndarray, scene: Scene, place: Rect, at: tuple[int, int], shape: tuple[int, ...]) -> None:
    """A thin frame around the map's largest value."""
    mark_cell(canvas, scene, place, at, shape, theme.SELECTED)


def mark_cell(
    canvas: np.ndarray, scene: Scene, place: Rect, at: tuple[int, int], shape: tuple[int, ...], color: theme.BGR
) -> None:
    """A thin frame around a cell of the map, with room around a small one."""
    (row, col), (height, width) = at, shape
    top, bottom = (place.row + edge * place.height // height for edge in (row, row + 1))
    left, right = (place.col + edge * place.width // width for edge in (col, col + 1))
    cell = Rect(top, left, bottom - top, right - left)
    if min(cell.height, cell.width) >= scene.px(6):
        frame(canvas, cell.inset(1), color)
        return
    around = cell.inset(-scene.px(4))
    frame(canvas, around.clipped(place.inset(1)), color)
