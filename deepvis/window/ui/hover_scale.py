"""What a tooltip says of the legend: which value has which colour, and where a fixed scale is from."""

from __future__ import annotations

from deepvis.core.state import INDIVIDUAL_BOOSTS, Zoom
from deepvis.window.ui.legend import beyond, codes_of, fixed_scale, gamma_note, has_negative, scanned_peak, unit_codes
from deepvis.window.ui.readings import layer_view, number
from deepvis.window.ui.regions import Hit, Tip
from deepvis.window.ui.scalars import ends_of, shows_bars
from deepvis.window.ui.scene import Scene


def scale_tip(scene: Scene, hit: Hit) -> Tip | None:
    """Of the legend: what it maps to what."""
    view, chosen = layer_view(scene), scene.state.view
    if not view.has(0):
        return None
    if shows_bars(scene, view):
        low, high = ends_of(scene, view)
        signs = "warm to the right above 0, cool to the left below" if low < 0 else "warm from 0 on"
        origin = fixed_words(scene, is_of_unit=False) if fixed_scale(scene) else ""
        ends = f"{number(low)} at the left end, {number(high)} at the right"
        return Tip("Length of a bar", tuple(filter(None, (ends, signs, origin))))
    is_of_unit = hit.pane == "aux" or chosen.zoom is Zoom.UNIT
    codes, share = codes_of(scene, view), INDIVIDUAL_BOOSTS[chosen.individual_boost]
    if is_of_unit:
        codes = unit_codes(scene, view)
    elif share:
        codes = codes.channel(min(scene.state.unit.channel, len(view.values) - 1))
    high, clipped = float(codes.ceilings[0]), bool(codes.clipped.any())
    if codes.signed:
        lines = [f"the ends of the bar are {number(-high)} and {number(high)}, 0 is in its middle"]
    else:
        zero = "0 and less" if has_negative(view) else "0"
        lines = [f"darkest is {zero}, brightest is {beyond(high, clipped, '')}{' and more' if clipped else ''}"]
    if gamma_note(codes.exponent):
        lines.append(f"between them brightness is the share of it to the power of {codes.exponent:.2f}")
    if codes.fixed:
        lines.append("fixed (E): it compares between pictures")
        lines.append(fixed_words(scene, is_of_unit=is_of_unit))
    if is_of_unit:
        lines.append(f"of unit {scene.state.unit.channel} alone")
    elif share:
        lines.append(
            f"of unit {scene.state.unit.channel}: each tile is scaled by {share:.0%} towards its own largest value"
        )
    return Tip("Colour of a value", tuple(filter(None, lines)))


def fixed_words(scene: Scene, *, is_of_unit: bool) -> str:
    """What a fixed scale was taken from: the layer, the picture, the time."""
    peak = scanned_peak(scene)
    if is_of_unit and peak is not None and peak > 0 and not layer_view(scene).signed:
        return f"taken from the scan: the largest value of unit {scene.state.unit.channel} in all photos"
    return scene.fixed_from
