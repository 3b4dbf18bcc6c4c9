"""The layer list: every layer's name, the selected one lit, the back origin's in brackets, gray without values."""

from __future__ import annotations

from collections.abc import Hashable

import numpy as np

from deepvis.core.geometry import Rect
from deepvis.core.layer_list import is_open
from deepvis.core.state import AppState, Cursor
from deepvis.window.ui import theme
from deepvis.window.ui.canvas import brackets, draw_plate, fill, frame
from deepvis.window.ui.draw_cache import cached
from deepvis.window.ui.heading import draw_face
from deepvis.window.ui.layer_list_layout import chips_of
from deepvis.window.ui.pane import pane
from deepvis.window.ui.scene import Scene
from deepvis.window.ui.scrolling import draw_scroll_bar
from deepvis.window.ui.steady_bars import bars_key, draw_bar, has_bars
from deepvis.window.ui.text import draw_text
from deepvis.window.ui.what_if_marks import mark_layer

MISSING = (theme.FACE, theme.FAINT)  # of a layer that has no values: gray, and without a plate
SELECTED_FACE = (theme.SELECTED, theme.BACKGROUND)
SELECTED_BESIDE = (theme.CHIP, theme.TEXT)  # while the cursor is on the tiles


def looks_at(scene: Scene) -> Hashable:
    state = scene.state
    pinned = state.view.pinned.layer if state.view.pinned else None
    view, changed = state.view, changed_layers(state)
    return state.layer.name, view.cursor, pinned, changed, view.opened, view.all_layers, bars_key(scene)


def changed_layers(state: AppState) -> frozenset[str]:
    """The layers with units that are switched off, clamped or scaled."""
    return frozenset(each.unit.layer for each in state.view.interventions)


@pane("control", looks_at=looks_at, place=(0, 300, 30, 900))
def draw(canvas: np.ndarray, scene: Scene) -> None:
    """Names in lines; they scroll by whole lines where they do not all fit, the selected one in view."""
    state = scene.state
    chips = chips_of(state, scene.layout)
    selected = min(state.view.layer_index, len(state.info.layers) - 1)
    shown = chips.shown(selected)
    key = (
        "control",
        canvas.shape,
        scene.layout.text_scale,
        chips.first_row(selected),
        state.view.opened,
        state.view.all_layers,
    )
    np.copyto(canvas, cached(key, state.info, lambda: unlit(canvas.shape, scene, shown)))
    pinned, changed = state.view.pinned.layer if state.view.pinned else None, changed_layers(state)
    for index, place in shown:
        if index == selected:
            lit = state.view.cursor is Cursor.LAYERS
            draw_chip(canvas, scene, index, place, SELECTED_FACE if lit else SELECTED_BESIDE)
            if not lit:
                frame(canvas, place.inset(1), theme.SELECTED)
        if state.info.layers[index].name in changed:
            mark_layer(canvas, scene, place)
        if state.info.layers[index].name == pinned:
            brackets(canvas, place.inset(scene.px(1)), theme.ORIGIN, max(scene.px(2), 1))
        if has_bars(scene):
            draw_bar(canvas, scene, state.info.layers[index].name, place)
    if chips.rows > chips.visible:
        draw_scroll_bar(canvas, scene, chips.body, chips.first_row(selected), chips.visible, chips.rows)


def unlit(shape: tuple[int, ...], scene: Scene, shown: list[tuple[int, Rect]]) -> np.ndarray:
    """The pane with all names as if none were selected."""
    canvas = np.empty(shape, np.uint8)
    draw_face(canvas, scene)
    for index, place in shown:
        is_missing = bool(scene.state.info.layers[index].missing)
        draw_chip(canvas, scene, index, place, MISSING if is_missing else (theme.CHIP, theme.SOFT))
    return canvas


def draw_chip(canvas: np.ndarray, scene: Scene, index: int, place: Rect, colors: tuple[theme.BGR, theme.BGR]) -> None:
    """One layer's name on its plate. colors: of the plate and of the letters."""
    face, ink = colors
    draw_plate(canvas, place, face, scene.px(3), theme.FACE)
    px, padding = scene.px(theme.SIZE_TEXT), scene.px(6)
    layer = scene.state.info.layers[index]
    if layer.folds:
        padding += draw_mark(canvas, scene, place, bool(is_open(scene.state.view, layer)), ink)
    draw_text(canvas, place.row + scene.px(1), place.col + padding, layer.title, px, ink, width=place.width - padding)


def draw_mark(canvas: np.ndarray, scene: Scene, place: Rect, points_down: bool, ink: theme.BGR) -> int:
    """A triangle: to the right before a folded block, down where it is open. Returns the columns that it takes."""
    size, middle = max(round(4 * scene.layout.text_scale), 3), place.row + place.height // 2
    left = place.col + max(round(5 * scene.layout.text_scale), 2)
    for step in range(size):
        if points_down:
            fill(canvas, Rect(middle - size // 2 + step, left + step, 1, 2 * (size - step) - 1), ink)
        else:
            fill(canvas, Rect(middle - size + 1 + step, left, 1, step + 1), ink)
            fill(canvas, Rect(middle + size - 1 - step, left, 1, step + 1), ink)
    return chips_of(scene.state, scene.layout).mark
