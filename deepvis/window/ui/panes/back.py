"""The selected unit projected back to the input, in the back mode that is chosen."""

from __future__ import annotations

from collections.abc import Hashable

import numpy as np

from deepvis.core.back_modes import OFF
from deepvis.core.back_pictures import BackPicture, scaled_back
from deepvis.core.geometry import Rect
from deepvis.core.state import BackFilter, Look
from deepvis.window.ui.canvas import picture
from deepvis.window.ui.draw_cache import cached
from deepvis.window.ui.heading import draw_card, sentence
from deepvis.window.ui.legend import draw_foot, foot_height, legend_of_back
from deepvis.window.ui.pane import pane
from deepvis.window.ui.readings import back_name, is_back_stale
from deepvis.window.ui.scene import Scene

FILTER_NAMES = {
    BackFilter.RAW: "raw",
    BackFilter.GRAY: "gray",
    BackFilter.NORM: "norm",
    BackFilter.NORMBLUR: "norm, blurred",
}


def looks_at(scene: Scene) -> Hashable:
    view = scene.state.view
    return (
        scene.state.back_request,
        view.back_mode,
        scene.state.layer.missing,
        view.back_filter,
        view.look,
        scene.snapshot_id,
        scene.frame_id,
        scene.state.input,
    )


def has_legend(scene: Scene) -> bool:
    """True if a projection is shown with its legend below it."""
    is_shown = scene.state.back_request is not None and shown_back(scene) is not None
    return is_shown and scene.state.view.look is not Look.PLAIN_2015


def shown_back(scene: Scene) -> BackPicture | None:
    """The newest projection as a picture; None without one."""
    snapshot, how = scene.snapshot, scene.state.view.back_filter
    diff = None if snapshot is None else snapshot.input_diff
    if snapshot is None or diff is None:
        return None
    plain = scene.state.view.look is Look.PLAIN_2015
    return cached(("back", snapshot.id, how, plain), diff, lambda: scaled_back(diff, how, plain=plain))


def picture_area(scene: Scene, body: Rect) -> Rect:
    """What the legend leaves of the pane's body for the projection."""
    return body.cut(bottom=foot_height(scene)) if has_legend(scene) else body


def why_none(scene: Scene) -> str:
    """Why there is no projection, in a sentence."""
    request = scene.state.back_request
    if request is not None:
        return f"Waiting for the {back_name(request)}."
    if scene.state.view.back_mode != OFF:
        return f"{scene.state.info.layer(scene.state.back_unit.layer).missing_words}."
    return "The back pass is off. Press b to project the unit back to the input."


@pane("back", looks_at=looks_at, place=(600, 0, 300, 300))
def draw_back(canvas: np.ndarray, scene: Scene) -> None:
    """The newest projection, named after the request that it answers; stale while another one is wanted."""
    request, snapshot = scene.state.back_request, scene.snapshot
    if request is None or snapshot is None or snapshot.request.back is None or snapshot.input_diff is None:
        parts = draw_card(canvas, scene, "Back", scene.state.view.back_mode)
        sentence(canvas, scene, parts.body, why_none(scene))
        return
    how, back = scene.state.view.back_filter, snapshot.request.back
    title = f"{back.mode.capitalize()} ({FILTER_NAMES[how]})"
    parts = draw_card(canvas, scene, title, back.unit.name, stale=is_back_stale(scene))
    shown = shown_back(scene)
    if shown is None:
        return
    if scene.state.view.look is not Look.PLAIN_2015:
        draw_foot(canvas, scene, parts.body, legend_of_back(shown))
    picture(canvas, picture_area(scene, parts.body), shown.rgb)
