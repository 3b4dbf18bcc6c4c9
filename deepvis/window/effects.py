"""Carrying out what keys and the mouse ask for beside the state: files, the clipboard, other networks, the workers."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

from deepvis.core.effects import Effect, KeepPicture, OpenPath, SavePicture, SaveTop, Say, StopOptimizing
from deepvis.core.past_pictures import looked_at
from deepvis.core.saving import OF_FILES, CopyText, OpenSession, SaveSession
from deepvis.core.state import AppState
from deepvis.core.typed import files_opened
from deepvis.core.types import PREFERRED_INPUT, OptimizeProgress
from deepvis.live.photo_thread import ANSWER_SECONDS, within
from deepvis.sources.directory import images_problem
from deepvis.window.parts import Parts
from deepvis.window.requests import Latest, shown_progress, stopped_words
from deepvis.window.saver import Saver
from deepvis.window.screenshots import KeyPictures
from deepvis.window.session import SUFFIXES
from deepvis.window.status import StatusReader
from deepvis.window.ui.window import AnyWindow

NO_PATHS = "a page opens no files of the server: drop photos on the page, or start with --images"
SAVING_SECONDS = 60.0  # that it says so, if nothing comes of it


class EffectCarrier:
    """Hands each effect to who carries it out, and says at once what can be said of it."""

    def __init__(
        self, window: AnyWindow, parts: Parts, saver: Saver, pictures: KeyPictures, status: StatusReader
    ) -> None:
        self._window, self._parts, self._saver = window, parts, saver
        self._pictures, self._status = pictures, status

    def __call__(self, effect: Effect, state: AppState) -> AppState:
        """Carry an effect out, or have it done. Returns the state: of a path that was opened with its files."""
        if isinstance(effect, SavePicture):
            self._pictures.take(effect)
        elif isinstance(effect, SaveSession) and not self._window.opens_paths:
            self._saver.take(replace(effect, name=Path(effect.name).name))  # beside the others
        elif isinstance(effect, OF_FILES):
            self._saver.take(effect)
        elif isinstance(effect, CopyText):
            is_there = self._window.copy(effect.text)
            self._status.show_hint(f"copied {effect.text}" if is_there else f"this window cannot copy: {effect.text}")
        elif isinstance(effect, Say):
            self._status.show_hint(effect.sentence, is_of_view=True)
        elif isinstance(effect, OpenPath):
            return self._opened(effect.path, state)
        else:
            self._hand_on(effect, state)
        return state

    def _hand_on(self, effect: Effect, state: AppState) -> None:
        """To the workers."""
        if isinstance(effect, KeepPicture) and (why := why_not_among_nine(state, self._parts.latest)):
            self._status.show_hint(why)
            return
        if isinstance(effect, StopOptimizing):
            self._status.show_hint(stopped_words(self._parts.latest))
        self._parts.carry_out(effect)
        if isinstance(effect, SaveTop) and self._parts.is_saving:
            self._status.show_hint("saving the running top 9 ...", SAVING_SECONDS)

    def _opened(self, path: str, state: AppState) -> AppState:
        """The state that shows what a path names; where it cannot be opened, say why and leave all as it is."""
        if not self._window.opens_paths:
            self._status.show_hint(NO_PATHS)
            return state
        path = str(Path(os.path.expanduser(path)))
        if path.endswith(SUFFIXES):
            self._saver.take(OpenSession(0, path))
            return state
        silent: str | None = f"{path} gives no answer: its disk or its share hangs; try again later"
        problem = within(ANSWER_SECONDS, lambda: images_problem(path), silent)
        if problem is None:
            return files_opened(state, path)
        self._status.show_hint(problem.removeprefix("--images "))
        return state


FINISHED_ONLY = "only finished pictures go among the unit's nine"


def why_not_among_nine(state: AppState, latest: Latest) -> str:
    """Why the picture on the selected unit's card is none to be put among its nine, in a sentence; "" if it may be.

    May be is what the card shows of the files: a finished picture of the unit.
    """
    if looked_at(state, latest.optimize.value) is not None:
        return "not kept: the card shows an earlier picture of the climb; Esc goes to its newest"
    progress, images = shown_progress(state, latest), latest.unit_images
    if progress is not None and progress.unit == state.unit:
        return _why_not_of(progress, latest.optimize.error)
    if images is None or images.unit != state.unit or not images.unsaved:
        return ""
    if images.title != PREFERRED_INPUT:
        return _other_words(images.title)
    return f"not kept: this picture is {images.unsaved}, and {FINISHED_ONLY}; x makes one"


def _why_not_of(progress: OptimizeProgress, error: str) -> str:
    """The same of an optimization that the card shows; error: what went wrong as it ended."""
    if not progress.done:
        return f"not kept: this picture is not finished yet, and {FINISHED_ONLY}; press N at its end"
    if progress.title != PREFERRED_INPUT:
        return _other_words(progress.title)
    if progress.is_stopped:
        at = f"stopped at iteration {progress.iteration} of {progress.iterations}"
        return f"not kept: this picture is {at}, and {FINISHED_ONLY}; x makes one"
    return f"not kept: {error}" if error else ""


def _other_words(title: str) -> str:
    name = title.lower()
    article = "an" if name[:1] in "aeiou" else "a"
    return f"not kept: the card shows {article} {name}, and {FINISHED_ONLY}; v takes another preset, x makes one"
