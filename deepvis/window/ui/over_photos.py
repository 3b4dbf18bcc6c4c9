"""One unit over the open photos, in the layers pane: the photos with its map beneath each, the largest value first."""

from __future__ import annotations

import os
from collections.abc import Hashable

import numpy as np

from deepvis.core.colours import Paint
from deepvis.core.geometry import Rect
from deepvis.core.interventions import intervened_words
from deepvis.core.photo_answers import PhotoAnswer, SheetScroll
from deepvis.core.pixels import Codes
from deepvis.core.state import Zoom
from deepvis.live.unit_over_photos import OverPhotos
from deepvis.window.ui import theme
from deepvis.window.ui.canvas import bounds
from deepvis.window.ui.heading import draw_card, sentence
from deepvis.window.ui.legend import draw_in_heading
from deepvis.window.ui.photo_sheet import SheetGrid, bars_words, draw_cells, sheet_codes, sheet_grid, sheet_legend
from deepvis.window.ui.readings import label_of, number
from deepvis.window.ui.regions import PHOTO, Hit, Tip
from deepvis.window.ui.scene import Scene
from deepvis.window.ui.scrolling import draw_scroll_bar
from deepvis.window.ui.text import text_width

WANTED = 24  # photos that there is room for, where so many are open
GAP = 8


def looks_over_photos(scene: Scene) -> Hashable:
    """What the sheet depends on beside the view; None while it is not shown."""
    if scene.state.view.zoom is not Zoom.PHOTOS:
        return None
    found = scene.over_photos
    return scene.state.unit, found and found.version, scene.frame and scene.frame.path


def grid_of_sheet(scene: Scene, found: OverPhotos, body: Rect) -> SheetGrid:
    """As few columns as leave room for WANTED photos, or for all that are open."""
    _, height, width = scene.state.info.input_shape
    layer, px = scene.state.layer, scene.px(theme.SIZE_SMALL)
    count = min(max(found.listed, found.done, 1), WANTED)
    bar, body = scene.px(10), body.cut(right=scene.px(6))  # beside the scroll bar

    def grid(columns: int) -> SheetGrid:
        return sheet_grid(body, columns, (layer.height, layer.width), (height, width), px, scene.px(GAP), bar)

    for columns in range(1, WANTED):
        found_grid = grid(columns)
        fits = found_grid.cell(found_grid.count - 1).bottom <= body.bottom
        if fits and found_grid.count >= count:
            return found_grid
    return grid(WANTED)


def seen(scene: Scene, found: OverPhotos, grid: SheetGrid) -> tuple[int, int]:
    """(first row that is seen, rows in all): the photos that are held, as far as they were scrolled."""
    rows = -(-len(found.best) // grid.columns)
    return min(scene.state.view.sheet.first_row(scene.state.unit), max(rows - grid.rows, 0)), rows


def seen_photos(scene: Scene, found: OverPhotos, grid: SheetGrid) -> tuple[int, tuple[PhotoAnswer, ...]]:
    """The place of the first photo that is seen, and those that are."""
    first = seen(scene, found, grid)[0] * grid.columns
    return first, found.best[first : first + grid.count]


def scrolled(scene: Scene, rows: int) -> SheetScroll:
    """The sheet so many rows on, or back, within its ends."""
    unit, found = scene.state.unit, scene.over_photos
    if found is None or not found.best:
        return SheetScroll()
    grid = grid_of_sheet(scene, found, scene.areas(scene.layout["layers"]).body)
    first, count = seen(scene, found, grid)
    return SheetScroll(min(max(first + rows, 0), max(count - grid.rows, 0)), unit)


def draw_over_photos(canvas: np.ndarray, scene: Scene) -> None:
    """The best of the photos that were looked at so far; which are how many of how many is said above."""
    found, unit = scene.over_photos, scene.state.unit
    label = label_of(scene, unit)
    title = f"{unit.name}{f' {label}' if label else ''}"
    if found is None or not found.best:
        parts = draw_card(canvas, scene, title, "over the open photos")
        sentence(canvas, scene, parts.body, waiting_words(found))
        return
    heading = "   ".join(filter(None, (title, far_words(found), what_if_words(found))))
    grid = grid_of_sheet(scene, found, scene.areas(bounds(canvas)).body)
    painted, (first_row, rows) = painted_sheet(scene, found), seen(scene, found, grid)
    bars = bars_words(painted[0])
    parts = draw_card(canvas, scene, heading, bars)
    if not parts.heading.is_empty and not bars:
        used = text_width(heading, scene.px(theme.SIZE_HEADING), True) + scene.px(20)
        draw_in_heading(canvas, scene, parts.heading.cut(left=used), sheet_legend(*painted))
    shown = scene.frame.path if scene.frame is not None and scene.frame.path else ""
    first = seen_photos(scene, found, grid)[0]
    draw_cells(canvas, grid, found.best, painted, scene.px(theme.SIZE_SMALL), shown, first=first)
    if rows > grid.rows:
        draw_scroll_bar(canvas, scene, parts.body, first_row, grid.rows, rows)


def painted_sheet(scene: Scene, found: OverPhotos) -> tuple[Codes, Paint]:
    """The maps of all photos that are held, in one scale, the same however far they are scrolled."""
    chosen = scene.state.view
    return sheet_codes([answer.map_hw for answer in found.best], chosen.colour_map, chosen.look)


def far_words(found: OverPhotos) -> str:
    """'over 1,000 photos, largest value first'; before the end '120 of 1,000 photos so far'."""
    done = f"{found.done:,}"
    of = f"{found.listed:,}" if found.is_whole else f"{found.listed:,} or more"
    far = f"over {done} photos" if found.is_over and not found.error else f"over {done} of {of} photos so far"
    skipped = f", {len(found.skipped):,} skipped" if found.skipped else ""
    return f"{far}{skipped}, largest value first{f'; {found.error}' if found.error else ''}"


def what_if_words(found: OverPhotos) -> str:
    """What was done to units in every photo, "" if nothing was."""
    done = found.request.interventions
    return f"what if: {intervened_words(done)}" if done else ""


def waiting_words(found: OverPhotos | None) -> str:
    if found is None:
        return "Getting ready to look at the open photos."
    if found.error:
        return f"There is nothing over photos: {found.error}."
    if found.is_over:
        return f"There are no photos in {found.title} that can be read."
    return f"Looking at the photos of {found.title}."


def photo_at(scene: Scene, body: Rect, row: int, col: int) -> Hit:
    """The photo under a pixel."""
    found = scene.over_photos
    if found is not None and found.best:
        grid = grid_of_sheet(scene, found, body)
        first, photos = seen_photos(scene, found, grid)
        for index, answer in enumerate(photos):
            if grid.cell(index).contains(row, col):
                return Hit("layers", part=PHOTO, index=first + index, path=answer.path, place=grid.cell(index))
    return Hit("layers", part=PHOTO, place=body)


def photo_tip(scene: Scene, hit: Hit) -> Tip | None:
    """Of a photo: its file, the unit's value and where, its rank."""
    found = scene.over_photos
    if found is None or hit.index is None or hit.index >= len(found.best):
        return None
    answer = found.best[hit.index]
    where = "" if answer.map_hw.shape == (1, 1) else " at row {}, col {}".format(*answer.place)
    lines = (
        f"{scene.state.unit.name}: {number(answer.value)}{where}",
        f"rank {hit.index + 1:,} of {found.done - len(found.skipped):,} photos",
        answer.path,
        "click: go to it   wheel: on",
    )
    return Tip(os.path.basename(answer.path), lines)
