"""The back modes and an attribution side by side in the layers pane: each of the same unit and of the same frame."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass

import numpy as np

from deepvis.core.attribution_pictures import laid_on
from deepvis.core.attributions import ATTRIBUTIONS
from deepvis.core.back_modes import BACK_MODES, title_of
from deepvis.core.back_pictures import scaled_back
from deepvis.core.geometry import Rect
from deepvis.core.side_by_side import projections_beside
from deepvis.core.state import Look, Zoom
from deepvis.core.types import Attribution, BackRequest
from deepvis.window.ui import theme
from deepvis.window.ui.canvas import picture
from deepvis.window.ui.draw_cache import cached
from deepvis.window.ui.heading import draw_card, sentence
from deepvis.window.ui.laid_over import attribution_of_frame, attribution_overlay, progress_words
from deepvis.window.ui.legend import draw_foot, foot_height, legend_of_back
from deepvis.window.ui.readings import is_frame_stale, label_of
from deepvis.window.ui.regions import SIDE, Hit, Tip
from deepvis.window.ui.scene import Scene
from deepvis.window.ui.text import draw_text, line_height

SHARE = 0.7  # of the attribution in its picture


@dataclass(frozen=True)
class Side:
    """One of the pictures. name: of the back mode, or of the attribution method. place: of its card."""

    name: str
    title: str
    place: Rect


def looks_side_by_side(scene: Scene) -> Hashable:
    """What the pictures depend on beside the view and the snapshot; None while they are not shown."""
    if scene.state.view.zoom is not Zoom.SIDE_BY_SIDE:
        return None
    return scene.attribution and scene.attribution.id, scene.state.back_unit


def sides_in(scene: Scene, body: Rect) -> list[Side]:
    """The cards, in as many columns as give the largest pictures."""
    backs, asked = projections_beside(scene.state), scene.state.attribution_request
    names = [(back.mode, title_of(back.mode)) for back in backs]
    names += [(asked.method, ATTRIBUTIONS[asked.method].title)] if asked is not None else []
    if not names:
        return []
    gap, text = scene.px(12), caption_height(scene)

    def side(columns: int) -> float:
        rows = -(-len(names) // columns)
        return min(body.width / columns - gap, body.height / rows - gap - text)

    columns = max(range(1, len(names) + 1), key=side)
    rows = -(-len(names) // columns)
    wide, high = body.width // columns, body.height // rows
    return [
        Side(name, title, Rect(body.row + i // columns * high, body.col + i % columns * wide, high - gap, wide - gap))
        for i, (name, title) in enumerate(names)
    ]


def caption_height(scene: Scene) -> int:
    return line_height(scene.px(theme.SIZE_TEXT), True) + scene.px(4) + foot_height(scene)


def draw_side_by_side(canvas: np.ndarray, scene: Scene) -> None:
    """A card for each: its name, its picture, its scale."""
    unit, snapshot = scene.state.back_unit, scene.snapshot
    label = label_of(scene, unit)
    title = f"{unit.name}{f' {label}' if label else ''}   side by side"
    backs = projections_beside(scene.state)
    is_stale = snapshot is not None and (snapshot.request.beside != backs or is_frame_stale(scene))
    parts = draw_card(canvas, scene, title, "of the same frame", stale=is_stale)
    by_mode = {back.mode: back for back in snapshot.request.beside} if snapshot is not None else {}
    for side in sides_in(scene, parts.body):
        px = scene.px(theme.SIZE_TEXT)
        draw_text(canvas, side.place.row, side.place.col, side.title, px, theme.TEXT, bold=True, width=side.place.width)
        room = side.place.cut(top=line_height(px, True) + scene.px(4))
        if side.name in BACK_MODES:
            draw_projection(canvas, scene, room, by_mode.get(side.name))
        else:
            draw_attribution(canvas, scene, room)


def draw_projection(canvas: np.ndarray, scene: Scene, room: Rect, back: BackRequest | None) -> None:
    """As in the back pane, with the filter that is chosen."""
    snapshot, chosen = scene.snapshot, scene.state.view
    found = snapshot.beside.get(back) if snapshot is not None and back is not None else None
    if found is None or isinstance(found, str):
        sentence(canvas, scene, room, f"{found}." if found else "Waiting for it.")
        return
    plain = chosen.look is Look.PLAIN_2015
    key = ("beside", snapshot and snapshot.id, back, chosen.back_filter, plain)
    shown = cached(key, found, lambda: scaled_back(found, chosen.back_filter, plain=plain))
    if not plain:
        draw_foot(canvas, scene, room, legend_of_back(shown))
        room = room.cut(bottom=foot_height(scene))
    picture(canvas, room, shown.rgb)


def draw_attribution(canvas: np.ndarray, scene: Scene, room: Rect) -> None:
    """The attribution laid over the network's input."""
    found, snapshot = attribution_beside(scene), scene.snapshot
    error, over = found.error if found is not None else "", attribution_overlay(scene, found, "over the input")
    if error or over is None or snapshot is None or snapshot.input_rgb is None:
        sentence(canvas, scene, room, f"{error}." if error else "Waiting for it.")
        return
    progress = progress_words(found)
    draw_foot(canvas, scene, room, over.legend)
    rgb = snapshot.input_rgb if snapshot.input_rgb.shape[2] == 3 else np.repeat(snapshot.input_rgb, 3, axis=2)
    place = picture(canvas, room.cut(bottom=foot_height(scene)), laid_on(rgb, over.rgb, SHARE))
    if progress:
        px = scene.px(theme.SIZE_SMALL)
        draw_text(canvas, place.row + scene.px(4), place.col + scene.px(4), progress, px, theme.TEXT)


def attribution_beside(scene: Scene) -> Attribution | None:
    """The newest attribution of the unit, by the method that is shown, of this frame or an earlier one of a stream."""
    found = attribution_of_frame(scene)
    return found if found is not None and found.request.attribution == scene.state.attribution_request else None


def side_at(scene: Scene, body: Rect, row: int, col: int) -> Hit:
    """The picture under a pixel."""
    for side in sides_in(scene, body):
        if side.place.contains(row, col):
            return Hit("layers", part=SIDE, path=side.name, place=side.place)
    return Hit("layers", place=body)


def side_tip(scene: Scene, hit: Hit) -> Tip | None:
    """Of one of the pictures: what it is, how it is computed, where a click leads."""
    unit = scene.state.back_unit.name
    if hit.path in BACK_MODES:
        source = BACK_MODES[hit.path].source
        return Tip(f"{title_of(hit.path)} of {unit}", tuple(filter(None, (source, "click: it alone"))))
    method = ATTRIBUTIONS.get(hit.path)
    if method is None:
        return None
    found = attribution_beside(scene)
    lines = [method.words, method.formula, f"maps of {found.layer}" if found is not None and found.layer else ""]
    return Tip(f"{method.title} of {unit}", tuple(filter(None, lines)))
