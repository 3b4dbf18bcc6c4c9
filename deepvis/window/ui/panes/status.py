"""Two lines: what is selected, its value, the back pass, the boosts; and what happened or went wrong, and the speed."""

from __future__ import annotations

from collections.abc import Hashable

import numpy as np

from deepvis.core.back_modes import OFF, title_of
from deepvis.core.geometry import Rect
from deepvis.core.state import GAMMA_BOOSTS, INDIVIDUAL_BOOSTS, LiveState, Show
from deepvis.core.types import PassSeconds
from deepvis.window.ui import theme
from deepvis.window.ui.before_after import status_words
from deepvis.window.ui.canvas import bounds, fill
from deepvis.window.ui.heading import draw_face
from deepvis.window.ui.laid_over import attribution_words
from deepvis.window.ui.layer_list_layout import STATUS_LINES
from deepvis.window.ui.pane import pane
from deepvis.window.ui.readings import (
    LayerView,
    called,
    label_of,
    layer_view,
    number,
    shape_name,
    standing_sentence,
    value_of,
)
from deepvis.window.ui.reasons import crumb, no_reasons_words, reasons_in, unit_words
from deepvis.window.ui.scene import Scene
from deepvis.window.ui.text import draw_text, line_height, note_cut, one_line, text_width
from deepvis.window.ui.what_if_words import unit_words as changed_words

CUT_FACT = 200  # pixels at scale 1: with less of it to be read a fact is left out
NARROW = 46  # letters' heights: the width of a line in which sentences go before how fast it is


def looks_at(scene: Scene) -> Hashable:
    images, progress = scene.unit_images, scene.optimize
    return (
        scene.state.view,
        scene.state.input,
        scene.state.live,
        scene.state.naming,
        scene.status,
        scene.snapshot_id,
        scene.frame_id,
        None if images is None else images.version,
        None if progress is None else progress.version,
        scene.pinned and scene.pinned.id,
        scene.attribution and scene.attribution.id,
    )


@pane("status", looks_at=looks_at, place=(900, 0, 30, 1500))
def draw(canvas: np.ndarray, scene: Scene) -> None:
    """Facts above; below at the left a sentence, if there is one, at the right how fast.

    A pane too low for two lines has one: the sentence takes the facts' place. Two sentences at once take both lines.
    """
    draw_face(canvas, scene)
    lines = lines_of(scene, bounds(canvas))
    px, last = scene.px(theme.SIZE_TEXT), lines[-1]
    speed = speed_words(scene, last)
    draw_text(canvas, last.row, last.right - text_width(speed, px), speed, px, theme.SOFT)
    left, status, pieces = left_part(scene, last), scene.status, full_message(scene)
    if pieces:
        draw_error(canvas, scene, left)
    elif status.hint:
        draw_text(canvas, left.row, left.col, status.hint, px, theme.TEXT, width=left.width)
    elif len(lines) > 1 and status.first_hint:
        draw_text(canvas, left.row, left.col, status.first_hint, px, theme.SELECTED, width=left.width)
    elif len(lines) == 1:
        draw_facts(canvas, scene, left)
    if len(lines) > 1 and pieces and status.hint:
        draw_text(canvas, lines[0].row, lines[0].col, status.hint, px, theme.TEXT, width=lines[0].width)
    elif len(lines) > 1:
        draw_facts(canvas, scene, lines[0])


def lines_of(scene: Scene, pane: Rect) -> list[Rect]:
    """The places of the pane's lines: two, or one in the middle where there is no room for more."""
    body = scene.areas(pane).face.cut(left=scene.px(8), right=scene.px(8))
    high = line_height(scene.px(theme.SIZE_TEXT))
    count = STATUS_LINES if body.height >= STATUS_LINES * high else 1
    space = (body.height - count * high) // (count + 1)
    return [Rect(body.row + space + i * (high + space), body.col, high, body.width) for i in range(count)]


def left_part(scene: Scene, line: Rect) -> Rect:
    """What the facts at the right leave of the last line."""
    speed = text_width(speed_words(scene, line), scene.px(theme.SIZE_TEXT))
    return line.cut(right=speed + scene.px(24))


def speed_words(scene: Scene, line: Rect) -> str:
    """How fast it is, at the right of a line; on a phone as little of it as leaves room for a sentence."""
    px, shown = scene.px(theme.SIZE_TEXT), speed_facts(scene)
    sentence = full_message(scene) or scene.status.hint or scene.status.first_hint
    room = line.width - text_width(one_line(sentence), px) - scene.px(48)
    while sentence and line.width < NARROW * px and len(shown) > 1 and text_width("   ".join(shown), px) > room:
        shown.pop()
    return "   ".join(shown)


def full_message(scene: Scene) -> str:
    """The sentence that takes the place of the facts: an error, else a notice, "" if there is none."""
    return scene.status.error or scene.status.notice


def error_fits(scene: Scene) -> bool:
    """True if the status pane has room for the whole sentence; otherwise it is said over the window too."""
    if "status" not in scene.layout:
        return False
    line = lines_of(scene, scene.layout["status"])[-1]
    room = left_part(scene, line).width - scene.px(24)
    return text_width(one_line(full_message(scene)), scene.px(theme.SIZE_TEXT)) <= room


def draw_error(canvas: np.ndarray, scene: Scene, area: Rect) -> None:
    """A filled mark with an exclamation mark, of a notice with an i, then the sentence."""
    px = scene.px(theme.SIZE_TEXT)
    sign, color = ("!", theme.ERROR) if scene.status.error else ("i", theme.ORIGIN)
    mark = Rect(area.row, area.col, line_height(px), scene.px(16))
    fill(canvas, mark, color)
    draw_text(canvas, area.row, mark.col, sign, px, theme.BACKGROUND, bold=True, width=mark.width, align="centre")
    col = mark.right + scene.px(8)
    draw_text(canvas, area.row, col, full_message(scene), px, color, width=max(area.right - col, 0))


