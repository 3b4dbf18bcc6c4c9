"""What lies over the input: a back projection's strength or an attribution, in colours, with its legend."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass

import numpy as np

from deepvis.core.attribution_pictures import attribution_codes, colours_of, enlarged, laid_on
from deepvis.core.attributions import ATTRIBUTIONS, AttributionMethod
from deepvis.core.back_modes import OFF, title_of
from deepvis.core.back_pictures import back_strength, strength_codes
from deepvis.core.pixels import Codes
from deepvis.core.state import OVERLAYS, ColourMap
from deepvis.core.types import Attribution
from deepvis.window.ui.draw_cache import cached
from deepvis.window.ui.legend import Legend, legend_of
from deepvis.window.ui.readings import is_back_stale, is_frame_stale, shows_snapshot_input
from deepvis.window.ui.scene import Scene


@dataclass(frozen=True, eq=False)
class Overlay:
    """Strengths in colours, (H, W, 3) uint8 RGB of the network's input's size or coarser, and their legend."""

    rgb: np.ndarray
    legend: Legend

    @property
    def nbytes(self) -> int:
        return self.rgb.nbytes


def laid_over(rgb: np.ndarray, over: Overlay, share: float) -> np.ndarray:
    """The picture with ``share`` of the overlay in it, pixel on pixel of the network's input."""
    return laid_on(rgb, over.rgb, share)


def overlay_of(scene: Scene) -> Overlay | None:
    """What lies over the input now: the attribution if one is chosen, else the back projection if it is wanted."""
    if scene.state.view.attribution != OFF:
        return attribution_overlay(scene, shown_attribution(scene), f"{100 * OVERLAYS[scene.state.view.overlay]:.0f} %")
    return back_overlay(scene)


def is_overlay_stale(scene: Scene) -> bool:
    """True if what lies over the input is not what is wanted."""
    if scene.state.view.attribution == OFF:
        return is_back_stale(scene)
    found = shown_attribution(scene)
    return found is not None and (found.request.attribution != scene.state.attribution_request or is_frame_stale(scene))


def overlay_key(scene: Scene) -> Hashable:
    """What the overlay depends on; None without one."""
    view, found = scene.state.view, scene.attribution
    painted_as = (view.overlay, view.colour_map, scene.snapshot_id)
    if view.attribution != OFF:
        return *painted_as, view.attribution, scene.state.back_unit, scene.state.attribution_request, found and found.id
    return (*painted_as, scene.state.back_request) if view.overlay else None


def back_overlay(scene: Scene) -> Overlay | None:
    """The strength of the newest back projection in colours, while it is wanted and of the picture that is shown."""
    snapshot, chosen = scene.snapshot, scene.state.view
    if not chosen.overlay or snapshot is None or snapshot.input_diff is None or not shows_snapshot_input(scene):
        return None
    diff, back = snapshot.input_diff, snapshot.request.back
    colour_map = rising_map(scene)
    note = f"{title_of(back.mode)}, {100 * OVERLAYS[chosen.overlay]:.0f} %" if back is not None else ""
    return cached(
        ("overlay", snapshot.id, colour_map, note),
        diff,
        lambda: painted(strength_codes(back_strength(diff)), colour_map, note),
    )


def rising_map(scene: Scene) -> ColourMap:
    """The colours of strengths: the chosen ones, magma in the place of those that do not rise from dark to light."""
    chosen = scene.state.view.colour_map
    return ColourMap.MAGMA if chosen in (ColourMap.GRAY, ColourMap.SIGNED) else chosen


def painted(codes: Codes, colour_map: ColourMap, note: str) -> Overlay:
    """Codes of one channel in colours."""
    colours, paint = colours_of(codes, colour_map)
    return Overlay(colours, legend_of(codes, paint, note))


# ------------------------------------------------------------------ attribution


def shown_attribution(scene: Scene) -> Attribution | None:
    """The newest attribution, while one is chosen and it is of the picture that is shown; of a moving one, nearly."""
    found = attribution_of_frame(scene)
    return found if scene.state.view.attribution != OFF and shows_snapshot_input(scene) else None


def attribution_of_frame(scene: Scene) -> Attribution | None:
    """The newest attribution, if it is of the newest snapshot's frame, or of an earlier one of a stream."""
    found, snapshot = scene.attribution, scene.snapshot
    if found is None or snapshot is None:
        return None
    of, now = found.request, snapshot.request
    is_same = of.fit is now.fit and (of.frame.id == now.frame.id or (of.frame.moving and now.frame.moving))
    return found if is_same else None


def attribution_overlay(scene: Scene, found: Attribution | None, note: str) -> Overlay | None:
    """An attribution in colours: signed ones from blue, against the unit, over black to orange, for it."""
    if found is None or found.values is None or found.request.attribution is None:
        return None
    values, method = found.values, ATTRIBUTIONS[found.request.attribution.method]
    colour_map = ColourMap.SIGNED if method.is_signed else rising_map(scene)
    _, height, width = scene.state.info.input_shape

    def make() -> Overlay:
        codes = attribution_codes(enlarged(values, height, width), is_signed=method.is_signed)
        return painted(codes, colour_map, note)

    return cached(("attribution", found.id, colour_map, note), values, make)


def chosen_method(scene: Scene) -> AttributionMethod | None:
    """The attribution method that is chosen."""
    name = scene.state.view.attribution
    return None if name == OFF else ATTRIBUTIONS[name]


def progress_words(found: Attribution | None) -> str:
    """'64 of 196 places'; "" for a method of one pass, before it begins, and once all is done."""
    asked = None if found is None else found.request.attribution
    if found is None or asked is None or found.is_done:
        return ""
    return f"{found.done} of {found.total} {ATTRIBUTIONS[asked.method].counts}"


def attribution_words(scene: Scene) -> str:
    """'Occlusion of prob · 281, 64 of 196 places' for the status line; "" while none is chosen."""
    method, found, asked = chosen_method(scene), shown_attribution(scene), scene.state.attribution_request
    if method is None or asked is None:
        return ""
    pieces = [f"{method.title} of {asked.unit.name}"]
    if found is not None and found.request.attribution == asked and not found.error:
        is_moving = found.request.frame.moving and not scene.state.input.frozen
        begun = progress_words(found)
        pieces += [f"maps of {found.layer}" if found.layer else "", begun]
        pieces.append("f holds the frame for the rest" if begun and is_moving else "")
    elif method.is_progressive and found is None:
        pieces.append("begun")
    return ", ".join(filter(None, pieces))


def attribution_problem(scene: Scene) -> str:
    """Why there is no attribution though one is chosen, "" if there is, or will be."""
    if chosen_method(scene) is None:
        return ""
    if scene.state.attribution_request is None:
        return scene.state.info.layer(scene.state.back_unit.layer).missing_words
    found = shown_attribution(scene)
    is_its = found is not None and found.request.attribution == scene.state.attribution_request
    return found.error if found is not None and is_its else ""
