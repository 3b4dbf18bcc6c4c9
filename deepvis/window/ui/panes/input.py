"""The picture as the network sees it."""

from __future__ import annotations

from collections.abc import Hashable

import cv2
import numpy as np

from deepvis.core.commands.ordering import lists_layers
from deepvis.core.geometry import Rect, centre_crop, fit_inside
from deepvis.core.places import cell_at
from deepvis.core.state import OVERLAYS, Cursor
from deepvis.core.types import Fit
from deepvis.window.ui import theme
from deepvis.window.ui.before_after import CLASSES, ClassChange, class_changes
from deepvis.window.ui.canvas import bounds, brackets, darken, fill, frame, picture
from deepvis.window.ui.fields import field_place, middle_edges
from deepvis.window.ui.heading import draw_card, sentence
from deepvis.window.ui.laid_over import (
    attribution_problem,
    chosen_method,
    is_overlay_stale,
    laid_over,
    overlay_key,
    overlay_of,
    progress_words,
    shown_attribution,
)
from deepvis.window.ui.large_text import class_words, is_large
from deepvis.window.ui.legend import draw_foot, foot_height
from deepvis.window.ui.pane import pane
from deepvis.window.ui.pinned_strip import above_strip, draw_strip
from deepvis.window.ui.readings import is_frame_stale, shows_snapshot_input, top_classes
from deepvis.window.ui.scene import Scene
from deepvis.window.ui.text import draw_text, line_height, text_width, wrap
from deepvis.window.ui.video_bar import draw_video_foot
from deepvis.window.ui.what_if_marks import decimals_of, draw_class_change

PLATE_SHARE = 0.3  # of the picture's brightness under letters, which then keep a contrast of more than 4.5:1
LEAST_WIDTH = 10  # in heights of letters: of a picture that has room for the first class and its probability
LEAST_NAME = 5  # the same of the class's name alone


def looks_at(scene: Scene) -> Hashable:
    view = scene.state.view
    field = (scene.state.unit, scene.snapshot_id, scene.field_of is None) if view.receptive_field else None
    shown = scene.snapshot_id if shows_snapshot_input(scene) else ("frame", scene.frame_id)
    moving = scene.frame is not None and scene.frame.moving
    status = scene.status
    first = (scene.snapshot_id, scene.state.info.prob_layer) if shows_first_class(scene) else None
    pin = (view.place, scene.state.layer.name, scene.field_of is None) if view.place is not None else None
    return (
        first,
        view.compared and (view.compared, scene.pinned and scene.pinned.id, scene.state.layer.name),
        shown,
        field,
        pin,
        overlay_key(scene),
        scene.state.input,
        moving,
        status.source,
        status.error,
    )


@pane("input", looks_at=looks_at, place=(0, 0, 300, 300))
def draw(canvas: np.ndarray, scene: Scene) -> None:
    """The newest pass's input; the frame itself, cropped alike, while it has not been passed yet.

    The receptive field of the selected unit, at the place of its maximum, is a yellow frame; it is
    drawn only over the picture that the maximum was found in.
    """
    over = overlay_of(scene)
    stale = over is not None and is_overlay_stale(scene)
    source = scene.status.source or (scene.frame.label if scene.frame else "")
    method = chosen_method(scene)
    title = "Input" if method is None else method.title
    parts = draw_card(canvas, scene, title, scene.state.back_unit.name if method else source, stale=stale)
    rgb = network_input_rgb(scene)
    if rgb is None:
        sentence(canvas, scene, parts.body, scene.status.error or "Waiting for the first picture.")
        return
    if over is not None:
        rgb = laid_over(rgb, over, OVERLAYS[scene.state.view.overlay])
        draw_foot(canvas, scene, above_strip(scene, parts.body), over.legend)
    draw_strip(canvas, scene, parts.body)
    draw_video_foot(canvas, scene, parts.body)
    place = picture(canvas, picture_area(scene, parts.body), rgb)
    badges = []
    if scene.state.input.frozen and scene.frame is not None and scene.frame.moving:
        badges.append(("frozen", theme.SELECTED))
    if scene.state.input.fit is Fit.STRETCH:
        badges.append(("stretched", theme.SOFT))
    if over is not None and (progress := progress_words(shown_attribution(scene))):
        badges.append((progress, theme.SOFT))
    if sees_all(scene):
        badges.append(("sees the whole picture", theme.FIELD))
    if shows_first_class(scene):
        draw_first_class(canvas, scene, first_class_place(scene, place))
    if problem := attribution_problem(scene):
        draw_words(canvas, scene, place, problem)
    if scene.state.view.receptive_field and shows_snapshot_input(scene):
        draw_field(canvas, scene, place)
    if scene.state.view.place is not None:
        draw_pin(canvas, scene, place, scene.state.view.place)
    space = scene.px(6)
    row, col = place.row + space, place.col + space
    for text, color in badges:
        plate = plate_of(scene, row, col, text)
        if plate.right > parts.body.right and col > place.col + space:  # no room beside the last one: below it
            row, col = plate.bottom + space, place.col + space
        col = badge(canvas, scene, row, col, text, color) + space