def draw_facts(canvas: np.ndarray, scene: Scene, area: Rect) -> None:
    """The facts side by side, the unit's name first and brightest, a rule between each two.

    From the first on that does not fit they are left out, and said where the pointer rests: "deco..." or "max 1..."
    says nothing. A long one is cut.
    """
    px, space = scene.px(theme.SIZE_TEXT), scene.px(10)
    row, col = area.row, area.col
    pieces = facts(scene)
    for i, (text, color) in enumerate(pieces):
        if i and area.right - col - space < min(text_width(text, px), scene.px(CUT_FACT)):
            note_cut(canvas, area, "   ".join(fact for fact, _ in pieces))
            return
        if i:
            fill(canvas, Rect(row + 2, col, line_height(px) - 4, 1), theme.LINE)
            col += space
        col += draw_text(canvas, row, col, text, px, color, bold=i == 0, width=area.right - col) + space


def facts(scene: Scene) -> list[tuple[str, theme.BGR]]:
    """What the left part says, most wanted first, each with its colour."""
    state, view = scene.state, layer_view(scene)
    unit = state.unit
    name = unit.layer if state.layer.missing else unit.name
    pieces = [(name, theme.TEXT), (called(scene, unit), theme.TEXT), (label_of(scene, unit), theme.TEXT)]
    pieces.append((f"{state.layer.type} {shape_name(state.layer)}".strip(), theme.SOFT))
    pieces.append((state.layer.missing, theme.SOFT))
    changed = changed_words(scene, unit, is_short=True)
    if changed and not view.signed and not view.is_pinned:
        pieces.append((changed, theme.SOFT))
    elif (value := value_of(view, unit.channel)) is not None:
        stale = " (stale)" if view.stale else ""
        pieces.append((f"{value_name(scene, view)} {number(value)}{stale}", theme.SOFT))
    pieces.append((status_words(scene), theme.CHANGED))
    if state.view.why:
        pieces.append(why_fact(scene))
    pieces += [(standing_sentence(scene), theme.SOFT), (back_fact(scene), theme.SOFT)]
    if (watched := state.view.over_time.freeze_when) is not None:
        pieces.append((f"freezes when {watched.unit.name} > {watched.limit:g}", theme.SOFT))
    pieces += [(attribution_words(scene), theme.SOFT), (boost_fact(scene), theme.SOFT)]
    if state.view.compared is not None:
        pieces.append((f"pinned: {state.view.compared.name}", theme.SOFT))
    if state.view.place is not None:
        pieces.append(("place pinned at row {}, col {} of the input".format(*state.view.place), theme.SOFT))
    if state.live.preset != LiveState().preset and state.live.preset < len(scene.preset_names):
        pieces.append((f"preset {scene.preset_names[state.live.preset]}", theme.SOFT))
    progress = scene.optimize
    if progress is not None and not progress.done:
        part = 100 * progress.iteration // max(progress.iterations, 1)
        pieces.append((f"optimizing {progress.unit.name}: {part} %", theme.GOOD))
    return [(text, color) for text, color in pieces if text]


def value_name(scene: Scene, view: LayerView) -> str:
    """What is said of the unit: its largest value, or what it is of."""
    if view.is_change:
        return "change"
    if view.is_difference:
        return "difference"
    if scene.state.view.show is Show.DIFFS:
        return "strongest diff"
    if view.is_pinned:
        return "pinned max" if scene.state.layer.is_spatial else "pinned value"
    return "max" if scene.state.layer.is_spatial else "value"


def why_fact(scene: Scene) -> tuple[str, theme.BGR]:
    """What the selected unit contributes, and to what; else why it cannot be said."""
    reasons, channel = reasons_in(scene), scene.state.unit.channel
    if reasons is None:
        return no_reasons_words(scene), theme.SOFT
    colour = theme.FOR if reasons.sums[channel] > 0 else theme.AGAINST if reasons.sums[channel] < 0 else theme.SOFT
    return unit_words(reasons, channel, crumb(scene, reasons.through)), colour


def back_fact(scene: Scene) -> str:
    view = scene.state.view
    pieces = "back off" if view.back_mode == OFF else f"{title_of(view.back_mode)}, {view.back_filter.value}"
    if view.pinned is not None:
        pieces += f", frozen at {view.pinned.name}"
    return pieces


def boost_fact(scene: Scene) -> str:
    """'boost 0.3/0.7' (individual/gamma) as the original has it; "" without any."""
    view = scene.state.view
    if not view.individual_boost and not view.gamma_boost:
        return ""
    return f"boost {INDIVIDUAL_BOOSTS[view.individual_boost]:g}/{GAMMA_BOOSTS[view.gamma_boost]:g}"


def speed_facts(scene: Scene) -> list[str]:
    """Frames shown and passes per second, milliseconds of a pass, device."""
    status = scene.status
    pieces = [
        "" if status.fps is None else f"{status.fps:.1f} fps",
        "" if status.passes_per_second is None else f"{status.passes_per_second:.1f} passes/s",
        pass_fact(status.pass_seconds),
        status.device or scene.state.info.device,
    ]
    return list(filter(None, pieces))


def pass_fact(seconds: PassSeconds) -> str:
    """'36 + 26 ms' forward and back; 'back 26 ms' where an earlier forward pass served again; "" before any."""
    forward, back = 1000 * seconds.forward, 1000 * seconds.back
    if forward >= 0.5:
        return f"{forward:.0f} + {back:.0f} ms" if back else f"{forward:.0f} ms"
    return f"back {back:.0f} ms" if back else ""
