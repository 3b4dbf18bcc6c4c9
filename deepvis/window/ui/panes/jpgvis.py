"""What a unit prefers: optimized images, the patches that excite it most, and their back projections."""

from __future__ import annotations

from collections.abc import Hashable

import cv2
import numpy as np

from deepvis.core.geometry import Rect, fit_inside, montage_cell
from deepvis.core.panes import CardAreas
from deepvis.core.past_pictures import looked_at
from deepvis.core.types import PREFERRED_INPUT, OptimizeProgress, PastPicture, UnitImages
from deepvis.window.ui import theme
from deepvis.window.ui.canvas import bar, bounds, fill, hatch, paste, picture, resized
from deepvis.window.ui.draw_cache import cached
from deepvis.window.ui.heading import draw_card, draw_face, sentence
from deepvis.window.ui.pane import pane
from deepvis.window.ui.readings import number, reached_words
from deepvis.window.ui.scene import Scene
from deepvis.window.ui.text import draw_text, line_height, note_cut, text_width, wrap

SIDE = 3  # of the montages
# the back projections of the files and of the running top 9 are all made in deconv
PARTS = (("optimized", PREFERRED_INPUT), ("top", "Top 9"), ("top_back", "Top 9, deconv"))


def looks_at(scene: Scene) -> Hashable:
    images, progress, view = scene.unit_images, scene.optimize, scene.state.view
    return (
        scene.state.unit,
        view.unit_images,
        view.scores,
        None if images is None else (images.version, images.unit, images.loading),
        None if progress is None else (progress.version, progress.unit, progress.iteration, progress.done),
        view.looked_back,
        looked_at(scene.state, scene.climb) is not None and scene.climb and scene.climb.version,
        scene.state.live.optimizing,
        scene.state.live.preset,
    )


@pane("jpgvis", looks_at=looks_at, place=(0, 1200, 900, 300))
def draw(canvas: np.ndarray, scene: Scene) -> None:
    """Three cards, top to bottom; a sentence stands where a picture is missing."""
    whole = bounds(canvas)
    draw_preferred(canvas[part_place(whole, 0).slices], scene)
    for i in range(1, len(PARTS)):
        draw_part(canvas[part_place(whole, i).slices], scene, *PARTS[i], images_of_unit(scene))


def draw_preferred(canvas: np.ndarray, scene: Scene) -> None:
    """The preferred input alone, as large as the canvas allows."""
    progress, past = scene.optimize, looked_at(scene.state, scene.climb)
    if past is not None and scene.climb is not None:
        draw_past(canvas, scene, scene.climb, past)
    elif progress is not None and progress.unit == scene.state.unit:
        draw_progress(canvas, scene, progress)
    else:
        draw_part(canvas, scene, *PARTS[0], images_of_unit(scene))


def part_place(whole: Rect, index: int) -> Rect:
    """Where a card of PARTS lies in the pane."""
    top, bottom = index * whole.height // len(PARTS), (index + 1) * whole.height // len(PARTS)
    return Rect(whole.row + top, whole.col, bottom - top, whole.width)


def part_areas(scene: Scene, part: Rect) -> CardAreas:
    """The areas of a card; where it is too low for a heading above the picture, that is beside it, as on a phone."""
    areas = scene.areas(part)
    side, gap = areas.body.height, scene.px(10)
    if not areas.heading.is_empty or areas.body.width < 2 * side + gap:
        return areas
    beside = areas.body.cut(right=side + gap)
    return CardAreas(areas.face, beside, areas.body.cut(left=areas.body.width - side))