def shows_first_class(scene: Scene) -> bool:
    """True while the pane of the five classes shows the unit instead, or all layers; not over a newer picture."""
    view = scene.state.view
    is_elsewhere = view.cursor is Cursor.UNITS or lists_layers(scene.state)
    is_wanted = view.label_predictions and bool(scene.state.info.prob_layer)
    return is_elsewhere and is_wanted and not is_frame_stale(scene)


def picture_area(scene: Scene, body: Rect) -> Rect:
    """What the time of a video, the pinned frame and the legend of the overlay leave of the pane's body."""
    body = above_strip(scene, body)
    return body if overlay_of(scene) is None else body.cut(bottom=foot_height(scene))


def picture_place(scene: Scene, area: Rect) -> Rect | None:
    """Where the picture lies in a pane of ``area``; None before there is one."""
    rgb = network_input_rgb(scene)
    if rgb is None:
        return None
    return fit_inside(rgb.shape[0], rgb.shape[1], picture_area(scene, scene.areas(area).body))


def first_class_place(scene: Scene, place: Rect) -> Rect:
    """Where the most probable class stands: over the lower edge of the picture.

    As wide as the pane where that is what the names need: several classes before and now, in presenter mode, and
    where the picture is small.
    """
    high, changes = class_line_height(scene), strip_changes(scene)
    high *= min(max(len(changes), 1), max(place.height // (2 * high), 1))
    needs_width = is_large(scene) or changes or place.width < LEAST_WIDTH * scene.px(theme.SIZE_TEXT)
    wide = scene.areas(scene.layout["input"]).body.width if needs_width else place.width
    left = place.col - (wide - place.width) // 2
    return Rect(max(place.bottom - high, place.row), left, min(high, place.height), wide)


def class_line_height(scene: Scene) -> int:
    return line_height(scene.px(theme.SIZE_TEXT), True) + scene.px(6)


def strip_changes(scene: Scene) -> list[ClassChange]:
    """What interventions change of the classes that the strip over the picture lists."""
    return class_changes(scene, CLASSES["input"])


def draw_first_class(canvas: np.ndarray, scene: Scene, place: Rect) -> None:
    """The most probable class and its probability, on a dark plate through which the picture is seen.

    With interventions several of them, before and now.
    """
    if changes := strip_changes(scene):
        darken(canvas, place, PLATE_SHARE)
        px, margin = scene.px(theme.SIZE_TEXT), scene.px(6)
        step, wide = class_line_height(scene), place.width - 2 * margin
        changes = changes[: place.height // step]
        decimals = decimals_of(scene, changes, px, wide)
        for i, change in enumerate(changes):
            line = Rect(place.row + i * step + scene.px(3), place.col + margin, step, wide)
            draw_class_change(canvas, scene, line, change, px, decimals, bold=not i)
        return
    classes = top_classes(scene, 1)
    if not classes:
        return
    (name, probability), px = classes[0], scene.px(theme.SIZE_TEXT)
    share = f"{100 * probability:.{0 if is_large(scene) else 1}f} %"
    darken(canvas, place, PLATE_SHARE)
    row, margin = place.row + scene.px(3), scene.px(6)
    wide = text_width(share, px, True)
    room = place.width - wide - 3 * margin
    if room < min(text_width(name, px, True), LEAST_NAME * px):  # the name says more than its probability
        room = place.width - 2 * margin
    else:
        draw_text(canvas, row, place.right - margin - wide, share, px, theme.TEXT, bold=True)
    name = class_words(scene, name, px, room)
    draw_text(canvas, row, place.col + margin, name, px, theme.TEXT, bold=True, width=room)


def draw_words(canvas: np.ndarray, scene: Scene, place: Rect, text: str) -> None:
    """A sentence on a dark plate over the middle of the picture."""
    px, margin = scene.px(theme.SIZE_SMALL), scene.px(8)
    high = line_height(px) + scene.px(2)
    lines = wrap(text, px, max(place.width - 2 * margin, px), max((place.height - 2 * margin) // high, 1))
    tall = min(high * len(lines) + 2 * margin, place.height)
    plate = Rect(place.row + (place.height - tall) // 2, place.col, tall, place.width)
    darken(canvas, plate, PLATE_SHARE)
    for i, line in enumerate(lines):
        row = plate.row + margin + i * high
        draw_text(canvas, row, plate.col + margin, line, px, theme.TEXT, width=plate.width - 2 * margin, align="centre")


def network_input_rgb(scene: Scene) -> np.ndarray | None:
    """(H, W, 3) uint8 RGB: the snapshot's input, or the frame cropped to the input's shape; gray for one channel."""
    channels, height, width = scene.state.info.input_shape
    if scene.snapshot is not None and shows_snapshot_input(scene):
        rgb = scene.snapshot.input_rgb
    elif scene.frame is None:
        return None
    elif scene.state.input.fit is Fit.STRETCH:
        rgb = cv2.resize(scene.frame.rgb, (width, height), interpolation=cv2.INTER_LINEAR)
    else:
        crop = centre_crop(scene.frame.rgb.shape[0], scene.frame.rgb.shape[1], height, width)
        rgb = scene.frame.rgb[crop.slices]
    if rgb is not None and channels == 1:
        return cv2.cvtColor(cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY), cv2.COLOR_GRAY2RGB)
    return rgb


def draw_field(canvas: np.ndarray, scene: Scene, place: Rect) -> None:
    """Frame the receptive field of the selected unit's maximum."""
    unit = scene.state.unit
    activations = scene.snapshot.activations.get(unit.layer) if scene.snapshot else None
    if activations is None or scene.field_of is None or unit.channel >= len(activations):
        return
    row, col = np.unravel_index(int(np.argmax(activations[unit.channel])), activations.shape[1:])
    draw_field_of(canvas, scene, place, (int(row), int(col)))


def sees_all(scene: Scene) -> bool:
    """The receptive field is asked for, and is the whole picture."""
    if not scene.state.view.receptive_field or not shows_snapshot_input(scene):
        return False
    edges, (_, height, width) = middle_edges(scene, scene.state.layer), scene.state.info.input_shape
    return edges is not None and edges[0] <= 0 and edges[1] <= 0 and edges[2] >= height and edges[3] >= width


def draw_field_of(canvas: np.ndarray, scene: Scene, place: Rect, cell: tuple[int, int]) -> None:
    """Frame the receptive field of a place (row, col) of the selected layer's maps, clamped to the picture."""
    field = field_place(scene, place, cell)
    if field is None:
        return
    thick = max(scene.px(2), 1)
    inner = field.inset(thick) if min(field.height, field.width) > 3 * thick else field
    frame(canvas, inner.inset(1) if min(inner.height, inner.width) > 4 else inner, theme.BACKGROUND, 1)
    frame(canvas, inner, theme.FIELD, thick)


def draw_pin(canvas: np.ndarray, scene: Scene, place: Rect, at: tuple[int, int]) -> None:
    """A cross at the pinned place (row, col) of the input, and the corners of what the cell there sees."""
    cell = cell_at(scene.field_of, scene.state.layer, at)
    field = None if cell is None else field_place(scene, place, cell)
    if field is not None:
        thick = max(scene.px(2), 1)
        brackets(canvas, field.inset(thick + 1), theme.BACKGROUND, thick + 1)
        brackets(canvas, field.inset(thick), theme.FIELD, thick)
    _, height, width = scene.state.info.input_shape
    row = place.row + (2 * at[0] + 1) * place.height // (2 * height)
    col = place.col + (2 * at[1] + 1) * place.width // (2 * width)
    arm, thick = scene.px(7), max(scene.px(2), 1)
    for color, more in ((theme.BACKGROUND, 1), (theme.FIELD, 0)):
        long, thin = arm + more, thick + 2 * more
        fill(canvas, Rect(row - thin // 2, col - long, thin, 2 * long).clipped(place), color)
        fill(canvas, Rect(row - long, col - thin // 2, 2 * long, thin).clipped(place), color)


def badge(canvas: np.ndarray, scene: Scene, row: int, col: int, text: str, color: theme.BGR) -> int:
    """A word on a dark plate over a picture; returns the column behind it."""
    plate = plate_of(scene, row, col, text).clipped(bounds(canvas))
    fill(canvas, plate, theme.BACKGROUND)
    px = scene.px(theme.SIZE_SMALL)
    draw_text(canvas, row + scene.px(2), col, text, px, color, bold=True, width=plate.width, align="centre")
    return plate.right


def plate_of(scene: Scene, row: int, col: int, text: str) -> Rect:
    """Where a badge with its corner at (row, col) lies."""
    px = scene.px(theme.SIZE_SMALL)
    return Rect(row, col, line_height(px, True) + scene.px(4), text_width(text, px, True) + scene.px(12))
