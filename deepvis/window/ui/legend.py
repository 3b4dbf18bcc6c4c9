"""From a layer's values to what panes draw of them, and the legend that says how."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from deepvis.core.back_pictures import BackPicture
from deepvis.core.coding import MID
from deepvis.core.colours import Paint, paint_of
from deepvis.core.geometry import Rect
from deepvis.core.pixels import Codes, Scale, codes_with, unit_scale_of
from deepvis.core.state import GAMMA_BOOSTS, INDIVIDUAL_BOOSTS, ColourMap, Look, ViewState
from deepvis.window.ui import theme
from deepvis.window.ui.canvas import paste
from deepvis.window.ui.draw_cache import cached
from deepvis.window.ui.readings import LayerView, number
from deepvis.window.ui.scene import Scene
from deepvis.window.ui.text import draw_text, line_height, text_width


def is_signed(view: ViewState, values: LayerView) -> bool:
    """True if values are drawn around 0: diffs, all in the signed map, and in gray a layer that has negative values.

    The maps that rise from dark to light, and the look of 2015, show values below 0 as 0.
    """
    if values.signed or view.colour_map is ColourMap.SIGNED:
        return True
    is_gray = view.colour_map is ColourMap.GRAY and view.look is not Look.PLAIN_2015
    return is_gray and has_negative(values)


def has_negative(values: LayerView) -> bool:
    """True if some value of the layer lies below 0."""
    return bool(cached("lowest value", values.values, lambda: values.values.min(initial=0)) < 0)


def codes_of(scene: Scene, view: LayerView) -> Codes:
    """The selected layer's values as bytes, with the wanted boosts, in its own scale or the fixed one."""
    chosen, fixed = scene.state.view, fixed_scale(scene)
    boosts = INDIVIDUAL_BOOSTS[chosen.individual_boost], GAMMA_BOOSTS[chosen.gamma_boost]

    def code() -> Codes:
        plain = chosen.look is Look.PLAIN_2015
        return codes_with(view.values, fixed, *boosts, signed=is_signed(chosen, view), plain=plain)

    return cached(("codes", _made_of(scene, view), chosen.individual_boost), view.values, code)


def unit_codes(scene: Scene, view: LayerView) -> Codes:
    """The selected unit's map alone, (1, H, W), as the Unit pane and the zoom show it.

    Up to its own largest value; while the scale is fixed up to the unit's largest over the scanned photos, or where
    that is not known to the layer's fixed end. A vector's only value, and all in the look of 2015, as in the tiles.
    """
    chosen = scene.state.view
    channel = min(scene.state.unit.channel, len(view.values) - 1)
    one = view.values[channel : channel + 1]
    if chosen.look is Look.PLAIN_2015 or one.size == 1:
        return codes_of(scene, view).channel(channel)

    def code() -> Codes:
        scale = _fixed_of_unit(scene, view, channel) or unit_scale_of(one[0], signed=is_signed(chosen, view))
        return codes_with(one, scale, gamma=GAMMA_BOOSTS[chosen.gamma_boost])

    key = ("unit codes", _made_of(scene, view), channel, scanned_peak(scene) if chosen.fixed_scale else None)
    return cached(key, view.values, code)


def fixed_scale(scene: Scene) -> Scale | None:
    """The selected layer's scale that earlier frames have fixed; None while none is wanted."""
    return scene.fixed_scale if scene.state.view.fixed_scale else None


def scanned_peak(scene: Scene) -> float | None:
    """The selected unit's largest activation over the scanned photos; None where that is unknown."""
    images = scene.unit_images
    if images is None or images.unit != scene.state.unit or images.standing is None or not images.patches:
        return None
    return images.patches[0].value


def _fixed_of_unit(scene: Scene, view: LayerView, channel: int) -> Scale | None:
    fixed, scanned = fixed_scale(scene), scanned_peak(scene)
    if fixed is None:
        return None
    if scanned is None or view.signed or scanned <= 0:
        return replace(fixed, peaks=fixed.peaks[channel : channel + 1])
    return Scale(scanned, fixed.exponent, fixed.signed, np.array([scanned]), fixed=True)


def _made_of(scene: Scene, view: LayerView) -> tuple[object, ...]:
    """What the codes of the selected layer depend on, but for the individual boost."""
    chosen, fixed = scene.state.view, fixed_scale(scene)
    by_map = chosen.colour_map if chosen.colour_map in (ColourMap.GRAY, ColourMap.SIGNED) else None
    scale = None if fixed is None else (fixed.high, fixed.exponent)
    return scene.snapshot_id, scene.state.layer.name, view.caption, by_map, chosen.look, chosen.gamma_boost, scale


def paint_for(scene: Scene, view: LayerView, codes: Codes) -> Paint:
    """The colours of the selected layer."""
    chosen = scene.state.view
    if view.is_change or view.is_difference:
        return paint_of(ColourMap.SIGNED, chosen.look, signed=True)
    return paint_of(chosen.colour_map, chosen.look, signed=codes.signed and not view.signed, diffs=view.signed)


# ---------------------------------------------------------------------- legends


@dataclass(frozen=True, eq=False)
class Legend:
    """What a scale bar says."""

    low: str  # the value at its low end
    high: str  # the value at its high end
    notes: tuple[str, ...]  # how it goes between them, and what it is of
    colours: np.ndarray  # (256, 3) uint8 BGR, of values from the low end to the high one, evenly


