"""The filmstrip: small pictures of the open photos around the one that is shown, which is framed."""

from __future__ import annotations

from collections.abc import Hashable

import cv2
import numpy as np

from deepvis.core.geometry import Rect, fit_inside
from deepvis.window.ui import theme
from deepvis.window.ui.canvas import bounds, fill, frame, picture, resized
from deepvis.window.ui.film_cells import film_cells, film_window
from deepvis.window.ui.heading import draw_card, sentence
from deepvis.window.ui.pane import pane
from deepvis.window.ui.scene import Scene
from deepvis.window.ui.text import draw_text, line_height

NO_PHOTOS = "No photos are listed yet."
NOT_SHOWN = "Photos stand here once they are shown: c goes to them, / opens a folder."


def looks_at(scene: Scene) -> Hashable:
    state, frame = scene.state, scene.frame
    lists = state.palette_lists
    shown = None if frame is None else (frame.path, frame.index, frame.moving)
    version = scene.thumbnails and scene.thumbnails.version
    return state.view.filmstrip, state.input.autoplay, len(lists.photos), lists.first_photo, shown, version


@pane("filmstrip", looks_at=looks_at)
def draw(canvas: np.ndarray, scene: Scene) -> None:
    """Cells side by side; those whose picture is still to come are empty, of a photo that cannot be read say so."""
    parts = draw_card(canvas, scene, "Photos", film_words(scene, scene.areas(bounds(canvas)).body))
    photos = scene.state.palette_lists.photos
    if not photos:
        sentence(canvas, scene, parts.body, NOT_SHOWN if scene.state.input.moving else NO_PHOTOS)
        return
    current = film_window(scene, parts.body).current
    pictures = scene.thumbnails.pictures if scene.thumbnails is not None else {}
    for place, cell in film_cells(scene, parts.body):
        rgb = pictures.get(photos[place][0])
        fill(canvas, cell, theme.WELL)
        if rgb is not None and rgb.size:
            draw_thumbnail(canvas, cell, rgb)
        elif rgb is not None:
            px = scene.px(theme.SIZE_SMALL)
            row = cell.row + (cell.height - line_height(px)) // 2
            draw_text(canvas, row, cell.col, "unreadable", px, theme.SOFT, width=cell.width, align="centre")
        if place == current:
            frame(canvas, cell.inset(scene.px(3)), theme.SELECTED, scene.px(3))


def draw_thumbnail(canvas: np.ndarray, cell: Rect, rgb: np.ndarray) -> None:
    """The picture as large as fits, no larger than three times its size."""
    place = fit_inside(rgb.shape[0], rgb.shape[1], cell)
    if place.height > 3 * rgb.shape[0]:
        picture(canvas, cell.inset(max((cell.height - 3 * rgb.shape[0]) // 2, 0)), rgb)
        return
    canvas[place.slices] = cv2.cvtColor(resized(rgb, place), cv2.COLOR_RGB2BGR)


def film_words(scene: Scene, body: Rect) -> str:
    """ "15 to 24 of 50,000, autoplay: 4 seconds a photo"."""
    window, total = film_window(scene, body), len(scene.state.palette_lists.photos)
    autoplay = scene.state.input.autoplay
    pieces = [f"{window.first + 1:,} to {window.first + window.count:,} of {total:,}" if total else ""]
    pieces.append(f"autoplay: {autoplay.seconds:g} seconds a photo" if autoplay.is_on else "")
    return ", ".join(filter(None, pieces))
