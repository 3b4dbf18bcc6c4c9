"""Saves what the window shows: pictures, numbers, recordings. Drawing and writing are done in a thread of its own."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from deepvis.core.answers import Answer, EffectReport
from deepvis.core.effects import Effect
from deepvis.core.saving import OpenSession, SaveNumbers, SavePane, SaveSession, SaveUnit, SwitchRecording
from deepvis.core.state import AppState, Zoom
from deepvis.core.user_error import UsageError
from deepvis.window.facts import facts_of
from deepvis.window.gestures import GestureLog, Start
from deepvis.window.new_files import file_name, new_file, reserved
from deepvis.window.pinned_in_session import pinned_table
from deepvis.window.png_text import png_of
from deepvis.window.saved_numbers import arrays_of, problem_of, write_csv, write_npz
from deepvis.window.screen import Screen
from deepvis.window.session import NetworkShown, Session, other_network, read_session, session_text
from deepvis.window.synced_names import SyncedNames
from deepvis.window.ui.enlarged import MOST_FACTOR, UNIT, drawn_anew
from deepvis.window.ui.scene import Scene

SAVING = "the file that is being saved"
Reports = list[Answer[Any, EffectReport]]


@dataclass(frozen=True)
class Half:
    """One of two networks in a window, for a session of both. identity: called in the thread."""

    state: Callable[[], AppState]
    identity: Callable[[], str]
    opened: Mapping[str, Any]


class Saver:
    """Takes effects, carries them out once what was pressed before is on the screen, and answers with sentences.

    folder: where files go. identity: of the network, "" where it has none; called in the thread. factor: how many
    times as large as in the window pictures are drawn. opened: settings that a session needs.
    ``error``: of the last file that could not be saved. ``halves``: of a window with two networks, both; else ().
    """

    def __init__(
        self,
        folder: Path,
        identity: Callable[[], str] = str,
        factor: int = MOST_FACTOR,
        opened: Mapping[str, Any] | None = None,
    ) -> None:
        self.error = ""
        self.halves: tuple[Half, ...] = ()
        self._opened = opened or {}
        self._session: Session | None = None
        self._folder, self._identity, self._factor = folder, identity, factor
        self._effects: list[Effect] = []
        self._jobs: list[tuple[Effect, Future[EffectReport]]] = []
        self._threads = ThreadPoolExecutor(1, "keep")
        self.names = SyncedNames(self._threads, identity)

    @property
    def missing(self) -> str:
        """What is not saved yet, "" if all is."""
        return SAVING if self._effects or self._jobs or self.names.is_busy else ""

    def gesture_log(self, path: Path, start: Start) -> GestureLog:
        """Begin to write down what is pressed. Raises OSError."""
        return GestureLog(path, self._threads, start)

    def take(self, effect: Effect) -> None:
        """Have it carried out after the next picture."""
        self._effects.append(effect)

    def turn(self, screen: Screen, mouse: tuple[int, int] | None) -> Reports:
        """Begin what was taken, and report on what has come to an end. mouse: (row, col) in the window."""
        if screen.recorder is not None and screen.recorder.is_over:
            self._effects.append(SwitchRecording(0))  # the disk is full, or the like
        while self._effects and screen.scene is not None:
            effect = self._effects.pop(0)
            if isinstance(effect, SwitchRecording):
                self._switch(effect, screen)
            else:
                self._begin(effect, screen.scene, mouse)
        return self._reports()

    def take_session(self) -> Session | None:
        """The session that was read, once."""
        session, self._session = self._session, None
        return session

    def close(self) -> None:
        """Wait until what was begun is saved."""
        self._threads.shutdown(wait=True)
        self._reports()

    def _reports(self) -> Reports:
        reports: Reports = []
        while self._jobs and self._jobs[0][1].done():
            effect, job = self._jobs.pop(0)
            failure = job.exception()
            if failure is None:
                reports.append(Answer(effect, job.result()))
                self.error = ""
                continue
            why = getattr(failure, "strerror", None) or failure
            self.error = f"it could not be saved in {getattr(failure, 'filename', None) or self._folder}: {why}"
            reports.append(Answer(effect, error=self.error))
        return reports

    def _submit(self, effect: Effect, act: Callable[..., EffectReport], *arguments: object) -> None:
        self._jobs.append((effect, self._threads.submit(act, *arguments)))

    def _begin(self, effect: Effect, scene: Scene, mouse: tuple[int, int] | None) -> None:
        now = time.time()
        if isinstance(effect, SavePane):
            subject = effect.pane or subject_under(scene, mouse)
            self._submit(effect, self._save_picture, scene, subject, now)
        elif isinstance(effect, SaveUnit):
            self._submit(effect, self._save_picture, scene, UNIT, now)
        elif isinstance(effect, SaveNumbers):
            self._submit(effect, self._save_numbers, scene, effect, now)
        elif isinstance(effect, SaveSession):
            own = Half(lambda: scene.state, self._identity, self._opened)
            networks = [(half, half.state()) for half in self.halves or (own,)]
            self._submit(effect, self._save_session, networks, scene, effect.name, now)
        elif isinstance(effect, OpenSession):
            self._submit(effect, self._read_session, scene.state.info.name, Path(os.path.expanduser(effect.path)))

    # ------------------------------------------------------------ in the thread

    def _save_picture(self, scene: Scene, subject: str, when: float) -> EffectReport:
        if why := picture_problem(scene, subject):
            return EffectReport(why)
        facts = facts_of(scene, self._identity(), when)
        picture = drawn_anew(scene, subject, self._factor)
        png = png_of(picture, {**facts, "Pane": subject})
        unit = scene.state.unit
        stem = file_name(scene.state.info.name, subject, unit.layer, str(unit.channel), when=when)
        with new_file(self._folder, stem, ".png") as (path, file):
            file.write(png)
        return saved(path)

    def _save_numbers(self, scene: Scene, effect: SaveNumbers, when: float) -> EffectReport:
        if why := problem_of(scene, effect.of):
            return EffectReport(why)
        unit, arrays = scene.state.unit, arrays_of(scene, effect.of)
        facts = facts_of(scene, self._identity(), when)
        stem = file_name(scene.state.info.name, effect.of.value, unit.layer, str(unit.channel), when=when)
        with new_file(self._folder, stem, f".{effect.kind}") as (path, file):
            if effect.kind == "csv":
                write_csv(file, effect.of, arrays, facts)
            else:
                write_npz(file, arrays, facts)
        return saved(path)

    def _save_session(
        self, networks: Sequence[tuple[Half, AppState]], scene: Scene, name: str, when: float
    ) -> EffectReport:
        asked = Path(os.path.expanduser(name))
        stem = asked.name.removesuffix(".yaml") or file_name(scene.state.info.name, "session", when=when)
        with new_file(self._folder / asked.parent, stem, ".yaml") as (path, file):
            found = [
                NetworkShown(
                    state, half.identity(), half.opened, pinned_table(state.view.compared, path.parent, path.stem)
                )
                for half, state in networks
            ]
            file.write(session_text(found, scene.frame, when))
        return saved(path)

    def _read_session(self, model: str, path: Path) -> EffectReport:
        """Read a session, for the loop to take; one that does not belong here is a sentence.

        Of a session of two networks a window with one takes what is said of that one.
        """
        try:
            session = read_session(path)
        except UsageError as error:
            return EffectReport(str(error))
        is_of_both = session.second is not None and len(self.halves) == len(session.parts)
        if is_of_both:
            names = [(half.state().info.name, half.identity()) for half in self.halves]
            reasons = [other_network(part, *each) for part, each in zip(session.parts, names, strict=True)]
            why = next(filter(None, reasons), "")
        else:
            reasons = [other_network(part, model, self._identity()) for part in session.parts]
            why = reasons[0] if all(reasons) else ""
            session = session if why else session.parts[reasons.index("")]
        if why:
            return EffectReport(why)
        for name in ("video", "camera"):
            if session.input.moving and session.opened.get(name) != self._opened.get(name):
                return EffectReport(
                    f"session {path} shows {name} {session.opened.get(name)}: start with --session {path}"
                )
        self._session = session
        return EffectReport(f"opened session {path}; backspace goes back")

    # ---------------------------------------------------------------- recording

    def _switch(self, effect: SwitchRecording, screen: Screen) -> None:
        """Begin to record, or end it: the file is completed in the thread."""
        recorder = screen.stop_recording()
        if recorder is not None:

            def end() -> EffectReport:
                recorder.close()
                if recorder.error and not recorder.frames:
                    raise OSError(recorder.error)
                return EffectReport(recorder.words(), path=str(recorder.path) if recorder.frames else "")

            self._submit(effect, end)
            return
        name = "" if screen.scene is None else screen.scene.state.info.name
        try:
            screen.start_recording(reserved(self._folder, file_name(name), ".mp4"))
        except OSError as error:
            self._submit(effect, _raise, error)


def _raise(error: OSError) -> EffectReport:
    raise error


def saved(path: Path) -> EffectReport:
    return EffectReport(f"saved {path}", path=str(path))


def subject_under(scene: Scene, mouse: tuple[int, int] | None) -> str:
    """The pane under the mouse; else what is zoomed into, else the selected unit."""
    pane = scene.layout.pane_at(*mouse) if mouse is not None else None
    if pane is not None:
        return pane
    return "layers" if scene.state.view.zoom is not Zoom.OFF and "layers" in scene.layout else UNIT


def picture_problem(scene: Scene, subject: str) -> str:
    """Why there is no such picture, in a sentence; "" where there is one."""
    if subject == UNIT:
        return f"there is no unit to save: {scene.state.layer.missing_words}" if scene.state.layer.missing else ""
    if subject not in scene.layout:
        shown = ", ".join(name for name, _ in scene.layout)
        return f"the window has no pane {subject}; it has {shown}"
    return ""
