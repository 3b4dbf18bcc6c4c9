"""The facts of the status line, from what the workers have given."""

from __future__ import annotations

import time
from collections.abc import Sequence

from deepvis.core.state import AppState
from deepvis.core.types import Frame, PassSeconds
from deepvis.live.folder_run import progress_words
from deepvis.window.presenter import PressedKey
from deepvis.window.rates import Rate
from deepvis.window.requests import Latest
from deepvis.window.shown_hints import ShownHints
from deepvis.window.ui.events import Pasted
from deepvis.window.ui.scene import Status

HINT_SECONDS = 6.0
NOTICE_SECONDS = 20.0
FIRST_HINT = "h: help"
MOST_WAITING = 8  # keys that are named
PASTED = "ctrl+v"  # what a pasted text is called among them


class StatusReader:
    """Keeps the rates and the newest hint. shown: pictures of the window; passes: of the network.

    The rates are shown while the source moves: of a still picture they say nothing. is_timeless: no times, no notices,
    and a hint stays until something else is pressed.
    """

    def __init__(
        self, pressed: PressedKey | None = None, hints: ShownHints | None = None, *, is_timeless: bool = False
    ) -> None:
        self._pressed = pressed or PressedKey()
        self._hints = hints or ShownHints()
        self._is_timeless = is_timeless
        self.shown = Rate()
        self.passes = Rate()
        self._hint, self._path = "" if self._hints.words else FIRST_HINT, ""
        self._is_of_view = False  # the hint says what a command has made of the view
        self._until = float("inf")
        self.waiting: Sequence[str | Pasted] = ()  # what comes once the network is there
        self._notices: list[str] = []  # still to be said, the first of them being said
        self._noticed: set[str] = set()
        self._notice_until = 0.0

    def show_hint(self, hint: str, seconds: float = HINT_SECONDS, path: str = "", *, is_of_view: bool = False) -> None:
        """Show a sentence for some seconds. path: of the file that it names.

        is_of_view: it says what a command has made of the view, and ends with that: see ``view_changed``.
        """
        self._is_of_view = is_of_view
        until = float("inf") if self._is_timeless else time.monotonic() + seconds
        self._hint, self._path, self._until = hint, path, until

    def view_changed(self) -> None:
        """The view is another one: what was said of the one before may not be so any more."""
        if self._is_of_view:
            self._hint, self._is_of_view = "", False

    def take_back(self, hint: str) -> None:
        """Say a sentence no more, if it is the one that is said."""
        if self._hint == hint:
            self._hint = ""

    def forget_first_hint(self) -> None:
        """The user has found the keys."""
        if self._hint == FIRST_HINT:
            self._hint = ""

    def acted(self) -> None:
        """Something is pressed: what was said before it has been seen."""
        if self._is_timeless:
            self._hint = self._path = ""

    def read(self, state: AppState, latest: Latest, source: str, *, recorded: int | None) -> Status:
        if time.monotonic() > self._until:
            self._hint = self._path = ""
        self._queue_notices(latest)
        info, snapshot, frame = latest.info, latest.snapshot, latest.frame
        is_moving = frame is not None and frame.moving and not state.input.frozen
        return Status(
            source=source_words(state, frame, source),
            fps=self.shown.read() if is_moving else None,
            passes_per_second=self.passes.read() if is_moving else None,
            pass_seconds=snapshot.seconds if snapshot and not self._is_timeless else PassSeconds(),
            error=error_words(latest),
            hint=(self._hint or scan_words(state, latest)) if info is not None else loading_words(self.waiting),
            path=self._path if self._hint else "",
            notice=self._notices[0] if self._notices and not self._is_timeless else "",
            recorded=recorded,
            device=info.device if info else "",
            pressed=self._pressed.read(),
            first_hint=self._hints.words,
        )

    def _queue_notices(self, latest: Latest) -> None:
        """Say each thing that does not fit once, one after another."""
        if self._notices and time.monotonic() > self._notice_until:
            self._notices.pop(0)
            self._notice_until = time.monotonic() + NOTICE_SECONDS
        for notice in notices_of(latest):
            if notice not in self._noticed:
                self._noticed.add(notice)
                if not self._notices:
                    self._notice_until = time.monotonic() + NOTICE_SECONDS
                is_urgent = latest.network.value is not None and notice == latest.network.value.warning
                self._notices.insert(0 if is_urgent else len(self._notices), notice)


def loading_words(waiting: Sequence[str | Pasted]) -> str:
    """That the network is loading, and which keys and pasted texts wait for it: the last of them."""
    if not waiting:
        return "loading the network ..."
    more = "... " if len(waiting) > MOST_WAITING else ""
    words = [each if isinstance(each, str) else PASTED for each in waiting[-MOST_WAITING:]]
    return f"loading the network; what you pressed comes then: {more}{' '.join(words)}"


def notices_of(latest: Latest) -> tuple[str, ...]:
    """What the user should know of the network besides its layers."""
    output = latest.network.value
    if output is None:
        return ()
    return (*output.info.notes, *([output.warning] if output.warning else []))


def source_words(state: AppState, frame: Frame | None, moving_source: str) -> str:
    """Where the picture comes from, as the user would say it. moving_source: "camera 0" or the video's name."""
    if frame is None:
        return moving_source if state.input.moving else ""
    if frame.moving:
        name = frame.label or moving_source
        return f"{name}, frozen" if state.input.frozen else name
    place = f", {frame.index + 1:,} of {frame.count:,}" if frame.count > 1 else ""
    return f"{frame.label}{place}"


def error_words(latest: Latest) -> str:
    """The newest trouble that stands, the input's first: without a picture nothing else matters."""
    answers = (latest.input, latest.network, latest.optimize, latest.scan, latest.images)
    return next((answer.error for answer in answers if answer.error), "")


def scan_words(state: AppState, latest: Latest) -> str:
    """How far the scan of the open files is, "" while there is none."""
    scan, answer = state.live.scanning, latest.scan
    if scan is None:
        return ""
    is_its = answer.request is not None and answer.request.id == scan.id and answer.value is not None
    return progress_words(answer.value) if is_its and answer.value else "getting ready to scan; G stops"