def legend_of(codes: Codes, paint: Paint, note: str = "", *, hides_negative: bool = False) -> Legend:
    """The legend of the first channel of some codes, and so without individual boost of all.

    note: what it is of. hides_negative: values below 0 look like 0.
    "\u2265 12.3" at the bright end: larger values are as bright; "\u2264 0" at the dark one: negative ones are as dark.
    """
    high, clipped = float(codes.ceilings[0]), bool(codes.clipped.any())
    colours = paint.colours(paint.levels(codes)[codes.of_steps][None])[0]
    low = beyond(-high, clipped, "\u2264 ") if codes.signed else "\u2264 0" if hides_negative else "0"
    notes = tuple(filter(None, (gamma_note(codes.exponent), note)))
    return Legend(low, beyond(high, clipped, "\u2265 "), notes, colours)


def legend_of_back(back: BackPicture) -> Legend:
    """The legend of a back projection: grays."""
    if back.low < 0:
        steps = np.linspace(-1, 1, 256)
        grays = MID + np.rint(127 * np.sign(steps) * np.abs(steps) ** back.exponent)
    else:
        grays = np.rint(255 * np.linspace(0, 1, 256) ** back.exponent)
    colours = np.repeat(grays.astype(np.uint8)[:, None], 3, axis=1)
    low = beyond(back.low, back.clipped, "\u2264 ") if back.low < 0 else number(back.low)
    notes = tuple(filter(None, (gamma_note(back.exponent),)))
    return Legend(low, beyond(back.high, back.clipped, "\u2265 "), notes, colours)


def beyond(value: float, clipped: bool, sign: str) -> str:
    return f"{sign}{number(value)}" if clipped else number(value)


def gamma_note(exponent: float) -> str:
    """The exponent of value -> brightness, as it is said; "" for an even scale."""
    return "" if round(exponent, 2) == 1 else f"\u03b3 {exponent:.2f}"


def layer_legend(scene: Scene, view: LayerView) -> Legend:
    """The legend of the tiles. With individual boost it is the selected unit's, and says so."""
    codes, unit = codes_of(scene, view), scene.state.unit
    share = INDIVIDUAL_BOOSTS[scene.state.view.individual_boost]
    one = codes.channel(min(unit.channel, len(view.values) - 1)) if share else codes
    note = f"unit {unit.channel}, {share:.0%} own" if share else ""
    return legend_of(one, paint_for(scene, view, codes), note, hides_negative=not codes.signed and has_negative(view))


def unit_legend(scene: Scene, view: LayerView) -> Legend:
    """The legend of the selected unit's enlarged map."""
    codes = unit_codes(scene, view)
    note = "fixed" if codes.fixed else ""
    return legend_of(codes, paint_for(scene, view, codes), note, hides_negative=not codes.signed and has_negative(view))


def fixed_caption(codes: Codes) -> str:
    """'fixed 0 .. 31.2', "" while the scale is of the values themselves."""
    if not codes.fixed:
        return ""
    high = float(codes.ceilings.max(initial=0))
    return f"fixed {number(-high) if codes.signed else 0} .. {number(high)}"


def scale_place(scene: Scene, heading: Rect) -> Rect:
    """Where the legend is looked for under the mouse: the right part of the heading."""
    wide = min(scene.px(240), heading.width // 3)
    return Rect(heading.row, heading.right - wide, heading.height, wide)


def foot_place(scene: Scene, body: Rect) -> Rect:
    """Where a legend below a picture stands in a pane's body."""
    high = line_height(scene.px(theme.SIZE_SMALL))
    return Rect(body.bottom - high, body.col, high, body.width)


def foot_height(scene: Scene) -> int:
    """Of a legend below a picture, with the space above it."""
    return line_height(scene.px(theme.SIZE_SMALL)) + scene.px(4)


def draw_foot(canvas: np.ndarray, scene: Scene, body: Rect, legend: Legend) -> None:
    """The legend over the whole width at the lower end of ``body``; its notes go where there is no room for them."""
    _draw(canvas, scene, foot_place(scene, body), legend, body.width)


def draw_in_heading(canvas: np.ndarray, scene: Scene, area: Rect, legend: Legend) -> None:
    """The legend at the right end of ``area``; first its notes and then all of it goes where there is no room."""
    _draw(canvas, scene, area, legend, scene.px(96))


def _draw(canvas: np.ndarray, scene: Scene, area: Rect, legend: Legend, longest: int) -> None:
    px, space, tall, least = scene.px(theme.SIZE_SMALL), scene.px(6), scene.px(8), scene.px(40)
    low, high = legend.low, legend.high
    for first in range(len(legend.notes) + 1):
        note = "   ".join(legend.notes[first:])
        used = (
            text_width(low, px) + text_width(high, px) + 2 * space + (text_width(note, px) + 2 * space if note else 0)
        )
        if area.width - used >= least:
            break
    else:
        return
    wide = min(longest, area.width - used)
    row = area.row + (area.height - line_height(px)) // 2 + (1 if area.height > line_height(px) else 0)
    right = area.right
    if note:
        right -= text_width(note, px)
        draw_text(canvas, row, right, note, px, theme.SOFT)
        right -= 2 * space
    right -= text_width(high, px)
    draw_text(canvas, row, right, high, px, theme.SOFT)
    right -= space + wide
    strip = legend.colours[np.arange(wide) * 255 // max(wide - 1, 1)][None]
    paste(canvas, area.row + (area.height - tall) // 2 + 1, right, np.repeat(strip, tall, axis=0))
    draw_text(canvas, row, right - space - text_width(low, px), low, px, theme.SOFT)
