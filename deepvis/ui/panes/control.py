"""The layer list: every layer's name, the selected one lit, the back origin's in brackets."""

from __future__ import annotations

from collections.abc import Hashable

import numpy as np

from deepvis.core.geometry import Rect, card
from deepvis.core.state import Cursor
from deepvis.ui import theme
from deepvis.ui.canvas import bounds, brackets, card_face, fill, frame, round_corners
from deepvis.ui.compose import pane
from deepvis.ui.layout import Chips, chips_of
from deepvis.ui.scene import Scene
from deepvis.ui.text import draw_text


def looks_at(scene: Scene) -> Hashable:
    state = scene.state
    pinned = state.view.pinned.layer if state.view.pinned else None
    return state.layer.name, state.view.cursor, pinned, state.info.name, len(state.info.layers)


@pane("control", looks_at=looks_at)
def draw(canvas: np.ndarray, scene: Scene) -> None:
    """Names in lines; they scroll by whole lines where they do not all fit, the selected one in view."""
    state = scene.state
    card_face(canvas, card(bounds(canvas), scene.layout.text_scale).face, theme.FACE, scene.px(5))
    chips = chips_of(state.info, scene.layout)
    selected = min(state.view.layer_index, len(state.info.layers) - 1)
    px, padding = scene.px(theme.SIZE_TEXT), scene.px(6)
    shown = chips.shown(selected)
    for index, place in shown:
        layer = state.info.layers[index]
        chosen = index == selected
        lit = chosen and state.view.cursor is Cursor.LAYERS
        face, ink = (theme.SELECTED, theme.BACKGROUND) if lit else (theme.CHIP, theme.SOFT)
        if chosen or layer.is_spatial is False:
            ink = theme.BACKGROUND if lit else theme.TEXT if chosen else theme.SOFT
        fill(canvas, place, face)
        round_corners(canvas, place, scene.px(3), theme.FACE)
        draw_text(
            canvas,
            place.row + scene.px(1),
            place.col + padding,
            layer.title,
            px,
            ink,
            bold=False,
            width=place.width - padding,
        )
        if chosen and not lit:
            frame(canvas, place.inset(1), theme.SELECTED)
        if state.view.pinned is not None and layer.name == state.view.pinned.layer:
            brackets(canvas, place.inset(scene.px(1)), theme.ORIGIN, max(scene.px(2), 1))
    draw_scroll(canvas, scene, chips, selected)


def draw_scroll(canvas: np.ndarray, scene: Scene, chips: Chips, selected: int) -> None:
    """At the right edge, which part of all lines is seen; nothing where all are."""
    if chips.rows <= chips.visible:
        return
    body = chips.body
    track = Rect(body.row, body.right - scene.px(3), body.height, scene.px(3))
    top = chips.first_row(selected) * track.height // chips.rows
    fill(canvas, track, theme.TRACK)
    fill(canvas, Rect(track.row + top, track.col, chips.visible * track.height // chips.rows, track.width), theme.FAINT)
