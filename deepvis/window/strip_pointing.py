"""What the mouse does on the filmstrip and on a video's bar. Pure."""

from __future__ import annotations

from dataclasses import replace

from deepvis.core.commands.changes import source, view
from deepvis.core.commands.moving import select
from deepvis.core.commands.playing import wound
from deepvis.core.commands.table import outcome
from deepvis.core.filmstrip import Filmstrip, scrolled
from deepvis.core.state import AppState, Outcome
from deepvis.window.ui.events import Mouse
from deepvis.window.ui.film_cells import film_window
from deepvis.window.ui.regions import SEEK, Hit
from deepvis.window.ui.scene import Scene

PHOTOS_A_TURN = 3  # that a notch of the wheel scrolls by


def pointed_at_strip(state: AppState, event: Mouse, target: Hit, scene: Scene) -> Outcome | None:
    """The outcome of a press or a turn of the wheel on what this file knows; None on all else."""
    if target.part == SEEK and event.kind == "press":
        return wound_to(state, target, scene)
    if target.pane == "timeline":
        goes = event.kind == "press" and target.unit is not None
        return outcome(select(state, target.unit)) if goes and target.unit is not None else (state, ())
    if target.pane != "filmstrip":
        return None
    body = scene.areas(scene.layout["filmstrip"]).body
    if event.kind == "wheel":  # notches may come quicker than pictures: each goes on from the one before
        window = film_window(replace(scene, state=state), body)
        return outcome(view(state, filmstrip=scrolled(state, scene.frame, window, -PHOTOS_A_TURN * event.steps)))
    if target.index is None:
        return state, ()
    window = film_window(scene, body)
    strip = Filmstrip(True, window.first + window.count // 2, target.index)  # it stays as it is
    index = state.palette_lists.first_photo + target.index
    chosen = source(state, moving=False, frozen=False, file_index=index, photo="")
    return outcome(view(chosen, filmstrip=strip))


def wound_to(state: AppState, target: Hit, scene: Scene) -> Outcome:
    """The video wound to the time under the pointer."""
    if target.index is None or scene.frame is None or scene.frame.seconds is None:
        return state, ()
    return outcome(wound(state, target.index / 10 - scene.frame.seconds))