def draw_heading(canvas: np.ndarray, scene: Scene, title: str, note: str) -> CardAreas:
    """A card's face and heading, above its picture or beside it; returns where they are."""
    areas = part_areas(scene, bounds(canvas))
    if areas == scene.areas(bounds(canvas)):
        return draw_card(canvas, scene, title, note)
    draw_face(canvas, scene)
    place, px = areas.heading, scene.px(theme.SIZE_HEADING)
    high = line_height(px, True)
    room = max(place.height // high - 1, 0)
    lines = wrap(note, px, max(place.width, px), room) if room else []
    row = place.row + max(place.height - high * (1 + len(lines)), 0) // 2
    draw_text(canvas, row, place.col, title, px, theme.TEXT, bold=True, width=place.width)
    if " ".join(lines) != " ".join(note.split()):
        note_cut(canvas, place, note)
    for i, line in enumerate(lines, 1):
        draw_text(canvas, row + i * high, place.col, line, px, theme.SOFT, width=place.width)
    return areas


def images_of_unit(scene: Scene) -> UnitImages | None:
    """The images, if they are of the selected unit (or of the layer that lends them)."""
    images, unit, layer = scene.unit_images, scene.state.unit, scene.state.layer
    if images is None or images.unit.channel != unit.channel:
        return None
    return images if images.unit.layer in (unit.layer, layer.images_of) else None


def draw_part(canvas: np.ndarray, scene: Scene, name: str, title: str, images: UnitImages | None) -> None:
    """One picture with its title, or its note."""
    if not scene.state.view.unit_images:
        parts = draw_card(canvas, scene, title, "off")
        sentence(canvas, scene, parts.body, "Unit images are off. Press U to show them.")
        return
    unit = scene.state.unit
    if images is None or (images.loading and name != "optimized" and getattr(images, name) is None):
        parts = draw_heading(canvas, scene, title, unit.name)
        sentence(canvas, scene, parts.body, "Loading …", color=theme.FAINT)
        return
    rgb, note = getattr(images, name), images.notes.get(name, "")
    title = images.title if name == "optimized" else title
    of = images.unit.name
    said_above = name == "top_back" and note == images.notes.get("top")
    reached = reached_words(images.value, images) if name == "optimized" and images.value is not None else ""
    is_low = part_areas(scene, bounds(canvas)) != scene.areas(bounds(canvas))
    if rgb is None:
        missing = note or f"There is no such picture of {of}."
        parts = draw_heading(canvas, scene, title, missing if is_low else of)
        sentence(canvas, scene, parts.body, "" if is_low else missing)
        return
    facts = note if note and not said_above else of
    parts = draw_heading(canvas, scene, title, reached or facts if is_low else facts)
    has_foot = reached and not is_low
    body = parts.body.cut(bottom=draw_foot(canvas, scene, parts.body, reached)) if has_foot else parts.body
    place = fit_inside(rgb.shape[0], rgb.shape[1], body)
    paste(canvas, place.row, place.col, cached(("jpgvis", name, place), rgb, lambda: as_shown(rgb, place)))
    if name != "optimized":
        mark_empty(canvas, scene, place, images, is_top=name == "top")
    if name == "top" and scene.state.view.scores:
        draw_scores(canvas, scene, place, images)


def draw_foot(canvas: np.ndarray, scene: Scene, body: Rect, text: str) -> int:
    """Write a line at the lower end of a card; returns how high it is, with the space above it."""
    px = scene.px(theme.SIZE_SMALL)
    high = line_height(px)
    draw_text(canvas, body.bottom - high, body.col, text, px, theme.TEXT, width=body.width, align="centre")
    return high + scene.px(4)


def mark_empty(canvas: np.ndarray, scene: Scene, place: Rect, images: UnitImages, *, is_top: bool) -> None:
    """Hatch the slots that no patch is in, and mark samples by a corner; of montages whose patches are known."""
    count = len(images.patches)
    for index in range(count, SIDE * SIDE if count else 0):
        cell = montage_cell(index, SIDE, place).inset(1)
        fill(canvas, cell, theme.WELL)
        hatch(canvas, cell, theme.EMPTY, share=0.2)
    has_marks = is_top and not scene.state.view.scores  # those say it in words
    for index in range(count - images.samples, count) if has_marks else ():
        mark_sample(canvas, montage_cell(index, SIDE, place), scene.px(8))


def mark_sample(canvas: np.ndarray, cell: Rect, size: int) -> None:
    """A triangle in the lower right corner of a patch, which hides next to nothing; the tooltip says what it means."""
    size = min(size, cell.height // 6, cell.width // 6)
    for step in range(size + 1):
        wide = size + 1 - step
        row = cell.bottom - 1 - step
        fill(canvas, Rect(row, cell.right - wide - 1, 1, wide + 1), theme.BACKGROUND)
        fill(canvas, Rect(row, cell.right - wide + 1, 1, max(wide - 1, 0)), theme.SOFT)


def as_shown(rgb: np.ndarray, place: Rect) -> np.ndarray:
    """A picture in the size and the channel order of the window."""
    return cv2.cvtColor(resized(rgb, place), cv2.COLOR_RGB2BGR)


def draw_scores(canvas: np.ndarray, scene: Scene, place: Rect, images: UnitImages) -> None:
    """On each patch the value that it reached and, where there is room, its file."""
    px = scene.px(theme.SIZE_SMALL)
    high = line_height(px)
    for i, patch in enumerate(images.patches[: SIDE * SIDE]):
        cell = montage_cell(i, SIDE, place)
        score = number(patch.value)
        plate = Rect(cell.bottom - high, cell.col, high, min(text_width(score, px, True) + 6, cell.width))
        fill(canvas, plate, theme.BACKGROUND)
        draw_text(canvas, plate.row, plate.col + 3, score, px, theme.FIELD, bold=True, width=plate.width - 3)
        is_sample = i >= len(images.patches) - images.samples
        name = "sample" if is_sample else patch.path.replace("\\", "/").rsplit("/", 1)[-1]
        if name and cell.height > (2 if is_sample else 4) * high:
            strip = Rect(cell.row, cell.col, high, cell.width)
            fill(canvas, strip, theme.BACKGROUND)
            draw_text(canvas, cell.row, cell.col + 3, name, px, theme.SOFT, width=cell.width - 6)


def draw_past(canvas: np.ndarray, scene: Scene, climb: OptimizeProgress, past: PastPicture) -> None:
    """An earlier picture of a climb: the bar shows where it is."""
    parts = draw_card(canvas, scene, climb.title, f"preset {climb.preset}, earlier")
    tall, high = foot_of_progress(scene)
    picture(canvas, parts.body.cut(bottom=high + tall + scene.px(6)), past.rgb)
    share = climb.iteration / max(climb.iterations, 1)
    track = draw_bar(canvas, scene, parts.body, share, theme.FAINT)
    wide = max(scene.px(4), 3)
    at = round((track.width - wide) * past.iteration / max(climb.iterations, 1))
    fill(canvas, Rect(track.row - 2, track.col + at, track.height + 4, wide), theme.ORIGIN)
    draw_numbers(canvas, scene, parts.body, past.iteration, climb.iterations, f"objective {number(past.objective)}")


def draw_progress(canvas: np.ndarray, scene: Scene, progress: OptimizeProgress) -> None:
    """The picture so far, with a bar, the iteration and the objective below; at its end what the unit has reached."""
    state = "stopped" if progress.is_stopped else "done" if progress.done else "optimizing"
    parts = draw_card(canvas, scene, progress.title, f"preset {progress.preset}, {state}")
    px = scene.px(theme.SIZE_SMALL)
    tall, high = foot_of_progress(scene)
    foot = high + tall + scene.px(6)
    notes = wrap(progress.note, px, parts.body.width, 2) if progress.note else ()
    picture(canvas, parts.body.cut(bottom=foot + len(notes) * high), progress.rgb)
    row = parts.body.bottom - high
    for i, line in enumerate(notes):
        top = row - tall - scene.px(4) - (len(notes) - i) * high
        draw_text(canvas, top, parts.body.col, line, px, theme.ORIGIN, width=parts.body.width)
    draw_bar(canvas, scene, parts.body, progress.iteration / max(progress.iterations, 1), theme.GOOD)
    if progress.value is not None:
        draw_foot(canvas, scene, parts.body, reached_words(progress.value, images_of_unit(scene)))
        return
    right = f"objective {number(progress.objective)}"
    draw_numbers(canvas, scene, parts.body, progress.iteration, progress.iterations, right)


def foot_of_progress(scene: Scene) -> tuple[int, int]:
    """How high the bar under a picture and the line under the bar are."""
    return max(scene.px(4), 2), line_height(scene.px(theme.SIZE_SMALL))


def draw_bar(canvas: np.ndarray, scene: Scene, body: Rect, share: float, color: theme.BGR) -> Rect:
    """How far a climb is, over the line at the lower end of the card; returns where the bar lies."""
    tall, high = foot_of_progress(scene)
    track = Rect(body.bottom - high - tall - scene.px(2), body.col, tall, body.width)
    bar(canvas, track, share, color, theme.TRACK)
    return track


def draw_numbers(canvas: np.ndarray, scene: Scene, body: Rect, iteration: int, iterations: int, right: str) -> None:
    """The line under the bar: the iteration at the left, a number at the right, which comes first."""
    px = scene.px(theme.SIZE_SMALL)
    row, wide = body.bottom - line_height(px), text_width(right, px)
    left = f"iteration {iteration} of {iterations}"
    draw_text(canvas, row, body.right - wide, right, px, theme.TEXT, width=body.width)
    draw_text(canvas, row, body.col, left, px, theme.SOFT, width=max(body.width - wide - 8, 0))
